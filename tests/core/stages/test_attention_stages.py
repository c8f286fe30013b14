"""Localisation, agreement and sanity of a run, from its maps to its tables."""

import shutil

import numpy as np
import polars as pl
import pytest
from safetensors.numpy import load_file, save_file

from core.errors import DataError
from core.findings import FINDINGS
from core.roles import Split
from core.saliency.agreement import AGREEMENT_METRICS
from core.saliency.localisation import LOCALISATION_METRICS, localise
from core.saliency.perturb import PERTURBATIONS
from core.saliency.priors import BASELINES
from core.saliency.raster import pooled_to, positive
from core.saliency.render import Frame
from core.saliency.sanity import CASCADE, PERMUTED
from core.stages import agree, explain, sanity
from core.stages import localise as stage
from core.stages.explain import ExplainRequest
from core.store import ResultStore
from core.store.heatmaps import read_maps
from core.store.parquet import file_hash
from core.tables import AGREEMENT, LOCALISATION, SANITY, THRESHOLDS
from tests.fixtures.pipeline import Stores

DATASET = "chestxray14"
BOX = Frame(100 / 1024, 600 / 1024, 350 / 1024, 300 / 1024)


@pytest.fixture(scope="module")
def explained(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Stores:
    """The finished pipeline with results of its own, and maps of the source's test images."""
    folder = tmp_path_factory.mktemp("attention") / "results"
    shutil.copytree(stores.results.root, folder)
    own = Stores(stores.data, ResultStore(folder), stores.run_id)
    explain.run(own.run_id, DATASET, ExplainRequest(), own.data, own.results)
    return own


@pytest.fixture(scope="module")
def localised(explained: Stores) -> pl.DataFrame:
    return stage.run(
        explained.run_id, DATASET, explained.data, explained.results, num_resamples=100
    )


@pytest.fixture(scope="module")
def twin(explained: Stores) -> str:
    """A run that differs from the first in its patient resample alone, and a little in its head."""
    results = explained.results
    record = results.record(explained.run_id)
    spec = record.spec.model_copy(update={"resample": 3})
    shutil.copytree(results.folder(record.run_id), results.folder(spec.run_id))
    head = load_file(results.head_path(record.run_id))
    noise = np.random.default_rng(0).normal(0, head["weight"].std(), head["weight"].shape)
    head["weight"] += noise.astype(np.float32)
    save_file(head, results.head_path(spec.run_id))
    hashes = record.hashes | {"head": file_hash(results.head_path(spec.run_id))}
    results.write_record(record.model_copy(update={"spec": spec, "hashes": hashes}))
    shutil.rmtree(results.folder(spec.run_id) / "heatmaps")
    explain.run(spec.run_id, DATASET, ExplainRequest(), explained.data, results)
    return spec.run_id


@pytest.fixture(scope="module")
def on(explained: Stores) -> agree.Subjects:
    dataset = explained.data.dataset(DATASET)
    ids = dataset.manifest.filter(split="test")["image_id"].to_list()
    return agree.subjects(dataset, ids, num_resamples=50)


def value_of(frame: pl.DataFrame, **key: str) -> dict[str, object]:
    return frame.filter(**key).row(0, named=True)


def test_every_metric_gate_grid_and_baseline_has_a_row(localised: pl.DataFrame) -> None:
    found = localised.filter(finding="Effusion")

    assert found.height == len(LOCALISATION_METRICS) * 3 * 2 * (1 + len(BASELINES))
    assert set(localised["finding"]) == {"pooled", "Effusion"}
    LOCALISATION.checked(localised, "rows")


def test_the_rows_equal_scores_of_the_stored_maps(
    explained: Stores, localised: pl.DataFrame
) -> None:
    boxes = explained.data.dataset(DATASET).boxes
    ids = boxes["image_id"].unique().to_list()
    maps = read_maps(explained.results, explained.run_id, DATASET, "gradcam", ids, [FINDINGS[4]])
    expected = localise(pooled_to(positive(maps.maps[:, 0]), 7), [(BOX,)] * len(ids)).values

    for metric, values in expected.items():
        row = value_of(
            localised,
            finding="Effusion",
            method="gradcam",
            gate="all",
            grid="common",
            metric=metric,
        )
        assert row["value"] == pytest.approx(np.nanmean(values), abs=1e-6), metric
        assert row["n"] == (~np.isnan(values)).sum()


def test_boxes_that_choose_something_are_said(localised: pl.DataFrame) -> None:
    uses = localised.group_by("method", "metric").agg(pl.col("target_use").unique().first())

    for method, metric, use in uses.iter_rows():
        expected = "boxes" if method == "mean_box" or metric == "iou_cross_fitted" else "none"
        assert use == expected, (method, metric)


def test_gates_let_through_what_passes_the_source_threshold(
    explained: Stores, localised: pl.DataFrame
) -> None:
    boxes = explained.data.dataset(DATASET).boxes
    ids = boxes["image_id"].unique().to_list()
    maps = read_maps(explained.results, explained.run_id, DATASET, "gradcam", ids, [FINDINGS[4]])
    threshold = (
        explained.results.read(explained.run_id, THRESHOLDS)
        .filter(finding="Effusion", policy="source-val")["value"]
        .item()
    )
    num_above = int((maps.probabilities >= threshold).sum())

    for gate in ("above-threshold", "true-positives"):
        row = value_of(
            localised,
            finding="Effusion",
            method="gradcam",
            gate=gate,
            grid="common",
            metric="pointing_game",
        )
        assert row["n"] == num_above


def test_few_patients_are_flagged(localised: pl.DataFrame) -> None:
    assert set(localised.filter(gate="all", metric="pointing_game")["flag"]) == {"few-patients"}


def test_the_same_call_again_replaces_its_rows(explained: Stores, localised: pl.DataFrame) -> None:
    stage.run(explained.run_id, DATASET, explained.data, explained.results, num_resamples=100)

    table = explained.results.read(explained.run_id, LOCALISATION)
    assert table.sort(LOCALISATION.key).equals(localised.sort(LOCALISATION.key))


def test_a_data_set_without_boxes_is_one_sentence(explained: Stores) -> None:
    with pytest.raises(DataError, match="hospital has no boxes on images of its test split"):
        stage.run(explained.run_id, "hospital", explained.data, explained.results)


def test_maps_that_were_never_made_are_one_sentence(explained: Stores) -> None:
    with pytest.raises(DataError, match="holds no eigencam map of these images; make them first"):
        stage.run(explained.run_id, DATASET, explained.data, explained.results, method="eigencam")


def test_a_gate_without_thresholds_lets_nothing_through(explained: Stores, twin: str) -> None:
    explained.results.path(twin, THRESHOLDS).unlink()
    found = stage.run(twin, DATASET, explained.data, explained.results, num_resamples=20)

    gated = found.filter(gate="true-positives")
    assert gated["value"].is_null().all()
    assert set(gated["n"]) == {0}
    assert set(gated["flag"]) == {"nothing-to-score"}


def test_heads_of_resampled_patients_are_compared_as_such(
    explained: Stores, twin: str, on: agree.Subjects
) -> None:
    found = agree.between_runs([explained.run_id, twin], on, explained.results)

    assert set(found[twin]["other"]) == {explained.run_id}
    assert set(found[twin]["comparison"]) == {"resamples"}
    assert found[twin].height == (2 + 1) * len(AGREEMENT_METRICS)
    pooled = value_of(found[twin], finding="pooled", metric="spearman")
    assert isinstance(pooled["value"], float)
    assert 0 < pooled["value"] < 1
    assert explained.results.read(twin, AGREEMENT).height == found[twin].height


def test_a_run_is_compared_with_itself_across_findings_and_changes(
    explained: Stores, on: agree.Subjects
) -> None:
    found = agree.within_run(explained.run_id, on, explained.data, explained.results)

    changes = found.filter(comparison="perturbation", finding="pooled", metric="spearman")
    assert set(changes["other"]) == set(PERTURBATIONS)
    assert (changes["same"] > changes["chance"]).all()
    across = found.filter(comparison="findings", metric="spearman")
    assert {tuple(row) for row in across.select("finding", "other").rows()} == {
        ("Effusion", "Mass"),
        ("pooled", "pooled"),
    }


def test_each_step_of_randomisation_has_its_row(explained: Stores, on: agree.Subjects) -> None:
    request = sanity.SanityRequest(on.image_ids[:12], Split.TEST, num_resamples=20)

    found = sanity.run(explained.run_id, DATASET, request, explained.data, explained.results)

    pooled = found.filter(finding="pooled")
    assert pooled["step"].to_list() == [*CASCADE, PERMUTED]
    assert found.height == 3 * len(pooled)
    assert (pooled["n"] + pooled["n_undefined"] == 2 * 12).all()
    assert explained.results.read(explained.run_id, SANITY).height == found.height
    again = sanity.run(explained.run_id, DATASET, request, explained.data, explained.results)
    assert again.equals(found)

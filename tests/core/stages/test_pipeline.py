"""The whole way, read from the stores that the command line left (see `stores`)."""

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from core.errors import ConfigError, DataError
from core.findings import FINDINGS, Finding
from core.progress import silent
from core.records import RunStatus
from core.roles import Split
from core.stages import evaluate, explain, predict, train
from core.stages.explain import ExplainRequest, chosen_rows
from core.tables import CURVES, HEATMAPS, METRICS, PREDICTIONS, REPLICATES, THRESHOLDS
from tests.fixtures.pipeline import Stores


def metric(stores: Stores, **key: str | None) -> dict[str, object]:
    rows = stores.results.read(stores.run_id, METRICS).filter(subgroup="all", weighting="none")
    for column, value in key.items():
        rows = rows.filter(pl.col(column).eq_missing(pl.lit(value)))
    assert rows.height == 1, (key, rows.height)
    return rows.row(0, named=True)


def test_the_run_record_says_what_was_done(stores: Stores) -> None:
    record = stores.results.record(stores.run_id)
    assert record.status == RunStatus.DONE
    assert record.weights is not None
    assert record.weights.kind == "offline"
    assert record.trained_findings == ("Effusion", "Mass")
    assert set(record.hashes) == {"manifest", "images", "features", "head"}
    assert record.hashes["manifest"] == stores.data.dataset("chestxray14").hash
    assert record.device
    assert record.versions["torch"]
    assert set(record.datasets) == {"chestxray14", "hospital"}


def test_the_disc_is_learnt_and_found_in_the_other_hospital(stores: Stores) -> None:
    row = metric(stores, dataset="hospital", finding="Effusion", metric="auroc")
    assert row["value"] == pytest.approx(1, abs=0.05)
    assert (row["n"], row["n_positive"], row["n_patients"]) == (24, 12, 12)


def test_stored_numbers_are_those_of_scikit_learn_on_the_stored_predictions(
    stores: Stores,
) -> None:
    manifest = stores.data.dataset("chestxray14").manifest
    predictions = stores.results.read(stores.run_id, PREDICTIONS, "chestxray14")
    joined = manifest.join(predictions, on="image_id", suffix="_score").filter(split="test")
    thresholds = stores.results.read(stores.run_id, THRESHOLDS)
    for finding in ("Effusion", "Mass"):
        truth, scores = joined[finding].to_numpy(), joined[f"{finding}_score"].to_numpy()
        key = {"dataset": "chestxray14", "split": "test", "finding": finding}
        auroc = metric(stores, **key, metric="auroc")
        assert auroc["value"] == pytest.approx(roc_auc_score(truth, scores), abs=1e-9)
        precision = metric(stores, **key, metric="average_precision")
        expected = average_precision_score(truth, scores)
        assert precision["value"] == pytest.approx(expected, abs=1e-9)
        for policy in ("fixed-0.5", "source-val"):
            row = thresholds.filter(finding=finding, policy=policy)
            predicted = scores >= row["value"][0]
            f1 = metric(stores, **key, metric="f1", policy=policy)
            assert f1["value"] == pytest.approx(f1_score(truth, predicted), abs=1e-9)


def test_what_is_not_annotated_is_null_with_n_0_and_never_0(stores: Stores) -> None:
    row = metric(stores, dataset="hospital", finding="Pneumonia", metric="auroc")
    assert (row["value"], row["n"], row["n_positive"]) == (None, 0, 0)
    assert "not-annotated" in str(row["flag"])


def test_a_finding_that_was_not_trained_is_predicted_as_null(stores: Stores) -> None:
    predictions = stores.results.read(stores.run_id, PREDICTIONS, "hospital")
    assert predictions["Hernia"].null_count() == predictions.height
    assert predictions["Effusion"].null_count() == 0


def test_the_macro_names_its_set(stores: Stores) -> None:
    row = metric(stores, dataset="hospital", finding="macro", metric="auroc")
    assert str(row["label_set"]).startswith("macro@1:")
    assert row["n_labels"] == 1


def test_every_value_has_its_replicates(stores: Stores) -> None:
    keys = list(REPLICATES.key)
    metrics = stores.results.read(stores.run_id, METRICS)
    replicates = stores.results.read(stores.run_id, REPLICATES)
    assert metrics.select(keys).sort(keys).equals(replicates.select(keys).sort(keys))
    defined = metrics.filter(pl.col("value").is_not_null(), pl.col("finding") == "Effusion")
    lengths = defined.join(replicates, on=keys, nulls_equal=True)["values"].list.len()
    assert set(lengths) == {50}


def test_every_row_says_how_the_target_was_used(stores: Stores) -> None:
    rows = stores.results.read(stores.run_id, METRICS)
    assert set(rows.filter(weighting="none")["target_use"]) == {"none"}
    shifted = rows.filter(weighting="prior-shift:estimated")
    assert set(shifted["target_use"]) == {"unlabelled"}


def test_the_curves_have_every_epoch_and_rate(stores: Stores) -> None:
    assert stores.results.read(stores.run_id, CURVES).height == 10 * 5


def test_maps_are_kept_at_native_resolution_for_trained_findings(stores: Stores) -> None:
    maps = stores.results.read(stores.run_id, HEATMAPS, "hospital")
    assert set(maps["finding"]) == {"Effusion", "Mass"}
    assert maps.height == 6 * 2
    assert set(maps["height"]) == set(maps["width"]) == {2}
    assert maps["values"].explode().abs().max() == 1


def test_the_probability_above_a_map_is_the_predicted_one(stores: Stores) -> None:
    maps = stores.results.read(stores.run_id, HEATMAPS, "hospital").filter(finding="Effusion")
    predictions = stores.results.read(stores.run_id, PREDICTIONS, "hospital")
    joined = maps.join(predictions, on="image_id")
    gap = (joined["probability"] - joined["Effusion"]).abs().max()
    assert isinstance(gap, float)
    assert gap < 1e-4


def test_a_sample_is_half_positive_and_the_same_every_time(stores: Stores) -> None:
    dataset = stores.data.dataset("hospital")
    request = ExplainRequest(findings=(Finding.EFFUSION,), limit=8)
    rows = chosen_rows(dataset, request)
    assert np.array_equal(rows, chosen_rows(dataset, request))
    assert len(set(rows.tolist())) == 8
    assert dataset.manifest["Effusion"].gather(rows).sum() >= 4


def test_named_images_are_explained_in_their_order(stores: Stores) -> None:
    dataset = stores.data.dataset("hospital")
    names = ("images/scan05.png", "images/scan01.png")
    assert chosen_rows(dataset, ExplainRequest(image_ids=names)).tolist() == [5, 1]
    with pytest.raises(ConfigError, match="Unknown image of hospital 'x'"):
        chosen_rows(dataset, ExplainRequest(image_ids=("x",)))


def test_a_run_that_is_done_is_not_trained_again(stores: Stores) -> None:
    before = stores.results.record(stores.run_id)
    after = train.run(before.spec, stores.data, stores.results)
    assert after == before


def test_a_run_that_is_trained_elsewhere_gives_the_same_bits(
    stores: Stores, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = type(stores.results)(tmp_path_factory.mktemp("other"))
    record = stores.results.record(stores.run_id)
    again = train.run(record.spec, stores.data, other)
    assert again.hashes == record.hashes
    assert other.read(stores.run_id, CURVES).equals(stores.results.read(stores.run_id, CURVES))


def test_maps_that_are_there_are_not_made_again(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("explained again")

    monkeypatch.setattr(explain, "trained_classifier", refuse)
    request = ExplainRequest(findings=FINDINGS, limit=6, split=Split.TEST)
    made = explain.run(stores.run_id, "hospital", request, stores.data, stores.results, silent)
    assert (made.num_maps, made.num_new) == (12, 0)


def test_a_damaged_head_is_one_sentence(stores: Stores) -> None:
    path = stores.results.head_path(stores.run_id)
    whole = path.read_bytes()
    try:
        for damaged in (whole[:50], whole[:-1] + bytes([whole[-1] ^ 1])):
            path.write_bytes(damaged)
            with pytest.raises(DataError, match="train the run anew"):
                predict.run(stores.run_id, "hospital", stores.data, stores.results)
    finally:
        path.write_bytes(whole)


def test_scoring_without_predictions_is_one_sentence(stores: Stores) -> None:
    path = stores.results.path(stores.run_id, PREDICTIONS, "hospital")
    whole = path.read_bytes()
    path.unlink()
    try:
        with pytest.raises(DataError, match="not one row per image of the manifest"):
            evaluate.run(stores.run_id, "hospital", stores.data, stores.results, 0)
    finally:
        path.write_bytes(whole)

"""Imported runs: what is stored, and that the numbers are those of scikit-learn."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from core.errors import ConfigError, ProtocolError
from core.findings import FINDINGS
from core.stages import evaluate, import_predictions
from core.stages.evaluate import EvaluateRequest
from core.stages.import_predictions import ImportRequest
from core.tables import METRICS, PREDICTIONS, THRESHOLDS
from tests.fixtures.imported_runs import (
    AWAY,
    AWAY_LACKS,
    HOME,
    Places,
    add_run,
    build,
    predictions,
)

NUM_FOREIGN = 22_433


def value(places: Places, run_id: str, **key: str | None) -> float | None:
    rows = places.results.read(run_id, METRICS).filter(
        pl.col("subgroup") == "all",
        *(pl.col(name).eq_missing(pl.lit(each, pl.String)) for name, each in key.items()),
    )
    assert rows.height == 1, key
    return rows["value"][0]


def test_many_foreign_predictions_have_the_auroc_of_scikit_learn_on_the_joined_table(
    tmp_path: Path,
) -> None:
    places = build(tmp_path, 25_596)
    manifest = places.data.dataset(AWAY).manifest
    theirs = predictions(manifest, 1.0, 7).sample(NUM_FOREIGN, shuffle=True, seed=1)
    own_ids = theirs["image_id"].str.replace("away/", "scans-").str.replace("scans-", "")
    own_ids = own_ids.str.replace(".png", "", literal=True)
    file = tmp_path / "theirs.csv"
    theirs.with_columns(uid=own_ids).drop("image_id").write_csv(file)
    request = ImportRequest(file, "theirs", AWAY, id_column="uid")
    foreign = import_predictions.run(request, places.data, places.results)
    assert (foreign.frame.height, foreign.matched_by) == (NUM_FOREIGN, "file name")
    assert len(foreign.without_prediction) == 25_596 - NUM_FOREIGN
    whole = EvaluateRequest(subgroups=False)
    evaluate.run("theirs", AWAY, places.data, places.results, 0, whole)
    joined = manifest.join(theirs, on="image_id", suffix="_score")
    for finding in FINDINGS:
        found = value(places, "theirs", finding=finding, metric="auroc", policy=None)
        if finding == AWAY_LACKS:
            assert found is None
            continue
        expected = roc_auc_score(joined[finding].to_numpy(), joined[f"{finding}_score"].to_numpy())
        assert found == pytest.approx(expected, abs=5e-5)


def test_without_a_source_there_is_only_the_threshold_of_a_half(imported: Places) -> None:
    assert set(imported.results.read("stranger", THRESHOLDS)["policy"]) == {"fixed-0.5"}
    assert set(imported.results.read("stranger", METRICS)["dataset"]) == {AWAY}


def test_with_predictions_of_its_source_thresholds_are_chosen_there(imported: Places) -> None:
    policies = set(imported.results.read("weak", THRESHOLDS)["policy"])
    assert policies == {"fixed-0.5", "source-val", "source-rate"}
    assert set(imported.results.read("weak", METRICS)["dataset"]) == {HOME, AWAY}


def test_a_policy_that_uses_the_target_is_applied_to_it_alone_and_says_so(tmp_path: Path) -> None:
    places = build(tmp_path, 90)
    add_run(places, "run", 1.0)
    policies = ("source-val", "target-rate", "oracle")
    request = EvaluateRequest(policies, subgroups=False, weightings=False)
    metrics = evaluate.run("run", AWAY, places.data, places.results, 0, request)
    uses = {(row["policy"], row["dataset"], row["target_use"]) for row in metrics.to_dicts()}
    assert uses == {
        (None, HOME, "none"),
        (None, AWAY, "none"),
        ("source-val", HOME, "none"),
        ("source-val", AWAY, "none"),
        ("target-rate", AWAY, "unlabelled"),
        ("oracle", AWAY, "labels"),
    }
    thresholds = places.results.read("run", THRESHOLDS)
    where = {(row["policy"], row["dataset"], row["split"]) for row in thresholds.to_dicts()}
    assert where == {
        ("source-val", None, None),
        ("target-rate", AWAY, "test"),
        ("oracle", AWAY, "test"),
    }
    both = [value(places, "run", finding="macro", metric="f1", dataset=AWAY, policy=policy)
            for policy in ("oracle", "source-val")]  # fmt: skip
    assert both[0] is not None
    assert both[1] is not None
    assert both[0] > both[1]


def test_the_source_cannot_be_an_imported_run_s_target(imported: Places) -> None:
    with pytest.raises(ProtocolError, match="'home' is the source of weak"):
        evaluate.run("weak", HOME, imported.data, imported.results, 0)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"source": "elsewhere"}, "was imported with source home, not elsewhere"),
        ({"name": "a/b"}, "options: name:"),
        ({"dataset": "nowhere"}, "Unknown data set 'nowhere'"),
    ],
)
def test_what_does_not_fit_is_refused(
    imported: Places, tmp_path: Path, changes: dict[str, str], sentence: str
) -> None:
    file = tmp_path / "p.csv"
    predictions(imported.data.dataset(AWAY).manifest, 1.0, 0).write_csv(file)
    fields = {"name": "weak", "dataset": AWAY, "source": HOME} | changes
    with pytest.raises(ConfigError, match=sentence):
        import_predictions.run(ImportRequest(file, **fields), imported.data, imported.results)


def test_one_name_is_one_model(imported: Places, tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    predictions(imported.data.dataset(AWAY).manifest, 1.0, 0).drop("Mass").write_csv(file)
    request = ImportRequest(file, "weak", AWAY, HOME)
    before = imported.results.read("weak", PREDICTIONS, AWAY)
    with pytest.raises(ConfigError, match="import one model under one name"):
        import_predictions.run(request, imported.data, imported.results)
    assert imported.results.read("weak", PREDICTIONS, AWAY).equals(before)


def test_a_finding_with_one_class_or_one_patient_is_null_with_its_n(tmp_path: Path) -> None:
    places = build(tmp_path, 60)
    away = places.data.dataset(AWAY)
    manifest = away.manifest.with_columns(
        pl.lit(0, pl.Int8).alias("Mass"),
        pl.lit(1, pl.Int8).alias("Edema"),
        pl.when(pl.int_range(pl.len()) < 2).then(pl.int_range(pl.len())).alias("Nodule"),
    )
    places.data.write_dataset(away.record, manifest, away.boxes)
    add_run(places, "run", 1.0, datasets=(AWAY,))
    metrics = evaluate.run("run", AWAY, places.data, places.results, 40).filter(subgroup="all")
    for finding, n, flag in (("Mass", 60, "one-class"), ("Edema", 60, "one-class")):
        rows = metrics.filter(finding=finding)
        assert set(rows["value"]) == {None}
        assert set(rows["n"]) == {n}
        assert all(flag in each for each in rows["flag"])
    one_patient = metrics.filter(finding="Nodule", metric="auroc")
    assert one_patient["n"][0] == 2
    assert one_patient["ci_low"][0] is None
    assert "one-patient" in one_patient["flag"][0]
    macro = metrics.filter(finding="macro", metric="auroc").row(0, named=True)
    assert macro["n_labels"] == 14 - 3
    assert np.isfinite(macro["value"])

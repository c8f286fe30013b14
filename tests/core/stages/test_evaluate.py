"""What an evaluation measures beside the whole split (over the imported runs)."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from core.errors import ConfigError, DataError
from core.stages import evaluate
from core.stages.evaluate import EvaluateRequest
from core.store.annotations import write_composites, write_overlay
from core.tables import COMPOSITES, METRICS, OVERLAY, PREDICTIONS, REPLICATES
from tests.fixtures.imported_runs import AWAY, HOME, Places, add_run, build


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """One imported run, evaluated with everything."""
    built = build(tmp_path_factory.mktemp("evaluate"), 240)
    add_run(built, "run", 1.0)
    evaluate.run("run", AWAY, built.data, built.results, 30)
    return built


def test_a_subgroup_s_numbers_are_those_of_its_images_alone(places: Places) -> None:
    manifest = places.data.dataset(AWAY).manifest
    scores = places.results.read("run", PREDICTIONS, AWAY)["Mass"]
    metrics = places.results.read("run", METRICS).filter(dataset=AWAY, finding="Mass")
    for view in ("AP", "PA"):
        images = manifest["view"] == view
        row = metrics.filter(subgroup=f"view={view}", metric="auroc").row(0, named=True)
        labels = manifest["Mass"].filter(images).to_numpy()
        expected = roc_auc_score(labels, scores.filter(images).to_numpy())
        assert row["value"] == pytest.approx(expected, abs=1e-9)
        assert (row["n"], row["n_positive"]) == (images.sum(), labels.sum())


def test_thresholds_of_a_subgroup_are_those_of_everybody(places: Places) -> None:
    manifest = places.data.dataset(AWAY).manifest
    scores = places.results.read("run", PREDICTIONS, AWAY)["Mass"]
    metrics = places.results.read("run", METRICS).filter(dataset=AWAY, finding="Mass")
    images = (manifest["sex"] == "F").to_numpy()
    row = metrics.filter(subgroup="sex=F", metric="alert_rate", policy="fixed-0.5")
    assert row["value"][0] == pytest.approx((scores.to_numpy()[images] >= 0.5).mean())


def test_the_source_s_own_test_split_has_subgroups_and_its_validation_none(
    places: Places,
) -> None:
    rows = places.results.read("run", METRICS).filter(dataset=HOME)
    assert set(rows.filter(split="val")["subgroup"]) == {"all"}
    assert {"all", "view=AP", "sex=F"} <= set(rows.filter(split="test")["subgroup"])


def test_every_number_has_its_replicates(places: Places) -> None:
    keys = list(REPLICATES.key)
    metrics = places.results.read("run", METRICS).select(keys).sort(keys)
    replicates = places.results.read("run", REPLICATES)
    assert metrics.equals(replicates.select(keys).sort(keys))
    assert set(replicates["values"].list.len()) == {30}


def test_overlays_and_intersections_are_measured_where_asked(tmp_path: Path) -> None:
    places = build(tmp_path, 600)
    away = places.data.dataset(AWAY)
    drains = pl.Series("value", np.random.default_rng(0).choice(["yes", "no"], 600))
    overlay = away.manifest.select("image_id", column=pl.lit("drain")).with_columns(drains)
    write_overlay(places.data, away, "devices", OVERLAY.checked(overlay, "test"))
    add_run(places, "run", 1.0, datasets=(AWAY,))
    request = EvaluateRequest(intersections=True, weightings=False)
    metrics = evaluate.run("run", AWAY, places.data, places.results, 0, request)
    assert {"drain=yes", "drain=no", "view=AP & sex=F"} <= set(metrics["subgroup"])
    alone = evaluate.run(
        "run", AWAY, places.data, places.results, 0, EvaluateRequest(subgroups=False)
    )
    assert set(alone["subgroup"]) == {"all"}


def test_an_unknown_policy_is_one_sentence(places: Places) -> None:
    request = EvaluateRequest(policies=("orakel",))
    with pytest.raises(ConfigError, match="Unknown threshold policy 'orakel'.*Did you mean"):
        evaluate.run("run", AWAY, places.data, places.results, 0, request)


def test_the_same_evaluation_again_gives_the_same_bits(places: Places) -> None:
    before = {table.name: places.results.read("run", table) for table in (METRICS, REPLICATES)}
    evaluate.run("run", AWAY, places.data, places.results, 30)
    for table in (METRICS, REPLICATES):
        again = places.results.read("run", table).sort(REPLICATES.key)
        assert again.equals(before[table.name].sort(REPLICATES.key))


def test_a_composite_is_scored_by_the_larger_score_and_enters_no_average(tmp_path: Path) -> None:
    places = build(tmp_path, 240)
    add_run(places, "run", 1.0)
    away = places.data.dataset(AWAY)
    masses = away.manifest.select("image_id", composite=pl.lit("Mass or Nodule"), value="Mass")
    write_composites(places.data, away, COMPOSITES.checked(masses, "test"))
    plain = evaluate.run("run", AWAY, places.data, places.results, 20)
    request = EvaluateRequest(composites=True)
    metrics = evaluate.run("run", AWAY, places.data, places.results, 20, request)
    own = metrics.filter(finding="Mass or Nodule")
    row = own.filter(dataset=AWAY, metric="auroc", subgroup="all", weighting="none")
    scores = places.results.read("run", PREDICTIONS, AWAY).select("Mass", "Nodule").to_numpy()
    expected = roc_auc_score(away.manifest["Mass"].to_numpy(), scores.max(axis=1))
    assert row["value"].to_list() == [pytest.approx(expected, abs=1e-9)]
    assert row["ci_low"][0] < expected < row["ci_high"][0]
    assert own["flag"].str.contains("composite").all()
    assert {"source-val", "fixed-0.5"} <= set(own.filter(metric="f1")["policy"])
    assert {"view=AP", "all"} <= set(own["subgroup"])
    key = list(METRICS.key)
    others = metrics.filter(pl.col("finding") != "Mass or Nodule").sort(key)
    assert others.equals(plain.sort(key))


def test_labels_of_an_overlay_are_scored_apart_and_alone(tmp_path: Path) -> None:
    places = build(tmp_path, 240)
    add_run(places, "run", 1.0)
    away = places.data.dataset(AWAY)
    flipped = (1 - away.manifest["Mass"]).head(200)
    overlay = away.manifest.head(200).select("image_id", column=pl.lit("Mass"))
    overlay = overlay.with_columns(value=flipped.cast(pl.String))
    write_overlay(places.data, away, "readers", OVERLAY.checked(overlay, "test"))
    own = evaluate.run("run", AWAY, places.data, places.results, 20)
    metrics = evaluate.run("run", f"{AWAY}@readers", places.data, places.results, 20)
    rows = metrics.filter(metric="auroc", subgroup="all", weighting="none", split="test")
    relabelled = rows.filter(dataset=f"{AWAY}@readers", finding="Mass")
    scores = places.results.read("run", PREDICTIONS, AWAY)["Mass"].to_numpy()[:200]
    expected = roc_auc_score(flipped.to_numpy(), scores)
    assert relabelled["value"].to_list() == [pytest.approx(expected, abs=1e-9)]
    assert relabelled["n"].to_list() == [200]
    others = rows.filter(dataset=f"{AWAY}@readers", finding="Nodule")
    assert others.select("value", "n", "flag").row(0) == (None, 0, "not-annotated")
    kept = metrics.filter(dataset=AWAY).sort(METRICS.key)
    assert kept.equals(own.filter(dataset=AWAY).sort(METRICS.key))
    record = places.results.entry("run").datasets[f"{AWAY}@readers"]
    assert record.labeller == "labels of overlay readers"


def test_an_overlay_without_labels_cannot_be_scored_against(tmp_path: Path) -> None:
    places = build(tmp_path, 60)
    add_run(places, "run", 1.0)
    away = places.data.dataset(AWAY)
    drains = away.manifest.select("image_id", column=pl.lit("drain"), value=pl.lit("yes"))
    write_overlay(places.data, away, "drains", OVERLAY.checked(drains, "test"))
    with pytest.raises(DataError, match="gives subgroups and no labels"):
        evaluate.run("run", f"{AWAY}@drains", places.data, places.results, 0)

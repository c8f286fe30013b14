import io
from dataclasses import replace

import polars as pl
import pytest

from core.findings import Finding
from dashboard.queries.breakdown import breakdown
from dashboard.queries.cells import Place, cells_at
from dashboard.queries.data_card import data_card
from dashboard.queries.exploration import at_threshold, explored
from dashboard.queries.export import (
    as_csv,
    as_latex,
    board_frame,
    breakdown_frame,
    detail_frame,
    fact_frame,
    group_frame,
    label_frame,
    set_aside_frame,
    settings_frame,
    threshold_frame,
)
from dashboard.queries.leaderboard import leaderboard
from dashboard.queries.reading import Run, Runs
from dashboard.stores import Stores

WHERE = Place("phantom-north", "test", "source-val")


def test_the_leaderboard_carries_everything_behind_each_number(phantom: Stores, runs: Runs) -> None:
    frame = board_frame(leaderboard(phantom, runs, WHERE))

    assert set(frame["run_id"]) == {run.run_id for run in runs.read}
    known = frame.filter(metric="AUROC macro")
    for row in known.iter_rows(named=True):
        run = next(run for run in runs.read if run.run_id == row["run_id"])
        cell = cells_at(run.metrics, WHERE, "auroc")["macro"]
        assert (row["value"], row["ci_low"], row["n"]) == (cell.value, cell.low, cell.n)
    reasons = known.filter(pl.col("not_ranked_because").is_not_null())
    assert reasons["run"].to_list() == ["ResNet-50 · BCE · frozen · random weights"]


def test_a_csv_reads_back_to_the_same_frame(runs: Runs) -> None:
    frame = breakdown_frame(breakdown(runs.read, WHERE, "f1"), runs.read, "f1", WHERE)

    again = pl.read_csv(io.StringIO(as_csv(frame)), schema=frame.schema)

    assert again.equals(frame)


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_a_name_that_looks_like_a_formula_stays_text(name: str) -> None:
    text = as_csv(pl.DataFrame({"run": [name, "fine"], "value": [-1.0, 2.0]}))

    assert pl.read_csv(io.StringIO(text))["run"].to_list() == [f"'{name}", "fine"]
    assert pl.read_csv(io.StringIO(text))["value"].to_list() == [-1.0, 2.0]


def test_latex_has_the_rules_of_booktabs_and_escapes_names() -> None:
    frame = pl.DataFrame({"run_id": ["a_b & 50 %"], "value": [0.51234567], "flag": [None]})

    text = as_latex(frame)

    assert "\\toprule" in text
    assert "run id & value \\\\" in text
    assert "a\\_b \\& 50 \\% & 0.5123" in text


def test_labels_have_one_row_a_finding_and_split(phantom: Stores) -> None:
    frame = label_frame(data_card(phantom, "chestxray14"))

    assert frame.height == 14 * 3
    assert frame.columns[:3] == ["dataset", "split", "finding"]


def test_one_finding_has_one_row_a_run_and_metric(runs: Runs) -> None:
    frame = detail_frame(runs.read, "Edema", ("auroc", "f1"), WHERE)

    assert frame.height == 2 * len(runs.read)
    for row in frame.filter(metric="f1").iter_rows(named=True):
        run = next(run for run in runs.read if run.run_id == row["run_id"])
        assert row["value"] == cells_at(run.metrics, WHERE, "f1")["Edema"].value


def test_groups_of_a_split_add_up_to_its_images(phantom: Stores) -> None:
    frame = group_frame(data_card(phantom, "chestxray14"))

    sums = frame.group_by("split", "kind").agg(pl.sum("num_images"), pl.first("n"))
    assert sums["num_images"].equals(sums["n"])


def test_runs_carry_the_settings_that_they_have(runs: Runs) -> None:
    frame = settings_frame(runs.every)

    assert frame["run_id"].to_list() == [run.run_id for run in runs.every]
    assert frame["weights"].to_list() == [run.record.spec.weights for run in runs.read]
    assert set(frame["status"]) == {"done"}


def test_a_threshold_has_its_outcomes_and_how_it_was_chosen(phantom: Stores, run: Run) -> None:
    found = explored(phantom, run.run_id, WHERE, Finding.MASS)
    assert found is not None
    outcome = at_threshold(found, 0.5)

    row = threshold_frame(outcome, run, {"threshold": 0.5, "threshold_from": "by hand"}).row(
        0, named=True
    )

    assert row["tp"] + row["fp"] + row["fn"] + row["tn"] == len(found.labels)
    assert row["sensitivity"] == outcome.sensitivity
    assert (row["run_id"], row["threshold_from"]) == (run.run_id, "by hand")


def test_images_set_aside_are_named_with_their_data_set_and_reason(phantom: Stores) -> None:
    card = data_card(phantom, "chestxray14")
    aside = pl.DataFrame({"image_id": ["a.png"], "reason": ["blank"]})

    frame = set_aside_frame(replace(card, quarantine=aside))

    assert frame.rows() == [(card.record.name, "a.png", "blank")]


def test_a_record_is_names_and_values() -> None:
    assert fact_frame("run", {"Device": "cpu"}).rows() == [("run", "Device", "cpu")]

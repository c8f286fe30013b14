import re
from dataclasses import replace

from dashboard.components.finding_table import NOT_ANNOTATED, detail, matrix
from dashboard.components.study_table import Beside, study_table
from dashboard.context import Context
from dashboard.queries.breakdown import breakdown, evaluated
from dashboard.queries.cells import Place
from dashboard.queries.leaderboard import leaderboard
from dashboard.queries.reading import Runs
from dashboard.stores import Stores

CONTEXT = Context("phantom-north", "test", "source-val")
AWAY = Place("phantom-north", "test", "source-val")
ONE_LABEL = Place("guangzhou", "test", "source-val")


def test_bold_is_for_the_tied_set_alone(phantom: Stores, runs: Runs) -> None:
    board = leaderboard(phantom, runs, AWAY)
    assert board.tie is not None
    assert board.tie.run_ids is not None

    assert study_table(board, CONTEXT).count("<strong>") == len(board.tie.run_ids)


def test_random_weights_carry_their_badge_below_the_ranked_runs(
    phantom: Stores, runs: Runs
) -> None:
    written = study_table(leaderboard(phantom, runs, AWAY), CONTEXT)

    assert written.count("random weights</span>") == 1
    assert written.index("Not ranked. Random weights") > written.rindex(">ImageNet</span>")


def test_a_number_leads_to_its_findings_in_the_same_context(phantom: Stores, runs: Runs) -> None:
    written = study_table(leaderboard(phantom, runs, AWAY), CONTEXT)

    addresses = set(re.findall(r'href="(/findings[^"]+)"', written))
    assert {address.split("metric=")[1] for address in addresses} == {
        "AUROC",
        "F1",
        "Average+precision",
    }
    assert all("target=phantom-north&amp;split=test" in address for address in addresses)


def test_maps_are_offered_of_runs_that_have_them(phantom: Stores, runs: Runs) -> None:
    board = leaderboard(phantom, runs, AWAY)
    mapped = board.rows[1].run.run_id

    written = study_table(board, CONTEXT, Beside(mapped={mapped}))

    assert written.count(">maps</a>") == 1
    assert f"seen_by={mapped}" in written


def test_findings_without_labels_are_said_to_be_and_are_never_zero(runs: Runs) -> None:
    shown = evaluated(runs.read, ONE_LABEL)
    rows = breakdown(shown, ONE_LABEL, "auroc")

    written = matrix(rows, shown, "auroc", "Pneumonia", CONTEXT)

    assert written.count(NOT_ANNOTATED) == 13
    assert ">0.0<" not in written
    assert 'aria-current="true"' in written


def test_a_cell_leads_to_its_images_where_the_run_has_maps(runs: Runs) -> None:
    shown = evaluated(runs.read, AWAY)
    rows = breakdown(shown, AWAY, "auroc")
    first = shown[0].run_id

    written = matrix(rows, shown, "auroc", "Pneumonia", CONTEXT, {first})

    links = re.findall(r'href="(/attention[^"]+)"', written)
    assert len(links) == 14
    assert all(f"seen_by={first}" in each and "layout=One+finding" in each for each in links)


def test_a_run_s_name_leads_to_its_record(phantom: Stores, runs: Runs) -> None:
    written = study_table(leaderboard(phantom, runs, AWAY), CONTEXT)

    for run in runs.read:
        assert f"run={run.run_id}" in written


def test_only_the_columns_that_are_asked_for_are_shown(phantom: Stores, runs: Runs) -> None:
    board = leaderboard(phantom, runs, AWAY)

    written = study_table(board, CONTEXT, columns=("mAP, %", "Spread over trainings, points"))

    assert re.findall(r'scope="col">([^<]+)<', written) == [
        "Run",
        "mAP, %",
        "Spread over trainings, points",
    ]
    assert "one training" in written


def test_with_a_baseline_the_difference_is_a_column(phantom: Stores, runs: Runs) -> None:
    baseline = leaderboard(phantom, runs, AWAY).ranked[0].run.run_id
    board = leaderboard(phantom, runs, AWAY, baseline)

    written = study_table(board, replace(CONTEXT, baseline=baseline))

    assert "Difference to baseline, points" in written
    assert written.count(">baseline<") == 1


def test_a_metric_that_is_no_share_is_not_written_in_per_cent(runs: Runs) -> None:
    shown = evaluated(runs.read, AWAY)
    rows = breakdown(shown, AWAY, "calibration_slope")
    cell = rows[0].cells[shown[0].run_id]

    written = matrix(rows, shown, "calibration_slope", "Pneumonia", CONTEXT)

    assert cell.value is not None
    assert f'<span class="value">{cell.value:.2f}</span>'.replace("-", "−") in written


def test_the_detail_has_a_row_a_run(runs: Runs) -> None:
    shown = evaluated(runs.read, AWAY)

    written = detail(shown, AWAY, "Mass", CONTEXT)

    assert written.count('<th class="run"') == len(shown) == 4
    assert written.count("not ranked") == 1

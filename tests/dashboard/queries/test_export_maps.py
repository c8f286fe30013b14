"""What the pages on attention offer to take away holds every number that they show."""

import pytest

from core.findings import Finding
from core.tables import LOCALISATION, REGIONS
from dashboard.context import Context
from dashboard.queries.attention import Column, gallery
from dashboard.queries.attention_shift import movements
from dashboard.queries.cells import Place
from dashboard.queries.export import as_csv, as_latex
from dashboard.queries.export_maps import (
    agreed_frame,
    gallery_frame,
    localised_frame,
    moved_frame,
    region_frame,
    sane_frame,
)
from dashboard.queries.localisation import (
    Agreed,
    Choice,
    Sane,
    localised,
    measured,
    on_regions,
)
from dashboard.queries.map_figures import figures
from dashboard.queries.reading import Run, Runs
from dashboard.queries.scope import Scope
from dashboard.stores import Stores
from tests.fixtures import phantom_attention

WHERE = Place("phantom-north", "test", "source-val")
CHOICE = Choice("pooled", "common", "all")


@pytest.fixture
def scope(own: Stores, runs: Runs) -> Scope:
    phantom_attention.add(own.results)
    return Scope(own, runs, Context(WHERE.dataset, WHERE.split, WHERE.policy))


def test_localisation_has_one_row_a_map_and_metric(scope: Scope) -> None:
    rows = localised(measured(scope, LOCALISATION).frame, scope.runs.read, CHOICE)

    frame = localised_frame(rows, CHOICE, WHERE)

    shown = [(row.name, cell.value, cell.n) for row in rows for cell in row.cells.values()]
    assert frame.select("run_id", "value", "n").rows() == shown
    assert set(frame["grid"]) == {"common"}
    assert "without a model" in "".join(frame["run"])


def test_the_shift_of_attention_has_every_run_and_finding(scope: Scope) -> None:
    found = movements(scope.stores, scope.runs.read, WHERE.dataset)

    frame = moved_frame(found, WHERE.dataset)

    assert frame.height == sum(each.rows.height for each in found) > 0
    for each in found:
        of_run = frame.filter(run_id=each.run.run_id)
        assert of_run["auroc_change"].equals(each.rows["auroc_change"])
        assert set(of_run["rank_correlation"]) == {each.rank_correlation}


def test_regions_carry_their_area_and_counts(scope: Scope) -> None:
    table = measured(scope, REGIONS).frame
    finding = table["finding"][0]
    rows = on_regions(table, finding, "common")
    by_id = {run.run_id: run for run in scope.runs.read}

    frame = region_frame(rows, finding, "common", by_id, WHERE)

    assert frame["value"].to_list() == [row.cell.value for row in rows]
    assert frame["area"].to_list() == [row.uniform for row in rows]
    assert set(frame["dataset"]) == {"phantom-north"}


def test_agreement_and_sanity_name_both_sides_and_chance(run: Run, scope: Scope) -> None:
    cell = next(
        iter(localised(measured(scope, LOCALISATION).frame, [run], CHOICE)[0].cells.values())
    )
    by_id = {run.run_id: run}

    alike = agreed_frame(
        {"models": [Agreed(run.run_id, "other", cell, 0.5, 0.2)]}, "spearman", by_id, WHERE
    )
    steps = sane_frame([Sane(run.run_id, "head", cell, 0.3)], by_id, WHERE)

    assert alike.select("comparison", "run", "against", "same", "chance").rows() == [
        ("models", run.look.title, "other", 0.5, 0.2)
    ]
    assert steps.select("step", "value", "chance", "n").rows() == [
        ("head", cell.value, 0.3, cell.n)
    ]


def test_maps_on_show_carry_what_stands_above_and_under_them(phantom: Stores, runs: Runs) -> None:
    columns = [Column(run, Finding.ATELECTASIS) for run in runs.read[:2]]
    image_ids = [f"phantom-north-{number:04d}.png" for number in (2, 5, 6, 7)]
    rows = gallery(phantom, WHERE, columns, image_ids)
    found = figures(phantom, WHERE, columns, rows)

    frame = gallery_frame(rows, found, WHERE)

    assert frame.height == 2 * len(image_ids)
    first = frame.filter(run_id=columns[0].run.run_id)
    assert first["agreement_beyond_chance"].null_count() == first.height
    other = frame.filter(run_id=columns[1].run.run_id)
    expected = [found[each, columns[1]].agreement for each in image_ids]
    assert other["agreement_same_image"].to_list() == [
        each.same if each else None for each in expected
    ]
    assert frame["outcome"].drop_nulls().is_in(["TP", "FP", "FN", "TN"]).all()
    assert as_csv(frame).startswith("image_id,run,run_id,finding")
    assert "\\toprule" in as_latex(frame)

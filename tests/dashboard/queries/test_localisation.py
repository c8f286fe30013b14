from collections.abc import Iterator

import polars as pl
import pytest

from core.saliency.localisation import LOCALISATION_METRICS
from core.saliency.priors import BASELINES
from core.tables import AGREEMENT, LOCALISATION, POOLED, SANITY
from dashboard.context import Context
from dashboard.queries.all_runs import all_runs
from dashboard.queries.localisation import (
    Choice,
    agreed,
    localised,
    measured,
    offered,
    sane,
)
from dashboard.queries.reading import Runs
from dashboard.queries.scope import Scope
from dashboard.stores import Stores

TARGET = "phantom-north"
PLACE: dict[str, object] = {"dataset": TARGET, "split": "test", "method": "gradcam"}
SURE: dict[str, object] = {
    "ci_low": 0.1,
    "ci_high": 0.9,
    "n": 30,
    "n_undefined": 0,
    "n_patients": 25,
    "n_resamples": 100,
}


def boxes(energy: float) -> Iterator[dict[str, object]]:
    for method, value in (("gradcam", energy), *((name, 0.2) for name in BASELINES)):
        for finding in (POOLED, "Mass"):
            for metric in LOCALISATION_METRICS:
                yield (
                    PLACE
                    | SURE
                    | {
                        "method": method,
                        "is_baseline": method in BASELINES,
                        "grid": "common",
                        "gate": "all",
                        "finding": finding,
                        "metric": metric,
                        "target_use": LOCALISATION_METRICS[metric].target_use,
                        "value": value,
                        "flag": None,
                    }
                )


@pytest.fixture
def scope(own: Stores) -> Scope:
    """Stores whose first two runs were held against boxes, each other, and randomised copies."""
    first, second = own.results.run_ids()[:2]
    for run_id, other, energy in ((first, second, 0.3), (second, first, 0.6)):
        own.results.write(
            run_id, LOCALISATION, pl.DataFrame(list(boxes(energy)), LOCALISATION.schema)
        )
        row = PLACE | SURE | {"comparison": "models", "other": other, "metric": "spearman"}
        row |= {"value": 0.5, "same": 0.6, "chance": 0.2, "finding": POOLED, "flag": None}
        own.results.write(run_id, AGREEMENT, pl.DataFrame([row], AGREEMENT.schema))
        steps = [
            PLACE
            | SURE
            | {"test": "parameters", "step": step, "finding": POOLED, "value": value}
            | {"chance": 0.2, "flag": None}
            for step, value in (("head", 0.9), ("all", 0.1))
        ]
        own.results.write(run_id, SANITY, pl.DataFrame(steps, SANITY.schema))
    return Scope(own, all_runs(own), Context(TARGET, "test", "source-val"))


def test_runs_come_by_falling_energy_and_maps_without_a_model_last(scope: Scope) -> None:
    frame = measured(scope, LOCALISATION).frame

    rows = localised(frame, scope.runs.read, Choice(POOLED, "common", "all"))

    first, second = scope.stores.results.run_ids()[:2]
    assert [row.name for row in rows] == [second, first, *BASELINES]
    assert [row.cells["energy"].value for row in rows] == [0.6, 0.3, 0.2, 0.2, 0.2]
    assert rows[0].cells["iou_cross_fitted"].target_use == "boxes"


def test_a_gate_that_was_not_measured_has_no_rows(scope: Scope) -> None:
    frame = measured(scope, LOCALISATION).frame

    assert localised(frame, scope.runs.read, Choice(POOLED, "native", "all")) == ()


def test_findings_are_offered_with_all_of_them_first(scope: Scope) -> None:
    assert offered(measured(scope, LOCALISATION).frame) == (POOLED, "Mass")


def test_agreement_carries_what_it_was_corrected_from(scope: Scope) -> None:
    rows = agreed(measured(scope, AGREEMENT).frame, "models", "spearman")

    assert [(row.cell.value, row.same, row.chance) for row in rows] == [(0.5, 0.6, 0.2)]
    assert (rows[0].run_id, rows[0].other) == scope.stores.results.run_ids()[:2]


def test_steps_keep_the_order_of_the_table(scope: Scope) -> None:
    rows = sane(measured(scope, SANITY).frame)

    assert [row.step for row in rows] == ["head", "all"] * 2


def test_elsewhere_nothing_was_measured(phantom: Stores, runs: Runs) -> None:
    scope = Scope(phantom, runs, Context("guangzhou", "test", "source-val"))

    assert measured(scope, LOCALISATION).frame.is_empty()


def test_a_damaged_table_costs_its_own_run(scope: Scope) -> None:
    first = scope.stores.results.run_ids()[0]
    scope.stores.results.path(first, LOCALISATION).write_bytes(b"nothing")

    found = measured(scope, LOCALISATION)

    assert [each.run_id for each in found.broken] == [first]
    assert not found.frame.is_empty()

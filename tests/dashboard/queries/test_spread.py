from dataclasses import replace
from statistics import stdev

import pytest

from dashboard.queries.cells import HEADLINE, Place
from dashboard.queries.reading import Run
from dashboard.queries.spread import spreads
from dashboard.queries.study_row import Row, row_of

AWAY = Place("phantom-north", "test", "source-val")


def trained(run: Run, value: float, seed: int = 0, resample: int | None = None) -> Row:
    """The run as another training of its method, with another value."""
    spec = run.record.spec.model_copy(update={"seed": seed, "resample": resample})
    other = Run(spec.run_id, run.record.model_copy(update={"spec": spec}), run.metrics)
    row = row_of(other, AWAY)
    return replace(row, cells={HEADLINE.label: replace(row.cells[HEADLINE.label], value=value)})


def test_resampled_training_is_taken_before_seeds(run: Run) -> None:
    rows = [trained(run, 0.70), trained(run, 0.71, seed=1)]
    rows += [trained(run, value, resample=k) for k, value in enumerate((0.60, 0.66, 0.75))]

    found = spreads(rows)

    assert set(found) == {row.run.run_id for row in rows}
    assert {(each.over, each.num_trainings) for each in found.values()} == {("resamples", 3)}
    assert next(iter(found.values())).sd == pytest.approx(stdev((0.60, 0.66, 0.75)))


def test_seeds_are_taken_where_nothing_was_resampled(run: Run) -> None:
    found = spreads([trained(run, 0.70), trained(run, 0.72, seed=1)])

    assert {(each.over, each.num_trainings) for each in found.values()} == {("seeds", 2)}


def test_one_training_has_no_spread(run: Run) -> None:
    assert spreads([trained(run, 0.7)]) == {}

"""How far trainings of one method lie apart: over resampled training patients, or over seeds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import stdev

from core.records import RunRecord
from core.report.spread import Over, method_of, over_of
from dashboard.queries.study_row import Row, question


@dataclass(frozen=True)
class Spread:
    """The standard deviation of the headline over the trainings of one method.

    Args:
        over: What differed: "resamples" of the training patients, or optimiser "seeds".
        num_trainings: S.
        value: Standard deviation, 0 to 1.
    """

    over: str
    num_trainings: int
    value: float


def spreads(rows: Iterable[Row]) -> dict[str, Spread]:
    """The spread of every run whose method was trained more than once, by run id.

    Resampled training is taken where there is any: seeds of a frozen head hardly differ.
    """
    methods: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        if row.value is not None and isinstance(row.run.record, RunRecord):
            methods.setdefault((method_of(row.run.record), question(row)), []).append(row)
    return {
        row.run.run_id: spread
        for trained in methods.values()
        if (spread := _spread(trained))
        for row in trained
    }


def _spread(trained: Sequence[Row]) -> Spread | None:
    values: Mapping[Over, list[float]] = {Over.RESAMPLES: [], Over.SEEDS: []}
    for row in trained:
        record = row.run.record
        assert isinstance(record, RunRecord)
        assert row.value is not None
        values[over_of(record)].append(row.value)
    for over, each in values.items():
        if len(each) > 1:
            return Spread(over, len(each), stdev(each))
    return None

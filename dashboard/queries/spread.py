"""How far trainings of one method lie apart: over resampled training patients, or over seeds."""

from collections.abc import Iterable

from core.records import RunRecord
from core.report.spread import Over, Spread, Training, method_of, spread
from dashboard.queries.study_row import Row, question


def spreads(rows: Iterable[Row]) -> dict[str, Spread]:
    """The spread of every run whose method was trained more than once, by run id.

    Resampled training is taken where there is any: seeds of a frozen head hardly differ.
    """
    trainings = [
        Training(row.run.record, question(row), row.value)
        for row in rows
        if row.value is not None and isinstance(row.run.record, RunRecord)
    ]
    asked = {each.record.run_id: (method_of(each.record), each.question) for each in trainings}
    several = [each for each in spread(trainings) if each.sd is not None]
    chosen: dict[object, Spread] = {}
    for each in sorted(several, key=lambda each: each.over == Over.RESAMPLES):
        chosen[asked[each.run_ids[0]]] = each
    return {run_id: chosen[key] for run_id, key in asked.items() if key in chosen}

"""What the study's table takes from bootstrap replicates: gaps, differences, and the tied set."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.errors import CxrError
from core.metrics.compare import SIGNIFICANCE_LEVEL, Estimate, compare, tied_set
from core.store.results import ResultStore
from dashboard.queries.cells import HEADLINE, Place, replicates_at
from dashboard.queries.parts import replicates
from dashboard.queries.reading import AnyRun, Broken
from dashboard.queries.study_row import Row, question
from dashboard.queries.transfer import Span, Transfer, transfer


@dataclass(frozen=True)
class Tie:
    """The highest observed run and those not significantly below it.

    Args:
        run_ids: By falling value; None where the replicates are too few to tell.
        num_pairs: m, the size of the family.
        num_resamples: B.
    """

    run_ids: tuple[str, ...] | None
    num_pairs: int
    num_resamples: int


@dataclass(frozen=True)
class Baseline:
    """The run that others are held against, with its replicates."""

    row: Row
    estimate: Estimate


def baseline_of(results: ResultStore, row: Row, where: Place) -> Baseline | None:
    """A row as a baseline; None where it has no headline number or cannot be read."""
    if row.cell is None:
        return None
    try:
        return Baseline(row, _estimate(results, row, where))
    except CxrError:  # The row itself is named as broken.
        return None


def detailed(
    results: ResultStore, rows: Sequence[Row], where: Place, baseline: Baseline | None
) -> tuple[list[Row], list[Broken]]:
    """Rows with what needs replicates; damaged ones cost their own row."""
    found: list[Row] = []
    broken: list[Broken] = []
    for row in rows:
        try:
            moved = _transfer(results, row.run, where)
            against = _against(results, row, baseline, where) if baseline else None
        except CxrError as error:
            broken.append(Broken(row.run.run_id, str(error)))
        else:
            found.append(replace(row, transfer=moved, against=against))
    return found, broken


def _transfer(results: ResultStore, run: AnyRun, where: Place) -> Transfer | None:
    source = run.record.source
    if source is None or source == where.dataset:
        return None
    places = tuple(sorted((source, where.dataset)))
    drawn = replicates(results, run.run_id, places, (HEADLINE.metric,))
    return transfer(run.metrics, drawn, source, where)


def _estimate(results: ResultStore, row: Row, where: Place) -> Estimate:
    source = row.run.record.source or where.dataset
    places = tuple(sorted({source, where.dataset}))
    drawn = replicates(results, row.run.run_id, places, (HEADLINE.metric,))
    found = replicates_at(drawn, where, HEADLINE.metric).get(HEADLINE.finding)
    return Estimate(row.value, np.empty(0, np.float32) if found is None else found)


def _against(results: ResultStore, row: Row, baseline: Baseline, where: Place) -> Span | None:
    """The paired difference; None where the two answer other questions."""
    if row.run.run_id == baseline.row.run.run_id or not row.cell:
        return None
    own = _estimate(results, row, where)
    is_paired = len(own.replicates) == len(baseline.estimate.replicates)
    if question(row) != question(baseline.row) or not is_paired:
        return None
    found = compare(own, baseline.estimate)
    if found.difference is None:
        return None
    return Span(found.difference, found.ci_low, found.ci_high)


def tie(results: ResultStore, ranked: Sequence[Row], where: Place) -> Tie:
    """The tied set of the ranked runs, by falling value; at least one."""
    num_pairs = len(ranked) * (len(ranked) - 1) // 2
    promised = question(ranked[0])[2] or 0
    if 2 * num_pairs / (promised + 1) > SIGNIFICANCE_LEVEL:
        # No p could be significant, whatever the replicates say: they are not read.
        return Tie(None, num_pairs, promised)
    runs = {row.run.run_id: _estimate(results, row, where) for row in ranked}
    lengths = {len(each.replicates) for each in runs.values()}
    return Tie(tied_set(runs) if len(lengths) == 1 else None, num_pairs, min(lengths))

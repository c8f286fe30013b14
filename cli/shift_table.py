"""What is lost from source test to the target, raw and standardised."""

from cli import output
from core.report import RunNumbers
from core.report.shift import SHIFT_COLUMNS, Gap, shifts
from core.store import ResultStore
from core.tables import MATCHINGS
from core.written import written


def print_shift(results: ResultStore, row: RunNumbers, policy: str) -> None:
    """Gaps per finding with their intervals; nothing where there is no source test."""
    found = shifts(results, row.record, row.dataset, policy)
    if not found:
        return
    output.line(
        f"Gap from {row.record.source} (test) to {row.dataset}, percentage points, below it the "
        "95 % interval. matched: AUROC with the target re-weighted to source test's mix of views, "
        "or of views, sexes and ages; prev.: its positives weighted to source test's share. A gap "
        "that shrinks goes with that; nothing is explained by it."
    )
    heads = (column.label for column in SHIFT_COLUMNS)
    table = output.narrow("finding", *heads)
    table.columns[0].no_wrap = True
    for finding, gaps in found.items():
        if any(gap.value is not None for gap in gaps.values()):
            table.add_row(str(finding), *(_cell(gap) for gap in gaps.values()))
    output.table(table)
    for each in results.read(row.record.run_id, MATCHINGS).filter(dataset=row.dataset).to_dicts():
        output.line(
            f"{each['weighting']}: effective n {each['effective_n']:,.0f} of {each['n']:,} images; "
            f"{100 * each['unsupported_source']:.1f} % of source test has no match in the target."
        )


def _cell(gap: Gap) -> str:
    if gap.value is None:
        return "–"
    value = written(100 * gap.value, "+.1f")
    if gap.ci_low is None or gap.ci_high is None:
        return value
    low, high = (written(100 * end, "+.0f") for end in (gap.ci_low, gap.ci_high))
    return f"{value}\n{low} {high}"


def shift_json(results: ResultStore, row: RunNumbers, policy: str) -> dict[str, object]:
    """The gaps as JSON values."""
    found = shifts(results, row.record, row.dataset, policy)
    return {
        str(finding): {label: vars(gap) for label, gap in gaps.items()}
        for finding, gaps in found.items()
    }

"""Where models look, as tables."""

from collections.abc import Mapping, Sequence

from core.saliency.localisation import LOCALISATION_METRICS
from core.saliency.priors import BASELINES
from dashboard.components.frame import scrolling
from dashboard.components.markup import Markup, element, joined, plain, styled
from dashboard.components.numbers import Notes, number
from dashboard.components.run_name import run_name
from dashboard.context import Context
from dashboard.queries.localisation import Agreed, Localised, Sane
from dashboard.queries.reading import Run
from dashboard.typography import NOTHING, count, percent

_NAMES = frozenset({"Map", "Map of", "Against", "Run"})
"""Heads of what is no number."""


def localisation_table(rows: Sequence[Localised], context: Context) -> Markup:
    """One row a run, the maps without a model below."""
    notes = Notes()
    metrics = [name for name in LOCALISATION_METRICS if any(name in row.cells for row in rows)]
    heads = [f"{LOCALISATION_METRICS[name].title}, %" for name in metrics]
    body = [
        plain(
            "tr",
            _name(row, context),
            *(number(row.cells.get(name), notes) for name in metrics),
            styled("td", "num", styled("span", "ci", _sizes(row))),
        )
        for row in rows
    ]
    table = _table(("Map", *heads, "Boxed images · patients"), body)
    return joined((scrolling("Localisation by run", table), notes.block()))


def _name(row: Localised, context: Context) -> Markup:
    if row.run is None:
        title, remark = BASELINES[row.name].title, styled("span", "head", "without a model")
        return element("th", {"class": "run", "scope": "row"}, title, remark)
    return run_head(row.run, context)


def run_head(run: Run, context: Context) -> Markup:
    """A run as the head of its row, which leads to its record."""
    badge = "" if run.record.ranked else "random weights"
    return run_name(run.look, context.run(run.run_id), badge)


def _sizes(row: Localised) -> str:
    cell = next(iter(row.cells.values()))
    return f"{count(cell.n)} · {count(cell.n_patients)}"


def agreement_table(
    rows: Sequence[Agreed], runs: Mapping[str, Run], names: Mapping[str, str], context: Context
) -> Markup:
    """Pairs of maps: chance-corrected likeness, and what it was corrected from.

    Args:
        rows: As `agreed` gives them.
        runs: By id.
        names: What the other side is called, where it is no run.
        context: Carried by the links.
    """
    notes = Notes()
    body = [
        plain(
            "tr",
            run_head(runs[row.run_id], context),
            plain("td", _other(row, runs, names)),
            number(row.cell, notes),
            styled("td", "num", percent(row.same)),
            styled("td", "num", percent(row.chance)),
            styled("td", "num", count(row.cell.n)),
        )
        for row in rows
        if row.run_id in runs
    ]
    heads = ("Map of", "Against", "Beyond chance, %", "Same image, %", "Other images, %", "Maps")
    return joined((scrolling("Agreement of maps", _table(heads, body)), notes.block()))


def _other(row: Agreed, runs: Mapping[str, Run], names: Mapping[str, str]) -> str:
    if row.other in runs:
        return runs[row.other].look.title
    return names.get(row.other, row.other)


def sanity_table(rows: Sequence[Sane], runs: Mapping[str, Run], context: Context) -> Markup:
    """One row a run, one column a step of randomisation."""
    notes = Notes()
    steps = tuple(dict.fromkeys(row.step for row in rows))
    by_run = {run_id: {row.step: row for row in rows if row.run_id == run_id} for run_id in runs}
    body = [
        plain(
            "tr",
            run_head(runs[run_id], context),
            *(number(found[step].cell if step in found else None, notes) for step in steps),
            styled("td", "num", _chance(found)),
        )
        for run_id, found in by_run.items()
        if found
    ]
    table = _table(("Run", *(f"Random: {step}, %" for step in steps), "Unrelated images, %"), body)
    return joined((scrolling("Sanity of the maps", table), notes.block()))


def _chance(found: Mapping[str, Sane]) -> str:
    levels = [row.chance for row in found.values() if row.chance is not None]
    return percent(max(levels)) if levels else NOTHING


def _table(heads: Sequence[str], body: Sequence[Markup]) -> Markup:
    cells = [
        element("th", {"scope": "col", "class": "" if head in _NAMES else "num"}, head)
        for head in heads
    ]
    return plain("table", plain("thead", plain("tr", *cells)), plain("tbody", *body))

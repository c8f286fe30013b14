"""Tables of attention across the shift, and of attention on regions that are no finding."""

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from dashboard.components.frame import scrolling
from dashboard.components.localisation import run_head
from dashboard.components.markup import Markup, element, joined, plain, styled
from dashboard.components.numbers import Notes, number
from dashboard.context import Context
from dashboard.queries.attention_shift import Moved
from dashboard.queries.localisation import OnRegion
from dashboard.queries.reading import Run
from dashboard.typography import count, decimal, name, percent, signed


def moved_table(found: Sequence[Moved], context: Context) -> Markup:
    """One row a run: how its two changes go together over findings."""
    heads = ("Run", "Findings", "Rank correlation", "AUROC, mean change", "Attention, mean change")
    rows = (
        plain(
            "tr",
            run_head(each.run, context),
            _num(count(each.rows.height)),
            _num(decimal(each.rank_correlation)),
            *(_num(signed(_mean(each.rows, side))) for side in ("auroc", "attention")),
        )
        for each in found
    )
    return scrolling("Change of attention by run", _table(heads, rows, num_names=1))


def finding_moves(found: Moved, target: str) -> Markup:
    """One row a finding of one run: both sides and the change, largest fall of AUROC first."""
    source = found.run.record.spec.source
    sides = tuple(
        f"{title} {where}"
        for title in ("AUROC", "Energy / ceiling")
        for where in (source, target, "change")
    )
    rows = (
        plain(
            "tr",
            element("th", {"scope": "row"}, name(row["finding"])),
            *(
                _num(write(row[f"{side}_{part}"]))
                for side in ("auroc", "attention")
                for part, write in (("source", percent), ("target", percent), ("change", signed))
            ),
        )
        for row in found.rows.iter_rows(named=True)
    )
    return scrolling("Change by finding", _table(("Finding", *sides), rows, num_names=1))


def region_table(rows: Sequence[OnRegion], runs: Mapping[str, Run], context: Context) -> Markup:
    """One row a run and region: the share of attention on it, and its area."""
    notes = Notes()
    body = (
        plain(
            "tr",
            run_head(runs[row.run_id], context),
            plain("td", row.region),
            number(row.cell, notes),
            _num(percent(row.uniform)),
            _num(f"{count(row.cell.n)} · {count(row.cell.n_patients)}"),
        )
        for row in rows
    )
    heads = ("Run", "Region", "Attention, %", "Area, %", "Images · patients")
    table = scrolling("Attention on regions", _table(heads, body, num_names=2))
    return joined((table, notes.block()))


def _mean(rows: pl.DataFrame, side: str) -> float:
    return rows.select(pl.mean(f"{side}_change")).item()


def _num(text: str) -> Markup:
    return styled("td", "num", text)


def _table(heads: Sequence[str], body: Iterable[Markup], num_names: int) -> Markup:
    cells = [
        element("th", {"scope": "col", "class": "num" if place >= num_names else ""}, head)
        for place, head in enumerate(heads)
    ]
    return plain("table", plain("thead", plain("tr", *cells)), plain("tbody", *body))

"""How a run does on groups of the patients, as a table."""

from collections.abc import Iterator, Sequence

from dashboard.components.frame import scrolling
from dashboard.components.markup import Markup, element, joined, plain, styled
from dashboard.components.numbers import Notes, number, span
from dashboard.queries.subgroups import MEASURES, Partition
from dashboard.typography import count


def subgroup_table(found: Sequence[Partition]) -> Markup:
    """One row a group, the widest gap of each partition below its groups."""
    notes = Notes()
    heads = ("Images of", *(f"{head}, %" for head in MEASURES.values()), "Images · patients")
    head = plain("thead", plain("tr", *(_head(each) for each in heads)))
    body = [row for partition in found for row in _rows(partition, notes)]
    table = plain("table", head, plain("tbody", *body))
    return joined((scrolling("Groups of the patients", table), notes.block()))


def _head(text: str) -> Markup:
    return element("th", {"scope": "col", "class": "" if text == "Images of" else "num"}, text)


def _rows(partition: Partition, notes: Notes) -> Iterator[Markup]:
    width = {"colspan": str(len(MEASURES) + 2), "scope": "colgroup"}
    yield styled("tr", "group", element("th", width, partition.column.capitalize()))
    for group in partition.groups:
        cell = next(iter(group.cells.values()), None)
        sizes = f"{count(cell.n)} · {count(cell.n_patients)}" if cell else ""
        yield plain(
            "tr",
            element("th", {"scope": "row"}, group.name.partition("=")[2]),
            *(number(group.cells.get(metric), notes) for metric in MEASURES),
            styled("td", "num", styled("span", "ci", sizes)),
        )
    yield plain(
        "tr",
        element("th", {"scope": "row", "class": "muted"}, "widest gap, points"),
        *(
            span(partition.widest[metric][2] if metric in partition.widest else None)
            for metric in MEASURES
        ),
        plain("td"),
    )

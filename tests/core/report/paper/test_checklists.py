"""The checklists: complete, in order, and filled in only where the report answers."""

import re

from core.report.paper.blocks import Grid, Section
from core.report.paper.checklists import CLAIM, OPEN, TRIPOD, checklists


def _order(number: str) -> tuple[int, str]:
    found = re.fullmatch(r"(\d+)([a-g]?)", number)
    assert found is not None
    return int(found[1]), found[2]


def test_every_item_of_the_guidelines_is_there_once_and_in_order() -> None:
    assert [item.number for item in CLAIM] == [str(number) for number in range(1, 45)]
    numbers = [item.number for item in TRIPOD]
    assert numbers == sorted(set(numbers), key=_order)
    assert {_order(number)[0] for number in numbers} == set(range(1, 28))
    assert len(numbers) == 52


def test_an_item_points_to_a_section_only_where_it_exists() -> None:
    for sections in (frozenset[str](), frozenset({str(Section.RESULTS)}), frozenset(Section)):
        grids = [block for block in checklists(sections) if isinstance(block, Grid)]
        for grid, items in zip(grids, (CLAIM, TRIPOD), strict=True):
            for item, (_, _, answer) in zip(items, grid.rows, strict=True):
                known = item.section is not None and item.section in sections
                assert answer == (f"see “{item.section}”" if known else OPEN)

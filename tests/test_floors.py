"""CONTRIBUTING.md shows the floors that the imports draw."""

from tests.floors import ROOT, floors, picture, shown


def test_contributing_shows_the_floors_of_the_real_imports() -> None:
    assert shown() == picture(), "The picture is out of date; write it: python -m tests.floors"


def test_every_module_is_counted_and_no_part_uses_one_above_it() -> None:
    height = {part: place for place, parts in enumerate(reversed(floors())) for part in parts}
    num_modules = 1  # core/__init__.py is on no floor.
    for line in picture().splitlines()[2:]:
        cells = [cell.strip(" `") for cell in line.strip("|").split("|")]
        num_modules += int(cells[2])
        uses = cells[3].replace("`", "").split(", ")
        assert all(height[each] <= height[cells[1]] for each in uses if each != "–")
        assert cells[4].endswith(".")
    roots = ("core", "cli", "dashboard")
    assert num_modules == sum(1 for root in roots for _ in (ROOT / root).rglob("*.py"))

"""CONTRIBUTING.md shows the floors that the imports draw."""

from tests.floors import ROOT, floors, picture, shown


def test_contributing_shows_the_floors_of_the_real_imports() -> None:
    assert shown() == picture(), "The picture is out of date; write it: python -m tests.floors"


def test_every_part_is_there_and_uses_none_above_it() -> None:
    height = {part: place for place, parts in enumerate(reversed(floors())) for part in parts}
    parts: list[str] = []
    for line in picture().splitlines()[2:]:
        cells = [cell.strip(" `") for cell in line.strip("|").split("|")]
        parts.append(cells[1])
        uses = cells[2].replace("`", "").split(", ")
        assert all(height[each] <= height[cells[1]] for each in uses if each != "–")
        assert cells[3].endswith(".")
    found = {path.stem for path in (ROOT / "core").iterdir() if not path.name.startswith("__")}
    assert sorted(parts) == sorted(found | {"cli", "dashboard"})

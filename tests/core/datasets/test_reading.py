"""Cells as strings, and every row with the number that a spreadsheet shows."""

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.datasets.reading import ROW, read_csv, read_lines
from core.errors import DataError

WORDS = st.text("abc ,\"'éß\n01", max_size=6)


@settings(max_examples=60)
@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=6))
def test_cells_are_those_that_the_standard_library_reads(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("reading") / "t.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *rows])
    stripped = [tuple(cell.strip() or None for cell in row) for row in rows]
    expected = [(k, *row) for k, row in enumerate(stripped, 2) if any(row)]
    if not expected:
        with pytest.raises(DataError, match="the table has no rows"):
            read_csv(path, ("a", "b"))
        return
    assert read_csv(path, ("a", "b")).rows() == expected


def test_blank_lines_are_left_out_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n\n1,2\n,\n3,4\n\n\n")
    assert read_csv(path, ("a",))[ROW].to_list() == [3, 5]


def test_a_column_named_as_the_rows_numbers_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"{ROW},b\n1,2\n")
    with pytest.raises(DataError, match=f"column {ROW} has the name of .* rename it"):
        read_csv(path, ("b",))


def test_own_names_take_the_place_of_the_header(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("Name,Box [x,y],,\nm,1,2,\nn,3,4\n")
    frame = read_csv(path, ("x",), header=("name", "x", "y"))
    assert frame.select("name", "x", "y").rows() == [("m", "1", "2"), ("n", "3", "4")]


def test_all_ragged_rows_are_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1\n2,3\n4,5,6\n")
    with pytest.raises(DataError) as caught:
        read_csv(path, ("a",))
    assert [each.partition(": ")[0] for each in caught.value.problems] == [
        f"{path}, row 2",
        f"{path}, row 4",
    ]


def test_lines_are_stripped_and_a_byte_order_mark_is_none_of_them(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes("\ufeffa.png\r\n\r\n b.png \n".encode())
    assert read_lines(path) == ["a.png", "b.png"]

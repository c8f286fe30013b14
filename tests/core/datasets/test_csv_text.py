"""What a file must be before it is parsed."""

import csv
import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.datasets import csv_text
from core.datasets.csv_text import header_of, note_ragged_rows, other_separator, read_text
from core.errors import DataError, Problems

CELLS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=8)


def ragged(content: bytes, num_cells: int | None = None) -> list[str]:
    problems = Problems()
    note_ragged_rows(problems, Path("t.csv"), content, num_cells)
    return problems.found


@settings(max_examples=60)
@given(
    st.integers(2, 4).flatmap(
        lambda n: st.lists(st.lists(CELLS, min_size=n, max_size=n), min_size=2, max_size=6)
    )
)
def test_whatever_the_standard_library_writes_is_whole(rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    assert ragged(text.getvalue().encode()) == []


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"a,b\n1,2\n3\n4,5,6\n", ["row 3: has 1 cells", "row 4: has 3 cells"]),
        (b"a,b\n1,2\n\n3\n", ["row 4: has 1 cells, the header 2."]),
        (b'a,b\n1,"x\ny"\n3\n', ["row 3: has 1 cells"]),
        (b'a,b\n1,2\n"3,4\n5,6\n', ["row 3: its quotation marks do not match"]),
        (b'a,b\n1,"2"3\n', ["row 2: its quotation marks do not match"]),
        (b"\na,b\n1,2\n", ["row 1: is blank; the header must come first."]),
    ],
)
def test_ragged_rows_are_named_as_a_spreadsheet_counts_them(
    content: bytes, found: list[str]
) -> None:
    problems = ragged(content)
    assert len(problems) == len(found)
    assert all(f"t.csv, {start}" in each for start, each in zip(found, problems, strict=True))


def test_without_a_header_of_its_own_only_short_rows_are_ragged() -> None:
    content = b"a,b,[x,y],,\n1,2,3\n1,2,3,4\n1,2\n"
    assert ragged(content, num_cells=3) == ["t.csv, row 4: has 2 cells, not 3."]


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"\xef\xbb\xbfa,b\n")
    assert read_text(path) == b"a,b\n"


def test_a_byte_order_mark_alone_is_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"\xef\xbb\xbf")
    with pytest.raises(DataError, match=r"t\.csv: the file is empty"):
        read_text(path)


def test_a_gzipped_file_is_read_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(gzip.compress(b"a,b\n1,2\n"))
    assert read_text(path) == b"a,b\n1,2\n"


@pytest.mark.parametrize("num_bytes", [3, 12, 25])
def test_a_gzipped_file_that_is_cut_short_is_one_sentence(tmp_path: Path, num_bytes: int) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n1,2\n")[:num_bytes])
    with pytest.raises(DataError, match="t.csv.gz: is no whole gzip file"):
        read_text(path)


def test_the_row_of_a_foreign_byte_is_told(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("a,b\n1,2\n3,é\n".encode("latin-1"))
    with pytest.raises(DataError, match="t.csv, row 3: byte 0xe9 is not UTF-8"):
        read_text(path)


@pytest.mark.parametrize(
    ("header", "separator"),
    [(["a;b"], "semicolons"), (["a\tb"], "tabs"), (["a|b"], "bars"), (["a"], None)],
)
def test_another_separator_is_known_by_the_header(header: list[str], separator: str | None) -> None:
    assert other_separator(header) == separator
    assert other_separator([*header, "c"]) is None


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("is_zipped", [False, True])
@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_a_header_is_read_alone(tmp_path: Path, suffix: str, is_zipped: bool, mark: bytes) -> None:
    path = tmp_path / f"t{suffix}"
    content = mark + b'a,"b, c"\n\xff\xff'
    path.write_bytes(gzip.compress(content) if is_zipped else content)
    assert header_of(path) == ["a", "b, c"]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"\x1f\x8b"])
def test_what_is_no_text_has_no_header(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    assert header_of(path) == []
    assert header_of(tmp_path / "nowhere.csv") == []


def test_a_small_file_that_unzips_to_more_than_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_text, "MAX_BYTES", 1_000_000)
    bomb = tmp_path / "t.csv.gz"
    bomb.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 500_000))
    assert bomb.stat().st_size < 20_000
    with pytest.raises(DataError, match=r"t\.csv\.gz: holds more than the 1,000,000 bytes"):
        read_text(bomb)


def test_a_header_without_end_is_read_in_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_text, "_MAX_CELL_BYTES", 1000)
    endless = tmp_path / "t.csv.gz"
    endless.write_bytes(gzip.compress(b"a," * 5_000_000))
    assert len(header_of(endless)) == 501

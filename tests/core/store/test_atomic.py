from pathlib import Path

import numpy as np
import pytest

from core.store.atomic import replacing, write_text
from core.store.hashed import write_array
from tests.fixtures.full import full_after


def test_the_file_takes_its_place_when_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.txt"
    write_text(path, "whole")
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


def _write_half(path: Path) -> None:
    with replacing(path) as temporary:
        temporary.write_text("ha")
        raise RuntimeError("half way")


def test_nothing_changes_when_the_block_raises(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "before")
    with pytest.raises(RuntimeError, match="half way"):
        _write_half(path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_an_array_that_does_not_fit_says_why(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    with full_after(1000), pytest.raises(OSError, match="File too large") as caught:
        write_array(path, np.zeros(4000, np.float32))
    assert caught.value.filename == str(path)
    assert list(tmp_path.iterdir()) == []


def test_a_library_that_hides_why_it_cannot_write_is_asked_no_further(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    with full_after(1000), pytest.raises(OSError, match="File too large") as caught:
        _write_half(path)
    assert caught.value.filename == str(path)
    assert list(tmp_path.iterdir()) == []


def test_a_reader_sees_the_old_file_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "before")
    with replacing(path) as temporary:
        temporary.write_text("after")
        assert path.read_text() == "before"
    assert path.read_text() == "after"

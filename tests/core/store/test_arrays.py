from pathlib import Path

import numpy as np
import pytest

from core.store.arrays import ArrayParts

ROWS = np.random.default_rng(0).normal(size=(10, 3)).astype(np.float32)


@pytest.fixture
def parts(tmp_path: Path) -> ArrayParts:
    """Rows 0 to 7 of an array, in two parts."""
    parts = ArrayParts(tmp_path / "features" / "resnet50-ab.npy")
    for start in (0, 4):
        parts.keep(start, ROWS[start : start + 4])
    return parts


def files(parts: ArrayParts) -> list[Path]:
    return sorted(parts.path.parent.glob("*.npy"))


def test_what_was_kept_is_found_in_order(parts: ArrayParts) -> None:
    assert np.array_equal(parts.kept(), ROWS[:8])  # pyright: ignore[reportArgumentType]
    parts.keep(8, ROWS[8:])
    assert np.array_equal(parts.kept(), ROWS)  # pyright: ignore[reportArgumentType]


def test_nothing_is_kept_before_the_first_part(tmp_path: Path) -> None:
    assert ArrayParts(tmp_path / "a.npy").kept() is None


@pytest.mark.parametrize("damage", ["cut", "changed", "gone"])
def test_rows_from_a_damaged_part_on_are_not_believed(parts: ArrayParts, damage: str) -> None:
    parts.keep(8, ROWS[8:])
    middle = files(parts)[1]
    content = middle.read_bytes()
    if damage == "gone":
        middle.unlink()
    else:
        middle.write_bytes(content[:-4] if damage == "cut" else content[:-4] + b"rot!")
    assert np.array_equal(parts.kept(), ROWS[:4])  # pyright: ignore[reportArgumentType]


def test_removing_leaves_the_parts_of_other_arrays(parts: ArrayParts) -> None:
    other = ArrayParts(parts.path.with_name("resnet50-ab-view0.npy"))
    other.keep(0, ROWS[:2])
    parts.remove()
    assert parts.kept() is None
    assert len(list(parts.path.parent.iterdir())) == 2, "one part of the other array, its hash"


def test_removing_takes_a_hash_whose_part_a_kill_prevented(parts: ArrayParts) -> None:
    parts.path.with_suffix(".part-000000099.sha256").write_text("0" * 64)
    parts.remove()
    assert list(parts.path.parent.iterdir()) == []

"""Image files found, and what is wrong with them told."""

from pathlib import Path

import polars as pl
import pytest

from core.datasets.files import FAULT, existing_folder, relative_paths, with_faults
from core.datasets.reading import ROW
from core.datasets.request import IndexRequest
from core.errors import DataError, Problems
from tests.fixtures.releases import draw

TABLE = Path("t.csv")
PATHS = ["a.png", "gone.png", None, "../x.png"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "root"
    draw(folder / "a.png", seed=1, bright=False)
    return folder


def rows() -> pl.DataFrame:
    return pl.DataFrame({ROW: [2, 3, 4, 5], "path": PATHS}, schema_overrides={"path": pl.String})


@pytest.mark.parametrize("quarantine", [False, True])
def test_every_fault_stands_beside_its_row(root: Path, quarantine: bool) -> None:
    request = IndexRequest(root, quarantine=quarantine)
    problems = Problems()
    checked = with_faults(problems, TABLE, root, rows(), request)
    assert checked[FAULT].to_list() == [
        None,
        "gone.png there is no such image file",
        None,
        f"../x.png lies outside {root}",
    ]
    gone = (
        "t.csv, row 3: image gone.png there is no such image file; get it anew, or set it aside "
        "with --quarantine."
    )
    outside = (
        f"t.csv, row 5: image ../x.png lies outside {root}; move it there, or index the folder "
        "above."
    )
    assert problems.found == ([outside] if quarantine else [gone, outside])


def test_tables_alone_have_no_faulty_files(root: Path) -> None:
    problems = Problems()
    request = IndexRequest(root, tables_only=True)
    assert with_faults(problems, TABLE, root, rows(), request)[FAULT].null_count() == 4
    assert problems.found == []


def test_progress_ends_with_all_files(root: Path) -> None:
    told: list[tuple[str, int, int]] = []

    def tell(stage: str, done: int, total: int) -> None:
        told.append((stage, done, total))

    request = IndexRequest(root, progress=tell)
    with_faults(Problems(), TABLE, root, rows(), request)
    assert told == [("checking files", 4, 4)]


def test_files_are_found_in_the_folders_named_and_not_below(root: Path) -> None:
    draw(root / "one/b.png", seed=1, bright=False)
    draw(root / "one/deep/c.png", seed=1, bright=False)
    problems = Problems()
    found = relative_paths(problems, root, [root, root / "one", root / "nowhere"], "*.png")
    assert found == {"a.png": "a.png", "b.png": "one/b.png"}
    assert problems.found == []


def test_one_name_in_two_folders_is_a_problem(root: Path) -> None:
    draw(root / "one/a.png", seed=1, bright=False)
    problems = Problems()
    assert relative_paths(problems, root, [root, root / "one"], "*.png") == {"a.png": "a.png"}
    assert problems.found == [f"{root}: a.png and one/a.png have one name; remove one of them."]


def test_a_folder_is_resolved_and_must_hold_something(root: Path) -> None:
    link = root.parent / "link"
    link.symlink_to(root)
    assert existing_folder(link) == root
    (root / "a.png").unlink()
    with pytest.raises(DataError, match="link: the folder is empty"):
        existing_folder(link)

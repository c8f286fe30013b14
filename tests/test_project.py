from pathlib import Path

import core

ROOT = Path(__file__).resolve().parents[1]


def test_the_core_that_is_imported_is_this_repository() -> None:
    assert Path(core.__file__).is_relative_to(ROOT)


def test_no_python_file_of_the_project_unpickles() -> None:
    files = [path for part in ("core", "cli", "dashboard") for path in (ROOT / part).rglob("*.py")]
    assert files
    assert not [path for path in files if "import pickle" in path.read_text("utf-8")]

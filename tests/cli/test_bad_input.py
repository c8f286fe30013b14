"""Bad input, class by class, through the command line: one sentence a problem, and no harm."""

import re
import shutil
from pathlib import Path

import pytest

from core.datasets import DATASETS
from core.stages import index
from core.store import DataStore
from tests.fixtures.bad_input import BAD_INPUT, OPTIONS, RELEASES
from tests.fixtures.bad_input import request_of as good_request
from tests.fixtures.pipeline import Cxr


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole release of every adapter, and a store in which all of them are indexed."""
    base = tmp_path_factory.mktemp("good")
    for adapter, write in RELEASES.items():
        write(base / adapter)
        index.run(DataStore(base / "store"), adapter, adapter, good_request(adapter, base))
    return base


def files_of(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input_ends_with_3_and_its_place_and_leaves_the_store_as_it_was(
    cxr: Cxr, tmp_path: Path, good: Path, name: str
) -> None:
    adapter, spoil, sentence, options = BAD_INPUT[name]
    root, store = tmp_path / "release", tmp_path / "store"
    shutil.copytree(good / adapter, root)
    shutil.copytree(good / "store" / adapter, store / adapter)
    spoil(root)
    before = files_of(store)
    given = (*OPTIONS.get(adapter, ()), *(text.format(root=root) for text in options))
    outcome = cxr("data", "index", adapter, "--root", root, "--data", store, *given)
    assert (outcome.exit_code, outcome.out) == (3, ""), outcome.err
    assert re.search(sentence, outcome.err), outcome.err
    problems = outcome.err.removeprefix("cxr: ").strip().splitlines()
    told = [each for each in problems if not each.startswith("… and ")]
    assert all(each.endswith((".", "?")) for each in told), outcome.err
    assert files_of(store) == before


def test_every_adapter_has_its_bad_input() -> None:
    assert {bad.adapter for bad in BAD_INPUT.values()} == set(DATASETS)


def test_all_problems_of_a_table_are_told_at_once(cxr: Cxr, tmp_path: Path, good: Path) -> None:
    root = tmp_path / "release"
    shutil.copytree(good / "table", root)
    for number in range(24):
        (root / f"images/scan{number:02d}.png").unlink()
    index_it = ("data", "index", "table", "--root", root, "--labels", "labels.csv")
    outcome = cxr(*index_it, "--data", tmp_path / "store")
    assert "24 problems were found; nothing was written." in outcome.err
    assert outcome.err.strip().endswith("… and 4 more.")
    assert not (tmp_path / "store").exists()

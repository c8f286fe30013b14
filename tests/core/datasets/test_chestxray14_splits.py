"""The official lists, the user's own, and all images as a target."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.datasets.chestxray14 import index
from core.datasets.request import IndexRequest
from core.errors import ConfigError, DataError
from tests.fixtures.releases import Release


def _write_lists(folder: Path, **parts: list[str]) -> Path:
    folder.mkdir()
    for part, names in parts.items():
        lines = "".join(f"{name} 0 1 0\n" for name in names)
        (folder / f"{part}_list.txt").write_text(lines)
    return folder


@pytest.fixture
def chexnet(release: Release, tmp_path: Path) -> Path:
    """Lists of the fixture's 9 patients: 1 to 5 train, 6 and 7 validation, 8 and 9 test."""
    names = [row[0] for row in release.rows()[1:]]
    parts = {"train": names[:10], "val": names[10:14], "test": names[14:]}
    return _write_lists(tmp_path / "lists", **parts)


def test_random_lists_that_the_user_gives_are_named_random(release: Release, chexnet: Path) -> None:
    tables = index(IndexRequest(release.root, split="chexnet", lists=chexnet))
    assert tables.manifest["split"].to_list() == ["train"] * 10 + ["val"] * 4 + ["test"] * 4
    assert tables.split_name == "random (CheXNet lists)"


def test_all_images_are_test_images_by_name_and_need_no_lists(release: Release) -> None:
    (release.root / "test_list.txt").unlink()
    tables = index(IndexRequest(release.root, split="all"))
    assert set(tables.manifest["split"]) == {"test"}
    assert (tables.manifest.height, tables.split_name) == (18, "all images as test")


@pytest.mark.parametrize(
    ("split", "given", "sentence"),
    [
        ("chexnet", False, "--split chexnet and --lists FOLDER belong together"),
        ("official", True, "--split chexnet and --lists FOLDER belong together"),
        ("by-patient", False, "Known split policies: all, chexnet, official"),
    ],
)
def test_a_split_that_cannot_be_is_one_sentence(
    release: Release, chexnet: Path, split: str, given: bool, sentence: str
) -> None:
    request = IndexRequest(release.root, split=split, lists=chexnet if given else None)
    with pytest.raises(ConfigError, match=sentence):
        index(request)


def _append(name: str, line: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        path = folder / name
        path.write_text(path.read_text() + line + "\n")

    return write


BAD_LISTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "stranger": (_append("val_list.txt", "99.png 0"), "val_list.txt: names 1 images .* '99.png'"),
    "image in two lists": (
        _append("test_list.txt", "00000001_000.png 0"),
        "row 2: image '00000001_000.png' is in both lists: in test_list.txt and in train_list.txt",
    ),
    "list missing": (lambda folder: (folder / "val_list.txt").unlink(), "val_list.txt: there is"),
    "list not UTF-8": (
        lambda folder: (folder / "val_list.txt").write_bytes(b"\xff\xfe"),
        "val_list.txt: is UTF-16; save it as UTF-8",
    ),
    "list empty": (
        lambda folder: (folder / "val_list.txt").write_text(""),
        "val_list.txt: the file is empty",
    ),
}


@pytest.mark.parametrize("name", BAD_LISTS)
def test_a_bad_list_is_named(release: Release, chexnet: Path, name: str) -> None:
    spoil, sentence = BAD_LISTS[name]
    spoil(chexnet)
    with pytest.raises(DataError, match=sentence):
        index(IndexRequest(release.root, split="chexnet", lists=chexnet))


def test_a_patient_in_two_random_lists_is_refused(release: Release, tmp_path: Path) -> None:
    names = [row[0] for row in release.rows()[1:]]
    lists = _write_lists(tmp_path / "torn", train=names[0::3], val=names[1::3], test=names[2::3])
    with pytest.raises(DataError, match="patient '1' is in train and val"):
        index(IndexRequest(release.root, split="chexnet", lists=lists))

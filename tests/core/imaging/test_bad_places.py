"""What is no file, and paths and links that lead out of a data set, are one sentence."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import DataError
from core.imaging.decode import decode
from core.imaging.files import fault, located
from core.specs import ImageSpec
from tests.fixtures.image_files import encoded, soft

SPEC = ImageSpec(size=32)
PNG = encoded(Image.fromarray(soft()), "PNG")


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        decode(path, SPEC)
    return str(caught.value)


def folder(path: Path) -> None:
    path.mkdir()


def link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def ring_of_links(path: Path) -> None:
    other = path.with_name("other.png")
    path.symlink_to(other)
    other.symlink_to(path)


def link_to_nothing(path: Path) -> None:
    path.symlink_to("gone.png")


def link_to_a_folder(path: Path) -> None:
    path.symlink_to(path.parent)


def pipe(path: Path) -> None:
    os.mkfifo(path)


PLACES: Mapping[str, tuple[Callable[[Path], None], str]] = {
    "missing": (lambda path: None, "there is no such image file"),
    "folder": (folder, "is a folder, not an image file"),
    "link to itself": (link_to_itself, "cannot be read (Too many levels of symbolic links)"),
    "ring of links": (ring_of_links, "cannot be read (Too many levels of symbolic links)"),
    "link to nothing": (link_to_nothing, "there is no such image file"),
    "link to a folder": (link_to_a_folder, "is a folder, not an image file"),
    "pipe": (pipe, "is no regular file"),
}


@pytest.mark.parametrize("case", PLACES)
def test_what_is_no_file_is_one_sentence_from_both_readers(tmp_path: Path, case: str) -> None:
    place, expected = PLACES[case]
    place(tmp_path / "a.png")
    assert refusal(tmp_path / "a.png") == f"{tmp_path / 'a.png'}: {expected}."
    assert fault(tmp_path / "a.png") == expected


def test_a_file_below_a_file_and_a_name_too_long_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    assert "there is no such image file" in refusal(tmp_path / "a.png" / "b.png")
    assert "File name too long" in refusal(tmp_path / ("a" * 300 + ".png"))


OUTSIDE = (
    "../secret.png",
    "images/../../secret.png",
    "/etc/hostname",
    "out.png",
    "out/x",
    "a\0.png",
)


@pytest.mark.parametrize("relative", OUTSIDE)
def test_no_path_and_no_link_leads_out_of_the_data_set(tmp_path: Path, relative: str) -> None:
    root = (tmp_path / "root").resolve()
    root.mkdir()
    (tmp_path / "secret.png").write_bytes(PNG)
    (root / "out.png").symlink_to(tmp_path / "secret.png")
    (root / "out").symlink_to(tmp_path)
    with pytest.raises(DataError, match=r"lies outside .*; move it there, or index the folder"):
        located(root, relative)


def test_links_within_the_data_set_are_followed(tmp_path: Path) -> None:
    root = tmp_path.resolve()
    (root / "store").mkdir()
    (root / "store/a.png").write_bytes(PNG)
    (root / "b.png").symlink_to("store/a.png")
    assert np.array_equal(
        decode(located(root, "b.png"), SPEC).pixels, decode(root / "store/a.png", SPEC).pixels
    )

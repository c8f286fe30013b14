from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.datasets.unlabelled import find_images, read_images
from core.errors import DataError
from core.imaging.decode import decode
from core.imaging.dicom import Radiograph, read_dicom
from core.specs import ImageSpec
from tests.fixtures.dicom_files import dicom, ramp
from tests.fixtures.releases import draw

IMAGE = ImageSpec(size=32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for k, name in enumerate(("b/2.png", "b/1.PNG", "a.jpg", "b/notes.txt")):
        draw(tmp_path / Path(name).with_suffix(".png"), k, bright=False)
        (tmp_path / Path(name).with_suffix(".png")).rename(tmp_path / name)
    with Image.open(tmp_path / "a.jpg") as image:
        image.save(tmp_path / "a.jpg", format="JPEG")
    return tmp_path


def test_folders_are_searched_and_each_image_is_taken_once(folder: Path) -> None:
    found = find_images([folder / "b/2.png", folder])
    assert [path.relative_to(folder).as_posix() for path in found] == [
        "b/2.png",
        "a.jpg",
        "b/1.PNG",
    ]


def test_a_named_file_may_be_called_anything(folder: Path) -> None:
    images = read_images(find_images([folder / "b/notes.txt"]), IMAGE)
    assert images.pixels.shape == (1, 32, 32)
    assert images.views == ("UNKNOWN",)


def test_images_are_decoded_like_those_of_a_data_set(folder: Path) -> None:
    paths = find_images([folder])
    images = read_images(paths, IMAGE)
    assert images.paths == paths
    for row, path in enumerate(paths):
        np.testing.assert_array_equal(images.pixels[row], decode(path, IMAGE).pixels)


def test_all_that_is_missing_is_named_at_once(folder: Path) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(DataError) as caught:
        find_images([folder / "nope.png", folder / "empty"])
    assert len(caught.value.problems) == 2
    assert "nope.png: there is no such file or folder" in caught.value.problems[0]
    assert "empty: holds no image" in caught.value.problems[1]


def test_all_that_is_damaged_is_named_at_once(folder: Path) -> None:
    for name in ("a.jpg", "b/2.png"):
        path = folder / name
        path.write_bytes(path.read_bytes()[:90])
    with pytest.raises(DataError) as caught:
        read_images(find_images([folder]), IMAGE)
    assert len(caught.value.problems) == 2


def test_a_dicom_is_decoded_once_and_tells_its_view(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(dicom(ramp(), tags={"ViewPosition": "LAO"}))
    calls: list[bytes] = []

    def counted(content: bytes) -> Radiograph:
        calls.append(content)
        return read_dicom(content)

    monkeypatch.setattr("core.imaging.decode.read_dicom", counted)
    assert read_images([path], IMAGE).views == ("LATERAL",)
    assert len(calls) == 1

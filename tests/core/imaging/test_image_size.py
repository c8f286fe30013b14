import sys
from pathlib import Path

import pytest

from core.imaging.image_size import image_sizes
from tests.fixtures.releases import draw

SHORT_HEADER = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\x05IHDR" + b"\0" * 9
"""A PNG whose header has 5 bytes."""
DICOM = b"\0" * 128 + b"DICM"


def fault_of(path: Path) -> str:
    (fault,) = image_sizes([path])
    assert isinstance(fault, str)
    return fault


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_a_size_is_width_and_height(tmp_path: Path, suffix: str) -> None:
    draw(tmp_path / f"a.{suffix}", seed=1, bright=False, size=(80, 60))
    draw(tmp_path / f"b.{suffix}", seed=1, bright=False, size=(31, 47))
    paths = [tmp_path / f"{name}.{suffix}" for name in ("a", "b")]
    assert image_sizes(paths) == [(80, 60), (31, 47)]


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", b"\x89PNG\r\n\x1a\n", SHORT_HEADER])
def test_a_file_without_a_size_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    assert fault_of(tmp_path / "a.png").startswith("has no width and height that can be read (")


def test_a_file_without_a_size_does_not_hide_the_others(tmp_path: Path) -> None:
    draw(tmp_path / "good.png", seed=1, bright=False, size=(80, 60))
    before, good, after = image_sizes([tmp_path / name for name in ("a.png", "good.png", "b.png")])
    assert good == (80, 60)
    assert isinstance(before, str)
    assert isinstance(after, str)


def test_a_dicom_file_without_its_reader_names_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pydicom", None)
    (tmp_path / "a.dicom").write_bytes(DICOM)
    with pytest.raises(ModuleNotFoundError, match="pydicom"):
        image_sizes([tmp_path / "a.dicom"])


def write_dicom(path: Path) -> None:
    pydicom = pytest.importorskip("pydicom")
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = pydicom.uid.DigitalXRayImageStorageForPresentation
    dataset.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
    dataset.Rows, dataset.Columns = 3072, 2540
    pydicom.dcmwrite(path, dataset, enforce_file_format=True)


def test_a_dicom_s_size_is_read_from_its_header(tmp_path: Path) -> None:
    write_dicom(tmp_path / "a.dicom")
    assert image_sizes([tmp_path / "a.dicom"]) == [(2540, 3072)]


@pytest.mark.parametrize("removed", [1, 5, 9, 20])
def test_a_dicom_without_a_whole_header_is_one_sentence(tmp_path: Path, removed: int) -> None:
    path = tmp_path / "a.dicom"
    write_dicom(path)
    path.write_bytes(path.read_bytes()[:-removed])
    assert "no Rows and Columns in its DICOM header" in fault_of(path)

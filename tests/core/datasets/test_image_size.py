import sys
from pathlib import Path

import pytest

from core.datasets.image_size import image_sizes
from core.errors import ConfigError, DataError
from tests.fixtures.releases import draw

DICOM = b"\0" * 128 + b"DICM"


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_a_size_is_width_and_height(tmp_path: Path, suffix: str) -> None:
    draw(tmp_path / f"a.{suffix}", seed=1, bright=False, size=(80, 60))
    draw(tmp_path / f"b.{suffix}", seed=1, bright=False, size=(31, 47))
    paths = [tmp_path / f"{name}.{suffix}" for name in ("a", "b")]
    assert image_sizes(paths) == [(80, 60), (31, 47)]


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", b"\x89PNG\r\n\x1a\n"])
def test_a_file_without_a_size_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(DataError, match=r"a.png: its width and height cannot be read"):
        image_sizes([tmp_path / "a.png"])


def test_a_dicom_file_without_its_reader_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pydicom", None)
    (tmp_path / "a.dicom").write_bytes(DICOM)
    with pytest.raises(ConfigError, match=r"a.dicom .* pip install 'cxr-bench\[dicom\]'"):
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
    with pytest.raises(DataError, match=r"a.dicom: its DICOM header has no Rows and Columns"):
        image_sizes([path])

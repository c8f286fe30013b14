import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import DataError
from core.imaging import decode as module
from core.imaging.decode import decode, fault
from core.imaging.geometry import Box, fit
from core.specs import ImageSpec

SPEC = ImageSpec(size=32)
GRADIENT = np.linspace(0, 255, 64 * 64).reshape(64, 64)


def saved(path: Path, pixels: np.ndarray, mode: str) -> Path:
    image = Image.fromarray(pixels.astype(np.uint8)).convert(mode)
    image.save(path, quality=95)
    return path


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "P"])
def test_every_colour_mode_gives_the_same_grey(tmp_path: Path, mode: str) -> None:
    grey = decode(saved(tmp_path / "grey.png", GRADIENT, "L"), SPEC).pixels
    other = decode(saved(tmp_path / "other.png", GRADIENT, mode), SPEC).pixels
    assert grey.dtype == np.uint8
    assert np.abs(grey.astype(int) - other).max() <= 1


def test_sixteen_bits_are_scaled_to_eight(tmp_path: Path) -> None:
    Image.fromarray((GRADIENT * 16).astype(np.uint16)).save(tmp_path / "deep.png")
    deep = decode(tmp_path / "deep.png", SPEC).pixels
    shallow = decode(saved(tmp_path / "grey.png", GRADIENT, "L"), SPEC).pixels
    assert np.abs(deep.astype(int) - shallow).max() <= 1


def test_a_jpeg_decoded_at_reduced_scale_is_the_same_picture(tmp_path: Path) -> None:
    y, x = np.mgrid[:1000, :800]
    pixels = 127 + 100 * np.sin(x / 90) * np.cos(y / 70)
    png = decode(saved(tmp_path / "a.png", pixels, "L"), SPEC)
    jpeg = decode(saved(tmp_path / "a.jpg", pixels, "L"), SPEC)
    assert (jpeg.width, jpeg.height) == (800, 1000)
    assert np.abs(jpeg.pixels.astype(int) - png.pixels).mean() < 1.5


@pytest.mark.parametrize("geometry", ["crop", "pad", "squash"])
@pytest.mark.parametrize("size", [(300, 200), (200, 300), (250, 250)])
def test_a_box_lands_on_the_pixels_it_marks(
    tmp_path: Path, geometry: str, size: tuple[int, int]
) -> None:
    width, height = size
    box = Box(0.4, 0.45, 0.2, 0.15)
    pixels = np.zeros((height, width))
    left, top = round(box.x * width), round(box.y * height)
    pixels[top : top + round(box.height * height), left : left + round(box.width * width)] = 255
    spec = ImageSpec.model_validate({"size": 100, "geometry": geometry})
    square = decode(saved(tmp_path / "a.png", pixels, "L"), spec).pixels
    rows, columns = np.nonzero(square > 127)
    found = (columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1)
    expected = fit(width, height, spec).to_square(box)
    assert expected is not None
    assert found == pytest.approx([100 * side for side in expected], abs=1.01)


def test_equalisation_spreads_the_histogram(tmp_path: Path) -> None:
    path = saved(tmp_path / "dark.png", GRADIENT / 4, "L")
    assert np.ptp(decode(path, SPEC).pixels) < 80
    assert np.ptp(decode(path, ImageSpec(size=32, equalise=True)).pixels) > 240


def test_the_hash_is_of_the_file(tmp_path: Path) -> None:
    first = saved(tmp_path / "a.png", GRADIENT, "L")
    copy = tmp_path / "b.png"
    copy.write_bytes(first.read_bytes())
    assert decode(first, SPEC).sha256 == decode(copy, SPEC).sha256
    assert decode(first, SPEC).sha256 != decode(saved(copy, GRADIENT.T, "L"), SPEC).sha256


def truncated(path: Path) -> None:
    content = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)).save(
        content, "PNG" if path.suffix == ".png" else "JPEG"
    )
    path.write_bytes(content.getvalue()[: len(content.getvalue()) // 2])


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_a_truncated_file_is_one_sentence(tmp_path: Path, name: str) -> None:
    truncated(tmp_path / name)
    with pytest.raises(DataError, match=f"{name}: cannot be decoded"):
        decode(tmp_path / name, SPEC)
    assert fault(tmp_path / name) == "is truncated: the end of the image is missing"


@pytest.mark.parametrize("content", [b"", b"patient,label\n1,0\n"])
def test_a_file_that_is_no_image_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(DataError, match="no image that Pillow knows"):
        decode(tmp_path / "a.png", SPEC)
    assert fault(tmp_path / "a.png") == "is neither a PNG nor a JPEG file"


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such image file"):
        decode(tmp_path / "a.png", SPEC)
    assert fault(tmp_path / "a.png") == "there is no such image file"


def test_an_image_too_large_to_be_a_radiograph_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_PIXELS", 1000)
    with pytest.raises(DataError, match="64 x 64 pixels are more than 1000"):
        decode(saved(tmp_path / "a.png", GRADIENT, "L"), SPEC)


def test_a_whole_file_has_no_fault(tmp_path: Path) -> None:
    assert fault(saved(tmp_path / "a.png", GRADIENT, "L")) is None
    assert fault(saved(tmp_path / "a.jpg", GRADIENT, "L")) is None

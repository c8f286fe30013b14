import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image, ImageOps

from core.errors import DataError
from core.imaging.decode import decode
from core.imaging.files import fault
from core.specs import ImageSpec
from tests.fixtures.dicom_files import dicom, ramp
from tests.fixtures.image_files import (
    GREY_ALPHA,
    PALETTE,
    RGB,
    RGB_ALPHA,
    chunk,
    encoded,
    png,
    soft,
    ycck,
)

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


def test_a_whole_file_has_no_fault(tmp_path: Path) -> None:
    assert fault(saved(tmp_path / "a.png", GRADIENT, "L")) is None
    assert fault(saved(tmp_path / "a.jpg", GRADIENT, "L")) is None
    assert fault(dicom_file(tmp_path / "a.png")) is None


def dicom_file(path: Path) -> Path:
    path.write_bytes(dicom(ramp()))
    return path


def read(path: Path, content: bytes) -> np.ndarray:
    """The pixels at the picture's own size: the resize leaves them as they are."""
    path.write_bytes(content)
    return decode(path, ImageSpec(size=64)).pixels.astype(int)


PICTURE = soft()
COLOURED = Image.merge("RGB", [Image.fromarray(soft(seed=seed)) for seed in range(3)])
INKS = Image.merge("CMYK", [Image.fromarray(soft(seed=seed)) for seed in range(4)])
DEEP = soft().astype(np.uint16) * 200 + 77
STRETCHED = np.rint((DEEP - DEEP.min()) * (255 / np.ptp(DEEP)))
RGB_VALUES = np.asarray(COLOURED)
LUMA = RGB_VALUES @ [0.299, 0.587, 0.114]
OPAQUE = np.full((64, 64), 255, np.uint8)
HALF_CLEAR = np.dstack([RGB_VALUES, soft(seed=9)])
TRANSPARENT = chunk(b"tRNS", bytes([0, 90]))
TRANSPARENT_COLOUR = chunk(b"tRNS", bytes([0, 90, 0, 90, 0, 90]))
STEPS = np.arange(256, dtype=np.uint8)
GREY_STEPS = chunk(b"PLTE", np.repeat(255 - STEPS, 3).tobytes())

KNOWN: dict[str, tuple[bytes, np.ndarray]] = {
    "8 bits": (png(PICTURE), PICTURE),
    "interlaced": (png(PICTURE, interlaced=True), PICTURE),
    "interlaced, odd size": (png(PICTURE[:63, :61], interlaced=True), PICTURE[:63, :61]),
    "1 bit": (png(PICTURE // 128, depth=1), PICTURE // 128 * 255),
    "2 bits": (png(PICTURE // 64, depth=2), PICTURE // 64 * 85),
    "4 bits": (png(PICTURE // 16, depth=4), PICTURE // 16 * 17),
    "16 bits": (png(DEEP, depth=16), STRETCHED),
    "16 bits interlaced": (png(DEEP, depth=16, interlaced=True), STRETCHED),
    "grey and alpha": (png(np.dstack([PICTURE, OPAQUE]), colour=GREY_ALPHA), PICTURE),
    "a transparent grey": (png(PICTURE, before_data=TRANSPARENT), PICTURE),
    "colour": (png(RGB_VALUES, colour=RGB), LUMA),
    "colour of 16 bits": (png(RGB_VALUES.astype(np.uint16) * 257, depth=16, colour=RGB), LUMA),
    "a transparent colour": (png(RGB_VALUES, colour=RGB, before_data=TRANSPARENT_COLOUR), LUMA),
    "colour and alpha": (png(HALF_CLEAR, colour=RGB_ALPHA), LUMA),
    "palette": (png(PICTURE, colour=PALETTE, before_data=GREY_STEPS), 255 - PICTURE),
    "palette with clear colours": (
        png(PICTURE, colour=PALETTE, before_data=GREY_STEPS + chunk(b"tRNS", STEPS.tobytes())),
        255 - PICTURE,
    ),
    "text before and noise behind": (
        png(PICTURE, before_data=chunk(b"tEXt", b"Comment\0hello")) + b"padding" * 9,
        PICTURE,
    ),
}


@pytest.mark.parametrize("kind", KNOWN)
def test_every_kind_of_png_gives_the_grey_that_was_written(tmp_path: Path, kind: str) -> None:
    content, expected = KNOWN[kind]
    found = read(tmp_path / "a", content)
    if expected.shape == (64, 64):
        assert np.abs(found - expected).max() <= 1
    else:
        resized = Image.fromarray(expected).resize((64, 64), Image.Resampling.BILINEAR, CENTRE)
        assert np.abs(found - np.asarray(resized, int)).max() <= 1


CENTRE = (0, 1, 61, 62)

JPEGS = {
    "grey": encoded(Image.fromarray(PICTURE), "JPEG", quality=90),
    "progressive": encoded(Image.fromarray(PICTURE), "JPEG", quality=90, progressive=True),
    "colour": encoded(COLOURED, "JPEG", quality=90),
    "colour, progressive": encoded(COLOURED, "JPEG", quality=90, progressive=True),
    "colour, not subsampled": encoded(COLOURED, "JPEG", quality=90, subsampling=0),
    "stored as RGB": encoded(COLOURED, "JPEG", quality=90, keep_rgb=True),
    "CMYK": encoded(INKS, "JPEG", quality=95),
    "YCCK": ycck(INKS),
    "with a comment": encoded(Image.fromarray(PICTURE), "JPEG", comment=b"hello"),
}


@pytest.mark.parametrize("kind", JPEGS)
def test_every_kind_of_jpeg_gives_the_grey_that_opencv_gives(tmp_path: Path, kind: str) -> None:
    found = read(tmp_path / "a", JPEGS[kind])
    colour = cv2.imdecode(np.frombuffer(JPEGS[kind], np.uint8), cv2.IMREAD_COLOR)
    assert colour is not None
    expected = cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY).astype(int)
    assert np.abs(found - expected).mean() < 1


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_exif_orientation_is_applied(tmp_path: Path, kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    wide = Image.fromarray(soft(200, 300))
    content = encoded(wide, kind, exif=exif)
    (tmp_path / "a").write_bytes(content)
    upright = ImageOps.exif_transpose(Image.open(tmp_path / "a")).convert("L")
    (tmp_path / "b").write_bytes(encoded(upright, "PNG"))
    turned, expected = (
        decode(tmp_path / name, ImageSpec(size=64, geometry="pad")) for name in ("a", "b")
    )
    assert (turned.width, turned.height) == upright.size
    assert np.abs(turned.pixels.astype(int) - expected.pixels).mean() < 1.5


def test_black_bands_are_no_part_of_what_is_equalised(tmp_path: Path) -> None:
    picture = Image.fromarray(soft(64, 32))
    picture.save(tmp_path / "a.png")
    found = decode(tmp_path / "a.png", ImageSpec(size=64, geometry="pad", equalise=True)).pixels
    assert np.array_equal(found[:, 16:48], np.asarray(ImageOps.equalize(picture)))
    assert not found[:, :16].any()
    assert not found[:, 48:].any()


def test_how_values_became_8_bits_is_told(tmp_path: Path) -> None:
    kinds = {"8 bits": "as stored", "16 bits": "own range", "palette": "as stored"}
    for kind, scaling in kinds.items():
        (tmp_path / "a").write_bytes(KNOWN[kind][0])
        assert decode(tmp_path / "a", SPEC).scaling == scaling
    assert decode(dicom_file(tmp_path / "a"), SPEC).scaling == "own range"

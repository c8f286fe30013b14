"""Every kind of bad image file is one sentence that names the file and says what to do."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEG2000Lossless

from core.errors import DataError
from core.imaging.decode import decode
from core.specs import ImageSpec
from tests.fixtures.dicom_files import dicom, lossless_jpeg, ramp
from tests.fixtures.image_files import chunk, encoded, jpeg_claiming, png, soft

SPEC = ImageSpec(size=32)
PICTURE = Image.fromarray(soft())
PNG = encoded(PICTURE, "PNG")
JPEG = encoded(PICTURE, "JPEG")
DICOM = dicom(ramp())
FOREIGN = "is neither a PNG nor a JPEG nor a DICOM file, whatever its name says; convert it"


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.png", PNG)
    return file.getvalue()


def changed(content: bytes, place: int) -> bytes:
    """One bit of a byte flipped."""
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def jpeg_2000_claiming(width: int, height: int) -> bytes:
    content = bytearray(dicom(ramp(), syntax=JPEG2000Lossless))
    start = content.index(b"\xff\x4f\xff\x51") + 8
    struct.pack_into(">II", content, start, width, height)
    return bytes(content)


def of_an_unknown_syntax() -> bytes:
    known = JPEG2000Lossless.encode()
    return dicom(ramp(), syntax=JPEG2000Lossless).replace(known, known[:-1] + b"9")


TEXT_BOMB = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(20_000_000)))

CONTENTS: Mapping[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty; get it anew"),
    "one byte": (b"\x89", FOREIGN),
    "zeros": (bytes(4096), FOREIGN),
    "text": (b"patient,label\n1,0\n", FOREIGN),
    "web page": (b"<!DOCTYPE html><title>404</title>" + b" " * 200, FOREIGN),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", FOREIGN),
    "zip": (zipped(), FOREIGN),
    "GIF": (encoded(PICTURE, "GIF"), FOREIGN),
    "WebP": (encoded(PICTURE, "WEBP"), FOREIGN),
    "BMP": (encoded(PICTURE, "BMP"), FOREIGN),
    "PDF": (encoded(PICTURE, "PDF"), FOREIGN),
    "TIFF": (encoded(PICTURE, "TIFF"), FOREIGN),
    "float TIFF": (encoded(PICTURE.convert("F"), "TIFF"), FOREIGN),
    "32-bit TIFF": (encoded(PICTURE.convert("I"), "TIFF"), FOREIGN),
    "bare JPEG 2000": (encoded(PICTURE, "JPEG2000"), FOREIGN),
    "Windows icon": (encoded(PICTURE, "ICO"), FOREIGN),
    "numpy array": (b"\x93NUMPY\x01\0" + bytes(200), FOREIGN),
    "PNG's mark alone": (PNG[:8], "the file ends too early"),
    "PNG with text line ends": (PNG.replace(b"\r\n", b"\n"), FOREIGN),
    "PNG with a flipped bit in its header": (changed(PNG, 17), "part IHDR is wrong"),
    "PNG with a flipped bit in its pixels": (changed(PNG, len(PNG) // 2), "part IDAT is wrong"),
    "PNG without pixels": (PNG[:33] + chunk(b"IEND", b""), "cannot be decoded"),
    "PNG with rows missing": (png(soft()[:40], claimed=(64, 64)), "fewer pixels than its header"),
    "PNG with rows left over": (png(soft(), claimed=(64, 40)), "more pixels than its header"),
    "two PNGs in one": (PNG + PNG, "bytes follow its end"),
    "PNG with rows too short": (png(soft(), claimed=(80, 64)), "cannot be decoded"),
    "JPEG's mark alone": (JPEG[:3], "cannot be decoded"),
    "JPEG without its tables": (JPEG[:2] + JPEG[JPEG.index(b"\xff\xc0") :], "cannot be decoded"),
    "JPEG of 12 bits": (changed(JPEG, JPEG.index(b"\xff\xc0") + 4), "cannot be decoded"),
    "0 x 0 PNG": (png(soft(), claimed=(0, 0)), "0 x 0 pixels, a side under 16"),
    "0 rows in a JPEG": (jpeg_claiming(64, 0), "cannot be decoded"),
    "1 x 1": (encoded(PICTURE.crop((0, 0, 1, 1)), "PNG"), "1 x 1 pixels, a side under 16"),
    "1 x 1 JPEG": (encoded(PICTURE.crop((0, 0, 1, 1)), "JPEG"), "a side under 16"),
    "1 x 5000": (png(np.zeros((5000, 1), np.uint8)), "1 x 5000 pixels, a side under 16"),
    "20 x 4000": (png(np.zeros((4000, 20), np.uint8)), "one side over 16 times the other"),
    "4000 x 20": (png(np.zeros((20, 4000), np.uint8)), "one side over 16 times the other"),
    "PNG bomb": (png(soft(), claimed=(60_000, 60_000)), "claims 60000 x 60000 pixels, more than"),
    "PNG bomb with billions": (png(soft(), claimed=(2**31 - 1, 2**31 - 1)), "more than the 100"),
    "PNG just too large": (png(soft(), claimed=(10_001, 10_000)), "more than the 100,000,000"),
    "JPEG bomb": (jpeg_claiming(60_000, 60_000), "claims 60000 x 60000 pixels, more than"),
    "text bomb in a PNG": (png(soft(), before_data=TEXT_BOMB), "cannot be decoded"),
    "DICOM bomb": (dicom(ramp(), tags={"Rows": 60_000, "Columns": 60_000}), "claims 60000 x 60000"),
    "DICOM bomb in JPEG 2000": (jpeg_2000_claiming(60_000, 60_000), "stream has 60000 x 60000"),
    "DICOM that inflates": (
        dicom(ramp(), syntax=DeflatedExplicitVRLittleEndian),
        "may inflate without bound; store it plain",
    ),
    "DICOM's mark alone": (DICOM[:132], "cannot be decoded as DICOM"),
    "DICOM's mark and noise": (DICOM[:132] + bytes(range(256)), "cannot be decoded as DICOM"),
    "DICOM without pixels": (dicom(ramp(), without=("PixelData",)), "DICOM file without PixelData"),
    "DICOM without a size": (
        dicom(ramp(), without=("Rows", "Columns")),
        "DICOM file without Rows, Columns",
    ),
    "DICOM of too few pixels": (dicom(ramp(), tags={"Rows": 41}), "cannot be decoded as DICOM"),
    "DICOM of one pixel": (dicom(ramp(1, 1)), "1 x 1 pixels, a side under 16"),
    "DICOM strip": (dicom(ramp(20, 4000)), "one side over 16 times the other"),
    "DICOM film": (dicom(ramp(), tags={"NumberOfFrames": 12}), "holds 12 frames; a radiograph has"),
    "DICOM in colour": (
        dicom(ramp(), tags={"PhotometricInterpretation": "RGB", "SamplesPerPixel": 3}),
        r"is in colour \(RGB\), as screenshots are",
    ),
    "DICOM with a palette": (
        dicom(ramp(), tags={"PhotometricInterpretation": "PALETTE COLOR"}),
        r"is in colour \(PALETTE COLOR\)",
    ),
    "DICOM of 32 bits": (dicom(ramp(), tags={"BitsAllocated": 32}), "has 32 bits a pixel, over 16"),
    "DICOM with a window of no width": (
        dicom(ramp(), tags={"WindowCenter": 2048, "WindowWidth": 0}),
        "Window Width must be greater",
    ),
    "DICOM in an unknown syntax": (of_an_unknown_syntax(), "cannot be decoded as DICOM"),
}


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        decode(path, SPEC)
    return str(caught.value)


@pytest.mark.parametrize("case", CONTENTS)
def test_a_bad_file_is_one_sentence(tmp_path: Path, case: str) -> None:
    content, expected = CONTENTS[case]
    (tmp_path / "scan.png").write_bytes(content)
    sentence = refusal(tmp_path / "scan.png")
    assert sentence.startswith(f"{tmp_path / 'scan.png'}: ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert re.search(expected, sentence), sentence


WHOLE: Mapping[str, bytes] = {
    "PNG": PNG,
    "interlaced PNG": png(soft(), interlaced=True),
    "PNG of 16 bits": png(soft().astype(np.uint16) * 257, depth=16),
    "JPEG": JPEG,
    "progressive JPEG": encoded(PICTURE, "JPEG", progressive=True),
    "CMYK JPEG": encoded(PICTURE.convert("CMYK"), "JPEG"),
    "DICOM": DICOM,
    "JPEG 2000 in DICOM": dicom(ramp(), syntax=JPEG2000Lossless),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_a_file_cut_anywhere_is_refused_or_whole_but_for_its_end_mark(
    tmp_path: Path, kind: str
) -> None:
    content, path = WHOLE[kind], tmp_path / "a"
    path.write_bytes(content)
    whole = decode(path, SPEC).pixels
    ends = np.linspace(0, len(content) - 1, 40).astype(int)
    refused = [end for end in ends if not _is_whole(path, content[:end], whole)]
    assert len(refused) >= 38


def _is_whole(path: Path, content: bytes, whole: NDArray[np.uint8]) -> bool:
    """Whether the content is decoded, and then to the whole picture; false if it is refused."""
    path.write_bytes(content)
    try:
        pixels = decode(path, SPEC).pixels
    except DataError:
        return False
    assert np.array_equal(pixels, whole)
    return True


def test_a_damaged_lossless_jpeg_costs_its_image_and_not_the_process(tmp_path: Path) -> None:
    content, path = lossless_jpeg(ramp(), tmp_path), tmp_path / "a"
    path.write_bytes(content[:-200] + bytes(range(200)))
    damaged = content.index(b"\xff\xda") - 20
    path.write_bytes(content[:damaged] + bytes(8) + content[damaged + 8 :])
    assert "cannot be decoded as DICOM" in refusal(path)
    path.write_bytes(content)
    assert decode(path, SPEC).scaling == "own range"

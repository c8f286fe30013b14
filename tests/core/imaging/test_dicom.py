"""DICOM radiographs are shown as their headers ask, and nothing else of the headers is kept."""

import io
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.pixels.processing import apply_windowing
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian, JPEG2000Lossless, RLELossless

from core.errors import DataError
from core.imaging.decode import decode
from core.imaging.dicom import read_dicom
from core.imaging.dicom_header import DicomHeader
from core.imaging.views import POSITIONS
from core.specs import ImageSpec
from tests.fixtures.dicom_files import dicom, lossless_jpeg, lut, ramp

STORED = ramp()
VALUES = STORED.astype(np.float64)
WINDOW = {"WindowCenter": 1500, "WindowWidth": 2000}


def header(**tags: object) -> DicomHeader:
    return read_dicom(dicom(STORED, tags=tags)).header


def linear(values: NDArray[np.floating], low: float, high: float) -> NDArray[np.floating]:
    return 255 * np.clip((values - low) / (high - low), 0, 1)


def windowed(values: NDArray[np.floating], centre: float, width: float) -> NDArray[np.floating]:
    """PS3.3, C.11.2.1.2.1."""
    return linear(values, centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2)


FULL = linear(VALUES, 0, 4095)
SHOWN: Mapping[str, tuple[Mapping[str, object], NDArray[np.floating], str]] = {
    "its own range": ({}, FULL, "own range"),
    "a window": (WINDOW, windowed(VALUES, 1500, 2000), "window 1500/2000"),
    "the first of two windows": (
        {"WindowCenter": [1500, 9], "WindowWidth": [2000, 9]},
        windowed(VALUES, 1500, 2000),
        "window 1500/2000",
    ),
    "a window over rescaled values": (
        WINDOW | {"RescaleSlope": 2, "RescaleIntercept": -1024},
        windowed(2.0 * STORED - 1024, 1500, 2000),
        "window 1500/2000",
    ),
    "an exact window": (
        WINDOW | {"VOILUTFunction": "LINEAR_EXACT"},
        linear(VALUES, 500, 2500),
        "window 1500/2000 LINEAR_EXACT",
    ),
    "a sigmoid": (
        WINDOW | {"VOILUTFunction": "SIGMOID"},
        255 / (1 + np.exp(-4 * (STORED - 1500.0) / 2000)),
        "window 1500/2000 SIGMOID",
    ),
    "a lookup table of 10 bits": (
        {"VOILUTSequence": [lut(np.arange(4096) // 4, 0, 10)]},
        STORED // 4 * (255 / 1023),
        "lookup table",
    ),
    "a lookup table of 12 bits before a window": (
        WINDOW | {"VOILUTSequence": [lut(4095 - np.arange(4096), 0, 12)]},
        255 - FULL,
        "lookup table",
    ),
    "a modality's lookup table": (
        {"ModalityLUTSequence": [lut(60000 - 10 * np.arange(4096), 0, 16)]},
        255 - FULL,
        "own range",
    ),
}


@pytest.mark.parametrize("case", SHOWN)
@pytest.mark.parametrize("inverted", [False, True])
def test_values_are_shown_as_the_header_asks(case: str, inverted: bool) -> None:
    tags, expected, scaling = SHOWN[case]
    photometric = "MONOCHROME1" if inverted else "MONOCHROME2"
    found = read_dicom(dicom(STORED, tags={**tags, "PhotometricInterpretation": photometric}))
    shown = 255 - found.pixels.astype(int) if inverted else found.pixels.astype(int)
    assert np.abs(shown - expected).max() <= 1
    assert found.header.scaling == scaling


def test_a_lookup_table_of_8_bits_is_refused() -> None:
    with pytest.raises(DataError, match="lookup table of 8 bits, which is not read"):
        header(VOILUTSequence=[lut(np.arange(4096) // 16, 0, 8)])


def test_a_window_is_what_pydicom_makes_of_it() -> None:
    content = dicom(STORED, tags=WINDOW)
    tags = dcmread(io.BytesIO(content))
    values = apply_windowing(tags.pixel_array, tags)
    assert np.abs(read_dicom(content).pixels - linear(values, 0, 4095)).max() <= 1


@pytest.mark.parametrize("num_bits", [8, 10, 12, 14, 16])
def test_any_depth_fills_8_bits(num_bits: int) -> None:
    stored = ramp(num_bits=num_bits).astype(np.uint8 if num_bits == 8 else np.uint16)
    pixels = read_dicom(dicom(stored, num_bits)).pixels
    assert np.abs(pixels - linear(stored.astype(float), 0, 2**num_bits - 1)).max() <= 1


def test_signed_values_are_shown_as_unsigned_ones() -> None:
    signed = (STORED.astype(int) - 2048).astype(np.int16)
    assert np.abs(read_dicom(dicom(signed)).pixels - FULL).max() <= 1


SYNTAXES = [ImplicitVRLittleEndian, ExplicitVRBigEndian, JPEG2000Lossless, RLELossless]


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda syntax: syntax.keyword)
def test_every_way_to_store_the_pixels_gives_the_same(syntax: str) -> None:
    plain = read_dicom(dicom(STORED)).pixels
    found = [each for each in SYNTAXES if each == syntax]
    assert np.array_equal(read_dicom(dicom(STORED, syntax=found[0])).pixels, plain)


def test_a_lossless_jpeg_gives_the_same(tmp_path: Path) -> None:
    found = read_dicom(lossless_jpeg(STORED, tmp_path)).pixels
    assert np.array_equal(found, read_dicom(dicom(STORED)).pixels)


VIEWS = {**POSITIONS, "LLD": "UNKNOWN"}


@pytest.mark.parametrize("view", VIEWS)
def test_view_positions_are_the_manifests_views(view: str) -> None:
    assert header(ViewPosition=view).view == VIEWS[view]


def test_what_the_header_does_not_say_is_not_guessed() -> None:
    assert header().view == "UNKNOWN"


def test_nothing_but_the_whitelist_is_kept() -> None:
    found = header(PatientSex="F", PatientBirthDate="19500101", InstitutionName="St. Elsewhere")
    assert set(asdict(found)) == {"view", "scaling"}
    told = str(found)
    assert not any(word in told for word in ("Roe", "secret-17", "1950", "Elsewhere", "1.2.3"))


def test_a_dicom_file_is_known_by_its_mark_whatever_its_name(tmp_path: Path) -> None:
    spec = ImageSpec(size=32, geometry="squash")
    contents = []
    for name in ("scan.dcm", "scan.png", "scan"):
        (tmp_path / name).write_bytes(dicom(STORED, tags=WINDOW))
        found = decode(tmp_path / name, spec)
        assert (found.width, found.height, found.scaling) == (56, 40, "window 1500/2000")
        contents.append(found.pixels)
    assert np.array_equal(contents[0], contents[1])
    assert np.array_equal(contents[0], contents[2])

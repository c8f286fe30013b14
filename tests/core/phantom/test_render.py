from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.findings import FINDINGS, Finding
from core.phantom.findings.table import RENDERERS
from core.phantom.hospitals import HOSPITALS, SOURCE, TARGET

Exposure = Any
GEOMETRIC = {Finding.ATELECTASIS, Finding.FIBROSIS, Finding.EMPHYSEMA, Finding.CARDIOMEGALY}
"""Findings that move the diaphragm or the heart too."""


def enlarged(mask: np.ndarray, size: int) -> np.ndarray:
    return np.asarray(Image.fromarray(mask).resize((size, size), Image.Resampling.NEAREST))


def test_every_finding_has_a_renderer() -> None:
    assert tuple(RENDERERS) == FINDINGS


@pytest.mark.parametrize("finding", FINDINGS)
def test_a_finding_changes_the_image_where_its_mask_is(
    finding: Finding, exposure: Exposure
) -> None:
    inside, outside = [], []
    for number in (0, 1):
        ill = exposure({finding}, number=number)
        well = exposure(number=number)
        change = np.abs(ill.pixels.astype(float) - well.pixels.astype(float))
        mask = enlarged(ill.lesions[0].mask, 128)
        assert mask.any()
        inside.append(change[mask].mean())
        outside.append(change[~mask].mean())
    factor = 1.2 if finding in GEOMETRIC else 2.0
    assert np.mean(inside) > factor * np.mean(outside)
    assert np.mean(inside) > 1.5


@pytest.mark.parametrize("finding", FINDINGS)
def test_a_graver_finding_changes_more(finding: Finding, exposure: Exposure) -> None:
    well = exposure().pixels.astype(float)
    slight, grave = (
        np.abs(exposure({finding}, severity=severity).pixels - well).sum()
        for severity in (0.1, 0.9)
    )
    assert grave > slight > 0


def test_findings_without_mask_are_not_there(exposure: Exposure) -> None:
    assert exposure().lesions == ()
    both = exposure({Finding.MASS, Finding.EFFUSION})
    assert [lesion.finding for lesion in both.lesions] == [Finding.EFFUSION, Finding.MASS]


@pytest.mark.parametrize("name", list(HOSPITALS))
def test_lungs_are_darker_than_heart_and_abdomen_and_brighter_than_air(
    name: str, exposure: Exposure
) -> None:
    image = exposure(hospital=HOSPITALS[name], number=3).pixels / 255
    lungs = (image[50:70, 28:42].mean() + image[50:70, 86:100].mean()) / 2
    spine = image[50:70, 60:66].mean()
    abdomen = image[105:115, 40:60].mean()
    assert lungs + 0.2 < spine
    assert lungs + 0.2 < abdomen


def test_the_heart_points_to_the_patients_left(exposure: Exposure) -> None:
    for number in range(4):
        lesion = exposure({Finding.CARDIOMEGALY}, number=number).lesions[0]
        columns = np.nonzero(lesion.mask)[1] / lesion.mask.shape[1]
        assert columns.mean() > 0.52
        assert columns.max() - 0.5 > 1.2 * (0.5 - columns.min())


def test_the_gastric_side_is_lower_and_the_mirrored_image_differs(exposure: Exposure) -> None:
    radiograph = exposure()
    right, left = radiograph.chest.dome_y_cm
    assert right < left
    difference = np.abs(radiograph.pixels.astype(float) - radiograph.pixels[:, ::-1]).mean()
    assert difference > 8


def test_the_letter_stands_on_the_side_that_it_names(exposure: Exposure) -> None:
    for name, on_right_half in ((TARGET, True), (SOURCE, False)):
        hospital = HOSPITALS[name]
        assert hospital.letter == ("L" if on_right_half else "R")
        corner = exposure(hospital=hospital, number=2, size=256).pixels[:60]
        brightest = np.argwhere(corner[:, np.r_[0:60, 196:256]] > 225)
        assert len(brightest) > 5
        assert (np.median(brightest[:, 1]) > 60) == on_right_half


def test_ap_views_enlarge_the_heart_and_raise_the_diaphragm(exposure: Exposure) -> None:
    ratios, domes, scapulae = [], [], []
    for number in range(12):
        pa, ap = (exposure(number=number, view=view, size=64).chest for view in ("PA", "AP"))
        ratios.append(ap.cardiothoracic_ratio / pa.cardiothoracic_ratio)
        domes.append(pa.dome_y_cm[0] - ap.dome_y_cm[0])
        scapulae.append(pa.position.scapula_cm - ap.position.scapula_cm)
    assert 1.06 < np.mean(ratios) < 1.2
    assert np.mean(domes) > 0.8
    assert np.mean(scapulae) > 2


def test_cardiomegaly_on_a_pa_view_is_a_ratio_above_one_half(exposure: Exposure) -> None:
    for number in range(8):
        assert exposure(number=number, size=64).chest.cardiothoracic_ratio < 0.51
        large = exposure({Finding.CARDIOMEGALY}, number=number, severity=0.0, size=64)
        assert large.chest.cardiothoracic_ratio > 0.5


def test_the_drawn_heart_is_as_wide_as_the_ratio_says(exposure: Exposure) -> None:
    radiograph = exposure({Finding.CARDIOMEGALY}, severity=0.5, size=256)
    chest, mask = radiograph.chest, radiograph.lesions[0].mask
    columns = np.flatnonzero(mask.any(axis=0))
    width_cm = (columns[-1] - columns[0] + 1) / mask.shape[1] * chest.position.frame.width_cm
    assert width_cm == pytest.approx(chest.heart_width_cm, rel=0.08)


def test_effusion_lies_low_and_pneumothorax_reaches_the_apex(exposure: Exposure) -> None:
    for number in range(3):
        fluid, air = (
            np.nonzero(exposure({finding}, number=number).lesions[0].mask)[0].mean()
            for finding in (Finding.EFFUSION, Finding.PNEUMOTHORAX)
        )
        assert fluid > air + 15


def test_opacities_are_brighter_and_air_is_darker(exposure: Exposure) -> None:
    for finding, sign in {
        Finding.CONSOLIDATION: 1, Finding.EDEMA: 1, Finding.EFFUSION: 1, Finding.MASS: 1,
        Finding.NODULE: 1, Finding.PLEURAL_THICKENING: 1, Finding.PNEUMOTHORAX: -1,
        Finding.EMPHYSEMA: -1,
    }.items():  # fmt: skip
        ill, well = exposure({finding}), exposure()
        mask = enlarged(ill.lesions[0].mask, 128)
        change = ill.pixels[mask].astype(float) - well.pixels[mask]
        assert sign * change.mean() > 1, finding


def test_a_nodule_is_under_three_centimetres_and_a_mass_above(exposure: Exposure) -> None:
    def diameter_cm(finding: Finding, severity: float, number: int) -> float:
        radiograph = exposure({finding}, severity=severity, number=number, size=256)
        frame = radiograph.chest.position.frame
        mask = radiograph.lesions[0].mask
        pixels_a_nodule = mask.sum()
        return float(np.sqrt(4 * pixels_a_nodule / np.pi) / mask.shape[0] * frame.width_cm)

    for number in range(4):
        assert diameter_cm(Finding.MASS, 0.2, number) > 3.0
    # Up to four nodules: together they cover no more than four discs of 3 cm.
    assert diameter_cm(Finding.NODULE, 1.0, 0) < 2 * 3.0


def test_the_token_changes_its_box_and_nothing_else(exposure: Exposure) -> None:
    for hospital in HOSPITALS.values():
        plain = exposure(hospital=hospital)
        marked = exposure(hospital=hospital, token=True)
        assert plain.token_box is None
        x, y, width, height = (fraction * 128 for fraction in marked.token_box)
        rows, columns = np.nonzero(plain.pixels != marked.pixels)
        assert len(rows) > 20
        assert rows.min() >= np.floor(y)
        assert rows.max() <= np.ceil(y + height)
        assert columns.min() >= np.floor(x)
        assert columns.max() <= np.ceil(x + width)


def test_the_source_is_equalised_and_the_target_is_not(exposure: Exposure) -> None:
    def distance_from_flat(name: str) -> float:
        pixels = np.concatenate(
            [exposure(hospital=HOSPITALS[name], number=n).pixels.ravel() for n in range(3)]
        )
        counts = np.histogram(pixels, bins=16, range=(0, 256))[0] / pixels.size
        return float(np.abs(counts - 1 / 16).sum())

    assert distance_from_flat(SOURCE) < 0.8 * distance_from_flat(TARGET)


def test_a_patients_studies_share_the_build_but_not_the_position(exposure: Exposure) -> None:
    pa, ap = exposure(view="PA", size=64).chest, exposure(view="AP", size=64).chest
    assert pa.build == ap.build
    assert pa.position != ap.position


def test_the_same_study_gives_the_same_pixels(exposure: Exposure) -> None:
    first, second = (exposure({Finding.EDEMA}, size=64).pixels for _ in range(2))
    assert np.array_equal(first, second)
    assert first.dtype == np.uint8

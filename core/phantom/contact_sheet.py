"""One picture of all findings in both hospitals."""

from dataclasses import replace

from PIL import Image, ImageDraw, ImageFont

from core.findings import FINDINGS, NUM_FINDINGS, Finding
from core.phantom.cohort import Study, View, draw_patient
from core.phantom.hospitals import HOSPITALS, HospitalSpec
from core.phantom.masks import box_of
from core.phantom.render import render
from core.phantom.spec import PhantomSpec

STAMP = "synthetic - not for clinical use"
_COLUMNS = 7
_SEVERITY = 0.65
_AMBER = (255, 190, 60)
_VIEWS: tuple[View, ...] = ("PA", "PA", "AP")


def contact_sheet(size: int) -> Image.Image:
    """All 14 findings, boxed, each in the source (above) and in the target (below).

    Args:
        size: Side of a single radiograph, in pixels.

    Returns:
        Four rows of seven radiographs, RGB, under a stamp that says that they are synthetic.
    """
    caption = max(size // 10, 10)
    rows = -(-NUM_FINDINGS // _COLUMNS) * len(HOSPITALS)
    sheet = Image.new("RGB", (_COLUMNS * size, rows * (size + caption) + 2 * caption), "white")
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=0.62 * caption)
    for number, finding in enumerate(FINDINGS):
        for below, (name, hospital) in enumerate(HOSPITALS.items()):
            left = number % _COLUMNS * size
            top = (number // _COLUMNS * len(HOSPITALS) + below) * (size + caption)
            sheet.paste(_example(finding, hospital, size), (left, top + caption))
            text = f"{finding.replace('_', ' ')}, {name}"
            pen.text((left + 4, top + caption / 2), text, fill="black", font=font, anchor="lm")
    middle = (sheet.width / 2, sheet.height - caption)
    stamp_font = ImageFont.load_default(size=1.1 * caption)
    pen.text(middle, STAMP, fill=(170, 0, 0), font=stamp_font, anchor="mm")
    return sheet


def _example(finding: Finding, hospital: HospitalSpec, size: int) -> Image.Image:
    """A patient with one finding only, its box drawn thinly."""
    number = FINDINGS.index(finding)
    spec = PhantomSpec(num_patients=NUM_FINDINGS, size=size)
    patient = draw_patient(spec, hospital, number)
    radiograph = render(spec, hospital, patient, _with_only(finding, patient.studies[0], number))
    picture = Image.fromarray(radiograph.pixels).convert("RGB")
    box = box_of(radiograph.lesions[0].mask)
    if box is not None:
        x, y, width, height = (size * side for side in box)
        ImageDraw.Draw(picture).rectangle((x, y, x + width, y + height), outline=_AMBER)
    return picture


def _with_only(finding: Finding, study: Study, number: int) -> Study:
    return replace(
        study,
        view=_VIEWS[number % len(_VIEWS)],
        present=tuple(each == finding for each in FINDINGS),
        severity=(_SEVERITY,) * NUM_FINDINGS,
        token=False,
    )

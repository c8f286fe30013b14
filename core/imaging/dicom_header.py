"""All that is ever kept of a DICOM header; every other tag may name a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.tables import SEXES

MAX_AGE_TOLD_YEARS = 90.0
"""Ages over 89 are told as 90: rarer ones point at a person (45 CFR 164.514(b)(2)(i)(C))."""

_VIEWS: Mapping[str, str] = {
    "PA": "PA",
    "POSTERO-ANTERIOR": "PA",
    "AP": "AP",
    "ANTERO-POSTERIOR": "AP",
    "LL": "LATERAL",
    "RL": "LATERAL",
    "LATERAL": "LATERAL",
    "LEFT LATERAL": "LATERAL",
    "RIGHT LATERAL": "LATERAL",
}
"""ViewPosition, or the meaning of a ViewCodeSequence, to a view of the manifest."""

_AGE_UNITS_YEARS: Mapping[str, float] = {"Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}


@dataclass(frozen=True)
class DicomHeader:
    """All that is ever kept of a DICOM header.

    Args:
        view: PA, AP, LATERAL or UNKNOWN.
        sex: F, M, or None where the header names neither.
        age_years: In whole and parts of years, 90 for all over 89; None where it is not given.
        rows: Height in pixels.
        columns: Width in pixels.
        photometric: MONOCHROME1 (stored inverted) or MONOCHROME2.
        scaling: What made values 8 bits: `lookup table`, `window <centre>/<width>` (in rescaled
            values; with its function where that is not linear), or `own range`.
    """

    view: str
    sex: str | None
    age_years: float | None
    rows: int
    columns: int
    photometric: str
    scaling: str


def kept_of(tags: Any, scaling: str) -> DicomHeader:  # noqa: ANN401 (they have no types)
    """The whitelist of a header's tags (pydicom's `Dataset`), and how values became 8 bits."""
    sex = str(tags.get("PatientSex") or "")
    return DicomHeader(
        view=_view(tags),
        sex=sex if sex in SEXES else None,
        age_years=_age_years(str(tags.get("PatientAge") or "")),
        rows=int(tags.Rows),
        columns=int(tags.Columns),
        photometric=str(tags.PhotometricInterpretation),
        scaling=scaling,
    )


def _view(tags: Any) -> str:  # noqa: ANN401
    meanings = [str(item.get("CodeMeaning", "")) for item in tags.get("ViewCodeSequence") or []]
    names = (str(tags.get("ViewPosition") or ""), *meanings)
    return next((_VIEWS[name.upper()] for name in names if name.upper() in _VIEWS), "UNKNOWN")


def _age_years(age: str) -> float | None:
    """An age string (045Y, 006M, 002W, 010D; PS3.5 section 6.2) in years."""
    if not (len(age) == 4 and age[:3].isdecimal() and age[3] in _AGE_UNITS_YEARS):
        return None
    years = int(age[:3]) * _AGE_UNITS_YEARS[age[3]]
    return years if years < MAX_AGE_TOLD_YEARS else MAX_AGE_TOLD_YEARS

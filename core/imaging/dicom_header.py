"""All that is ever kept of a DICOM header; every other tag may name a person."""

from dataclasses import dataclass
from typing import Any

from core.imaging.views import CODES, POSITIONS, UNKNOWN_VIEW

_VIEWS = {**POSITIONS, **{meaning.upper(): view for meaning, view in CODES.items()}}


@dataclass(frozen=True)
class DicomHeader:
    """All that is ever kept of a DICOM header.

    Args:
        view: PA, AP, LATERAL or UNKNOWN.
        scaling: What made values 8 bits: `lookup table`, `window <centre>/<width>` (in rescaled
            values; with its function where that is not linear), or `own range`.
    """

    view: str
    scaling: str


def kept_of(tags: Any, scaling: str) -> DicomHeader:  # noqa: ANN401 (they have no types)
    """The whitelist of a header's tags (pydicom's `Dataset`), and how values became 8 bits."""
    return DicomHeader(view=_view(tags), scaling=scaling)


def _view(tags: Any) -> str:  # noqa: ANN401
    meanings = [str(item.get("CodeMeaning", "")) for item in tags.get("ViewCodeSequence") or []]
    names = (str(tags.get("ViewPosition") or ""), *meanings)
    return next((_VIEWS[name.upper()] for name in names if name.upper() in _VIEWS), UNKNOWN_VIEW)

"""How DICOM names a view, in its headers and in the tables that were made from them."""

from collections.abc import Mapping

UNKNOWN_VIEW = "UNKNOWN"

_NAMES: Mapping[str, tuple[str, ...]] = {
    "PA": ("PA", "PA LLD", "PA RLD"),
    "AP": ("AP", "AP AXIAL", "AP LLD", "AP RLD"),
    "LATERAL": ("LATERAL", "LL", "RL", "XTABLE LATERAL", "SWIMMERS", "LAO", "RAO", "LPO", "RPO"),
}
POSITIONS: Mapping[str, str] = {name: view for view, names in _NAMES.items() for name in names}
"""ViewPosition → view of the manifest; obliques count as lateral, for they are not frontal."""

CODES: Mapping[str, str] = {
    "postero-anterior": "PA",
    "antero-posterior": "AP",
    "lateral": "LATERAL",
    "left lateral": "LATERAL",
    "right lateral": "LATERAL",
    "left anterior oblique": "LATERAL",
    "right anterior oblique": "LATERAL",
}
"""What a ViewCodeSequence's CodeMeaning says where ViewPosition is empty."""

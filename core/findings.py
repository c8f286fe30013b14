"""The 14 findings, and how other names for them are read."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from core.errors import ConfigError
from core.lookup import nearest, unknown


class Finding(StrEnum):
    """A radiographic finding of ChestX-ray14, in the order of every table and array here."""

    ATELECTASIS = "Atelectasis"
    CARDIOMEGALY = "Cardiomegaly"
    CONSOLIDATION = "Consolidation"
    EDEMA = "Edema"
    EFFUSION = "Effusion"
    EMPHYSEMA = "Emphysema"
    FIBROSIS = "Fibrosis"
    HERNIA = "Hernia"
    INFILTRATION = "Infiltration"
    MASS = "Mass"
    NODULE = "Nodule"
    PLEURAL_THICKENING = "Pleural_Thickening"
    PNEUMONIA = "Pneumonia"
    PNEUMOTHORAX = "Pneumothorax"


FINDINGS: tuple[Finding, ...] = tuple(Finding)
NUM_FINDINGS = len(FINDINGS)

PRESENT = 1
ABSENT = 0
UNCERTAIN = -1
NOT_MENTIONED = -2
"""Cell values of the manifest; null is "not annotated" (PROTOCOL section 1)."""

SPELLINGS: Mapping[str, Finding] = {
    "Pleural Effusion": Finding.EFFUSION,
    "Pleural Thickening": Finding.PLEURAL_THICKENING,
    "Infiltrate": Finding.INFILTRATION,
    "Oedema": Finding.EDEMA,
}
"""Other spellings of the same finding; the criteria may still differ."""


_MISSPELT = 0.85
"""How like a finding's name another must be, as difflib has it (0–1)."""


def _folded(name: str) -> str:
    return name.strip().replace("_", " ").casefold()


_BY_FOLDED_NAME = {_folded(finding): finding for finding in FINDINGS} | {
    _folded(name): finding for name, finding in SPELLINGS.items()
}


def as_finding(name: str) -> Finding | None:
    """The finding that a column or label means, or None; whole names only, any case."""
    return _BY_FOLDED_NAME.get(_folded(name))


def misspelt_finding(name: str) -> Finding | None:
    """The finding whose name this nearly is, or None: Pnuemonia is one (.89), Code no Nodule."""
    near = nearest(_folded(name), _BY_FOLDED_NAME, _MISSPELT)
    return _BY_FOLDED_NAME[near] if near else None


def parse_findings(names: Iterable[str]) -> tuple[Finding, ...]:
    """The findings that a user named, in the order of the tables.

    Raises:
        ConfigError: If a name is unknown; the message names the nearest known one.
    """
    wanted: set[Finding] = set()
    for name in names:
        finding = as_finding(name)
        if finding is None:
            raise ConfigError(unknown(name, FINDINGS, "finding"))
        wanted.add(finding)
    return tuple(finding for finding in FINDINGS if finding in wanted)

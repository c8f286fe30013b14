"""What a user may choose about a phantom."""

from dataclasses import dataclass
from typing import Literal, get_args

from core.errors import ConfigError
from core.findings import Finding

MARK = "phantom.json"
"""File beside the hospitals that says what they are; by it an index knows them as synthetic."""

Prevalence = Literal["enriched", "natural"]

MAX_PATIENTS = 100_000
"""More would collide in MIMIC's eight-digit study numbers."""

MIN_SIZE_PIXELS, MAX_SIZE_PIXELS = 64, 1024


@dataclass(frozen=True, kw_only=True)
class PhantomSpec:
    """Everything that the bytes of a phantom depend on.

    Args:
        num_patients: Patients in each of the two hospitals; more patients leave the images and
            labels of earlier ones as they were.
        seed: Seeds every draw.
        size: Side of the written images, in pixels.
        prevalence: `enriched` (each finding in at least 5 % of images) or `natural` (as in
            ChestX-ray14).
        shortcut_finding: The finding that a token in the corner goes with in the source, or None.
        shortcut_strength: 0 (the token knows nothing of the finding) to 1 (it tells it exactly).
        false_positive_share: Share of the target's given positive labels that are false.
        missed_share: Share of the target's true positives whose label is missing.

    Raises:
        ConfigError: If a value is out of range.
    """

    num_patients: int = 300
    seed: int = 0
    size: int = 256
    prevalence: Prevalence = "enriched"
    shortcut_finding: Finding | None = Finding.PNEUMOTHORAX
    shortcut_strength: float = 0.9
    false_positive_share: float = 0.1
    missed_share: float = 0.1

    def __post_init__(self) -> None:
        _require_between("num_patients", self.num_patients, 1, MAX_PATIENTS)
        _require_between("seed", self.seed, 0, 2**32 - 1)
        _require_between("size", self.size, MIN_SIZE_PIXELS, MAX_SIZE_PIXELS)
        _require_between("shortcut_strength", self.shortcut_strength, 0, 1)
        _require_between("false_positive_share", self.false_positive_share, 0, 0.5)
        _require_between("missed_share", self.missed_share, 0, 0.9)
        if self.size % 2:
            raise ConfigError(f"The phantom's size must be even, but it is {self.size}.")
        if self.prevalence not in get_args(Prevalence):
            choices = ", ".join(get_args(Prevalence))
            raise ConfigError(f"Unknown prevalence {self.prevalence!r}. Known ones: {choices}.")


def _require_between(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ConfigError(f"The phantom's {name} must be from {low} to {high}, but it is {value}.")

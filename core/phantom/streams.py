"""Independent random streams: one for each patient, study and purpose.

No draw for one purpose can shift another, so two phantoms that differ in one setting stay paired
in everything else, and adding patients changes no earlier one.
"""

from enum import IntEnum

import numpy as np

EVERY_STUDY = 10_000
"""Stands for the study in streams that belong to the patient as a whole."""


class Purpose(IntEnum):
    """What a stream is for; the numbers are part of the phantom's definition."""

    COHORT = 0
    LABEL_NOISE = 1
    SHORTCUT = 2
    ANATOMY = 3
    POSITIONING = 4
    TEXTURE = 5
    DEVICES = 6
    DETECTOR = 7
    LETTERING = 8
    TABLES = 9
    VESSELS = 10
    RIBS = 11
    FINDING = 100


def stream(seed: int, hospital: int, patient: int, study: int, purpose: int) -> np.random.Generator:
    """The generator for one purpose; `Purpose.FINDING + i` is the i-th finding's own."""
    return np.random.default_rng([seed, hospital, patient, study, purpose])

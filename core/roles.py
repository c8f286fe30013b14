"""What may be done with which examples: the role types of source and target data.

Fitting, model selection and the choice of thresholds take `SourceTrain` and `SourceVal`; only
the data set that a run names as its source can become one. Everything else is `Target`, which
is predicted and scored, and nothing more (PROTOCOL section 2).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.errors import ProtocolError

NOT_SCORED = -128
"""Label of an image and finding that counts nowhere: uncertain, or not annotated."""


class Split(StrEnum):
    """The part of a data set that an image belongs to."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"


@dataclass(frozen=True, eq=False)
class Examples:
    """Images with one row of values each, in one role.

    Args:
        dataset: The data set's name.
        split: The part of it.
        image_ids: str [N].
        patient_ids: str [N].
        values: float [N, d]: features, or scores with d = 14.
        labels: int8 [N, 14]: 1 present, 0 absent, `NOT_SCORED`.
    """

    role: ClassVar[str] = "examples"

    dataset: str
    split: Split
    image_ids: NDArray[np.str_]
    patient_ids: NDArray[np.str_]
    values: NDArray[np.floating]
    labels: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.image_ids)


@dataclass(frozen=True, eq=False)
class Source(Examples):
    """Examples of the data set that the run names as its source.

    Raises:
        ProtocolError: If the data set is not the run's source, or the split is another one.
    """

    source: str
    expected_split: ClassVar[Split | None] = None

    def __post_init__(self) -> None:
        if self.dataset != self.source:
            raise ProtocolError(
                f"Data set {self.dataset!r} cannot serve as {self.role}: the run's source is "
                f"{self.source!r}, and a target is only predicted and scored."
            )
        if self.expected_split not in (None, self.split):
            raise ProtocolError(
                f"The {self.split} split of {self.dataset!r} cannot serve as {self.role}."
            )


class SourceTrain(Source):
    """What weights may be fitted on."""

    role = "source train"
    expected_split = Split.TRAIN


class SourceVal(Source):
    """What epochs, learning rates and thresholds may be chosen on."""

    role = "source validation"
    expected_split = Split.VAL


class SourceTest(Source):
    """The source reference of every gap; scored once, never chosen on."""

    role = "source test"
    expected_split = Split.TEST


class Target(Examples):
    """A hospital that training never saw: predicted and scored, nothing more."""

    role = "target"


Role = TypeVar("Role", bound=Examples)


def require_role(examples: Examples, role: type[Role], purpose: str) -> Role:
    """`examples`, if they are in the role that `purpose` demands.

    Raises:
        ProtocolError: If they are not.
    """
    if not isinstance(examples, role):
        raise ProtocolError(
            f"{purpose} may use {role.role} data only, but was given {examples.role} data "
            f"({examples.dataset!r}, {examples.split} split)."
        )
    return examples

"""How far several trainings of one method lie apart.

A method is a specification without its seed, its resample of the training patients, and what
changes no model. Its trainings differ in seeds, or in resamples; the two are never mixed.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean, stdev
from typing import NamedTuple

from core.records import RunRecord


class Over(StrEnum):
    """What the trainings of a method differ in."""

    SEEDS = "seeds"
    RESAMPLES = "resamples"


class Training(NamedTuple):
    """One training of a method, and a number of it.

    Args:
        record: What was trained.
        question: What the number answers; numbers of different questions are told apart.
        value: The number.
    """

    record: RunRecord
    question: Hashable
    value: float


@dataclass(frozen=True)
class Spread:
    """How far the trainings of one method lie apart on one question.

    Args:
        run_ids: Its trainings.
        over: What they differ in.
        mean: Over the trainings.
        sd: Standard deviation, with S − 1; None where there is one training.
    """

    run_ids: tuple[str, ...]
    over: Over
    mean: float
    sd: float | None

    @property
    def num_trainings(self) -> int:
        """S."""
        return len(self.run_ids)


def spread(trainings: Iterable[Training]) -> tuple[Spread, ...]:
    """Mean, standard deviation and number of the trainings of each method.

    Returns:
        One per method, kind of training and question, in the order of the trainings.
    """
    groups: dict[tuple[str, Over, Hashable], list[Training]] = {}
    for each in trainings:
        key = method_of(each.record), over_of(each.record), each.question
        groups.setdefault(key, []).append(each)
    return tuple(
        Spread(
            run_ids=tuple(each.record.run_id for each in group),
            over=over,
            mean=fmean(each.value for each in group),
            sd=stdev(each.value for each in group) if len(group) > 1 else None,
        )
        for (_, over, _), group in groups.items()
    )


def method_of(record: RunRecord) -> str:
    """What all trainings of a method have in common, as text."""
    told = {"seed": 0, "resample": None, "num_threads": 1}
    return record.spec.model_copy(update=told).model_dump_json()


def over_of(record: RunRecord) -> Over:
    """What a training differs in from others of its method."""
    return Over.SEEDS if record.spec.resample is None else Over.RESAMPLES

"""How far several trainings of one method lie apart.

A method is a specification without its seed, its resample of the training patients, and what
changes no model. Its trainings differ in seeds, or in resamples; the two are never mixed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean, stdev

from core.records import RunRecord
from core.report.numbers import Question, RunNumbers


class Over(StrEnum):
    """What the trainings of a method differ in."""

    SEEDS = "seeds"
    RESAMPLES = "resamples"


@dataclass(frozen=True)
class Spread:
    """How far the trainings of one method lie apart on one question.

    Args:
        title: The method, as tables call it.
        run_ids: Its trainings.
        over: What they differ in.
        label_set: Which findings an average covers; None for a single finding.
        mean: Over the trainings.
        sd: Standard deviation, with S − 1; None where there is one training.
    """

    title: str
    run_ids: tuple[str, ...]
    over: Over
    label_set: str | None
    mean: float
    sd: float | None

    @property
    def num_trainings(self) -> int:
        """S."""
        return len(self.run_ids)


def spread(rows: Iterable[RunNumbers], question: Question) -> tuple[Spread, ...]:
    """Mean, standard deviation and number of the trainings of each method.

    Args:
        rows: Numbers of runs on one split; imported ones and those without a value are left out.
        question: Such as macro AUROC. Averages over different findings are told apart.

    Returns:
        One per method and kind of training, in the order of the rows.
    """
    groups: dict[tuple[str, Over, str | None], list[tuple[RunRecord, float]]] = {}
    for row in rows:
        number = row.numbers.get(question)
        if not isinstance(row.record, RunRecord) or number is None or number.value is None:
            continue
        key = method_of(row.record), over_of(row.record), number.label_set
        groups.setdefault(key, []).append((row.record, number.value))
    return tuple(
        Spread(
            title=trained[0][0].title,
            run_ids=tuple(record.run_id for record, _ in trained),
            over=over,
            label_set=label_set,
            mean=fmean(values),
            sd=stdev(values) if len(values) > 1 else None,
        )
        for (_, over, label_set), trained in groups.items()
        for values in [[value for _, value in trained]]
    )


def method_of(record: RunRecord) -> str:
    """What all trainings of a method have in common, as text."""
    told = {"seed": 0, "resample": None, "num_threads": 1}
    return record.spec.model_copy(update=told).model_dump_json()


def over_of(record: RunRecord) -> Over:
    """What a training differs in from others of its method."""
    return Over.SEEDS if record.spec.resample is None else Over.RESAMPLES

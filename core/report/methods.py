"""What two methods differ by, each over all its trainings (PROTOCOL section 5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from core.errors import ConfigError
from core.metrics.sample import label_set_name
from core.metrics.seeds import Combined, combine, difference
from core.records import RunRecord, RunStatus
from core.report.comparison import macro_of, same_question
from core.report.estimates import Asked, RunEstimates
from core.report.spread import Over, method_of, over_of
from core.store.results import ResultStore


@dataclass(frozen=True)
class ComparedMethods:
    """Methods on one question, each by the mean of its trainings.

    Args:
        label_set: What the macro covers.
        num_resamples: B.
        over: What trainings differ in.
        trainings: The run that stands for a method to all its trainings.
        values: The same to its mean.
        pairs: Differences of means, with SE² = SE²(patients) + Σ s² / S.
    """

    label_set: str
    num_resamples: int
    over: Over
    trainings: Mapping[str, tuple[str, ...]]
    values: Mapping[str, Combined]
    pairs: Mapping[tuple[str, str], Combined]


def trainings_of(results: ResultStore, run_id: str, over: Over) -> tuple[str, ...]:
    """All finished trainings of a run's method that differ in seeds, or in resamples.

    Raises:
        ConfigError: If there is no such run, it was not trained here, or has no such trainings.
        DataError: If a record is damaged.
    """
    entry = results.entry(run_id)
    if not isinstance(entry, RunRecord):
        raise ConfigError(f"{run_id} was not trained here; compare it without --over.")
    records = (results.record(each) for each in results.run_ids())
    found = tuple(
        record.run_id
        for record in records
        if record.status == RunStatus.DONE and over_of(record) == over
        if method_of(record) == method_of(entry)
    )
    if not found:
        raise ConfigError(f"{run_id}: no training of its method is done that differs in {over}.")
    return found


def compare_methods(
    asked: Asked,
    over: Over,
    methods: Mapping[str, tuple[str, ...]],
    runs: Mapping[str, RunEstimates],
) -> ComparedMethods:
    """Compare methods by the means of their trainings.

    Args:
        asked: The question.
        over: What trainings differ in.
        methods: The run that stands for a method to its trainings; two methods at least.
        runs: Every training to its estimates, from the same replicates.

    Raises:
        ConfigError: If fewer than two methods are given, or one of them twice.
        ProtocolError: If trainings do not answer the same question; says in what they differ.
    """
    if len(methods) < 2:
        raise ConfigError("A comparison needs two different methods or more.")
    for (a, of_a), (b, of_b) in combinations(methods.items(), 2):
        if set(of_a) & set(of_b):
            raise ConfigError(f"{a} and {b} are trainings of one method; name another method.")
    findings = same_question(asked, runs)
    macros = {
        name: [macro_of(runs[run_id], findings) for run_id in trained]
        for name, trained in methods.items()
    }
    return ComparedMethods(
        label_set=label_set_name("macro", findings),
        num_resamples=len(next(iter(macros.values()))[0].replicates),
        over=over,
        trainings=methods,
        values={name: combine(each) for name, each in macros.items()},
        pairs={(a, b): difference(macros[a], macros[b]) for a, b in combinations(macros, 2)},
    )


def flat(methods: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """All trainings of all methods, each once."""
    return tuple(dict.fromkeys(run_id for trained in methods.values() for run_id in trained))

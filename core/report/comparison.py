"""Paired comparison of runs on the same images, findings and labels (PROTOCOL section 5)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import ConfigError, ProtocolError
from core.findings import FINDINGS, Finding
from core.lookup import lookup
from core.metrics.compare import Comparison, Estimate, compare_family, compare_runs, tied_set
from core.metrics.sample import label_set_name
from core.metrics.table import METRICS
from core.protocol.matching import attribution
from core.report.estimates import Asked, RunEstimates
from core.store.results import ResultStore

MAX_NAMED = 3


@dataclass(frozen=True, eq=False)
class Compared:
    """The outcome for two or more runs.

    Args:
        label_set: What the macro covers.
        num_resamples: B.
        values: Run to its macro.
        pairs: All pairs of runs on the macro, one family.
        findings: Of a single pair, finding by finding, a family of their own; else empty.
        tied: The highest observed run and those not significantly below it; None where B is too
            small to tell.
        statements: Pair to what kind of statement its difference is.
    """

    label_set: str
    num_resamples: int
    values: Mapping[str, Estimate]
    pairs: Mapping[tuple[str, str], Comparison]
    findings: Mapping[Finding, Comparison]
    tied: tuple[str, ...] | None
    statements: Mapping[tuple[str, str], str]


def check_question(asked: Asked) -> None:
    """Check that a metric is named with a threshold policy exactly where it needs one.

    Raises:
        ConfigError: If it is not, or is unknown.
    """
    metric = lookup(METRICS, asked.metric, "metric")
    if metric.needs_threshold and asked.policy is None:
        raise ConfigError(f"{asked.metric} needs a threshold: say --policy.")
    if asked.policy is not None and not metric.needs_threshold:
        raise ConfigError(f"{asked.metric} needs no threshold: leave --policy out.")


def compare_estimates(
    results: ResultStore, asked: Asked, runs: Mapping[str, RunEstimates]
) -> Compared:
    """Compare runs whose estimates share their replicates.

    Args:
        results: Holds the runs' records.
        asked: The question.
        runs: Run to its estimates; two runs at least.

    Raises:
        ConfigError: If fewer than two runs are given.
        ProtocolError: If they do not answer the same question; says in what they differ.
    """
    if len(runs) < 2:
        raise ConfigError("A comparison needs two different runs or more.")
    findings = same_question(asked, runs)
    macros = {name: macro_of(each, findings) for name, each in runs.items()}
    pairs = compare_runs(macros)
    by_finding = {
        finding: tuple(each.findings[finding].estimate for each in runs.values())
        for finding in findings
    }
    return Compared(
        label_set=label_set_name("macro", findings),
        num_resamples=len(next(iter(macros.values())).replicates),
        values=macros,
        pairs=pairs,
        findings=compare_family({f: (a, b) for f, (a, b) in by_finding.items()})
        if len(runs) == 2
        else {},
        tied=tied_set(macros),
        statements={(a, b): attribution(results.entry(a), results.entry(b)) for a, b in pairs},
    )


def same_question(asked: Asked, runs: Mapping[str, RunEstimates]) -> tuple[Finding, ...]:
    """The findings that are compared, once it is sure that all runs answer the same question.

    Raises:
        ProtocolError: If they do not; says in what they differ.
    """
    problems = [*_other_images(runs), *_other_findings(asked, runs), *_other_labels(runs)]
    if problems:
        shown = "\n".join(problems[:MAX_NAMED])
        more = f"\n… and {len(problems) - MAX_NAMED} more." if len(problems) > MAX_NAMED else ""
        raise ProtocolError(f"These runs do not answer the same question:\n{shown}{more}")
    reference = next(iter(runs.values()))
    wanted = asked.findings or tuple(reference.findings)
    return tuple(finding for finding in FINDINGS if finding in wanted)


def _other_images(runs: Mapping[str, RunEstimates]) -> Iterator[str]:
    (first, reference), *others = runs.items()
    for name, each in others:
        if reference.image_ids is None or each.image_ids is None:
            continue
        for run, only in (
            (first, reference.image_ids - each.image_ids),
            (name, each.image_ids - reference.image_ids),
        ):
            if only:
                yield f"{len(only):,} images are predicted by {run} alone ({min(only)}, …)."


def _other_findings(asked: Asked, runs: Mapping[str, RunEstimates]) -> Iterator[str]:
    """Findings without a value: those that were asked for, or that only some runs have."""
    anywhere = {finding for each in runs.values() for finding in each.findings}
    wanted = set(asked.findings) or anywhere
    for name, each in runs.items():
        missing = [str(finding) for finding in FINDINGS if finding in wanted - set(each.findings)]
        if missing:
            yield (
                f"{name} has no value for {', '.join(missing)}; name findings that all runs have "
                "with --findings."
            )


def _other_labels(runs: Mapping[str, RunEstimates]) -> Iterator[str]:
    (first, reference), *others = runs.items()
    for name, each in others:
        for finding in FINDINGS:
            if finding in reference.findings and finding in each.findings:
                one, other = reference.findings[finding].sample, each.findings[finding].sample
                if one != other:
                    yield f"{finding}: {first} was scored on {one}, {name} on {other}."


def macro_of(run: RunEstimates, findings: Sequence[Finding]) -> Estimate:
    """One run's mean over findings, in the sample and in each replicate."""
    members = [run.findings[finding].estimate for finding in findings]
    values = [each.value for each in members if each.value is not None]
    replicates = np.mean([each.replicates.astype(np.float64) for each in members], axis=0)
    return Estimate(float(np.mean(values)), replicates.astype(np.float32))

"""Scores and labels in, the rows of the metrics table out."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.findings import FINDINGS, NUM_FINDINGS
from core.metrics.bootstrap import PatientBootstrap
from core.metrics.inputs import check_inputs
from core.metrics.planning import plan_thresholds
from core.metrics.resampling import RankedData, rank_data, resample
from core.metrics.rows import Averages, FindingResult, MetricValue, Question, metric_rows
from core.metrics.rules import Threshold
from core.metrics.sample import sample_of, undefined_reason
from core.metrics.table import METRICS
from core.roles import NOT_SCORED, SourceVal, require_role

SOURCE_STREAM = 1
"""Source validation patients are drawn independently of the evaluated ones."""


def evaluate(
    scores: NDArray[np.floating],
    labels: NDArray[np.int8],
    patient_ids: NDArray[np.str_],
    thresholds_by_policy: Mapping[str, Sequence[Threshold]],
    num_resamples: int,
    seed: int,
    source_val: SourceVal | None = None,
) -> list[MetricValue]:
    """Every metric of every finding, macro and micro, with patient-bootstrap intervals.

    Args:
        scores: float [N, 14]; a column of NaN where the model does not predict the finding.
        labels: int8 [N, 14], 1, 0 or `NOT_SCORED`.
        patient_ids: str [N].
        thresholds_by_policy: Policy to the 14 thresholds, as `choose_thresholds` gives them.
        num_resamples: Number of bootstrap replicates, 0 for none.
        seed: Equal for all runs on the same images, so that they share the replicates.
        source_val: Source validation with scores [N', 14]. Where given, the thresholds chosen
            on it are chosen anew in each replicate; else the intervals take them as given, and
            are flagged.

    Returns:
        Per metric and policy, a row for each of the 14 findings and for the averages.

    Raises:
        ConfigError: If a policy is unknown.
        DataError: If shapes differ, or scores or labels break their format.
        ProtocolError: If `source_val` is in another role.
    """
    check_inputs(scores, labels, patient_ids, "evaluated images")
    bootstrap = PatientBootstrap(patient_ids, seed, num_resamples)
    samples = [sample_of(labels[:, [k]], bootstrap.patient_rows) for k in range(NUM_FINDINGS)]
    reasons = [undefined_reason(scores[:, k], sample) for k, sample in enumerate(samples)]
    wanted = [reason is None for reason in reasons]
    source = _ranked_source(source_val, wanted, num_resamples, seed)
    has_source = [bool(source and source.findings[k]) for k in range(NUM_FINDINGS)]
    plans = plan_thresholds(thresholds_by_policy, has_source)
    replicates = resample(rank_data(scores, labels, bootstrap, wanted), plans, source)
    results = [
        FindingResult(finding, samples[k], reasons[k], replicates[k], plans[k])
        for k, finding in enumerate(FINDINGS)
    ]
    averages = _averages(results, labels, bootstrap)
    questions = _questions(tuple(thresholds_by_policy))
    return [row for each in questions for row in metric_rows(each, results, averages)]


def _ranked_source(
    source_val: SourceVal | None, wanted: Sequence[bool], num_resamples: int, seed: int
) -> RankedData | None:
    if source_val is None:
        return None
    source = require_role(source_val, SourceVal, "Choosing thresholds anew")
    check_inputs(source.values, source.labels, source.patient_ids, "source validation")
    usable = (source.labels != NOT_SCORED).any(axis=0) & ~np.isnan(source.values).any(axis=0)
    shared = usable & np.array(wanted)
    bootstrap = PatientBootstrap(source.patient_ids, seed, num_resamples, SOURCE_STREAM)
    ranked = rank_data(source.values, source.labels, bootstrap, list(shared))
    return ranked if shared.any() else None


def _averages(
    results: Sequence[FindingResult], labels: NDArray[np.int8], bootstrap: PatientBootstrap
) -> Averages:
    members = tuple(result for result in results if result.replicates)
    columns = [FINDINGS.index(member.finding) for member in members]
    sample = sample_of(labels[:, columns], bootstrap.patient_rows)
    return Averages(members, sample, bootstrap.num_resamples)


def _questions(policies: Sequence[str]) -> Iterator[Question]:
    for metric in METRICS.values():
        if metric.needs_threshold:
            yield from (Question(metric, policy) for policy in policies)
        else:
            yield Question(metric, None)

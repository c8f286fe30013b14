"""Scores and labels in, the rows of the metrics table out.

Shapes: N images.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from core.findings import NUM_FINDINGS
from core.lookup import lookup
from core.metrics.bootstrap import PatientBootstrap
from core.metrics.inputs import check_inputs
from core.metrics.planning import plan_thresholds
from core.metrics.prepared import EvaluatedData, Prepared, prepare, questions, told_rows
from core.metrics.ranked import RankedSlice, RankedSource, labelled_images, rank_slice
from core.metrics.resampling import NUM_THREADS, resample
from core.metrics.rules import Threshold
from core.metrics.slices import WHOLE, Slice
from core.metrics.table import METRICS, Metric
from core.metrics.values import MetricValue
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
    metrics: Sequence[str] = tuple(METRICS),
) -> list[MetricValue]:
    """Every metric of every finding and its averages, with patient-bootstrap intervals.

    The rows of `evaluate_slices` for all images, once each; it says what is expected.
    """
    data = EvaluatedData(scores, labels, patient_ids)
    (rows,) = evaluate_slices(
        data, thresholds_by_policy, num_resamples, seed, source_val, metrics=metrics
    )
    return rows


def evaluate_slices(
    data: EvaluatedData,
    thresholds_by_policy: Mapping[str, Sequence[Threshold]],
    num_resamples: int,
    seed: int,
    source_val: SourceVal | None = None,
    slices: Sequence[Slice] = (),
    metrics: Sequence[str] = tuple(METRICS),
) -> list[list[MetricValue]]:
    """Scores subgroups and weightings of the same images on shared replicates.

    Patients are drawn once, from all images, so that any two slices are paired: a slice has as
    many of its patients as the draw gives it.

    Args:
        data: All images.
        thresholds_by_policy: Policy to the 14 thresholds, as `choose_thresholds` gives them for
            all images; every slice is scored at these.
        num_resamples: Number of bootstrap replicates, 0 for none.
        seed: Equal for all runs on the same images, so that they share the replicates.
        source_val: Source validation with scores [N', 14]. Where given, the thresholds chosen
            on it are chosen anew in each replicate; else the intervals take them as given, and
            are flagged.
        slices: What is scored beside the whole.
        metrics: Names in `METRICS`; fewer take less time.

    Returns:
        First of all images, then of each slice: per metric and policy, a row for each of the 14
        findings and for the averages. A slice without images keeps its rows, undefined.

    Raises:
        ConfigError: If a policy or a metric is unknown.
        DataError: If shapes differ, or scores, labels or slices break their format.
        ProtocolError: If `source_val` is in another role.
    """
    asked = tuple(lookup(METRICS, name, "metric") for name in metrics)
    check_inputs(data.scores, data.labels, data.patient_ids, "evaluated images")
    bootstrap = PatientBootstrap(data.patient_ids, seed, num_resamples)
    prepared = [prepare(each, data, bootstrap) for each in (WHOLE, *slices)]
    has_value = [reason is None for reason in prepared[0].reasons]
    source = _ranked_source(source_val, has_value, num_resamples, seed)
    has_source = [bool(source and source.findings[k]) for k in range(NUM_FINDINGS)]
    plans = plan_thresholds(thresholds_by_policy, has_source)
    ranked = _ranked(prepared, data, bootstrap, asked)
    replicates = resample(bootstrap, ranked, plans, source, asked)
    policies = tuple(thresholds_by_policy)
    return [
        told_rows(each, found, plans, questions(each.slice.told(asked), policies), num_resamples)
        for each, found in zip(prepared, replicates, strict=True)
    ]


def _ranked(
    prepared: Sequence[Prepared],
    data: EvaluatedData,
    bootstrap: PatientBootstrap,
    asked: Sequence[Metric],
) -> list[RankedSlice]:
    whole = _ranked_slice(prepared[0], data, bootstrap, asked)

    def ranked(each: Prepared) -> RankedSlice:
        if each.is_whole:
            return _shared(each, whole)
        return _ranked_slice(each, data, bootstrap, asked)

    with ThreadPoolExecutor(NUM_THREADS) as pool:
        return [whole, *pool.map(ranked, prepared[1:])]


def _shared(each: Prepared, whole: RankedSlice) -> RankedSlice:
    """The ranks of all images, weighted to other prevalences."""
    findings = zip(whole.findings, each.reasons, strict=True)
    return RankedSlice(
        tuple(ranked if reason is None else None for ranked, reason in findings),
        whole.terms if each.slice.prevalences is None else (None,) * NUM_FINDINGS,
        each.slice.shares,
    )


def _ranked_slice(
    each: Prepared, data: EvaluatedData, bootstrap: PatientBootstrap, asked: Sequence[Metric]
) -> RankedSlice:
    scores = data.scores[each.rows]
    weights = None if each.slice.weights is None else each.slice.weights[each.rows]
    images = [
        None
        if reason
        else labelled_images(scores[:, k], each.labels[:, k], each.patient_rows, weights)
        for k, reason in enumerate(each.reasons)
    ]
    calibrated = any(metric.of_probabilities for metric in each.slice.told(asked))
    return rank_slice(images, bootstrap.num_patients, each.slice.prevalences, calibrated=calibrated)


def _ranked_source(
    source_val: SourceVal | None, wanted: Sequence[bool], num_resamples: int, seed: int
) -> RankedSource | None:
    if source_val is None:
        return None
    source = require_role(source_val, SourceVal, "Choosing thresholds anew")
    check_inputs(source.values, source.labels, source.patient_ids, "source validation")
    usable = (source.labels != NOT_SCORED).any(axis=0) & ~np.isnan(source.values).any(axis=0)
    shared = usable & np.array(wanted)
    if not shared.any():
        return None
    bootstrap = PatientBootstrap(source.patient_ids, seed, num_resamples, SOURCE_STREAM)
    columns = (
        labelled_images(source.values[:, k], source.labels[:, k], bootstrap.patient_rows)
        if is_shared
        else None
        for k, is_shared in enumerate(shared)
    )
    return RankedSource(
        bootstrap, tuple(each and each.ranked(bootstrap.num_patients) for each in columns)
    )

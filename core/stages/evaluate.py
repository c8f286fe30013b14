"""Predictions and labels to thresholds, metrics with intervals, and their replicates."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from core.datasets.examples import resolve, select
from core.datasets.registered import subgroup_columns
from core.datasets.subgroups import strata, subgroups
from core.errors import ProtocolError
from core.findings import FINDINGS
from core.lookup import lookup
from core.metrics.slices import Slice
from core.metrics.thresholds import POLICIES, Basis, choose_thresholds
from core.protocol import audit_target, contaminated
from core.protocol.audit import shared_patients
from core.protocol.measuring import (
    Conditions,
    Measured,
    Thresholds,
    measure,
    metrics_frame,
    replicates_frame,
)
from core.protocol.scored import Scored, scored, scored_source, source_validation
from core.protocol.weighted import (
    matchings,
    matchings_frame,
    prevalences,
    prior_shifted,
    weightings,
)
from core.records import DatasetRecord, Entry, ImportRecord, RunRecord
from core.roles import Examples, SourceVal, Split
from core.specs import SCORING
from core.store.data import Dataset, DataStore
from core.store.results import ResultStore
from core.tables import MATCHINGS, METRICS, REPLICATES, THRESHOLDS

NUM_RESAMPLES = 1000
REPORTED = ("fixed-0.5", "source-val", "source-rate")
"""The policies that are evaluated unless others are named: those that leave the target alone."""


@dataclass(frozen=True)
class EvaluateRequest:
    """What is computed.

    Args:
        policies: Rows of `POLICIES`; those that need the target are applied to it alone.
        subgroups: Whether views, sexes, age bands and overlay columns are measured apart too.
        intersections: Whether pairs of these are, where they are large enough.
        weightings: Whether the target is also measured at source test's prevalence and mix of
            views, sexes and ages, and its probabilities at its own prevalence.
    """

    policies: tuple[str, ...] = REPORTED
    subgroups: bool = True
    intersections: bool = False
    weightings: bool = True


def run(
    run_id: str,
    target_name: str,
    data: DataStore,
    results: ResultStore,
    num_resamples: int = NUM_RESAMPLES,
    request: EvaluateRequest = EvaluateRequest(),
) -> pl.DataFrame:
    """Score a run on its source's validation and test splits and on a target's test split.

    Args:
        run_id: A run that was trained here, or imported, with predictions for both data sets;
            an imported run may lack those of its source, and then has no source thresholds.
        target_name: The hospital that training never saw.
        data: Holds manifests and image hashes.
        results: Where thresholds, metrics and replicates go.
        num_resamples: Bootstrap replicates for the intervals.
        request: What is computed.

    Returns:
        The run's whole metrics table.

    Raises:
        ConfigError: If the run is not done, or a data set or policy is unknown.
        ProtocolError: If the target is the source or shares images with it.
        DataError: If predictions are missing or do not fit the manifest.
    """
    policies = {name: lookup(POLICIES, name, "threshold policy") for name in request.policies}
    entry = _scorable(results, run_id)
    target = data.dataset(target_name)
    source = scored_source(data, entry, results)
    _audit(entry, source, target, data)
    away, val = scored(results, entry, target, Split.TEST), None
    places = [away]
    if source is not None:
        val = source_validation(results, entry, source)
        home = (scored(results, entry, source, split) for split in (Split.VAL, Split.TEST))
        places = [*home, away]
    possible = tuple(name for name, each in policies.items() if val or each.basis in _WITHOUT_VAL)
    with results.locked(run_id):
        _write_record(results, entry, target.record)
        chosen = [(each, _thresholds(each, possible, val)) for each in places]
        results.write(run_id, THRESHOLDS, _threshold_frame(results, run_id, chosen))
        for name in dict.fromkeys(each.dataset.name for each in places):
            rows = [
                (place, _measured(place, conditions, places, data, request))
                for place, each in chosen
                if place.dataset.name == name
                for conditions in [Conditions(each, val, num_resamples)]
            ]
            _write_metrics(results, run_id, rows)
        if request.weightings and len(places) > 1:
            reach = matchings_frame(away, matchings(away, places[-2]))
            results.replace_dataset(run_id, MATCHINGS, reach, target_name)
    return results.read(run_id, METRICS)


_WITHOUT_VAL = (Basis.NOTHING, Basis.EVALUATED)


def _scorable(results: ResultStore, run_id: str) -> Entry:
    entry = results.entry(run_id)
    return entry if isinstance(entry, ImportRecord) else results.trained(run_id)


def _audit(entry: Entry, source: Dataset | None, target: Dataset, data: DataStore) -> None:
    """Image by image for a run that was trained here; by patients for an imported one."""
    if isinstance(entry, RunRecord):
        assert source is not None
        image = entry.spec.image
        audit_target(source, target, data.images(source, image), data.images(target, image))
        return
    if target.name == entry.source:
        raise ProtocolError(
            f"{target.name!r} is the source of {entry.run_id} and cannot be its target too."
        )
    shared = shared_patients(source, target) if source else None
    if shared is not None and shared.height:
        raise ProtocolError(
            f"{shared['patient_id'].n_unique()} patients are in source {entry.source!r} and in "
            f"target {target.name!r}: cxr data check {entry.source} {target.name} --quarantine."
        )


def _write_record(results: ResultStore, entry: Entry, target: DatasetRecord) -> None:
    """The run's record with what is known of a target, and of its images in the weights."""
    datasets = entry.datasets | {target.name: target}
    if isinstance(entry, ImportRecord):
        results.write_import(entry.model_copy(update={"datasets": datasets}))
        return
    assert entry.weights is not None
    sentence = contaminated(entry.weights.origin, target.adapter)
    known = {target.name: sentence} if sentence and not target.synthetic else {}
    others = {name: each for name, each in entry.contaminated.items() if name != target.name}
    results.write_record(
        entry.model_copy(update={"datasets": datasets, "contaminated": others | known})
    )


def _thresholds(place: Scored, policies: Sequence[str], val: SourceVal | None) -> Thresholds:
    """Policies that use the evaluated data are applied to the target, not to the source."""
    is_source = val is not None and place.dataset.name == val.source
    return {
        name: choose_thresholds(name, val, place.examples)
        for name in policies
        if POLICIES[name].target_use == "none" or not is_source
    }


def _threshold_frame(
    results: ResultStore, run_id: str, chosen: Sequence[tuple[Scored, Thresholds]]
) -> pl.DataFrame:
    """The thresholds of this evaluation, and those that others were given on their targets."""
    rows = [
        {"finding": str(finding), "policy": policy}
        | _where(policy, place.examples)
        | vars(threshold)
        for place, thresholds in chosen
        for policy, of_policy in thresholds.items()
        for finding, threshold in zip(FINDINGS, of_policy, strict=True)
    ]
    new = pl.DataFrame(rows, THRESHOLDS.schema)
    evaluated = {place.dataset.name for place, _ in chosen}
    of_others = pl.col("dataset").is_not_null() & ~pl.col("dataset").is_in(evaluated)
    kept = results.read(run_id, THRESHOLDS).filter(of_others)
    return pl.concat([kept, new]).unique(THRESHOLDS.key, keep="last", maintain_order=True)


def _where(policy: str, examples: Examples) -> dict[str, str | None]:
    if POLICIES[policy].target_use == "none":
        return {"dataset": None, "split": None}
    return {"dataset": examples.dataset, "split": str(examples.split)}


def _write_metrics(
    results: ResultStore, run_id: str, measured: Iterable[tuple[Scored, Iterable[Measured]]]
) -> None:
    """Put the new rows of one data set in the place of its old ones."""
    places = [(place, list(rows)) for place, rows in measured]
    name = places[0][0].dataset.name
    for table, frame in ((METRICS, metrics_frame), (REPLICATES, replicates_frame)):
        new = pl.concat([frame(place, rows) for place, rows in places])
        results.replace_dataset(run_id, table, new, name)


def _measured(
    place: Scored,
    conditions: Conditions,
    places: Sequence[Scored],
    data: DataStore,
    request: EvaluateRequest,
) -> list[Measured]:
    """The whole split and its subgroups; of the target its weightings to source test too."""
    slices = (
        _subgroups(place, data, intersections=request.intersections) if request.subgroups else ()
    )
    if not request.weightings or place is not places[-1] or len(places) == 1:
        return measure(place, conditions, slices)
    source_test = places[-2]
    weighted = weightings(source_test, matchings(place, source_test))
    train = select(source_test.dataset, Split.TRAIN).manifest
    return [
        *measure(place, conditions, (*slices, *weighted)),
        *prior_shifted(place, prevalences(resolve(train, SCORING)), conditions),
    ]


def _subgroups(place: Scored, data: DataStore, *, intersections: bool) -> tuple[Slice, ...]:
    """Who is measured apart; on source validation, which chose the thresholds, nobody."""
    if place.examples.split == Split.VAL:
        return ()
    examples = place.examples
    found = subgroups(
        strata(
            place.selection.manifest,
            subgroup_columns(place.dataset, data)[place.selection.rows],
        ),
        examples.patient_ids[(examples.labels == 1).any(axis=1)],
        examples.patient_ids,
        intersections=intersections,
    )
    return tuple(Slice(subgroup=each.name, images=each.images) for each in found)

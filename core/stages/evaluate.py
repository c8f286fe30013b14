"""Predictions and labels to thresholds, metrics with intervals, and their replicates."""

from collections.abc import Sequence

import polars as pl

from core.datasets.registered import labelled
from core.errors import ProtocolError
from core.findings import FINDINGS
from core.lookup import lookup
from core.losses import LOSSES
from core.metrics.thresholds import POLICIES
from core.protocol import audit_target, contaminated, tuned_on
from core.protocol.audit import shared_patients
from core.protocol.evaluation import BY_DEFAULT, EvaluateRequest, Places, measured, thresholds_of
from core.protocol.measuring import Measured, metrics_frame, replicates_frame
from core.protocol.scored import Scored, scored, scored_source, source_validation
from core.protocol.weighted import matchings, matchings_frame
from core.records import Entry, ImportRecord, RunRecord
from core.roles import Split
from core.store.data import Dataset, DataStore
from core.store.results import ResultStore
from core.tables import MATCHINGS, METRICS, REPLICATES, THRESHOLDS

NUM_RESAMPLES = 1000


def run(
    run_id: str,
    target_name: str,
    data: DataStore,
    results: ResultStore,
    num_resamples: int = NUM_RESAMPLES,
    request: EvaluateRequest = BY_DEFAULT,
) -> pl.DataFrame:
    """Score a run on its source's validation and test splits and on a target's test split.

    Args:
        run_id: A run that was trained here, or imported, with predictions for both data sets;
            an imported run may lack those of its source, and then has no source thresholds.
        target_name: The hospital that training never saw; `nih@relabels` is `nih` with the
            labels of an overlay alone.
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
    for name in request.policies:
        lookup(POLICIES, name, "threshold policy")
    entry = _scorable(results, run_id)
    target = labelled(data, target_name)
    source = scored_source(data, entry, results)
    _audit(entry, source, target, data)
    away = scored(results, entry, target, Split.TEST, target_name)
    places = Places((away,), None)
    if source is not None:
        home = (scored(results, entry, source, split) for split in (Split.VAL, Split.TEST))
        places = Places((*home, away), source_validation(results, entry, source))
    calibrated = isinstance(entry, ImportRecord) or LOSSES[entry.spec.loss].calibrated
    with results.locked(run_id):
        _write_record(results, entry, away)
        results.write(run_id, THRESHOLDS, _threshold_frame(results, run_id, places, request))
        found = list(measured(places, data, request, num_resamples, calibrated=calibrated))
        for name in dict.fromkeys(place.name for place, _ in found):
            _write_metrics(results, run_id, [each for each in found if each[0].name == name])
        if request.weightings and places.source_test:
            reach = matchings_frame(away, matchings(away, places.source_test))
            results.replace_dataset(run_id, MATCHINGS, reach, away.name)
    return results.read(run_id, METRICS)


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


def _write_record(results: ResultStore, entry: Entry, away: Scored) -> None:
    """The run's record with what is known of a target, and of its images in the weights."""
    target = away.dataset.record
    datasets = entry.datasets | {away.name: target}
    if isinstance(entry, ImportRecord):
        results.write_import(entry.model_copy(update={"datasets": datasets}))
        return
    assert entry.weights is not None
    public = None if target.synthetic else contaminated(entry.weights.origin, target.adapter)
    sentence = tuned_on(entry.weights.trained_on, target) or public
    known = {away.name: sentence} if sentence else {}
    others = {name: each for name, each in entry.contaminated.items() if name != away.name}
    results.write_record(
        entry.model_copy(update={"datasets": datasets, "contaminated": others | known})
    )


def _threshold_frame(
    results: ResultStore, run_id: str, places: Places, request: EvaluateRequest
) -> pl.DataFrame:
    """The thresholds of this evaluation, and those that others were given on their targets."""
    rows = [
        {"finding": str(finding), "policy": policy} | _where(policy, place) | vars(threshold)
        for place in places.each
        for policy, chosen in thresholds_of(place, request.policies, places.val).items()
        for finding, threshold in zip(FINDINGS, chosen, strict=True)
    ]
    new = pl.DataFrame(rows, THRESHOLDS.schema)
    evaluated = {place.name for place in places.each}
    of_others = pl.col("dataset").is_not_null() & ~pl.col("dataset").is_in(evaluated)
    kept = results.read(run_id, THRESHOLDS).filter(of_others)
    return pl.concat([kept, new]).unique(THRESHOLDS.key, keep="last", maintain_order=True)


def _where(policy: str, place: Scored) -> dict[str, str | None]:
    if POLICIES[policy].target_use == "none":
        return {"dataset": None, "split": None}
    return {"dataset": place.name, "split": str(place.examples.split)}


def _write_metrics(
    results: ResultStore, run_id: str, found: Sequence[tuple[Scored, Sequence[Measured]]]
) -> None:
    """Put the new rows of one data set in the place of its old ones."""
    name = found[0][0].name
    for table, frame in ((METRICS, metrics_frame), (REPLICATES, replicates_frame)):
        new = pl.concat([frame(place, rows) for place, rows in found])
        results.replace_dataset(run_id, table, new, name)

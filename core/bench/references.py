"""What anyone reaches without looking at an image, beside the runs of a leaderboard."""

from core.errors import BusyError
from core.protocol.reference import REFERENCES
from core.stages import reference
from core.stages.evaluate import EvaluateRequest
from core.stages.evaluate import run as evaluate
from core.store.data import DataStore
from core.store.results import ResultStore
from core.tables import METRICS


def score_references(
    source: str | None,
    target: str,
    data: DataStore,
    results: ResultStore,
    num_resamples: int,
    request: EvaluateRequest,
    asked: str | None = None,
) -> None:
    """Make and score the reference rows of a source on a target (PROTOCOL section 3).

    Args:
        source: What they are fitted on; without one, only rows that need no fit are made.
        target: What they predict.
        data: Holds the manifests.
        results: Their store lies in it.
        num_resamples: Bootstrap replicates, as those of the runs that they stand beside.
        request: Which policies; subgroups and weightings are the runs' own.
        asked: The target with the labels of an overlay (`TARGET@OVERLAY`), if these are scored.

    Raises:
        ConfigError: If a data set is not indexed.
        ProtocolError: If the source has no images to fit on.
    """
    references = results.references(source)
    whole = EvaluateRequest(request.policies, subgroups=False, weightings=False)
    for name in reference.run(source, target, data, results):
        evaluate(name, asked or target, data, references, num_resamples, whole)


def add_references(
    source: str, target: str, data: DataStore, results: ResultStore, num_resamples: int
) -> None:
    """Make and score the reference rows of a grid, unless they are there or being made.

    Raises:
        ConfigError: If a data set is not indexed.
        ProtocolError: If the source has no images to fit on.
    """
    if _are_scored(source, target, data, results.references(source), num_resamples):
        return
    try:
        score_references(source, target, data, results, num_resamples, EvaluateRequest())
    except BusyError:
        return  # another process of the same grid makes them


def _are_scored(
    source: str, target: str, data: DataStore, references: ResultStore, num_resamples: int
) -> bool:
    """Whether every row stands there for the data as they are now, with as many replicates."""
    if set(references.import_ids()) != set(REFERENCES):
        return False
    hashes = {name: data.dataset(name).hash for name in (source, target)}
    return all(
        hashes.items() <= references.entry(name).hashes.items()
        and not references.read(name, METRICS)
        .filter(dataset=target, n_resamples=num_resamples)
        .is_empty()
        for name in REFERENCES
    )

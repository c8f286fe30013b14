"""Whether a run's head was trained to the end: what L-BFGS still finds on the same objective."""

from pydantic import Field

from core.datasets.examples import select, source_examples
from core.lookup import lookup
from core.losses.registry import LOSSES
from core.progress import Progress, silent
from core.roles import Split
from core.specs import Spec
from core.store.data import DataStore
from core.store.results import ResultStore
from core.training.device import reproducible
from core.training.probe_convergence import Reached, convergence_gap
from core.training.trained import read_head, trained_features

TOLERANCE = 0.01
"""The share of a finding's loss on source train that a head may leave to L-BFGS."""


class FindingConvergence(Spec):
    """How far a finding's loss lies above the lowest.

    Args:
        loss: Mean over its scored labels in source train.
        lowest: That of the head which L-BFGS ends at.
        share: (loss − lowest) ÷ loss.
    """

    loss: float
    lowest: float
    share: float


class Convergence(Spec):
    """A run's head against the minimum of what it was trained to lower.

    Early stopping by source validation may be what keeps a head from it: a head that is not
    converged is not a worse one.

    Args:
        converged: Whether no finding's share is above the tolerance; null where L-BFGS stopped
            before its end and had found nothing above it.
        tolerance: In shares of a finding's loss.
        worst: The finding with the largest share.
        overall: Of all scored labels together.
        findings: Of each finding that was trained.
    """

    converged: bool | None
    tolerance: float = TOLERANCE
    worst: str
    overall: FindingConvergence
    findings: dict[str, FindingConvergence] = Field(default_factory=dict[str, FindingConvergence])


def check_convergence(
    run_id: str, data: DataStore, results: ResultStore, progress: Progress = silent
) -> Convergence:
    """Solve the objective of a run's head by L-BFGS, and log how far the head lies above it.

    Args:
        run_id: A run that is done.
        data: Holds its source.
        results: Holds the run; its log takes an event `convergence`.
        progress: Told as features are extracted, where they are missing.

    Raises:
        ConfigError: If there is no such run.
        DataError: If the run is not done, or something that it needs is missing or damaged.
        WeightsError: If the backbone's initial weights are not those it was trained with.
    """
    record = results.trained(run_id)
    spec, source = record.spec, data.dataset(record.source)
    with reproducible(spec.num_threads):
        features = trained_features(record, source, data, results, progress)
        chosen = select(source, Split.TRAIN)
        progress("solving the head's objective", 0, 1)
        found = convergence_gap(
            source_examples(spec.source, chosen, features[chosen.rows], spec.labels),
            read_head(results, record),
            lookup(LOSSES, spec.loss, "loss"),
            record.selected["weight_decay"],
            spec.resample,
        )
        progress("solving the head's objective", 1, 1)
    shares = {str(finding): _as_record(reached) for finding, reached in found.findings.items()}
    worst = max(shares, key=lambda finding: shares[finding].share)
    is_above = shares[worst].share > TOLERANCE
    convergence = Convergence(
        converged=not is_above if found.converged or is_above else None,
        worst=worst,
        overall=_as_record(Reached(found.loss, found.lowest)),
        findings=shares,
    )
    results.log(run_id, {"event": "convergence"} | convergence.model_dump(mode="json"))
    return convergence


def _as_record(reached: Reached) -> FindingConvergence:
    return FindingConvergence(loss=reached.loss, lowest=reached.lowest, share=reached.share)

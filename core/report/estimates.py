"""What a run achieves per finding, with bootstrap replicates: as stored, or computed anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from core.datasets.registered import labelled
from core.errors import ConfigError
from core.findings import FINDINGS, Finding
from core.metrics.compare import Estimate
from core.metrics.evaluate import evaluate
from core.metrics.thresholds import choose_thresholds
from core.metrics.together import AUROC, aurocs_together
from core.metrics.values import MetricValue
from core.progress import Progress, silent
from core.protocol.scored import Scored, scored, scored_source, source_validation
from core.report.numbers import UNWEIGHTED
from core.roles import SourceVal, Split
from core.store.data import DataStore
from core.store.results import ResultStore
from core.tables import METRICS, REPLICATES


@dataclass(frozen=True)
class Counted:
    """Who stands behind an estimate; equal for runs that answer the same question.

    Args:
        n: Images with a label.
        n_positive: The positive ones.
        n_patients: Patients of the n images.
    """

    n: int
    n_positive: int
    n_patients: int

    def __str__(self) -> str:
        return f"{self.n:,} images ({self.n_positive:,} positive, {self.n_patients:,} patients)"


@dataclass(frozen=True, eq=False)
class FindingEstimate:
    """One finding of one run.

    Args:
        estimate: Value and replicates.
        sample: Who stands behind it.
    """

    estimate: Estimate
    sample: Counted


@dataclass(frozen=True, eq=False)
class RunEstimates:
    """One run on one question.

    Args:
        findings: Those that have a value.
        image_ids: The images that it was asked about; None where only their number is known.
    """

    findings: Mapping[Finding, FindingEstimate]
    image_ids: frozenset[str] | None


@dataclass(frozen=True)
class Asked:
    """What runs are compared on.

    Args:
        dataset: Data set.
        split: Its split.
        metric: A row of `METRICS`.
        policy: Threshold policy; None where the metric needs none.
        findings: The macro's members and the secondary family; empty for all that have a value.
    """

    dataset: str
    split: Split = Split.TEST
    metric: str = "auroc"
    policy: str | None = None
    findings: tuple[Finding, ...] = ()


def stored_estimates(results: ResultStore, run_id: str, asked: Asked) -> RunEstimates:
    """The findings that have a value, with the replicates that the evaluation kept.

    Raises:
        ConfigError: If the run is unknown, or has no such numbers.
        DataError: If its tables are damaged.
    """
    results.entry(run_id)
    metrics, replicates = results.read(run_id, METRICS), results.read(run_id, REPLICATES)
    whole = {"subgroup": "all", "weighting": UNWEIGHTED, "metric": asked.metric}
    rows = metrics.filter(dataset=asked.dataset, split=asked.split, **whole).join(
        replicates, on=list(REPLICATES.key), nulls_equal=True
    )
    found = {
        Finding(row["finding"]): FindingEstimate(
            Estimate(row["value"], np.asarray(row["values"], np.float32)),
            Counted(row["n"], row["n_positive"], row["n_patients"]),
        )
        for row in rows.iter_rows(named=True)
        if row["finding"] in set(FINDINGS) and row["policy"] == asked.policy
        if row["value"] is not None
    }
    if not found:
        raise ConfigError(
            f"Run {run_id} has no {asked.metric} on {asked.dataset} ({asked.split}); evaluate it "
            f"first: cxr eval {run_id} --target {asked.dataset}."
        )
    return RunEstimates(found, None)


def computed_estimates(
    data: DataStore,
    results: ResultStore,
    run_ids: Sequence[str],
    asked: Asked,
    num_resamples: int,
    progress: Progress = silent,
) -> dict[str, RunEstimates]:
    """As `stored_estimates`, with as many replicates as wanted, from the stored predictions.

    Args:
        data: Holds the labels.
        results: Holds the predictions.
        run_ids: The runs; AUROC is resampled for all of them at once.
        asked: The question.
        num_resamples: B.
        progress: Told of replicates, or of runs.

    Returns:
        Run to its estimates.

    Raises:
        ConfigError: If a run or the data set is unknown.
        ProtocolError: If the policy needs a source that a run lacks.
        DataError: If tables are damaged, or nothing is predicted there.
    """
    dataset = labelled(data, asked.dataset)
    places = {name: scored(results, results.entry(name), dataset, asked.split) for name in run_ids}
    resampled = _aurocs if asked.metric == AUROC else partial(_one_by_one, data, results, asked)
    rows = resampled(places, num_resamples, progress)
    return {
        name: RunEstimates(
            {
                Finding(row.finding): FindingEstimate(
                    Estimate(row.value, row.replicates),
                    Counted(row.n, row.n_positive, row.n_patients),
                )
                for row in rows[name]
                if row.value is not None and row.finding in set(FINDINGS)
            },
            frozenset(map(str, place.examples.image_ids)),
        )
        for name, place in places.items()
    }


def _aurocs(
    places: Mapping[str, Scored], num_resamples: int, progress: Progress
) -> dict[str, list[MetricValue]]:
    """Runs on the same images share each draw."""
    alike: dict[bytes, list[str]] = {}
    for name, place in places.items():
        alike.setdefault(place.examples.image_ids.tobytes(), []).append(name)
    found: dict[str, list[MetricValue]] = {}
    for names in alike.values():
        examples = places[names[0]].examples
        scores = [places[name].examples.values for name in names]
        seed = _seed(places[names[0]])
        rows = aurocs_together(
            scores, examples.labels, examples.patient_ids, num_resamples, seed, progress
        )
        found |= dict(zip(names, rows, strict=True))
    return found


def _one_by_one(
    data: DataStore,
    results: ResultStore,
    asked: Asked,
    places: Mapping[str, Scored],
    num_resamples: int,
    progress: Progress,
) -> dict[str, list[MetricValue]]:
    found: dict[str, list[MetricValue]] = {}
    for name, place in places.items():
        val = _source_val(data, results, name) if asked.policy else None
        found[name] = _rows(place, asked, val, num_resamples)
        progress("resampling runs", len(found), len(places))
    return found


def _rows(
    place: Scored, asked: Asked, val: SourceVal | None, num_resamples: int
) -> list[MetricValue]:
    examples, policy = place.examples, asked.policy
    rows = evaluate(
        examples.values,
        examples.labels,
        examples.patient_ids,
        {policy: choose_thresholds(policy, val, examples)} if policy else {},
        num_resamples,
        _seed(place),
        source_val=val,
        metrics=(asked.metric,),
    )
    return [row for row in rows if (row.metric, row.policy) == (asked.metric, policy)]


def _seed(place: Scored) -> int:
    return int(place.dataset.hash[:8], 16)


def _source_val(data: DataStore, results: ResultStore, run_id: str) -> SourceVal | None:
    entry = results.entry(run_id)
    source = scored_source(data, entry, results)
    return source_validation(results, entry, source) if source else None

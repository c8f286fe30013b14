"""What a run achieves per finding, with bootstrap replicates: as stored, or computed anew."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.errors import ConfigError
from core.findings import FINDINGS, Finding
from core.metrics.compare import Estimate
from core.metrics.evaluate import evaluate
from core.metrics.thresholds import choose_thresholds
from core.protocol.scored import scored, scored_source, source_validation
from core.records import Entry
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
    data: DataStore, results: ResultStore, run_id: str, asked: Asked, num_resamples: int
) -> RunEstimates:
    """As `stored_estimates`, with as many replicates as wanted, from the stored predictions.

    Args:
        data: Holds the labels.
        results: Holds the predictions.
        run_id: The run.
        asked: The question.
        num_resamples: B.

    Raises:
        ConfigError: If the run or data set is unknown.
        ProtocolError: If the policy needs a source that the run lacks.
        DataError: If tables are damaged, or nothing is predicted there.
    """
    entry, dataset = results.entry(run_id), data.dataset(asked.dataset)
    place = scored(results, entry, dataset, asked.split)
    val = _source_val(data, results, entry) if asked.policy else None
    examples, policy = place.examples, asked.policy
    rows = evaluate(
        examples.values,
        examples.labels,
        examples.patient_ids,
        {policy: choose_thresholds(policy, val, examples)} if policy else {},
        num_resamples,
        int(dataset.hash[:8], 16),
        source_val=val,
        metrics=(asked.metric,),
    )
    found = {
        Finding(row.finding): FindingEstimate(
            Estimate(row.value, row.replicates), Counted(row.n, row.n_positive, row.n_patients)
        )
        for row in rows
        if (row.metric, row.policy) == (asked.metric, policy) and row.value is not None
        if row.finding in set(FINDINGS)
    }
    return RunEstimates(found, frozenset(map(str, examples.image_ids)))


def _source_val(data: DataStore, results: ResultStore, entry: Entry) -> SourceVal | None:
    source = scored_source(data, entry, results)
    return source_validation(results, entry, source) if source else None

"""Do maps agree: between runs, between findings, and with themselves after small changes."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray

from core.findings import FINDINGS, Finding
from core.lookup import lookup
from core.metrics.bootstrap import PatientBootstrap
from core.metrics.ratio import defined
from core.models.backbones import BACKBONES, target_module
from core.progress import Progress, silent
from core.records import RunRecord
from core.roles import Split
from core.saliency.agreement import Likeness, agreement_estimate, likeness
from core.saliency.methods import SALIENCY
from core.saliency.perturb import PERTURBATIONS
from core.store.data import Dataset, DataStore
from core.store.heatmaps import MapSet, read_maps
from core.store.renewal import renew
from core.store.results import ResultStore
from core.tables import AGREEMENT, DEFAULT_METHOD, POOLED
from core.training.device import reproducible
from core.training.trained import trained_classifier

NUM_RESAMPLES = 1000
_BATCH_SIZE = 16
_BY = ("dataset", "split", "method", "comparison", "other")


@dataclass(frozen=True, eq=False)
class Subjects:
    """The images that maps are compared on, the same for all runs.

    Args:
        dataset: Where they are from.
        split: Their split.
        image_ids: N names.
        patient_ids: str [N].
        rows: int64 [N], in the manifest.
        method: Of the maps.
        num_resamples: Bootstrap replicates for the intervals.
    """

    dataset: Dataset
    split: Split
    image_ids: tuple[str, ...]
    patient_ids: NDArray[np.str_]
    rows: NDArray[np.int64]
    method: str
    num_resamples: int

    @property
    def seed(self) -> int:
        """From the manifest, so that all runs share partners and replicates."""
        return int(self.dataset.hash[:8], 16)


def subjects(
    dataset: Dataset,
    image_ids: Sequence[str],
    split: Split = Split.TEST,
    method: str = DEFAULT_METHOD,
    num_resamples: int = NUM_RESAMPLES,
) -> Subjects:
    """The images to compare maps on, by name."""
    place = {name: row for row, name in enumerate(dataset.manifest["image_id"])}
    rows = np.array([place[image_id] for image_id in image_ids], np.int64)
    patients = dataset.manifest["patient_id"].gather(rows).to_numpy().astype(np.str_)
    return Subjects(dataset, split, tuple(image_ids), patients, rows, method, num_resamples)


def between_runs(
    run_ids: Sequence[str], on: Subjects, results: ResultStore
) -> dict[str, pl.DataFrame]:
    """Each pair of runs on the same findings; both keep the rows.

    Returns:
        Run to its new rows (`tables.AGREEMENT`). The comparison is `resamples` where the runs
        differ in nothing but the patients that their heads were trained on, else `models`.

    Raises:
        DataError: If maps are missing.
    """
    records = {run_id: results.trained(run_id) for run_id in run_ids}
    found = {run_id: AGREEMENT.empty() for run_id in run_ids}
    for one, other in combinations(run_ids, 2):
        rows = list(_pair(records[one], records[other], on, results))
        for run_id, partner in ((one, other), (other, one)):
            frame = pl.DataFrame([row | {"other": partner} for row in rows], AGREEMENT.schema)
            found[run_id] = pl.concat([found[run_id], frame])
    for run_id, frame in found.items():
        _keep(results, run_id, frame)
    return found


def within_run(
    run_id: str, on: Subjects, data: DataStore, results: ResultStore, progress: Progress = silent
) -> pl.DataFrame:
    """Between the findings of one run, and between its maps before and after small changes.

    Returns:
        The new rows (`tables.AGREEMENT`).

    Raises:
        DataError: If maps or images are missing, or what the run wrote is damaged.
    """
    record = results.trained(run_id)
    stored = _maps(record, on, results, _trained(record))
    rows = list(_between_findings(stored, on))
    with reproducible(record.spec.num_threads):
        rows += _under_changes(record, stored, on, data, results, progress)
    frame = pl.DataFrame(rows, AGREEMENT.schema)
    _keep(results, run_id, frame)
    return frame


def _keep(results: ResultStore, run_id: str, frame: pl.DataFrame) -> None:
    with results.locked(run_id):
        renew(results, run_id, AGREEMENT, frame, _BY)


def _trained(*records: RunRecord) -> list[Finding]:
    return [
        finding
        for finding in FINDINGS
        if all(finding in record.trained_findings for record in records)
    ]


def _maps(
    record: RunRecord, on: Subjects, results: ResultStore, findings: Sequence[Finding]
) -> MapSet:
    return read_maps(results, record.run_id, on.dataset.name, on.method, on.image_ids, findings)


def _pair(
    one: RunRecord, other: RunRecord, on: Subjects, results: ResultStore
) -> Iterator[dict[str, Any]]:
    findings = _trained(one, other)
    unsampled = [each.spec.model_copy(update={"resample": None}) for each in (one, other)]
    comparison = "resamples" if unsampled[0] == unsampled[1] else "models"
    first, second = (_maps(record, on, results, findings) for record in (one, other))
    yield from _by_finding(comparison, other.run_id, first, second, on)


def _by_finding(
    comparison: str, other: str, first: MapSet, second: MapSet, on: Subjects
) -> Iterator[dict[str, Any]]:
    """One row a finding and metric, and those of all findings pooled."""
    found = [
        likeness(first.maps[:, k], second.maps[:, k], on.patient_ids, on.seed)
        for k in range(len(first.findings))
    ]
    for metric in found[0]:
        each = [likenesses[metric] for likenesses in found]
        for finding, alike in zip(first.findings, each, strict=True):
            yield _row(comparison, finding, other, metric, [alike], on)
        yield _row(comparison, POOLED, other, metric, each, on)


def _between_findings(stored: MapSet, on: Subjects) -> Iterator[dict[str, Any]]:
    pooled: dict[str, list[Likeness]] = {}
    for one, other in combinations(range(len(stored.findings)), 2):
        found = likeness(stored.maps[:, one], stored.maps[:, other], on.patient_ids, on.seed)
        for metric, alike in found.items():
            pooled.setdefault(metric, []).append(alike)
            names = stored.findings[one], stored.findings[other]
            yield _row("findings", names[0], names[1], metric, [alike], on)
    for metric, each in pooled.items():
        yield _row("findings", POOLED, POOLED, metric, each, on)


def _under_changes(
    record: RunRecord,
    stored: MapSet,
    on: Subjects,
    data: DataStore,
    results: ResultStore,
    progress: Progress,
) -> Iterator[dict[str, Any]]:
    model = trained_classifier(results, record)
    layer = target_module(model.backbone, lookup(BACKBONES, record.spec.backbone, "backbone"))
    explain = lookup(SALIENCY, on.method, "saliency method").explain
    pixels = data.images(on.dataset, record.spec.image).pixels
    columns = [FINDINGS.index(finding) for finding in stored.findings]
    for number, (name, perturbation) in enumerate(PERTURBATIONS.items()):
        parts: list[NDArray[np.float32]] = []
        for start in range(0, len(on.rows), _BATCH_SIZE):
            rows = on.rows[start : start + _BATCH_SIZE]
            changed = torch.from_numpy(perturbation.apply(pixels[rows], rows))
            maps = explain(model, layer, changed.to(model.mean.device), columns).maps
            parts.append(maps.cpu().numpy())
            done = number * len(on.rows) + start + len(rows)
            progress("explaining changed images", done, len(PERTURBATIONS) * len(on.rows))
        changed_maps = MapSet(
            stored.image_ids, stored.findings, np.concatenate(parts), stored.probabilities
        )
        yield from _by_finding("perturbation", name, stored, changed_maps, on)


def _row(
    comparison: str,
    finding: str,
    other: str,
    metric: str,
    alike: Sequence[Likeness],
    on: Subjects,
) -> dict[str, Any]:
    """One row from the likeness of each finding: every image counts once for each."""
    joined = Likeness(
        np.concatenate([each.same for each in alike]),
        np.concatenate([each.chance for each in alike]),
    )
    patients = np.tile(on.patient_ids, len(alike))
    bootstrap = PatientBootstrap(patients, on.seed, on.num_resamples)
    estimate, same, chance = agreement_estimate(joined, bootstrap)
    return asdict(estimate) | {
        "dataset": on.dataset.name,
        "split": str(on.split),
        "method": on.method,
        "comparison": comparison,
        "finding": str(finding),
        "other": str(other),
        "metric": metric,
        "same": defined(same),
        "chance": defined(chance),
    }

"""Do a run's maps depend on its weights and on its labels: randomise both, and look again."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray

from core.datasets.examples import select, source_examples
from core.findings import FINDINGS, Finding
from core.lookup import lookup
from core.losses.registry import LOSSES
from core.metrics.bootstrap import PatientBootstrap
from core.metrics.ratio import defined
from core.models.adapter import Adapter
from core.models.backbones import BACKBONES, target_module
from core.models.classifier import Classifier, num_features
from core.models.weights import load_backbone
from core.progress import Progress, silent
from core.records import RunRecord
from core.roles import Examples, Split
from core.saliency.agreement import likeness
from core.saliency.methods import SALIENCY
from core.saliency.sanity import CASCADE, FULL, PERMUTED, randomised, sanity_estimate
from core.store.data import Dataset, DataStore
from core.store.renewal import renew
from core.store.results import ResultStore
from core.tables import DEFAULT_METHOD, POOLED, SANITY
from core.training.device import reproducible
from core.training.probe import fit
from core.training.trained import trained_classifier, trained_features

NUM_RESAMPLES = 1000
_BATCH_SIZE = 16
_SEED = 0


@dataclass(frozen=True)
class SanityRequest:
    """Which maps are compared.

    Args:
        image_ids: N images by name.
        split: Their split.
        method: Row of `SALIENCY`.
        num_resamples: Bootstrap replicates for the intervals.
    """

    image_ids: tuple[str, ...]
    split: Split = Split.TEST
    method: str = DEFAULT_METHOD
    num_resamples: int = NUM_RESAMPLES


def run(
    run_id: str,
    dataset_name: str,
    request: SanityRequest,
    data: DataStore,
    results: ResultStore,
    progress: Progress = silent,
) -> pl.DataFrame:
    """Compare a run's maps with those of ever more random copies of its model.

    Returns:
        The new rows (`tables.SANITY`).

    Raises:
        ConfigError: If the run is not done, or the data set or method is unknown.
        DataError: If images, or what the run wrote, are missing or damaged.
    """
    record, dataset = results.trained(run_id), data.dataset(dataset_name)
    explain = _Explainer(record, dataset, request, data, progress)
    with reproducible(record.spec.num_threads):
        model = trained_classifier(results, record)
        original = explain.maps(model)
        rows = [
            row
            for test, step, changed in _changed(model, record, data, results)
            for row in explain.compared(test, step, original, explain.maps(changed))
        ]
    frame = pl.DataFrame(rows, SANITY.schema)
    with results.locked(run_id):
        renew(results, run_id, SANITY, frame, by=("dataset", "split", "method"))
    return frame


def _changed(
    model: Classifier, record: RunRecord, data: DataStore, results: ResultStore
) -> Iterator[tuple[str, str, Classifier]]:
    """Test, step, and the model that the step makes."""
    fresh = _untrained(model, record)
    for step, share in CASCADE.items():
        yield "parameters", step, randomised(model, fresh, share)
    yield "labels", PERMUTED, _with_permuted_labels(model, record, data, results)


def _untrained(model: Classifier, record: RunRecord) -> Classifier:
    spec = record.spec
    row = lookup(BACKBONES, spec.backbone, "backbone")
    # Another seed than the run's: random weights must not turn into themselves.
    backbone, _ = load_backbone(row, "random", spec.image.size, seed=spec.seed + 1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_SEED)
        adapter = Adapter(num_features(backbone)) if model.adapter is not None else None
        return Classifier(backbone, adapter=adapter)


def _with_permuted_labels(
    model: Classifier, record: RunRecord, data: DataStore, results: ResultStore
) -> Classifier:
    """The same backbone under a head whose training labels were dealt to other images."""
    spec, source = record.spec, data.dataset(record.spec.source)
    features = trained_features(record, source, data, results)
    train, val = select(source, Split.TRAIN), select(source, Split.VAL)
    head = fit(
        _permuted(source_examples(spec.source, train, features[train.rows], spec.labels)),
        _permuted(source_examples(spec.source, val, features[val.rows])),
        lookup(LOSSES, spec.loss, "loss"),
        spec,
    ).head
    copy = deepcopy(model)
    copy.head.load_state_dict(
        {"weight": torch.from_numpy(head.weight), "bias": torch.from_numpy(head.bias)}
    )
    return copy


def _permuted(examples: Examples) -> Examples:
    order = np.random.default_rng(_SEED).permutation(len(examples))
    return replace(examples, labels=examples.labels[order])


class _Explainer:
    """Makes and compares maps of the same images by different models."""

    def __init__(
        self,
        record: RunRecord,
        dataset: Dataset,
        request: SanityRequest,
        data: DataStore,
        progress: Progress,
    ) -> None:
        self.record, self.dataset, self.request, self.progress = record, dataset, request, progress
        self.pixels = data.images(dataset, record.spec.image).pixels
        place = {name: row for row, name in enumerate(dataset.manifest["image_id"])}
        self.rows = np.array([place[image_id] for image_id in request.image_ids], np.int64)
        patients = dataset.manifest["patient_id"].gather(self.rows)
        self.patient_ids = patients.to_numpy().astype(np.str_)
        self.findings = [each for each in FINDINGS if each in record.trained_findings]
        self.seed, self.num_done = int(dataset.hash[:8], 16), 0

    def maps(self, model: Classifier) -> NDArray[np.float32]:
        """float32 [N, F, h, w]."""
        layer = target_module(
            model.backbone, lookup(BACKBONES, self.record.spec.backbone, "backbone")
        )
        explain = lookup(SALIENCY, self.request.method, "saliency method").explain
        columns = [FINDINGS.index(finding) for finding in self.findings]
        parts: list[NDArray[np.float32]] = []
        for start in range(0, len(self.rows), _BATCH_SIZE):
            rows = self.rows[start : start + _BATCH_SIZE]
            batch = torch.from_numpy(np.array(self.pixels[rows])).to(model.mean.device)
            parts.append(explain(model, layer, batch, columns).maps.cpu().numpy())
            self.num_done += len(rows)
            self.progress(
                "explaining random models", self.num_done, len(self.rows) * (len(CASCADE) + 2)
            )
        return np.concatenate(parts)

    def compared(
        self, test: str, step: str, original: NDArray[np.float32], changed: NDArray[np.float32]
    ) -> Iterator[dict[str, Any]]:
        """One row a finding, and the one of all findings pooled."""
        same = [self._spearman(one, other)[0] for one, other in _columns(original, changed)]
        chance = [self._spearman(one, one)[1] for one, _ in _columns(original, changed)]
        for finding, alike, level in zip(self.findings, same, chance, strict=True):
            yield self._row(test, step, finding, [alike], [level])
        yield self._row(test, step, POOLED, same, chance)

    def _spearman(
        self, one: NDArray[np.float32], other: NDArray[np.float32]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        found = likeness(one, other, self.patient_ids, self.seed)["spearman"]
        return found.same, found.chance

    def _row(
        self,
        test: str,
        step: str,
        finding: Finding | str,
        same: Sequence[NDArray[np.float64]],
        chance: Sequence[NDArray[np.float64]],
    ) -> dict[str, Any]:
        patients = np.tile(self.patient_ids, len(same))
        bootstrap = PatientBootstrap(patients, self.seed, self.request.num_resamples)
        estimate, level = sanity_estimate(
            np.concatenate(same), np.concatenate(chance), bootstrap, step in (FULL, PERMUTED)
        )
        return asdict(estimate) | {
            "dataset": self.dataset.name,
            "split": str(self.request.split),
            "method": self.request.method,
            "test": test,
            "step": step,
            "finding": str(finding),
            "chance": defined(level),
        }


def _columns(
    original: NDArray[np.float32], changed: NDArray[np.float32]
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """The maps [N, h, w] of each finding, before and after."""
    for k in range(original.shape[1]):
        yield original[:, k], changed[:, k]

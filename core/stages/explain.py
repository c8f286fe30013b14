"""A trained run's attention maps for chosen images and findings, at native resolution."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.datasets.examples import Selection, select
from core.errors import ConfigError, Interrupted
from core.findings import FINDINGS, PRESENT, Finding
from core.lookup import lookup, unknown
from core.models.backbones import BACKBONES, target_module
from core.progress import Progress, silent
from core.records import RunRecord
from core.roles import Split
from core.saliency.methods import SALIENCY
from core.store.data import Dataset, DataStore
from core.store.heatmaps import MapSet, as_rows
from core.store.parts import Parts
from core.store.results import ResultStore
from core.tables import DEFAULT_METHOD, HEATMAPS
from core.training.device import DeviceImages, forward_batch_size, reproducible
from core.training.interrupt import stoppable
from core.training.trained import trained_classifier

MAX_BATCH_SIZE = 64
_PART_IMAGES = 512


@dataclass(frozen=True)
class ExplainRequest:
    """Which maps to make.

    Args:
        findings: Columns of the maps.
        image_ids: Images by name; empty for a sample.
        split: Where a sample is drawn from.
        limit: Size of the sample; None for all images of the split.
        method: Row of `SALIENCY`.
    """

    findings: tuple[Finding, ...] = FINDINGS
    image_ids: tuple[str, ...] = ()
    split: Split = Split.TEST
    limit: int | None = None
    method: str = DEFAULT_METHOD


@dataclass(frozen=True)
class Made:
    """What a call of the stage did.

    Args:
        image_ids: The images that were asked for, in the manifest's order or as they were named.
        num_maps: Maps of the run on this data set, of every method.
        num_new: Those that this call made.
        seconds: Wall time that they took.
        num_bytes: Size of the table's file.
    """

    image_ids: tuple[str, ...]
    num_maps: int
    num_new: int
    seconds: float
    num_bytes: int


def run(
    run_id: str,
    dataset_name: str,
    request: ExplainRequest,
    data: DataStore,
    results: ResultStore,
    progress: Progress = silent,
) -> Made:
    """Make the maps that are missing and store them beside those that are there.

    They are written in parts of 512 images, so that memory does not grow with their number and a
    run that was killed goes on where it was. Findings that the run was not trained on have none.

    Raises:
        ConfigError: If the run is not done, or an image, data set or method is unknown.
        DataError: If the image cache, or what the run wrote, is missing or damaged.
        Interrupted: On Ctrl-C or SIGTERM, after the maps at hand are written.
    """
    record, dataset = results.trained(run_id), data.dataset(dataset_name)
    lookup(SALIENCY, request.method, "saliency method")
    rows = chosen_rows(dataset, request)
    findings = [finding for finding in request.findings if finding in record.trained_findings]
    start, num_new = time.perf_counter(), 0
    with results.locked(run_id):
        parts = _parts(results, record, dataset)
        provenance = {"run_id": run_id, "hashes": record.hashes}
        parts.join(provenance)  # what an earlier call left when it was killed
        missing = _without_maps(parts, dataset, rows, findings, request.method)
        if len(missing):
            with reproducible(record.spec.num_threads):
                maps = _explain(record, dataset, data, results, missing, findings, request.method)
                num_new = _write(parts, maps, request.method, len(missing), progress)
            parts.join(provenance)
    path = results.path(run_id, HEATMAPS, dataset_name)
    return Made(
        image_ids=tuple(dataset.manifest["image_id"].gather(rows)),
        num_maps=_num_rows(parts),
        num_new=num_new,
        seconds=time.perf_counter() - start,
        num_bytes=path.stat().st_size if path.exists() else 0,
    )


def chosen_rows(dataset: Dataset, request: ExplainRequest) -> NDArray[np.int64]:
    """Rows of the manifest to explain: those named, or a sample that is the same for all runs.

    Half of a sample, where there are enough, shows one of the requested findings; it is drawn
    with a seed from the manifest.

    Raises:
        ConfigError: If an image is not in the data set.
    """
    if request.image_ids:
        place = {name: row for row, name in enumerate(dataset.manifest["image_id"])}
        for image_id in request.image_ids:
            if image_id not in place:
                raise ConfigError(unknown(image_id, list(place)[:20], f"image of {dataset.name}"))
        return np.array([place[image_id] for image_id in request.image_ids])
    selection = select(dataset, request.split)
    if request.limit is None or request.limit >= len(selection.rows):
        return selection.rows
    return _sample(selection, request.findings, request.limit)


def _sample(selection: Selection, findings: Sequence[Finding], limit: int) -> NDArray[np.int64]:
    shows = pl.any_horizontal(pl.col(finding) == PRESENT for finding in findings)
    positive = selection.manifest.select(shows.fill_null(value=False)).to_series().to_numpy()
    seed = int(selection.dataset.hash[:8], 16)
    order = np.random.default_rng(seed).permutation(len(selection.rows))
    chosen = order[positive[order]][: limit // 2]
    rest = order[~np.isin(order, chosen)][: limit - len(chosen)]
    return selection.rows[np.sort(np.concatenate([chosen, rest]))]


def _parts(results: ResultStore, record: RunRecord, dataset: Dataset) -> Parts:
    """The parts of the run's table, bound to the weights and the pixels they are made from."""
    weights = {name: record.hashes.get(name) for name in ("head", "adapter", "backbone")}
    made_from = weights | {"images": dataset.cache_key(record.spec.image)}
    return Parts(results.path(record.run_id, HEATMAPS, dataset.name), HEATMAPS, made_from)


def _without_maps(
    parts: Parts,
    dataset: Dataset,
    rows: NDArray[np.int64],
    findings: Sequence[Finding],
    method: str,
) -> NDArray[np.int64]:
    """The rows that lack the map of at least one finding."""
    if not parts.path.exists():
        return rows if findings else rows[:0]
    have = parts.stored().filter(
        pl.col("finding").is_in([str(each) for each in findings]), pl.col("method") == method
    )
    numbers = have.group_by("image_id").len().collect()
    complete = numbers.filter(pl.col("len") == len(findings))["image_id"]
    image_ids = dataset.manifest["image_id"].gather(rows)
    return rows[~image_ids.is_in(complete.implode()).to_numpy()]


def _explain(
    record: RunRecord,
    dataset: Dataset,
    data: DataStore,
    results: ResultStore,
    rows: NDArray[np.int64],
    findings: Sequence[Finding],
    method: str,
) -> Iterator[MapSet]:
    """The maps of a batch after the other."""
    model = trained_classifier(results, record)
    device, explain = model.mean.device, lookup(SALIENCY, method, "saliency method").explain
    layer = target_module(model.backbone, lookup(BACKBONES, record.spec.backbone, "backbone"))
    images = DeviceImages(data.images(dataset, record.spec.image).pixels, device)
    columns = [FINDINGS.index(finding) for finding in findings]
    ids = dataset.manifest["image_id"].to_numpy().astype(np.str_)
    step = min(forward_batch_size(device), MAX_BATCH_SIZE)
    for start in range(0, len(rows), step):
        batch = rows[start : start + step]
        explained = explain(model, layer, images.batch(batch), columns)
        yield MapSet(
            image_ids=ids[batch],
            findings=tuple(findings),
            maps=explained.maps.cpu().numpy(),
            probabilities=explained.logits.sigmoid().cpu().numpy(),
        )


def _write(
    parts: Parts, maps: Iterator[MapSet], method: str, num_images: int, progress: Progress
) -> int:
    """Write part after part; the number of maps."""
    num_done = num_maps = 0
    waiting: list[pl.DataFrame] = []
    with stoppable() as stop:
        for batch in maps:
            waiting.append(as_rows(batch, method))
            num_done += len(batch.image_ids)
            progress("explaining", num_done, num_images)
            stopping = stop.requested
            num_waiting = sum(frame.height for frame in waiting) // len(batch.findings)
            if num_waiting >= _PART_IMAGES or num_done == num_images or stopping:
                parts.write(pl.concat(waiting))
                num_maps += sum(frame.height for frame in waiting)
                waiting = []
            if stopping and num_done < num_images:
                raise Interrupted(
                    f"Stopped after {num_done:,} of {num_images:,} images; the same command goes "
                    "on from there."
                )
    return num_maps


def _num_rows(parts: Parts) -> int:
    if not parts.path.exists():
        return 0
    return int(parts.stored().select(pl.len()).collect().item())

"""A trained run's Grad-CAM maps for chosen images and findings, at native resolution."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray

from core.datasets.examples import Selection, select
from core.errors import ConfigError
from core.findings import FINDINGS, PRESENT, Finding
from core.lookup import lookup, unknown
from core.models.backbones import BACKBONES, target_module
from core.models.classifier import Classifier
from core.progress import Progress, silent
from core.records import RunRecord
from core.roles import Split
from core.saliency.gradcam import gradcam
from core.store.data import Dataset, DataStore
from core.store.results import ResultStore
from core.tables import HEATMAPS
from core.training.device import reproducible
from core.training.trained import trained_classifier

METHOD = "gradcam"
BATCH_SIZE = 16
_KEY = ("image_id", "finding", "method")


@dataclass(frozen=True)
class ExplainRequest:
    """Which maps to make.

    Args:
        findings: Columns of the maps.
        image_ids: Images by name; empty for a sample.
        split: Where a sample is drawn from.
        limit: Size of the sample; None for all images of the split.
    """

    findings: tuple[Finding, ...] = FINDINGS
    image_ids: tuple[str, ...] = ()
    split: Split = Split.TEST
    limit: int | None = None


def run(
    run_id: str,
    dataset_name: str,
    request: ExplainRequest,
    data: DataStore,
    results: ResultStore,
    progress: Progress = silent,
) -> pl.DataFrame:
    """Make the maps that are missing and store them beside those that are there.

    Returns:
        All maps of the run on this data set (`tables.HEATMAPS`); findings that the run was not
        trained on have none.

    Raises:
        ConfigError: If the run is not done, or an image or data set is unknown.
        DataError: If the image cache or the head is missing or damaged.
    """
    record = results.trained(run_id)
    dataset = data.dataset(dataset_name)
    rows = chosen_rows(dataset, request)
    findings = [finding for finding in request.findings if finding in record.trained_findings]
    with results.locked(run_id):
        stored = results.read(run_id, HEATMAPS, dataset_name)
        missing = _without_maps(stored, dataset, rows, findings)
        if len(missing):
            pixels = data.images(dataset, record.spec.image).pixels
            with reproducible(record.spec.num_threads):
                model = trained_classifier(results, record)
                new = pl.concat(
                    _explain(model, record, dataset, pixels, missing, findings, progress)
                )
            stored = pl.concat([stored, new]).unique(_KEY, keep="last").sort(_KEY)
            results.write(run_id, HEATMAPS, stored, dataset_name)
    return stored


def chosen_rows(dataset: Dataset, request: ExplainRequest) -> NDArray[np.int64]:
    """Rows of the manifest to explain: those named, or a sample that is the same for all runs.

    Half of a sample, where there are enough, shows one of the requested findings; it is drawn
    with a seed from the manifest.

    Raises:
        ConfigError: If an image is not in the data set.
    """
    if request.image_ids:
        ids = dataset.manifest["image_id"].to_list()
        for image_id in request.image_ids:
            if image_id not in ids:
                raise ConfigError(unknown(image_id, ids[:20], f"image of {dataset.name}"))
        return np.array([ids.index(image_id) for image_id in request.image_ids])
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


def _without_maps(
    stored: pl.DataFrame, dataset: Dataset, rows: NDArray[np.int64], findings: Sequence[Finding]
) -> NDArray[np.int64]:
    """The rows that lack the map of at least one finding."""
    have = stored.filter(pl.col("finding").is_in(findings), pl.col("method") == METHOD)
    complete = have.group_by("image_id").len().filter(pl.col("len") == len(findings))["image_id"]
    image_ids = dataset.manifest["image_id"].gather(rows)
    return rows[~image_ids.is_in(complete.implode()).to_numpy()]


def _explain(
    model: Classifier,
    record: RunRecord,
    dataset: Dataset,
    pixels: NDArray[np.uint8],
    rows: NDArray[np.int64],
    findings: Sequence[Finding],
    progress: Progress,
) -> Iterator[pl.DataFrame]:
    layer = target_module(model.backbone, lookup(BACKBONES, record.spec.backbone, "backbone"))
    columns = [FINDINGS.index(finding) for finding in findings]
    image_ids = dataset.manifest["image_id"].gather(rows).to_list()
    for start in range(0, len(rows), BATCH_SIZE):
        batch = torch.from_numpy(pixels[rows[start : start + BATCH_SIZE]]).to(model.mean.device)
        explained = gradcam(model, layer, batch, columns)
        names = image_ids[start : start + BATCH_SIZE]
        probabilities = explained.logits.sigmoid().cpu().numpy()
        yield _frame(names, findings, explained.maps.cpu().numpy(), probabilities)
        progress("explaining", start + len(names), len(rows))


def _frame(
    image_ids: Sequence[str],
    findings: Sequence[Finding],
    maps: NDArray[np.float32],
    probabilities: NDArray[np.float32],
) -> pl.DataFrame:
    """Maps [B, F, H, W] as rows; float16 values times `scale`, so that none under- or overflows."""
    height, width = maps.shape[2:]
    flat = maps.reshape(-1, height * width)
    scale = np.abs(flat).max(1)
    values = flat / np.where(scale > 0, scale, 1)[:, None]
    return pl.DataFrame(
        {
            "image_id": np.repeat(image_ids, len(findings)),
            "finding": [str(finding) for finding in findings] * len(image_ids),
            "method": METHOD,
            "height": height,
            "width": width,
            "scale": scale,
            "values": values.astype(np.float16),
            "probability": probabilities.reshape(-1),
        }
    ).cast(HEATMAPS.schema)

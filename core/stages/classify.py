"""A trained run on images without labels, and a warning where one is unlike the source."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from core.datasets.examples import Selection, select
from core.datasets.unlabelled import Unlabelled, find_images, read_images
from core.errors import DataError
from core.findings import FINDINGS, Finding
from core.lookup import lookup
from core.models.backbones import BACKBONES, target_module
from core.models.classifier import Classifier
from core.progress import Progress, silent
from core.protocol.likeness import MAX_IMAGES, SourceLooks, source_looks, unlikeness
from core.records import RunRecord
from core.roles import Split
from core.saliency.gradcam import gradcam
from core.saliency.render import COLOUR_MAPS, coloured, levels, overlay, png
from core.store.atomic import replacing
from core.store.data import DataStore
from core.store.results import ResultStore
from core.tables import THRESHOLDS
from core.training.device import forward_batch_size, reproducible
from core.training.trained import trained_classifier, trained_features

OVERLAY_OPACITY = 0.6


@dataclass(frozen=True)
class ClassifyRequest:
    """What is wanted.

    Args:
        paths: Files and folders.
        policy: A threshold policy whose thresholds come from the source.
        heatmaps: Folder for overlays of the findings above their thresholds; None for none.
    """

    paths: tuple[Path, ...]
    policy: str = "source-val"
    heatmaps: Path | None = None


@dataclass(frozen=True, eq=False)
class Classified:
    """The outcome.

    Args:
        images: One row an image: path, view, source_distance (the share of source validation
            that is nearer to source train; null where it cannot be known), unlike_source (why,
            or null), per trained finding its probability and `<finding>_positive`.
        thresholds: `tables.THRESHOLDS` of the policy; without rows where the run has none.
        num_heatmaps: Overlays written.
    """

    images: pl.DataFrame
    thresholds: pl.DataFrame
    num_heatmaps: int


def run(
    run_id: str,
    request: ClassifyRequest,
    data: DataStore,
    results: ResultStore,
    progress: Progress = silent,
) -> Classified:
    """Predict images that nobody has labelled.

    Args:
        run_id: A run that was trained here.
        request: What is wanted.
        data: Where the run's source lies; without it, likeness to it cannot be judged.
        results: Where the run lies.
        progress: Told as images are decoded and predicted.

    Raises:
        ConfigError: If the run is not done.
        DataError: If files are missing, damaged or no images; names each.
    """
    record = results.trained(run_id)
    images = read_images(find_images(request.paths), record.spec.image, progress)
    thresholds = results.read(run_id, THRESHOLDS).filter(
        pl.col("policy") == request.policy, pl.col("dataset").is_null()
    )
    with reproducible(record.spec.num_threads):
        model = trained_classifier(results, record)
        seen, scores = _forward(model, images.pixels, progress)
        looks = _looks(record, data, results, progress)
        table = _table(images, scores, record, thresholds).hstack(_likeness(looks, seen, images))
        drawn = _heatmaps(model, record, images, table, request.heatmaps, progress)
    leading = ("path", "view", "source_distance", "unlike_source")
    return Classified(table.select(*leading, pl.exclude(leading)), thresholds, drawn)


def _forward(
    model: Classifier, pixels: NDArray[np.uint8], progress: Progress
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What the head sees [N, D], and probabilities [N, 14]."""
    device = model.mean.device
    step = forward_batch_size(device)
    parts: list[tuple[NDArray[np.float32], NDArray[np.float32]]] = []
    with torch.inference_mode():
        for start in range(0, len(pixels), step):
            features = model.features(torch.from_numpy(pixels[start : start + step]).to(device))
            seen = features.float() if model.adapter is None else model.adapter(features.float())
            parts.append((seen.cpu().numpy(), model.head(seen).sigmoid().cpu().numpy()))
            progress("predicting images", min(start + step, len(pixels)), len(pixels))
    seen, scores = zip(*parts, strict=True)
    return np.concatenate(seen), np.concatenate(scores)


def _table(
    images: Unlabelled, scores: NDArray[np.float32], record: RunRecord, thresholds: pl.DataFrame
) -> pl.DataFrame:
    """Paths, views, probabilities, and which of them are positive at the run's thresholds."""
    cut = dict(thresholds.select("finding", "value").iter_rows())
    columns: dict[str, pl.Series] = {}
    for k, finding in enumerate(FINDINGS):
        if finding not in record.trained_findings:
            continue
        probability = pl.Series(scores[:, k], dtype=pl.Float64)
        columns[str(finding)] = probability
        value = cut.get(finding)
        positive = None if value is None else probability >= value
        empty = pl.Series([None] * len(scores), dtype=pl.Boolean)
        columns[f"{finding}_positive"] = empty if positive is None else positive
    return pl.DataFrame({"path": list(map(str, images.paths)), "view": images.views} | columns)


def _likeness(
    looks: SourceLooks | None, seen: NDArray[np.float32], images: Unlabelled
) -> pl.DataFrame:
    told = unlikeness(looks, seen, images.pixels) if looks else (None,) * len(seen)
    rows = [
        {
            "source_distance": each.distance if each else None,
            "unlike_source": "; ".join(
                (*(each.reasons if each else ()), *(["lateral view"] if view == "LATERAL" else []))
            )
            or None,
        }
        for each, view in zip(told, images.views, strict=True)
    ]
    return pl.DataFrame(rows, {"source_distance": pl.Float64, "unlike_source": pl.String})


def _looks(
    record: RunRecord, data: DataStore, results: ResultStore, progress: Progress
) -> SourceLooks | None:
    """What the run's source looks like: as it was stored, or from its cached images."""
    # The name covers what it depends on, so that a run that was trained anew never reads it.
    name = sha256(repr(sorted(record.hashes.items())).encode()).hexdigest()[:12]
    path = results.folder(record.run_id) / f"source-looks-{name}.safetensors"
    if path.exists():
        try:
            return SourceLooks(**load_file(path))
        except (OSError, SafetensorError, TypeError) as error:
            raise DataError(f"{path}: cannot be read; remove it and run again.") from error
    if record.source not in data.names():
        return None
    source = data.dataset(record.source)
    if source.hash != record.hashes["manifest"] or not data.has_images(source, record.spec.image):
        return None
    seen = trained_features(record, source, data, results, progress)
    train, val = (
        _drawn(select(source, split), record.spec.seed) for split in (Split.TRAIN, Split.VAL)
    )
    pixels = data.images(source, record.spec.image).pixels
    looks = source_looks(seen[train], seen[val], pixels[val])
    with results.locked(record.run_id), replacing(path) as temporary:
        temporary.write_bytes(save(vars(looks)))
    return looks


def _drawn(selection: Selection, seed: int) -> NDArray[np.int64]:
    if len(selection.rows) <= MAX_IMAGES:
        return selection.rows
    chosen = np.random.default_rng(seed).choice(selection.rows, MAX_IMAGES, replace=False)
    return np.sort(chosen)


def _heatmaps(
    model: Classifier,
    record: RunRecord,
    images: Unlabelled,
    table: pl.DataFrame,
    folder: Path | None,
    progress: Progress,
) -> int:
    """Write an overlay of each finding above its threshold; how many there are."""
    if folder is None:
        return 0
    layer = target_module(model.backbone, lookup(BACKBONES, record.spec.backbone, "backbone"))
    findings = [finding for finding in FINDINGS if finding in record.trained_findings]
    columns = [FINDINGS.index(finding) for finding in findings]
    num_written = 0
    for row, positive in enumerate(_positive(table, findings)):
        if positive:
            pixels = torch.from_numpy(images.pixels[row : row + 1]).to(model.mean.device)
            maps = gradcam(model, layer, pixels, columns).maps[0].float().cpu().numpy()
            for finding in positive:
                drawing = _drawing(images.pixels[row], maps[findings.index(finding)])
                name = f"{row:05d}-{images.paths[row].stem}-{finding}.png"
                with replacing(folder / name) as temporary:
                    temporary.write_bytes(drawing)
            num_written += len(positive)
        progress("drawing maps", row + 1, len(images.paths))
    return num_written


def _positive(table: pl.DataFrame, findings: Sequence[Finding]) -> Iterator[list[Finding]]:
    rows: Iterator[Mapping[str, bool | None]] = table.iter_rows(named=True)
    for row in rows:
        yield [finding for finding in findings if row[f"{finding}_positive"]]


def _drawing(grey: NDArray[np.uint8], native: NDArray[np.float32]) -> bytes:
    layer = coloured(levels(native, len(grey)), COLOUR_MAPS["inferno"])
    return png(overlay(grey, layer, OVERLAY_OPACITY), "RGB")

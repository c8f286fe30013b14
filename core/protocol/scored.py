"""The images that a run predicts, in the role that their data set has for it."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.datasets.examples import Selection, select, source_examples, target_examples
from core.errors import DataError
from core.findings import FINDINGS
from core.records import Entry, RunRecord
from core.roles import Examples, SourceVal, Split, require_role
from core.store.data import Dataset, DataStore
from core.store.results import ResultStore
from core.tables import PREDICTIONS


@dataclass(frozen=True, eq=False)
class Scored:
    """The images of one split that a run is scored on.

    Args:
        dataset: Their data set.
        selection: Their rows in its manifest.
        examples: Scores float32 [n, 14] (NaN: not predicted) and labels.
        name: What tables call it: the data set, `nih@relabels` with the labels of an overlay.
    """

    dataset: Dataset
    selection: Selection
    examples: Examples
    name: str


def scored_source(data: DataStore, entry: Entry, results: ResultStore) -> Dataset | None:
    """The run's source; None for an imported run without one, or without predictions for it.

    Raises:
        ConfigError: If the source is not indexed.
    """
    if isinstance(entry, RunRecord):
        return data.dataset(entry.source)
    known = entry.source is not None and results.has(entry.run_id, PREDICTIONS, entry.source)
    return data.dataset(entry.source) if known and entry.source else None


def scored(
    results: ResultStore, entry: Entry, dataset: Dataset, split: Split, name: str | None = None
) -> Scored:
    """The images of a split that the run predicts: source data if it is its source, else target.

    A run that was trained here predicts all of them; an imported one those that its file had.

    Args:
        results: Holds the predictions.
        entry: The run.
        dataset: The data set.
        split: Its split.
        name: What tables call it; as the data set unless given.

    Raises:
        ProtocolError: If the split has no images.
        DataError: If predictions are missing, damaged, or do not fit the manifest.
    """
    selection, scores = _predicted(results, entry, dataset, split)
    is_source = dataset.name == entry.source
    role = source_examples if is_source else target_examples
    examples = role(entry.source or "", selection, scores)
    return Scored(dataset, selection, examples, name or dataset.name)


def source_validation(results: ResultStore, entry: Entry, source: Dataset) -> SourceVal:
    """The run's scores on source validation, which thresholds may be chosen on.

    Raises:
        ProtocolError: If the source has no such images.
        DataError: If predictions are missing, damaged, or do not fit the manifest.
    """
    examples = scored(results, entry, source, Split.VAL).examples
    return require_role(examples, SourceVal, "The choice of thresholds")


def _predicted(
    results: ResultStore, entry: Entry, dataset: Dataset, split: Split
) -> tuple[Selection, NDArray[np.float32]]:
    frame = results.read(entry.run_id, PREDICTIONS, dataset.name)
    path = results.path(entry.run_id, PREDICTIONS, dataset.name)
    image_ids = dataset.manifest["image_id"]
    if isinstance(entry, RunRecord) and not frame["image_id"].equals(image_ids):
        raise DataError(f"{path}: not one row per image of the manifest; predict anew.")
    selection = select(dataset, split)
    is_predicted = image_ids.is_in(frame["image_id"].implode()).to_numpy()
    kept = replace(selection, rows=selection.rows[is_predicted[selection.rows]])
    if len(selection.rows) and not len(kept.rows):
        raise DataError(f"{path}: predicts no image of {dataset.name}'s {split} split.")
    ids = kept.manifest.select("image_id")
    joined = ids.join(frame, on="image_id", how="left", maintain_order="left")
    return kept, joined.select(pl.col(FINDINGS).fill_null(float("nan"))).to_numpy()

"""Reference rows as runs in a store of their own, `results/reference`, evaluated like any other."""

from collections.abc import Mapping
from typing import cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.datasets.examples import select, source_examples
from core.findings import FINDINGS
from core.protocol.reference import REFERENCES, Reference, metadata
from core.records import ImportRecord
from core.roles import SourceTrain, Split, require_role
from core.store.data import Dataset, DataStore
from core.store.parquet import read_provenance
from core.store.provenance import git_commit, now
from core.store.results import ResultStore
from core.tables import PREDICTIONS


def run(
    source_name: str | None, target_name: str, data: DataStore, results: ResultStore
) -> tuple[str, ...]:
    """Predict a target, and the source, by every rule that looks at no image.

    Args:
        source_name: Where they are fitted; without one, only rows that need no fit are made.
        target_name: What they predict.
        data: Holds the manifests.
        results: Their predictions go into its store of reference rows for this source.

    Returns:
        Their run ids in that store.

    Raises:
        ConfigError: If a data set is not indexed.
        ProtocolError: If the source has no images to fit on.
    """
    references, target = results.references(source_name), data.dataset(target_name)
    source = data.dataset(source_name) if source_name else None
    rows = [row for row in REFERENCES.values() if source or not row.needs_source]
    for row in rows:
        _predict(row, source, target, references)
    return tuple(row.name for row in rows)


def _predict(
    row: Reference, source: Dataset | None, target: Dataset, references: ResultStore
) -> None:
    wanted = [target] if source is None else [source, target]
    hashes = {dataset.name: dataset.hash for dataset in wanted}
    known = references.entry(row.name) if row.name in references.import_ids() else None
    is_known = known is not None and hashes.items() <= known.hashes.items()
    if is_known and all(_is_predicted(references, row.name, each) for each in wanted):
        return
    train = _train(source) if source and row.needs_source else None
    scores = {each.name: row.predict(train, metadata(each.manifest)) for each in wanted}
    # A source that was indexed anew makes what was fitted on the old one void.
    is_void = known is None or (source and known.hashes.get(source.name) != source.hash)
    kept = None if is_void else known
    record = ImportRecord(
        name=row.name,
        kind="reference",
        source=source.name if source else None,
        findings=_findings(scores[target.name]),
        hashes=(kept.hashes if kept else {}) | hashes,
        git_commit=git_commit(),
        datasets=(kept.datasets if kept else {}) | {each.name: each.record for each in wanted},
        created=now(),
    )
    with references.locked(row.name):
        references.write_import(record)
        for each in wanted:
            references.write(row.name, PREDICTIONS, _frame(each, scores[each.name]), each.name)


def _is_predicted(references: ResultStore, name: str, dataset: Dataset) -> bool:
    """Whether predictions lie there that were made for the data set as it is."""
    if not references.has(name, PREDICTIONS, dataset.name):
        return False
    told = read_provenance(references.path(name, PREDICTIONS, dataset.name), PREDICTIONS)
    return cast("Mapping[str, str]", told["hashes"]).get(dataset.name) == dataset.hash


def _train(source: Dataset) -> SourceTrain:
    selection = select(source, Split.TRAIN)
    examples = source_examples(source.name, selection, metadata(selection.manifest))
    return require_role(examples, SourceTrain, "Fitting a reference row")


def _findings(scores: NDArray[np.float32]) -> tuple[str, ...]:
    return tuple(
        str(finding) for k, finding in enumerate(FINDINGS) if not np.isnan(scores[:, k]).any()
    )


def _frame(dataset: Dataset, scores: NDArray[np.float32]) -> pl.DataFrame:
    frame = pl.DataFrame(scores, dict.fromkeys(FINDINGS, pl.Float32)).fill_nan(None)
    return frame.insert_column(0, dataset.manifest["image_id"])

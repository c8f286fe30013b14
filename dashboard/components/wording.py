"""Sentences about data, policies and intervals that captions share."""

from collections.abc import Sequence

from core.metrics.thresholds import POLICIES
from core.records import DatasetRecord
from dashboard.queries.cells import Cell, Place
from dashboard.typography import plural


def sample(cell: Cell) -> str:
    """Who is behind a number: "120 images, 60 patients"."""
    patients = "" if cell.n_patients is None else f", {plural(cell.n_patients, 'patient')}"
    return f"{plural(cell.n, 'image')}{patients}"


def thresholds(policy: str, sources: Sequence[str]) -> str:
    """Where thresholds come from: "thresholds from chestxray14 validation"."""
    if policy == "fixed-0.5":
        return "threshold 0.5"
    if policy == "source-val":
        return f"thresholds from {' and '.join(sources)} validation"
    known = POLICIES.get(policy)
    return f"thresholds: {known.label if known else policy}"


def data(record: DatasetRecord | None, where: Place) -> str:
    """The data set of a caption: name, split, how it was labelled."""
    if record is None:
        return f"{where.dataset}, {where.split} split (its index is not here)."
    return f"{record.name}, {where.split} split ({record.split_name}); {record.labeller}."


def intervals(num_resamples: int | None) -> str:
    """How intervals are made."""
    if not num_resamples:
        return "No intervals were computed."
    return f"95 % intervals: percentile bootstrap over patients, B = {num_resamples:,}."


def label_set(cell: Cell, findings: Sequence[str]) -> str:
    """What an average covers: "macro@14 AUROC", or the label where there is only one."""
    if cell.n_labels == 1:
        only = findings[0] if findings else "one label"
        return f"AUROC over one label ({only})"
    return f"{cell.label_set} AUROC"

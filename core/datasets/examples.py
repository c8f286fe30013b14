"""Rows of a data set in a role: labels resolved by a policy, lateral views left out."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.errors import ProtocolError
from core.findings import ABSENT, FINDINGS, NOT_MENTIONED, PRESENT, UNCERTAIN
from core.roles import (
    NOT_SCORED,
    Examples,
    Source,
    SourceTest,
    SourceTrain,
    SourceVal,
    Split,
    Target,
)
from core.specs import SCORING, LabelSpec
from core.store.data import Dataset

_BLANK: Mapping[str, int] = {"negative": ABSENT, "ignore": NOT_SCORED}
_UNCERTAIN: Mapping[str, int] = {"ignore": NOT_SCORED, "zero": ABSENT, "one": PRESENT}
_SOURCE_ROLES: Mapping[Split, type[Source]] = {
    Split.TRAIN: SourceTrain,
    Split.VAL: SourceVal,
    Split.TEST: SourceTest,
}


@dataclass(frozen=True, eq=False)
class Selection:
    """The images of one split that are used: frontal, and in the manifest's order.

    Args:
        dataset: The data set.
        split: The part of it.
        rows: Their rows in the manifest, and in every array that follows it; int64 [n].
    """

    dataset: Dataset
    split: Split
    rows: NDArray[np.int64]

    @property
    def manifest(self) -> pl.DataFrame:
        """The manifest's rows of these images."""
        return self.dataset.manifest[self.rows]


def select(dataset: Dataset, split: Split) -> Selection:
    """The frontal images of a split, without those in quarantine.

    A view that is not known counts as frontal.
    """
    frontal = (pl.col("split") == split) & (pl.col("view") != "LATERAL")
    used = frontal & ~dataset.set_aside
    rows = dataset.manifest.select(used.arg_true()).to_series().to_numpy()
    return Selection(dataset, split, rows.astype(np.int64))


def resolve(manifest: pl.DataFrame, policy: LabelSpec) -> NDArray[np.int8]:
    """Labels as a policy reads them.

    Returns:
        int8 [N, 14]: 1 present, 0 absent, `NOT_SCORED`.
    """
    return manifest.select(resolved(finding, policy) for finding in FINDINGS).to_numpy()


def resolved(column: str, policy: LabelSpec) -> pl.Expr:
    """A column of labels as a policy reads them: 1 present, 0 absent, `NOT_SCORED`."""
    meaning = {
        PRESENT: PRESENT,
        ABSENT: ABSENT,
        UNCERTAIN: _UNCERTAIN[policy.uncertain],
        NOT_MENTIONED: _BLANK[policy.blank],
    }
    return pl.col(column).replace_strict(meaning, default=NOT_SCORED, return_dtype=pl.Int8)


def check_source(source: str, selection: Selection) -> None:
    """Check that a source has images in a split.

    Raises:
        ProtocolError: If it has none.
    """
    if not len(selection.rows):
        raise ProtocolError(
            f"Source {source!r} has no images in its {selection.split} split; a source needs "
            "train, val and test (cxr data index table --split by-patient makes them)."
        )


def source_examples(
    source: str, selection: Selection, values: NDArray[np.floating], policy: LabelSpec = SCORING
) -> Source:
    """A split of the run's source, in the role that the split has.

    Args:
        source: The data set that the run names as its source.
        selection: The images.
        values: Features or scores, one row per image of the selection.
        policy: How blank and uncertain labels are read.

    Raises:
        ProtocolError: If the data set is not the source, or the split has no images.
    """
    check_source(source, selection)
    role = _SOURCE_ROLES[selection.split]
    examples = _examples(selection, values, policy)
    return role(**vars(examples), source=source)


def target_examples(source: str, selection: Selection, values: NDArray[np.floating]) -> Target:
    """A split of a hospital that training never saw, scored by the one scoring policy.

    Raises:
        ProtocolError: If the data set is the run's source, or the split has no images.
    """
    name = selection.dataset.name
    if name == source:
        raise ProtocolError(
            f"{name!r} is the source of this run and cannot be its target too; its test split is "
            "scored with every evaluation as the source reference."
        )
    if not len(selection.rows):
        raise ProtocolError(
            f"Target {name!r} has no frontal images in its {selection.split} split."
        )
    return Target(**vars(_examples(selection, values, SCORING)))


def _examples(selection: Selection, values: NDArray[np.floating], policy: LabelSpec) -> Examples:
    manifest = selection.manifest
    return Examples(
        dataset=selection.dataset.name,
        split=selection.split,
        image_ids=manifest["image_id"].to_numpy().astype(np.str_),
        patient_ids=manifest["patient_id"].to_numpy().astype(np.str_),
        values=values,
        labels=resolve(manifest, policy),
    )

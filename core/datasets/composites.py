"""Labels that mean one finding or another, scored by the larger of both scores.

Where a data set has only "Lung Lesion", nobody knows whether a mass or a nodule is meant, so it
is read as neither. It is scored apart, against max(Mass, Nodule), and enters no average.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.datasets.examples import Selection, resolve, resolved
from core.datasets.labels import COMPOSITES
from core.findings import ABSENT, FINDINGS, PRESENT, Finding
from core.roles import NOT_SCORED
from core.specs import SCORING


@dataclass(frozen=True, eq=False)
class CompositeExamples:
    """The images of a selection with the labels and scores of one composite.

    Args:
        name: "Mass or Nodule".
        members: The findings that it may be.
        image_ids: str [N].
        patient_ids: str [N].
        scores: float [N]: the largest of the members' scores; NaN where one is not predicted.
        labels: int8 [N]: 1 present, 0 absent, `NOT_SCORED`.
    """

    name: str
    members: tuple[Finding, ...]
    image_ids: NDArray[np.str_]
    patient_ids: NDArray[np.str_]
    scores: NDArray[np.floating]
    labels: NDArray[np.int8]


def composite_examples(
    selection: Selection,
    scores: NDArray[np.floating],
    stored: pl.DataFrame,
) -> tuple[CompositeExamples, ...]:
    """The composites of some images, each with labels and scores of its own.

    A composite that the data set labels itself has these labels. Otherwise it follows from its
    members: present where one of them is, absent where all of them are.

    Args:
        selection: The images.
        scores: One row per image of the selection, float [N, 14]; NaN where not predicted.
        stored: The data set's own composite labels (`tables.COMPOSITES`), of any images.
    """
    manifest = selection.manifest
    found: list[CompositeExamples] = []
    for name, members in COMPOSITES.items():
        columns = [FINDINGS.index(member) for member in members]
        own = stored.filter(composite=name)
        found.append(
            CompositeExamples(
                name=name,
                members=members,
                image_ids=manifest["image_id"].to_numpy().astype(np.str_),
                patient_ids=manifest["patient_id"].to_numpy().astype(np.str_),
                scores=np.max(scores[:, columns], axis=1),
                labels=_of_members(resolve(manifest, SCORING)[:, columns])
                if own.is_empty()
                else _own(manifest, own),
            )
        )
    return tuple(found)


def _of_members(labels: NDArray[np.int8]) -> NDArray[np.int8]:
    """Labels of the members, int8 [N, m], as one label."""
    present = (labels == PRESENT).any(axis=1)
    absent = (labels == ABSENT).all(axis=1)
    return np.select([present, absent], [PRESENT, ABSENT], NOT_SCORED).astype(np.int8)


def _own(manifest: pl.DataFrame, own: pl.DataFrame) -> NDArray[np.int8]:
    joined = manifest.select("image_id").join(
        own.select("image_id", "value"), on="image_id", how="left", maintain_order="left"
    )
    return joined.select(resolved("value", SCORING)).to_series().to_numpy()

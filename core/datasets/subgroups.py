"""Who an image belongs to: view, sex, age band, overlay columns, and their intersections."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.datasets.counts import UNKNOWN, age_band
from core.metrics.flags import MIN_POSITIVE_PATIENTS

STRATA = ("view", "sex", "age")
"""What every manifest tells of an image."""

MIN_IMAGES = 100
"""What an intersection must have to be reported, beside `MIN_POSITIVE_PATIENTS` of any finding."""

_JOINED = " & "


@dataclass(frozen=True, eq=False)
class Subgroup:
    """Some of the images of a split.

    Args:
        name: `view=AP`, `sex=F & view=AP`, …; `all` for everybody.
        images: bool [N].
    """

    name: str
    images: NDArray[np.bool_]


def strata(manifest: pl.DataFrame, overlay: pl.DataFrame | None = None) -> pl.DataFrame:
    """What divides the images: a String column each, `unknown` where the manifest does not say.

    Args:
        manifest: The images (`tables.MANIFEST`).
        overlay: One String column per subgroup, a row per image in the same order; null where
            nothing is said.
    """
    own = manifest.select(
        view="view", sex=pl.col("sex").fill_null(UNKNOWN), age=age_band("age_years")
    )
    return own if overlay is None else own.hstack(overlay.drop("image_id", strict=False))


def subgroups(
    divided: pl.DataFrame,
    positive_patients: NDArray[np.str_],
    patient_ids: NDArray[np.str_],
    *,
    intersections: bool = False,
) -> tuple[Subgroup, ...]:
    """Every group of every column, and with `intersections` those of each two columns.

    Args:
        divided: From `strata`, N rows.
        positive_patients: Patients with any finding present.
        patient_ids: str [N].
        intersections: Whether groups of two columns are wanted, where they have at least
            `MIN_IMAGES` images and `MIN_POSITIVE_PATIENTS` positive patients.
    """
    is_positive = np.isin(patient_ids, positive_patients)
    single = [list(_groups(divided[name])) for name in divided.columns]
    found = [group for groups in single for group in groups]
    for one, other in combinations(single, 2) if intersections else ():
        found += _large(one, other, patient_ids, is_positive)
    return tuple(found)


def _groups(column: pl.Series) -> Iterator[Subgroup]:
    for value in sorted(set(column.drop_nulls())):
        images = (column == value).fill_null(value=False)
        yield Subgroup(f"{column.name}={value}", images.to_numpy())


def _large(
    one: Sequence[Subgroup],
    other: Sequence[Subgroup],
    patient_ids: NDArray[np.str_],
    is_positive: NDArray[np.bool_],
) -> Iterator[Subgroup]:
    for a in one:
        for b in other:
            images = a.images & b.images
            patients = len(np.unique(patient_ids[images & is_positive]))
            if np.count_nonzero(images) >= MIN_IMAGES and patients >= MIN_POSITIVE_PATIENTS:
                yield Subgroup(f"{a.name}{_JOINED}{b.name}", images)

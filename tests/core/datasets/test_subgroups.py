import numpy as np
import polars as pl
import pytest

from core.datasets.subgroups import MIN_IMAGES, strata, subgroups
from core.metrics.flags import MIN_POSITIVE_PATIENTS
from core.tables import MANIFEST

MANY = MIN_IMAGES * 4


@pytest.fixture
def manifest() -> pl.DataFrame:
    rows = [
        {
            "image_id": str(k),
            "patient_id": f"p{k // 2}",
            "view": "AP" if k % 4 == 0 else "PA",
            "sex": (None, "F", "M")[k % 3],
            "age_years": None if k == 0 else 18.0 + k % 70,
        }
        for k in range(MANY)
    ]
    return pl.DataFrame(rows, MANIFEST.schema)


def patients(manifest: pl.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    return manifest["patient_id"].to_numpy().astype(np.str_)


def test_every_image_is_in_one_group_of_each_column(manifest: pl.DataFrame) -> None:
    ids = patients(manifest)
    found = subgroups(strata(manifest), ids, ids)
    for column in ("view", "sex", "age"):
        groups = [each.images for each in found if each.name.startswith(f"{column}=")]
        assert (np.sum(groups, axis=0) == 1).all()
    by_name = {each.name: each.images for each in found}
    assert by_name["view=AP"].sum() == MANY // 4
    assert by_name["age=unknown"].tolist() == [True] + [False] * (MANY - 1)
    assert "sex=unknown" in by_name


def test_an_overlay_s_column_makes_groups_and_leaves_out_what_it_does_not_name(
    manifest: pl.DataFrame,
) -> None:
    drain = pl.Series("drain", ["yes", "no", None, None] * (MANY // 4))
    overlay = manifest.select("image_id").with_columns(drain)
    ids = patients(manifest)
    found = {each.name: each.images for each in subgroups(strata(manifest, overlay), ids, ids)}
    assert found["drain=yes"].sum() == found["drain=no"].sum() == MANY // 4


def test_an_intersection_needs_images_and_positive_patients(manifest: pl.DataFrame) -> None:
    ids = patients(manifest)
    found = {
        each.name: each.images for each in subgroups(strata(manifest), ids, ids, intersections=True)
    }
    both = found["view=PA & sex=F"]
    assert (both == (found["view=PA"] & found["sex=F"])).all()
    assert both.sum() >= MIN_IMAGES
    assert "view=AP & age=80-" not in found
    few = subgroups(strata(manifest), ids[: MIN_POSITIVE_PATIENTS - 1], ids, intersections=True)
    assert not [each for each in few if "&" in each.name]

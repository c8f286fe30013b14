from pathlib import Path

import polars as pl
import pytest

from core.datasets.chestxray14 import index
from core.datasets.overlay import Overlay, overlay_of, read_overlay
from core.datasets.request import IndexRequest
from core.errors import DataError
from core.findings import Finding
from core.tables import MANIFEST, OVERLAY
from tests.fixtures.releases import Release

FIRST, SECOND = "00000001_000.png", "00000002_000.png"


@pytest.fixture
def manifest(release: Release) -> pl.DataFrame:
    return MANIFEST.checked(index(IndexRequest(release.root)).manifest, "manifest")


def laid(path: Path, manifest: pl.DataFrame) -> Overlay:
    return overlay_of(manifest, read_overlay(path, manifest))


def write(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "overlay.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_labels_of_named_images_are_replaced_in_a_copy(
    tmp_path: Path, manifest: pl.DataFrame
) -> None:
    before = manifest.clone()
    path = write(tmp_path, "image_id,Pleural Effusion", f"{FIRST},1", f"{SECOND},0")
    overlay = laid(path, manifest)
    assert overlay.manifest.filter(image_id=FIRST)["Effusion"].to_list() == [1]
    assert overlay.manifest.filter(image_id=SECOND)["Effusion"].to_list() == [0]
    assert manifest.equals(before)
    others = pl.col("image_id").is_in([FIRST, SECOND]).not_()
    assert overlay.manifest.filter(others).equals(manifest.filter(others))
    assert (overlay.relabelled, overlay.num_images) == ((Finding.EFFUSION,), 2)
    assert overlay.num_changed == {Finding.EFFUSION: 2}


def test_a_blank_label_leaves_the_manifest_s_own(tmp_path: Path, manifest: pl.DataFrame) -> None:
    path = write(tmp_path, "image_id,Effusion,Mass", f"{SECOND},,1")
    overlay = laid(path, manifest)
    assert overlay.num_changed == {Finding.MASS: 1}
    assert overlay.manifest.schema == MANIFEST.schema


def test_other_columns_are_subgroups_in_the_manifest_s_order(
    tmp_path: Path, manifest: pl.DataFrame
) -> None:
    path = write(tmp_path, "image_id,drain,ward", f"{SECOND},yes,ICU", f"{FIRST},no,")
    overlay = laid(path, manifest)
    assert overlay.manifest.equals(manifest)
    assert overlay.subgroups["image_id"].equals(manifest["image_id"])
    assert overlay.subgroups.columns == ["image_id", "drain", "ward"]
    assert overlay.subgroups.filter(image_id=SECOND).row(0) == (SECOND, "yes", "ICU")
    assert overlay.subgroups["drain"].null_count() == manifest.height - 2


BAD_OVERLAYS: dict[str, tuple[list[str], str]] = {
    "no image column": (["image,Mass", f"{FIRST},1"], "column image_id is missing"),
    "nothing to lay over": (["image_id", FIRST], "has no column beside image_id"),
    "empty": (["image_id,Mass"], "the table has no rows"),
    "stranger": (["image_id,Mass", "x.png,1"], "row 2: image 'x.png' is not in the manifest"),
    "image given twice": (
        ["image_id,Mass", f"{FIRST},1", f"{FIRST},0"],
        "rows 2, 3: image_id '00000001_000.png' is given more than once",
    ),
    "image blank": (["image_id,Mass", ",1"], "row 2: image_id is blank"),
    "label uncertain": (["image_id,Mass", f"{FIRST},-1"], "row 2: column Mass: '-1' is neither"),
    "label in words": (["image_id,Mass", f"{FIRST},yes"], "row 2: column Mass: 'yes' is neither"),
    "finding twice": (
        ["image_id,Effusion,Pleural Effusion", f"{FIRST},1,1"],
        "columns 'Effusion' and 'Pleural Effusion' both mean Effusion",
    ),
    "all blank": (["image_id,Mass,drain", f"{FIRST},,"], "all cells beside image_id are blank"),
    "row cut short": (["image_id,Mass,drain", f"{FIRST},1"], "row 2: has 2 cells, the header 3"),
    "subgroup of the manifest's name": (
        ["image_id,view", f"{FIRST},PA"],
        "column 'view' is the manifest's own",
    ),
    "subgroup of the name of an age band": (
        ["image_id,age", f"{FIRST},50"],
        "column 'age' is the manifest's own",
    ),
}


@pytest.mark.parametrize("name", BAD_OVERLAYS)
def test_a_bad_overlay_is_named_with_file_and_row(
    tmp_path: Path, manifest: pl.DataFrame, name: str
) -> None:
    lines, sentence = BAD_OVERLAYS[name]
    with pytest.raises(DataError, match=f"overlay.csv.*{sentence}"):
        read_overlay(write(tmp_path, *lines), manifest)


def test_all_strangers_are_listed(tmp_path: Path, manifest: pl.DataFrame) -> None:
    path = write(tmp_path, "image_id,Mass", "x.png,1", f"{FIRST},1", "y.png,0")
    with pytest.raises(DataError) as caught:
        read_overlay(path, manifest)
    assert [problem.split("image ")[1][:7] for problem in caught.value.problems] == [
        "'x.png'",
        "'y.png'",
    ]


def test_only_the_columns_that_are_asked_for_are_taken(
    tmp_path: Path, manifest: pl.DataFrame
) -> None:
    path = write(tmp_path, "image_id,drain,ward,Mass", f"{FIRST},yes,ICU,1")
    table = OVERLAY.checked(read_overlay(path, manifest, ("Mass", "drain")), "overlay")
    assert sorted(table["column"]) == ["Mass", "drain"]
    with pytest.raises(DataError, match="overlay.csv: Unknown column 'drains'. .*Did you mean"):
        read_overlay(path, manifest, ("drains",))


def test_a_blank_cell_says_nothing(tmp_path: Path, manifest: pl.DataFrame) -> None:
    path = write(tmp_path, "image_id,drain,Mass", f"{FIRST},yes,", f"{SECOND},,0.0")
    rows = read_overlay(path, manifest).sort("column", descending=True).rows()
    assert rows == [(FIRST, "drain", "yes"), (SECOND, "Mass", "0")]

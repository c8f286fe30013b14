"""`cxr data index` and `cxr data show` as a user meets them."""

import json
from pathlib import Path

import pytest

from tests.fixtures.foreign_releases import (
    write_chexpert,
    write_openi,
    write_padchest,
    write_vindr,
)
from tests.fixtures.pipeline import Cxr
from tests.fixtures.releases import Release


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXR_DATA", str(tmp_path / "data"))


WRITERS = {
    "chexpert": write_chexpert,
    "padchest": write_padchest,
    "vindr": write_vindr,
    "openi": write_openi,
}


@pytest.mark.parametrize(
    ("adapter", "images"), [("chexpert", 5), ("padchest", 6), ("vindr", 4), ("openi", 5)]
)
def test_every_adapter_indexes_and_shows(
    cxr: Cxr, tmp_path: Path, adapter: str, images: int
) -> None:
    root = WRITERS[adapter](tmp_path / adapter)
    done = cxr("data", "index", adapter, "--root", root, "--json")
    assert (done.exit_code, json.loads(done.out)["images"]) == (0, images)
    assert f"{adapter}: {images} images of" in cxr("data", "show", adapter).out


def test_all_of_chestxray14_is_one_option(cxr: Cxr, release: Release) -> None:
    done = cxr("data", "index", "chestxray14", "--root", release.root, "--split", "all", "--json")
    assert json.loads(done.out)["per_split"] == {"train": 0, "val": 0, "test": 18}


def test_a_split_that_a_data_set_lacks_ends_with_the_ones_it_has(
    cxr: Cxr, release: Release, tmp_path: Path
) -> None:
    done = cxr("data", "index", "chestxray14", "--root", release.root, "--split", "by-patient")
    assert (done.exit_code, done.out) == (3, "")
    assert "Unknown split policy 'by-patient'" in done.err
    assert "all, chexnet, official" in done.err
    assert not (tmp_path / "data").exists()


def test_an_option_that_a_data_set_never_reads_is_refused(cxr: Cxr, release: Release) -> None:
    done = cxr("data", "index", "chestxray14", "--root", release.root, "--label-source", "gold7")
    assert done.exit_code == 3
    assert done.err.strip() == ("cxr: --label-source means nothing to this data set; leave it out.")


def test_bad_boxes_end_with_file_and_row_and_write_nothing(cxr: Cxr, tmp_path: Path) -> None:
    root = write_vindr(tmp_path / "vindr")
    table = root / "annotations/annotations_test.csv"
    table.write_text(table.read_text().replace("0,0,80,30", "0,0,81,30"))
    done = cxr("data", "index", "vindr", "--root", root)
    assert (done.exit_code, done.out) == (3, "")
    assert "annotations_test.csv, row 2: the box" in done.err
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("by", ["view", "sex", "age"])
def test_prevalences_by_group_are_printed(cxr: Cxr, release: Release, by: str) -> None:
    cxr("data", "index", "chestxray14", "--root", release.root)
    shown = cxr("data", "show", "chestxray14", "--by", by)
    assert shown.exit_code == 0
    assert f"positive images (positive patients) and prevalence, by {by}." in shown.out
    counts = json.loads(cxr("data", "show", "chestxray14", "--by", by, "--json").out)["counts"]
    test = [row for row in counts if row["split"] == "test" and row["finding"] == "Effusion"]
    assert sum(row["n"] for row in test) == 6
    assert sum(row["n_positive"] for row in test) == 2


def test_a_prevalence_of_nothing_annotated_is_a_dash(cxr: Cxr, hospital: Path) -> None:
    cxr("data", "index", "table", "--root", hospital, "--labels", "labels.csv")
    shown = cxr("data", "show", "table", "--by", "view").out.splitlines()
    (hernia,) = [line.split() for line in shown if line.strip().startswith("Hernia")]
    assert hernia == ["Hernia", "–"]

"""`cxr data index` and `cxr data show` as a user meets them."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from cli.data import app
from core.datasets import DATASETS
from core.datasets.mimic_labels import LABEL_SOURCES
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


def test_damaged_files_are_set_aside_and_told(cxr: Cxr, hospital: Path) -> None:
    (hospital / "images/scan01.png").write_bytes(b"")
    index = ("data", "index", "table", "--root", hospital, "--labels", "labels.csv")
    stopped = cxr(*index, "--json")
    assert stopped.exit_code == 3
    (problem,) = json.loads(stopped.out)["problems"]
    assert problem in stopped.err
    assert problem.endswith("set it aside with --quarantine.")
    done = cxr(*index, "--quarantine")
    assert done.exit_code == 0
    assert "table: 23 images of 12 patients" in done.out
    assert "Set aside and used by no stage (1):\n  images/scan01.png: " in done.out
    shown = json.loads(cxr("data", "show", "table", "--json").out)
    assert shown["images"] == 23
    assert list(shown["set_aside"]) == ["images/scan01.png"]
    counts = json.loads(cxr("data", "show", "table", "--by", "view", "--json").out)["counts"]
    assert [row["n"] for row in counts if row["finding"] == "Effusion"] == [23]


def test_every_problem_stands_in_the_json(cxr: Cxr, hospital: Path) -> None:
    for path in (hospital / "images").iterdir():
        path.unlink()
    index = ("data", "index", "table", "--root", hospital, "--labels", "labels.csv", "--json")
    stopped = cxr(*index)
    assert len(json.loads(stopped.out)["problems"]) == 24
    assert stopped.err.strip().endswith("… and 4 more.")


def test_the_help_names_every_adapter_split_and_label_source() -> None:
    command: Any = typer.main.get_command(app)
    told = {each.name: str(each.help) for each in command.commands["index"].params}
    assert all(name in told["adapter"] for name in DATASETS)
    splits = {split for spec in DATASETS.values() for split in spec.splits}
    assert all(split in told["split"] for split in splits)
    assert all(source in told["label_source"] for source in LABEL_SOURCES)


def test_composites_are_one_option(cxr: Cxr, tmp_path: Path) -> None:
    root = write_chexpert(tmp_path / "chexpert")
    index = ("data", "index", "chexpert", "--root", root)
    assert cxr(*index, "--tier", "composite").exit_code == 0
    assert (tmp_path / "data/chexpert/composites.parquet").exists()
    assert cxr(*index, "--tier", "family").exit_code == 2


@pytest.fixture
def drains(cxr: Cxr, release: Release, tmp_path: Path) -> Path:
    """An overlay of an indexed data set."""
    cxr("data", "index", "chestxray14", "--root", release.root, "--tables-only")
    path = tmp_path / "drains.csv"
    path.write_text("image_id,drain,ward,Mass\n00000001_000.png,yes,ICU,1\n00000002_000.png,no,,\n")
    return path


def test_an_overlay_is_registered_under_its_file_s_name(
    cxr: Cxr, drains: Path, tmp_path: Path
) -> None:
    done = cxr("data", "overlay", "chestxray14", "--file", drains)
    assert done.exit_code == 0, done.err
    assert done.out.splitlines() == [
        "chestxray14, overlay drains: says something of 2 images.",
        "subgroup drain: no 1, yes 1",
        "subgroup ward: ICU 1",
        "labels of Mass: 1 differ from the manifest's own",
    ]
    assert (tmp_path / "data/chestxray14/overlays/drains.parquet").exists()


def test_an_overlay_s_columns_are_chosen(cxr: Cxr, drains: Path) -> None:
    overlay = ("data", "overlay", "chestxray14", "--file", drains, "--name", "mine", "--json")
    report = json.loads(cxr(*overlay, "--columns", "drain, Mass").out)
    assert report == {
        "overlay": "mine",
        "images": 2,
        "subgroups": {"drain": {"no": 1, "yes": 1}},
        "relabelled": {"Mass": 1},
    }


def test_a_bad_overlay_ends_with_3_and_stores_nothing(
    cxr: Cxr, drains: Path, tmp_path: Path
) -> None:
    drains.write_text("image_id,drain\nstranger.png,yes\n")
    done = cxr("data", "overlay", "chestxray14", "--file", drains)
    assert (done.exit_code, done.out) == (3, "")
    assert "drains.csv, row 2: image 'stranger.png' is not in the manifest." in done.err
    assert not (tmp_path / "data/chestxray14/overlays").exists()

"""What an index stores, sets aside, and leaves as it was."""

import shutil
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from core.datasets.examples import select
from core.datasets.labels import Tier
from core.datasets.request import IndexRequest
from core.errors import ConfigError, DataError
from core.phantom.spec import PhantomSpec
from core.phantom.write import write_phantom
from core.roles import Split
from core.stages import index
from core.store.annotations import composites
from core.store.data import DataStore
from tests.fixtures.foreign_releases import write_openi, write_padchest, write_vindr
from tests.fixtures.releases import Release, write_table_dataset
from tests.fixtures.spoilers import Spoil, linked, piped, removed, replaced_by_folder


@pytest.fixture
def store(tmp_path: Path) -> DataStore:
    return DataStore(tmp_path / "data")


def cut(root: Path) -> None:
    path = root / "images/scan01.png"
    path.write_bytes(path.read_bytes()[:500])


SCAN = "images/scan01.png"
DAMAGED: dict[str, tuple[Spoil, str]] = {
    "missing": (removed(SCAN), "there is no such image file"),
    "truncated": (cut, "is truncated"),
    "a folder": (replaced_by_folder(SCAN), "is a folder"),
    "a loop of links": (linked(SCAN, "scan01.png"), "cannot be read"),
    "a pipe": (piped(SCAN), "is no regular file"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_set_aside_by_name_and_reason_and_the_rest_is_used(
    store: DataStore, hospital: Path, name: str
) -> None:
    spoil, reason = DAMAGED[name]
    spoil(hospital)
    request = IndexRequest(hospital, labels="labels.csv", quarantine=True)
    dataset = index.run(store, "table", "own", request).dataset
    assert dataset.manifest.height == 24
    ((image, told),) = dataset.quarantine.iter_rows()
    assert image == SCAN
    assert told.startswith(f"{SCAN} {reason}")
    used = select(dataset, Split.TEST).manifest["image_id"]
    assert len(used) == 23
    assert SCAN not in used


def test_without_quarantine_all_damaged_files_are_named_and_nothing_is_written(
    store: DataStore, hospital: Path
) -> None:
    for number in range(23):
        (hospital / f"images/scan{number:02d}.png").unlink()
    request = IndexRequest(hospital, labels="labels.csv")
    with pytest.raises(DataError) as caught:
        index.run(store, "table", "own", request)
    assert len(caught.value.problems) == 23
    advice = "; get it anew, or set it aside with --quarantine."
    assert all(problem.endswith(advice) for problem in caught.value.problems)
    assert not store.root.exists()


def test_a_path_out_of_the_root_is_never_set_aside(store: DataStore, hospital: Path) -> None:
    table = hospital / "labels.csv"
    table.write_text(table.read_text().replace("images/scan01", "../scan01"))
    request = IndexRequest(hospital, labels="labels.csv", quarantine=True)
    with pytest.raises(DataError, match="row 3: image ../scan01.png lies outside"):
        index.run(store, "table", "own", request)


def test_a_folder_without_one_usable_image_is_refused(store: DataStore, tmp_path: Path) -> None:
    root = write_table_dataset(tmp_path / "own", num_images=4)
    for path in (root / "images").iterdir():
        path.unlink()
    request = IndexRequest(root, labels="labels.csv", quarantine=True)
    with pytest.raises(DataError, match="none of the 4 images can be used, first images/scan00"):
        index.run(store, "table", "own", request)


def test_what_was_set_aside_before_stays_so(store: DataStore, hospital: Path) -> None:
    request = IndexRequest(hospital, labels="labels.csv", quarantine=True)
    dataset = index.run(store, "table", "own", request).dataset
    rows = [("images/scan05.png", "copied"), ("gone.png", "copied")]
    aside = pl.DataFrame(rows, schema=dataset.quarantine.schema, orient="row")
    store.write_quarantine(dataset, aside)
    cut(hospital)
    again = index.run(store, "table", "own", request).dataset.quarantine
    assert again["image_id"].to_list() == [SCAN, "images/scan05.png"]


def test_the_boxes_of_an_image_without_a_size_are_left_out(
    store: DataStore, tmp_path: Path
) -> None:
    root = write_vindr(tmp_path / "vindr")
    (root / "test/ccc.png").write_bytes(b"no image")
    request = IndexRequest(root, quarantine=True)
    dataset = index.run(store, "vindr", "vindr", request).dataset
    assert dataset.quarantine["image_id"].to_list() == ["ccc"]
    assert dataset.boxes["image_id"].unique().to_list() == ["aaa"]


def test_an_index_that_fails_leaves_the_one_before_it(store: DataStore, release: Release) -> None:
    request = IndexRequest(release.root)
    before = index.run(store, "chestxray14", "nih", request).dataset
    release.edit(2, 1, "Rash")
    with pytest.raises(DataError):
        index.run(store, "chestxray14", "nih", request)
    assert store.dataset("nih").manifest.equals(before.manifest)


def test_narrower_labels_are_read_unless_the_findings_own_names_are_asked_for(
    store: DataStore, tmp_path: Path
) -> None:
    request = IndexRequest(write_padchest(tmp_path / "padchest"))
    both = index.run(store, "padchest", "both", request).dataset
    same = index.run(store, "padchest", "same", replace(request, tier=Tier.SAME_NAME)).dataset
    hydro = pl.col("image_id") == "e1.png"
    assert both.manifest.filter(hydro)["Pneumothorax"].to_list() == [1]
    assert same.manifest.filter(hydro)["Pneumothorax"].to_list() == [None]
    assert set(same.manifest.filter(~hydro)["Pneumothorax"]) == {0}
    assert same.manifest["Hernia"].null_count() == same.manifest.height
    assert same.record.labeller == (
        f"{both.record.labeller}, those of the findings' own names alone"
    )


def test_composites_are_stored_where_they_are_asked_for_and_gone_where_they_are_not(
    store: DataStore, tmp_path: Path
) -> None:
    request = IndexRequest(write_vindr(tmp_path / "vindr"))
    with_composites = replace(request, tier=Tier.COMPOSITE)
    indexed = index.run(store, "vindr", "vindr", with_composites)
    assert indexed.notes[-1] == "Mass or Nodule: present in 0 of 4 images; it enters no average."
    dataset = indexed.dataset
    stored = composites(store, "vindr")
    assert set(stored["composite"]) == {"Mass or Nodule"}
    assert stored.height == dataset.manifest.height
    assert stored["value"].to_list() == [0] * stored.height
    assert dataset.manifest["Mass"].null_count() == dataset.manifest.height
    index.run(store, "vindr", "vindr", request)
    assert composites(store, "vindr").is_empty()


def test_a_composite_needs_the_majority_of_the_readers(store: DataStore, tmp_path: Path) -> None:
    root = write_vindr(tmp_path / "vindr")
    table = root / "annotations/annotations_train.csv"
    table.write_text(table.read_text() + "aaa,R8,Nodule/Mass,1,2,11,12\n")
    request = IndexRequest(root, tier=Tier.COMPOSITE)
    index.run(store, "vindr", "vindr", request)
    stored = composites(store, "vindr")
    assert stored.filter(value=1)["image_id"].to_list() == ["aaa"]


def test_composites_are_refused_where_no_label_is_one(store: DataStore, tmp_path: Path) -> None:
    request = IndexRequest(write_openi(tmp_path / "openi"), tier=Tier.COMPOSITE)
    with pytest.raises(ConfigError, match="--tier composite means nothing to Open-I"):
        index.run(store, "openi", "openi", request)


def test_a_root_that_links_to_itself_is_one_sentence(store: DataStore, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(DataError, match="loop: there is no such folder"):
        index.run(store, "chestxray14", "nih", IndexRequest(tmp_path / "loop"))


@pytest.fixture
def phantom(tmp_path: Path) -> Path:
    """A small phantom's folder."""
    return write_phantom(tmp_path / "drawn", PhantomSpec(num_patients=2, size=64), 1).target.parent


def test_what_a_program_drew_has_neither_the_terms_nor_the_authors_of_what_it_imitates(
    store: DataStore, release: Release, phantom: Path
) -> None:
    real = index.run(store, "chestxray14", "nih", IndexRequest(release.root)).dataset.record
    request = IndexRequest(phantom / "chestxray14")
    drawn = index.run(store, "chestxray14", "drawn", request).dataset.record

    assert (real.synthetic, drawn.synthetic) == (False, True)
    assert "NIH" in real.licence
    assert (drawn.licence, drawn.citation) == ("none: drawn by a program", "cxr-bench's phantom")
    assert drawn.labeller == f"imitated {real.labeller}"


@pytest.mark.parametrize("tables_only", [False, True])
def test_an_imitation_of_credentialed_data_is_open(
    store: DataStore, phantom: Path, tables_only: bool
) -> None:
    request = IndexRequest(phantom / "mimic-cxr-jpg", tables_only=tables_only)
    record = index.run(store, "mimic", "drawn", request).dataset.record
    assert (record.synthetic, record.restricted) == (True, False)
    closed = index.run(store, "mimic", "drawn", replace(request, restricted=True)).dataset.record
    assert (closed.synthetic, closed.restricted) == (True, True)


@pytest.mark.parametrize("folder", ["hospital", "chestxray14"])
def test_what_lies_beside_a_phantom_or_in_its_folders_was_not_drawn(
    store: DataStore, phantom: Path, folder: str
) -> None:
    shutil.rmtree(phantom / "chestxray14")
    request = IndexRequest(write_table_dataset(phantom / folder), labels="labels.csv")
    record = index.run(store, "table", "own", request).dataset.record
    assert (record.synthetic, record.restricted) == (False, True)


@pytest.mark.parametrize(
    ("wanted", "restricted", "told"),
    [(None, True, True), (True, True, False), (False, False, False)],
)
def test_anyone_s_table_stays_on_the_machine_unless_the_user_opens_it(
    store: DataStore, hospital: Path, wanted: bool | None, restricted: bool, told: bool
) -> None:
    request = IndexRequest(hospital, labels="labels.csv", restricted=wanted)
    indexed = index.run(store, "table", "own", request)
    assert indexed.dataset.record.restricted == restricted
    assert any("index it with --open" in note for note in indexed.notes) == told


def test_free_data_can_be_restricted(store: DataStore, release: Release) -> None:
    request = IndexRequest(release.root, restricted=True)
    assert index.run(store, "chestxray14", "nih", request).dataset.record.restricted


def test_credentialed_data_cannot_be_opened(store: DataStore, tmp_path: Path) -> None:
    request = IndexRequest(write_padchest(tmp_path / "padchest"), restricted=False)
    sentence = r"--open cannot lift what PadChest .* is bound to \(PadChest Dataset Research Use"
    with pytest.raises(ConfigError, match=sentence):
        index.run(store, "padchest", "padchest", request)
    assert not store.root.exists()

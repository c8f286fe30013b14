"""What breaks the protocol is found, told and set aside; the rest goes on without it."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image, ImageEnhance

from core.datasets.examples import select
from core.datasets.request import IndexRequest
from core.errors import ConfigError
from core.findings import Finding
from core.protocol.observations import Observation, Severity
from core.roles import Split
from core.stages import check, index
from core.store.data import Dataset, DataStore
from tests.fixtures.releases import Release, write_table_dataset


@pytest.fixture
def store(tmp_path: Path) -> DataStore:
    return DataStore(tmp_path / "data")


def indexed(store: DataStore, name: str, root: Path, split: str = "by-patient") -> Dataset:
    request = IndexRequest(root=root, labels="labels.csv", split=split)
    return index.run(store, "table", name, request).dataset


def write_smooth(root: Path, first_seed: int, num_images: int = 8) -> Path:
    """A table data set whose pictures are soft, as radiographs are, two of each patient."""
    write_table_dataset(root, num_images)
    for k in range(num_images):
        coarse = np.random.default_rng(first_seed + k).integers(20, 200, (14, 14), np.uint8)
        soft = Image.fromarray(coarse).resize((128, 128), Image.Resampling.BICUBIC)
        soft.save(root / f"images/scan{k:02d}.png")
    return root


def found(checked: check.Checked, name: str, kind: str) -> list[Observation]:
    return [each for each in checked.observations[name] if each.check == kind]


def breaches(checked: check.Checked) -> set[str]:
    return {each.check for each in checked.breaches}


def test_two_hospitals_without_a_common_picture_pass(store: DataStore, tmp_path: Path) -> None:
    for seed, name in ((0, "source"), (100, "target")):
        indexed(store, name, write_smooth(tmp_path / name, seed))
    checked = check.run(store, ["source", "target"])
    assert not checked.breaches
    assert checked.observations["source + target"] == ()
    assert set(checked.counts["source"]["finding"]) == set(Finding)


def test_a_resized_recompressed_brightened_copy_is_found_and_the_patients_other_image_is_not(
    store: DataStore, tmp_path: Path
) -> None:
    source = write_smooth(tmp_path / "source", 0)
    target = write_smooth(tmp_path / "target", 100)
    with Image.open(target / "images/scan04.png") as original:
        smaller = original.resize((100, 100), Image.Resampling.BICUBIC)
        ImageEnhance.Brightness(smaller).enhance(1.1).save(
            source / "images/scan03.png", "JPEG", quality=75
        )
    for name, root in (("source", source), ("target", target)):
        indexed(store, name, root)
    (seen,) = check.run(store, ["source", "target"]).breaches
    assert seen.check == "near-identical"
    assert seen.images == ("target/images/scan04.png",)
    assert "images/scan04.png ~ images/scan03.png" in seen.sentence


def test_identical_bytes_are_found_across_data_sets_and_the_source_gives_way(
    store: DataStore, tmp_path: Path
) -> None:
    source = write_smooth(tmp_path / "source", 0)
    target = write_smooth(tmp_path / "target", 100)
    (source / "images/scan02.png").write_bytes((target / "images/scan05.png").read_bytes())
    for name, root in (("source", source), ("target", target)):
        indexed(store, name, root)
    assert breaches(check.run(store, ["source", "target"])) == {"identical"}
    checked = check.run(store, ["source", "target"], quarantine=True)
    assert not checked.breaches
    assert checked.set_aside["source"]["image_id"].to_list() == ["images/scan02.png"]
    assert checked.set_aside["source"]["reason"][0].startswith("identical to target/")
    assert not checked.set_aside["target"].height
    assert not check.run(store, ["source", "target"]).breaches


def test_identical_pictures_in_two_splits_break_the_protocol_and_in_one_they_warn(
    store: DataStore, tmp_path: Path
) -> None:
    root = write_smooth(tmp_path / "own", 0, 40)
    manifest = indexed(store, "own", root).manifest
    train = manifest.filter(split="train")["path"]
    test = manifest.filter(split="test")["path"]
    (root / train[1]).write_bytes((root / train[0]).read_bytes())
    checked = check.run(store, ["own"])
    assert not checked.breaches
    assert [each.severity for each in found(checked, "own", "identical")] == [Severity.WARNING]
    (root / train[2]).write_bytes((root / test[0]).read_bytes())
    assert breaches(check.run(store, ["own"])) == {"identical"}
    aside = check.run(store, ["own"], quarantine=True).set_aside["own"]
    assert aside["image_id"].to_list() == [train[2]]


def test_a_damaged_file_is_named_set_aside_and_left_out_by_every_selection(
    store: DataStore, tmp_path: Path
) -> None:
    root = write_smooth(tmp_path / "own", 0, 40)
    dataset = indexed(store, "own", root)
    name = select(dataset, Split.TRAIN).manifest["image_id"][0]
    whole = (root / name).read_bytes()
    (root / name).write_bytes(whole[: len(whole) // 2])
    checked = check.run(store, ["own"])
    assert breaches(checked) == {"files"}
    assert name in checked.breaches[0].sentence
    aside = check.run(store, ["own"], quarantine=True).set_aside["own"]
    assert aside["image_id"].to_list() == [name]
    assert "cannot be decoded" in aside["reason"][0]
    after = store.dataset("own")
    assert name not in select(after, Split.TRAIN).manifest["image_id"]
    assert after.hash != dataset.hash
    assert not check.run(store, ["own"]).breaches


def test_patients_in_two_splits_break_the_protocol_and_train_gives_way(
    store: DataStore, tmp_path: Path
) -> None:
    dataset = indexed(store, "own", write_smooth(tmp_path / "own", 0, 40))
    train, test = (dataset.manifest.filter(split=split)[0] for split in ("train", "test"))
    moved = pl.when(pl.col("image_id") == train["image_id"][0]).then(pl.lit(test["patient_id"][0]))
    changed = dataset.manifest.with_columns(patient_id=moved.otherwise("patient_id"))
    store.write_dataset(dataset.record, changed, dataset.boxes)
    assert breaches(check.run(store, ["own"])) == {"patients"}
    aside = check.run(store, ["own"], quarantine=True).set_aside["own"]
    assert aside["image_id"].to_list() == [train["image_id"][0]]
    assert not check.run(store, ["own"]).breaches


def test_patients_of_one_release_in_source_and_target_break_the_protocol(
    store: DataStore, release: Release
) -> None:
    request = IndexRequest(root=release.root)
    for name in ("source", "target"):
        index.run(store, "chestxray14", name, request)
    assert "patients" in breaches(check.run(store, ["source", "target"]))


def test_counts_that_differ_from_the_published_ones_warn(
    store: DataStore, release: Release
) -> None:
    index.run(store, "chestxray14", "nih", IndexRequest(root=release.root))
    (counts,) = found(check.run(store, ["nih"]), "nih", "counts")
    assert counts.severity == Severity.WARNING
    assert "images 18 (published 112,120)" in counts.sentence


def test_deep_and_transparent_files_are_counted(store: DataStore, tmp_path: Path) -> None:
    root = write_smooth(tmp_path / "own", 0)
    with Image.open(root / "images/scan00.png") as opened:
        opened.convert("RGBA").save(root / "images/scan01.png")
        opened.convert("I;16").point(lambda value: value * 200).save(root / "images/scan02.png")
    indexed(store, "own", root)
    sentences = [each.sentence for each in found(check.run(store, ["own"]), "own", "colour")]
    assert [sentence.split(" files have ")[0] for sentence in sentences] == ["1", "1"]
    assert "more than 8 bits" in sentences[0]
    assert "alpha" in sentences[1]


def test_a_data_set_without_images_is_checked_by_its_table(
    store: DataStore, release: Release
) -> None:
    request = IndexRequest(root=release.root, tables_only=True)
    index.run(store, "chestxray14", "nih", request)
    checked = check.run(store, ["nih"], quarantine=True)
    assert "no image was looked at" in found(checked, "nih", "files")[0].sentence
    assert not checked.set_aside["nih"].height


def test_a_data_set_named_twice_is_refused(store: DataStore) -> None:
    with pytest.raises(ConfigError, match="named twice"):
        check.run(store, ["nih", "nih"])


@pytest.mark.real
def test_all_full_resolution_images_are_found_among_the_small_ones(
    store: DataStore, tmp_path: Path, real_data: Path
) -> None:
    root = tmp_path / "full"
    root.mkdir()
    files = sorted((real_data / "nih_full_resolution").glob("*.png"))
    for file in files:
        (root / file.name).write_bytes(file.read_bytes())
    rows = [f"{file.name},{file.name},0" for file in files]
    (root / "labels.csv").write_text("\n".join(["image,patient,Pneumonia", *rows]))
    indexed(store, "full", root, "test")
    index.run(store, "chestxray14", "nih", IndexRequest(root=real_data / "chestxray14"))
    (seen,) = check.run(store, ["nih", "full"]).breaches
    assert seen.check == "near-identical"
    assert seen.images == tuple(f"full/{file.name}" for file in files)


def test_a_patient_of_both_sexes_is_a_warning(store: DataStore, tmp_path: Path) -> None:
    dataset = indexed(store, "own", write_smooth(tmp_path / "own", 0))
    first = pl.when(pl.col("image_id") == dataset.manifest["image_id"][0]).then(pl.lit("M"))
    changed = dataset.manifest.with_columns(sex=first.otherwise("sex"))
    store.write_dataset(dataset.record, changed, dataset.boxes)
    checked = check.run(store, ["own"])
    (seen,) = found(checked, "own", "sexes")
    assert seen.severity == Severity.WARNING
    assert "1 patients have images of both sexes: p0" in seen.sentence
    assert not checked.breaches

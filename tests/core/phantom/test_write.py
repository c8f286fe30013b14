import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from core.datasets.regions import read_regions
from core.errors import ConfigError
from core.findings import FINDINGS
from core.phantom.ground_truth import IMAGES, MASKS
from core.phantom.hospitals import SOURCE, TARGET
from core.phantom.masks import MASK_SIDE, unpack
from core.phantom.spec import PhantomSpec
from core.phantom.write import PhantomSummary, write_phantom


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in files}


def truth(summary: PhantomSummary, hospital: str, kind: str = "images") -> pl.DataFrame:
    return pl.read_parquet(summary.ground_truth / f"{hospital}-{kind}.parquet")


def test_the_summary_counts_the_files(small_phantom: PhantomSummary) -> None:
    source, target = small_phantom.source, small_phantom.target
    assert len(list(source.rglob("*.jpg"))) == small_phantom.num_source_images > 9
    assert len(list(target.rglob("*.png"))) == small_phantom.num_target_images > 9
    assert not list(source.parent.rglob("*.tmp"))
    assert "Not for clinical use" in (source.parent / "README.txt").read_text()


@pytest.mark.parametrize("hospital", [SOURCE, TARGET])
def test_images_are_grey_eight_bit_and_of_the_size(
    hospital: str, small_phantom: PhantomSummary
) -> None:
    for path in truth(small_phantom, hospital)["path"]:
        with Image.open(small_phantom.source.parent / hospital / path) as image:
            assert image.mode == "L"
            assert image.size == (64, 64)
            assert np.asarray(image).std() > 20


@pytest.mark.parametrize("hospital", [SOURCE, TARGET])
def test_the_token_is_a_region_of_each_image_that_shows_it(
    hospital: str, small_phantom: PhantomSummary
) -> None:
    images = truth(small_phantom, hospital)
    path = small_phantom.ground_truth / f"{hospital}-regions.csv"
    regions = read_regions(path, images)
    shown = images.filter("with_token")
    assert regions["image_id"].to_list() == shown["image_id"].to_list()
    sides = regions.select("x", "y", "width", "height").to_numpy()
    assert sides == pytest.approx(shown["token_box"].to_numpy())


@pytest.mark.parametrize("hospital", [SOURCE, TARGET])
def test_the_truth_has_box_severity_and_mask_exactly_of_what_is_present(
    hospital: str, small_phantom: PhantomSummary
) -> None:
    images, masks = truth(small_phantom, hospital), truth(small_phantom, hospital, "masks")
    assert images.schema == IMAGES
    assert masks.schema == MASKS
    for finding in FINDINGS:
        present = images[f"present_{finding}"]
        assert images[f"severity_{finding}"].is_not_null().to_list() == present.to_list()
        assert images[f"box_{finding}"].is_not_null().to_list() == present.to_list()
        masked = masks.filter(finding=finding)["image_id"].to_list()
        assert masked == images.filter(present)["image_id"].to_list()


@pytest.mark.parametrize("hospital", [SOURCE, TARGET])
def test_boxes_contain_their_masks(hospital: str, small_phantom: PhantomSummary) -> None:
    images, masks = truth(small_phantom, hospital), truth(small_phantom, hospital, "masks")
    by_id = {row["image_id"]: row for row in images.iter_rows(named=True)}
    for image_id, finding, bits in masks.iter_rows():
        rows, columns = np.nonzero(unpack(bits))
        x, y, width, height = np.array(by_id[image_id][f"box_{finding}"]) * MASK_SIDE
        assert columns.min() + 1 > x >= columns.min() - 1e-4
        assert rows.min() + 1 > y >= rows.min() - 1e-4
        assert columns.max() < x + width <= columns.max() + 1 + 1e-4
        assert rows.max() < y + height <= rows.max() + 1 + 1e-4


def test_the_same_specification_gives_the_same_bytes(
    small_spec: PhantomSpec, phantom_folder: Path, tmp_path: Path
) -> None:
    spec = replace(small_spec, num_patients=2)
    for name in ("first", "second"):
        write_phantom(tmp_path / name, spec, num_processes=1)
    assert digests(tmp_path / "first") == digests(tmp_path / "second")


def test_more_patients_leave_earlier_files_as_they_were(
    small_spec: PhantomSpec, phantom_folder: Path, tmp_path: Path
) -> None:
    write_phantom(tmp_path / "few", replace(small_spec, num_patients=2), num_processes=1)
    few, many = digests(tmp_path / "few"), digests(phantom_folder)
    images = [name for name in few if name.endswith((".jpg", ".png"))]
    assert images
    assert [few[name] for name in images] == [many[name] for name in images]
    for name in ("mimic-cxr-jpg/train_labeled.csv", "chestxray14/Data_Entry_2017_v2020.csv"):
        shorter = (tmp_path / "few" / name).read_text()
        assert (phantom_folder / name).read_text().startswith(shorter)


def test_a_finished_phantom_is_reused(
    small_spec: PhantomSpec, small_phantom: PhantomSummary, phantom_folder: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in phantom_folder.rglob("*")}
    calls: list[tuple[int, int]] = []
    again = write_phantom(
        phantom_folder, small_spec, on_progress=lambda done, total: calls.append((done, total))
    )
    assert again == small_phantom
    assert not calls
    assert before == {path: path.stat().st_mtime_ns for path in phantom_folder.rglob("*")}


def test_a_phantom_that_was_cut_off_is_completed(small_spec: PhantomSpec, tmp_path: Path) -> None:
    class Cut(Exception):
        pass

    def cut(done: int, total: int) -> None:
        raise Cut

    spec = replace(small_spec, num_patients=2)
    whole = write_phantom(tmp_path / "whole", spec, num_processes=1)
    with pytest.raises(Cut):
        write_phantom(tmp_path / "cut", spec, num_processes=1, on_progress=cut)
    assert not json.loads((tmp_path / "cut" / "phantom.json").read_text())["finished"]
    done: list[int] = []
    write_phantom(
        tmp_path / "cut", spec, num_processes=1, on_progress=lambda now, total: done.append(now)
    )
    assert done[-1] == whole.num_source_images + whole.num_target_images
    assert digests(tmp_path / "cut") == digests(tmp_path / "whole")


def test_another_specification_in_the_folder_is_refused(
    small_spec: PhantomSpec, phantom_folder: Path
) -> None:
    with pytest.raises(ConfigError, match="another specification: choose another folder"):
        write_phantom(phantom_folder, replace(small_spec, seed=9))


def test_a_folder_with_other_files_is_refused(small_spec: PhantomSpec, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigError, match="choose another folder"):
        write_phantom(tmp_path, small_spec)


def test_two_processes_write_what_one_writes(small_spec: PhantomSpec, tmp_path: Path) -> None:
    spec = replace(small_spec, num_patients=2)
    write_phantom(tmp_path / "one", spec, num_processes=1)
    write_phantom(tmp_path / "two", spec, num_processes=2)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_no_processes_are_refused(small_spec: PhantomSpec, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="At least one process"):
        write_phantom(tmp_path / "none", small_spec, num_processes=0)
    assert not (tmp_path / "none").exists()

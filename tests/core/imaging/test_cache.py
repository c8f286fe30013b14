from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import DataError
from core.imaging.cache import build, changed_files, publish
from core.imaging.decode import decode
from core.specs import ImageSpec

SPEC = ImageSpec(size=32)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{k}.png" for k in range(5)]
    rng = np.random.default_rng(0)
    for path in paths:
        Image.fromarray(rng.integers(0, 255, (40, 50), np.uint8)).save(path)
    return paths


def test_the_array_holds_each_image_in_order(files: list[Path], tmp_path: Path) -> None:
    ids = [path.stem for path in files]
    index = build(tmp_path / "a.npy", ids, files, SPEC, num_workers=2)
    publish(tmp_path / "a.npy")
    pixels = np.load(tmp_path / "a.npy")
    assert index["image_id"].to_list() == ids
    assert index["source_width"].to_list() == [50] * 5
    assert index["source_height"].to_list() == [40] * 5
    for row, path in enumerate(files):
        assert np.array_equal(pixels[row], decode(path, SPEC).pixels)
        assert index["sha256"][row] == decode(path, SPEC).sha256


def test_all_bad_files_are_reported_at_once(files: list[Path], tmp_path: Path) -> None:
    files[1].write_bytes(b"no image")
    files[3].unlink()
    with pytest.raises(DataError) as caught:
        build(tmp_path / "a.npy", [path.stem for path in files], files, SPEC, num_workers=2)
    assert len(caught.value.problems) == 2
    first, second = caught.value.problems[0], caught.value.problems[1]
    assert "1.png" in first
    assert "(image '1')" in first
    assert "3.png" in second


def test_progress_reaches_the_end(files: list[Path], tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []

    def tell(stage: str, done: int, total: int) -> None:
        told.append((stage, done, total))

    ids = [path.stem for path in files]
    build(tmp_path / "a.npy", ids, files, SPEC, 1, tell)
    assert told[-1] == ("decoding images", 5, 5)


def test_the_same_call_decodes_only_what_is_missing(files: list[Path], tmp_path: Path) -> None:
    ids = [path.stem for path in files]
    content = files[3].read_bytes()
    files[3].write_bytes(content[:60])
    with pytest.raises(DataError):
        build(tmp_path / "a.npy", ids, files, SPEC, 2)
    assert not (tmp_path / "a.npy").exists()
    files[3].write_bytes(content)
    told: list[int] = []
    build(tmp_path / "a.npy", ids, files, SPEC, 2, lambda stage, done, total: told.append(total))
    publish(tmp_path / "a.npy")
    assert told == [1]
    pixels = np.load(tmp_path / "a.npy")
    assert all(np.array_equal(pixels[k], decode(path, SPEC).pixels) for k, path in enumerate(files))


def test_an_image_set_aside_is_black_and_without_a_hash(files: list[Path], tmp_path: Path) -> None:
    ids = [path.stem for path in files]
    files[2].unlink()
    index = build(tmp_path / "a.npy", ids, [*files[:2], None, *files[3:]], SPEC, 2)
    publish(tmp_path / "a.npy")
    assert index["sha256"][2] == ""
    assert np.load(tmp_path / "a.npy")[2].max() == 0


def test_a_torn_journal_entry_is_not_believed(files: list[Path], tmp_path: Path) -> None:
    ids = [path.stem for path in files]
    build(tmp_path / "a.npy", ids, files, SPEC, 1)
    journal = tmp_path / ".a.npy.journal"
    journal.write_bytes(journal.read_bytes()[:-7])
    told: list[int] = []
    build(tmp_path / "a.npy", ids, files, SPEC, 1, lambda stage, done, total: told.append(total))
    assert told == [1]


def test_files_that_changed_since_they_were_decoded_are_named(
    files: list[Path], tmp_path: Path
) -> None:
    index = build(tmp_path / "a.npy", [path.stem for path in files], files, SPEC, 2)
    assert changed_files(index, files, 2) == []
    files[0].write_bytes(files[1].read_bytes())
    files[4].unlink()
    first, second = changed_files(index, files, 2)
    assert "0.png: has changed" in first
    assert "4.png: cannot be read" in second

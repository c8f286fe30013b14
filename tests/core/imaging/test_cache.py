from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import DataError
from core.imaging.cache import build
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

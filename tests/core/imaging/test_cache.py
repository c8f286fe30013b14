"""Building, resuming, killing and filling the array of decoded images."""

import random
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from core.errors import DataError
from core.imaging.cache import build, fill, publish
from core.imaging.decode import decode
from core.imaging.perceptual import fingerprints, from_hex
from core.imaging.workers import Sources
from core.specs import ImageSpec
from tests.fixtures.image_files import soft

SPEC = ImageSpec(size=32)


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    return written(tmp_path / "images", 5)


def written(folder: Path, num_images: int) -> Sources:
    folder.mkdir()
    names = [f"{k}.png" for k in range(num_images)]
    for seed, name in enumerate(names):
        Image.fromarray(soft(40, 50, seed)).save(folder / name)
    return Sources(folder.resolve(), [name.removesuffix(".png") for name in names], names)


def built(array: Path, sources: Sources) -> tuple[pl.DataFrame, list[int]]:
    """The index, and the totals that progress was told of."""
    totals: list[int] = []
    index = build(
        array,
        sources,
        SPEC,
        num_workers=2,
        progress=lambda stage, done, total: totals.append(total),
    )
    return index, totals


def test_the_array_holds_each_image_in_order(sources: Sources, tmp_path: Path) -> None:
    index, _ = built(tmp_path / "a.npy", sources)
    publish(tmp_path / "a.npy")
    pixels = np.load(tmp_path / "a.npy")
    assert index["image_id"].to_list() == sources.image_ids
    assert index["source_width"].to_list() == [50] * 5
    assert index["source_height"].to_list() == [40] * 5
    for row, name in enumerate(sources.paths):
        alone = decode(sources.root / name, SPEC)
        assert np.array_equal(pixels[row], alone.pixels)
        assert index["sha256"][row] == alone.sha256
    assert np.array_equal(from_hex(index["perceptual_hash"].to_list()), fingerprints(pixels))


def test_all_bad_files_are_reported_at_once(sources: Sources, tmp_path: Path) -> None:
    (sources.root / "1.png").write_bytes(b"no image")
    (sources.root / "3.png").unlink()
    with pytest.raises(DataError) as caught:
        built(tmp_path / "a.npy", sources)
    first, second = list(caught.value.problems)
    assert "1.png" in first
    assert "(image '1')" in first
    assert "3.png" in second


def test_progress_reaches_the_end(sources: Sources, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []

    def tell(stage: str, done: int, total: int) -> None:
        told.append((stage, done, total))

    build(tmp_path / "a.npy", sources, SPEC, 1, tell)
    assert told[-1] == ("decoding images", 5, 5)


def test_the_same_call_decodes_only_what_is_missing(sources: Sources, tmp_path: Path) -> None:
    path = sources.root / "3.png"
    content = path.read_bytes()
    path.write_bytes(content[:60])
    with pytest.raises(DataError):
        built(tmp_path / "a.npy", sources)
    assert not (tmp_path / "a.npy").exists()
    path.write_bytes(content)
    _, totals = built(tmp_path / "a.npy", sources)
    publish(tmp_path / "a.npy")
    assert totals == [1]
    pixels = np.load(tmp_path / "a.npy")
    for row, name in enumerate(sources.paths):
        assert np.array_equal(pixels[row], decode(sources.root / name, SPEC).pixels)


def test_an_image_set_aside_may_fail_and_is_filled_in_when_it_is_taken_back(
    sources: Sources, tmp_path: Path
) -> None:
    path = sources.root / "2.png"
    content = path.read_bytes()
    path.unlink()
    index, _ = built(tmp_path / "a.npy", replace(sources, set_aside=frozenset({2, 4})))
    publish(tmp_path / "a.npy")
    assert index["sha256"].is_null().to_list() == [False, False, True, False, False]
    assert np.load(tmp_path / "a.npy")[2].max() == 0
    in_part, problems = fill(tmp_path / "a.npy", index, sources, SPEC, 2)
    assert ["2.png: there is no such image file" in each for each in problems.found] == [True]
    path.write_bytes(content)
    told: list[int] = []
    filled, problems = fill(
        tmp_path / "a.npy", in_part, sources, SPEC, 2, lambda stage, done, total: told.append(total)
    )
    assert (told, problems.found) == ([1], [])
    anew, _ = built(tmp_path / "b.npy", sources)
    publish(tmp_path / "b.npy")
    assert filled.equals(anew)
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()


def test_a_file_that_changed_since_is_decoded_again(sources: Sources, tmp_path: Path) -> None:
    built(tmp_path / "a.npy", sources)
    time.sleep(0.01)
    Image.fromarray(soft(40, 50, 99)).save(sources.root / "1.png")
    index, totals = built(tmp_path / "a.npy", sources)
    assert totals == [1]
    assert index["sha256"][1] == decode(sources.root / "1.png", SPEC).sha256


def test_good_images_are_kept_when_others_that_are_filled_in_are_bad(
    sources: Sources, tmp_path: Path
) -> None:
    contents = {name: (sources.root / name).read_bytes() for name in ("1.png", "3.png")}
    for name in contents:
        (sources.root / name).unlink()
    index, _ = built(tmp_path / "a.npy", replace(sources, set_aside=frozenset({1, 3})))
    publish(tmp_path / "a.npy")
    (sources.root / "1.png").write_bytes(contents["1.png"])
    filled, problems = fill(tmp_path / "a.npy", index, sources, SPEC, 2)
    assert filled["sha256"].is_null().to_list() == [False, False, False, True, False]
    assert ["3.png" in each for each in problems.found] == [True]
    pixels = np.load(tmp_path / "a.npy")
    assert np.array_equal(pixels[1], decode(sources.root / "1.png", SPEC).pixels)


@pytest.mark.parametrize("num_bytes", [0, 64, 2000])
def test_a_half_built_array_that_lost_its_header_or_end_is_made_anew(
    sources: Sources, tmp_path: Path, num_bytes: int
) -> None:
    built(tmp_path / "a.npy", sources)
    partial = tmp_path / ".a.npy.partial"
    whole = partial.read_bytes()
    partial.write_bytes(whole[:num_bytes])
    assert built(tmp_path / "a.npy", sources)[1] == [5] * 5
    assert partial.read_bytes() == whole
    partial.write_bytes(b"\0" * len(whole))
    assert built(tmp_path / "a.npy", sources)[1] == [5] * 5


def test_a_torn_journal_entry_is_not_believed(sources: Sources, tmp_path: Path) -> None:
    built(tmp_path / "a.npy", sources)
    journal = tmp_path / ".a.npy.journal"
    journal.write_bytes(journal.read_bytes()[:-7])
    assert built(tmp_path / "a.npy", sources)[1] == [1]


def test_a_journal_with_a_flipped_bit_is_believed_up_to_there(
    sources: Sources, tmp_path: Path
) -> None:
    built(tmp_path / "a.npy", sources)
    journal = tmp_path / ".a.npy.journal"
    content = bytearray(journal.read_bytes())
    content[2 * len(content) // 5 + 30] ^= 4
    journal.write_bytes(content)
    assert built(tmp_path / "a.npy", sources)[1] == [3] * 3


BUILDER = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from core.imaging import cache
    from core.imaging.workers import Sources
    from core.specs import ImageSpec

    cache.SYNC_SECONDS = 0.01
    root, array, names = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3].split(",")
    sources = Sources(root, [name.removesuffix(".png") for name in names], names)

    def tell(stage, done, total):
        print(done, flush=True)

    cache.build(array, sources, ImageSpec(size=32), 2, tell)
    """
)


def killed_after(sources: Sources, array: Path, num_images: int, seconds: float) -> None:
    """A process that builds, killed some time after it has told of `num_images` images."""
    arguments = [str(sources.root), str(array), ",".join(sources.paths)]
    with subprocess.Popen(
        [sys.executable, "-c", BUILDER, *arguments], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        for _ in range(num_images):
            assert process.stdout.readline()
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


def test_a_build_killed_again_and_again_ends_in_the_same_bytes(tmp_path: Path) -> None:
    sources = written(tmp_path / "images", 400)
    moments = random.Random(5)
    for _ in range(4):
        num_images = moments.randrange(1, 60)
        killed_after(sources, tmp_path / "a.npy", num_images, moments.uniform(0, 0.02))
        assert not (tmp_path / "a.npy").exists()
    index, totals = built(tmp_path / "a.npy", sources)
    publish(tmp_path / "a.npy")
    assert 0 < len(totals) < 400
    anew, _ = built(tmp_path / "b.npy", sources)
    publish(tmp_path / "b.npy")
    assert index.equals(anew)
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()
    assert not list(tmp_path.glob(".a.npy.*"))

"""What strangers may hand in: bytes that become an answer or a sentence, and nothing else."""

import gzip
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import polars as pl
from PIL import Image
from pydicom.uid import JPEG2000Lossless, RLELossless

from core.bench.grid_file import read_grid, read_table
from core.datasets.overlay import read_overlay
from core.datasets.predictions import read_predictions
from core.errors import CxrError
from core.imaging.decode import decode
from core.imaging.files import fault
from core.launch.spec import ClusterSpec
from core.specs import ImageSpec
from core.stages import index
from core.store import DataStore
from core.store.parquet import read_table as read_parquet
from core.tables import MANIFEST, METRICS, TABLES
from tests.fixtures import phantom_store
from tests.fixtures.bad_input import RELEASES, request_of
from tests.fixtures.dicom_files import dicom, lossless_jpeg, ramp
from tests.fixtures.image_files import encoded, soft
from tests.fixtures.imported_runs import AWAY, build, predictions
from tests.fuzz import stored

Read = Callable[[bytes, Path], None]
"""Reads bytes as a file in a folder of its own; raises `CxrError` where they cannot be used."""


@dataclass(frozen=True)
class Target:
    """One way in.

    Args:
        seeds: Contents that are right, to begin from.
        read: What reads them.
    """

    seeds: Callable[[Path], Iterable[bytes]]
    read: Read


def is_accepted(target: Target, content: bytes, folder: Path) -> bool:
    """Whether the bytes were read; a sentence says no, and any other error is a finding."""
    try:
        target.read(content, folder)
    except CxrError as error:
        sentence = str(error)
    else:
        return True
    assert sentence.strip()
    return False


_TABLES: Mapping[str, tuple[str, str]] = {
    "nih": ("chestxray14", "Data_Entry_2017_v2020.csv"),
    "nih-boxes": ("chestxray14", "BBox_List_2017.csv"),
    "nih-list": ("chestxray14", "test_list.txt"),
    "mimic": ("mimic", "mimic-cxr-2.0.0-metadata.csv.gz"),
    "cxrlt": ("mimic", "train_labeled.csv"),
    "chexpert": ("chexpert", "train.csv"),
    "padchest": ("padchest", "PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv"),
    "vindr": ("vindr", "annotations/annotations_train.csv"),
    "vindr-kaggle": ("vindr-kaggle", "train.csv"),
    "openi": ("openi", "indiana_reports.csv"),
    "table": ("table", "labels.csv"),
}
"""Adapter and the file of its release that the bytes stand for."""


@lru_cache(maxsize=64)
def _release(adapter: str, folder: Path) -> Path:
    RELEASES[adapter](folder / adapter)
    return folder


def _table_seeds(adapter: str, file: str, folder: Path) -> list[bytes]:
    content = (_release(adapter, folder / "seed") / adapter / file).read_bytes()
    return [gzip.decompress(content) if file.endswith(".gz") else content]


def _read_table(adapter: str, file: str, content: bytes, folder: Path) -> None:
    base = _release(adapter, folder / f"{adapter}-{Path(file).name}")
    (base / adapter / file).write_bytes(content)
    index.run(DataStore(folder / "data"), adapter, "own", request_of(adapter, base))


def _read_image(content: bytes, folder: Path) -> None:
    path = folder / "image"
    path.write_bytes(content)
    decode(path, ImageSpec(size=32))
    fault(path)


def _image_seeds(folder: Path) -> list[bytes]:
    picture = Image.fromarray(soft(32, 32))
    colours = [encoded(picture.convert(mode), "PNG") for mode in ("L", "RGB", "RGBA", "P", "1")]
    files = [dicom(ramp(), syntax=each) for each in (JPEG2000Lossless, RLELossless)]
    files += [dicom(ramp()), lossless_jpeg(ramp(), folder)]
    return [*colours, encoded(picture, "JPEG"), *files]


_GRID = b"""backbones = ["resnet50", "efficientnet_b0"]
seeds = 3
epochs = 20
weights = "imagenet"
[image]
size = 64
geometry = "pad"
[[arms]]
loss = "focal"
[[arms]]
loss = "supcon"
tune = "last"
[arms.tuning]
epochs = 2
[slurm]
partition = "gpu"
"""


def _read_grid(content: bytes, folder: Path) -> None:
    path = folder / "grid.toml"
    path.write_bytes(content)
    read_grid(path)
    read_table(ClusterSpec, path, "slurm")


def _parquet_seeds(folder: Path) -> list[bytes]:
    data, results = stored.phantom(folder / "seed")
    run_id = results.run_ids()[0]
    manifest = data.folder(phantom_store.TARGET) / "manifest.parquet"
    nested = folder / "nested.parquet"
    pl.DataFrame({"a": [[{"b": [1]}]], "c": [{"d": {"e": "f"}}]}).write_parquet(nested)
    return [
        manifest.read_bytes(),
        results.path(run_id, METRICS).read_bytes()[-20_000:],
        results.path(run_id, TABLES["thresholds"]).read_bytes(),
        nested.read_bytes(),
    ]


def _read_parquet(content: bytes, folder: Path) -> None:
    path = folder / "stranger.parquet"
    path.write_bytes(content)
    for table in (MANIFEST, TABLES["thresholds"], METRICS):
        if is_accepted(Target(_no_seeds, lambda _, __, t=table: _read_as(path, t)), b"", folder):
            return
    raise CxrError("none of these tables")


def _read_as(path: Path, table: object) -> None:
    frame = read_parquet(path, table)  # pyright: ignore[reportArgumentType]
    frame.write_ndjson()


def _no_seeds(folder: Path) -> list[bytes]:
    return []


def _prediction_seeds(folder: Path) -> list[bytes]:
    manifest = build(folder / "seed-predictions", 12).data.dataset(AWAY).manifest
    frame = predictions(manifest, 1.0, 0)
    path = folder / "seed.parquet"
    frame.write_parquet(path)
    return [frame.write_csv().encode(), path.read_bytes()]


@lru_cache(maxsize=8)
def _manifest(folder: Path) -> pl.DataFrame:
    return build(folder / "places", 12).data.dataset(AWAY).manifest


def _read_predictions(content: bytes, folder: Path) -> None:
    path = folder / "theirs"
    path.write_bytes(content)
    read_predictions(path, _manifest(folder))


def _overlay_seeds(folder: Path) -> list[bytes]:
    ids = _manifest(folder / "seed")["image_id"].to_list()
    lines = [f"{name},{k % 2},{'drain' if k % 3 else ''}" for k, name in enumerate(ids)]
    return ["\n".join(["image_id,Pneumothorax,tube", *lines]).encode()]


def _read_overlay(content: bytes, folder: Path) -> None:
    path = folder / "overlay.csv"
    path.write_bytes(content)
    read_overlay(path, _manifest(folder))


TARGETS: Mapping[str, Target] = {
    **{
        f"table-{name}": Target(
            partial(_table_seeds, adapter, file), partial(_read_table, adapter, file)
        )
        for name, (adapter, file) in _TABLES.items()
    },
    "image": Target(_image_seeds, _read_image),
    "grid": Target(lambda folder: [_GRID], _read_grid),
    "parquet": Target(_parquet_seeds, _read_parquet),
    "predictions": Target(_prediction_seeds, _read_predictions),
    "overlay": Target(_overlay_seeds, _read_overlay),
    "record": Target(stored.record_seeds, stored.read_record),
    "notes": Target(stored.note_seeds, stored.read_notes),
    "array": Target(stored.array_seeds, stored.read_array),
    "weights": Target(stored.weights_seeds, stored.read_weights),
    "address": Target(stored.address_seeds, stored.read_address),
}
"""Every way in by its name, which is also the folder of its corpus."""

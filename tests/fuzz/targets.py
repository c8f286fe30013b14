"""What strangers may hand in: bytes that become an answer or a sentence, and nothing else."""

import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from http import HTTPStatus
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image
from pydicom.uid import JPEG2000Lossless, RLELossless
from safetensors.numpy import save
from starlette.datastructures import URLPath
from starlette.requests import Request
from starlette.routing import Match

from core.bench.grid_file import read_grid, read_table
from core.datasets.overlay import read_overlay
from core.datasets.predictions import read_predictions
from core.errors import CxrError
from core.imaging.decode import decode
from core.imaging.files import fault
from core.launch.spec import ClusterSpec
from core.specs import ImageSpec
from core.stages import index
from core.store import DataStore, ResultStore
from core.store.arrays import memory_map
from core.store.notes import NoteStore
from core.store.parquet import read_table as read_parquet
from core.tables import MANIFEST, METRICS, TABLES
from dashboard.routes import ROUTES
from tests.fixtures import phantom_store
from tests.fixtures.bad_input import RELEASES, request_of
from tests.fixtures.dicom_files import dicom, lossless_jpeg, ramp
from tests.fixtures.image_files import encoded, soft
from tests.fixtures.imported_runs import AWAY, add_run, build, predictions

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


@lru_cache(maxsize=8)
def _phantom(folder: Path) -> tuple[DataStore, ResultStore]:
    return phantom_store.build(folder / "phantom", size=32, num_resamples=4)


def _parquet_seeds(folder: Path) -> list[bytes]:
    data, results = _phantom(folder / "seed")
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


def _record_seeds(folder: Path) -> list[bytes]:
    _, results = _phantom(folder / "seed")
    path = results.folder(results.run_ids()[0]) / "run.json"
    made = build(folder / "seed-import", 12)
    add_run(made, "theirs", 1.0)
    deep = b"[" * 5000 + b"]" * 5000
    huge = path.read_bytes().replace(b'"seed": 0', b'"seed": 1' + b"0" * 400)
    imported = made.results.folder("theirs") / "import.json"
    return [path.read_bytes(), imported.read_bytes(), deep, huge]


def _read_record(content: bytes, folder: Path) -> None:
    results = ResultStore(folder / "results")
    for kind in ("run", "import"):
        place = results.folder(kind)
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{kind}.json").write_bytes(content)
    problems: list[CxrError] = []
    for kind in ("run", "import"):
        try:
            results.entry(kind).model_dump_json()
        except CxrError as error:
            problems.append(error)
    if len(problems) == 2:
        raise problems[0]


def _note_seeds(folder: Path) -> list[bytes]:
    note = {
        "reviewer": "ab",
        "expertise": "radiologist",
        "dataset": "nih",
        "image_id": "1.png",
        "finding": "Edema",
        "run_id": "a",
        "verdict": "wrong",
        "comment": "=1+1",
        "blinded": True,
        "time": "2026-01-01T00:00:00+00:00",
    }
    return [(json.dumps(note) + "\n").encode() * 2]


def _read_notes(content: bytes, folder: Path) -> None:
    store = NoteStore(folder)
    store.folder.mkdir(parents=True, exist_ok=True)
    (store.folder / "ab.jsonl").write_bytes(content)
    found = store.read()
    lines = content.splitlines()
    assert len(found.read) + len(found.broken) == len(lines)


def _array_seeds(folder: Path) -> list[bytes]:
    path = folder / "seed.npy"
    np.save(path, np.zeros((3, 4), np.float32))
    return [path.read_bytes()]


def _read_array(content: bytes, folder: Path) -> None:
    path = folder / "features.npy"
    path.write_bytes(content)
    float(memory_map(path, np.float32).sum())


def _weights_seeds(folder: Path) -> list[bytes]:
    return [save({"weight": np.ones((14, 3), np.float32), "bias": np.ones(14, np.float32)})]


def _read_weights(content: bytes, folder: Path) -> None:
    from core.models.weights import load_backbone
    from tests.fixtures.training import TINY

    path = folder / "weights.safetensors"
    path.write_bytes(content)
    load_backbone(TINY["test_resnet"], str(path), 32, 0)


def _address_seeds(folder: Path) -> list[bytes]:
    _, results = _phantom(folder / "seed")
    run_id = results.run_ids()[0]
    where = f"{phantom_store.TARGET}/{run_id}"
    return [
        f"/images/{where}/{phantom_store.TARGET}-0003.png.png?v=1".encode(),
        f"/maps/{where}/Edema/{phantom_store.TARGET}-0003.png.png?colours=magma&scale=run".encode(),
        b"/images/..%2f..%2fetc/passwd/%00.png?v=",
        f"/images/{where}/../../../../etc/passwd.png".encode(),
    ]


def _read_address(content: bytes, folder: Path) -> None:
    data, results = _phantom(folder)
    path, _, query = content.decode("utf-8", "replace").partition("?")
    scope: dict[str, object] = {
        "type": "http",
        "path": str(URLPath(path)),
        "method": "GET",
        "query_string": query.encode(),
        "headers": [],
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CXR_DATA", str(data.root))
        patch.setenv("CXR_RESULTS", str(results.root))
        for route in ROUTES:
            match, found = route.matches(scope)
            if match is Match.FULL:
                answer = route.endpoint(Request({**scope, **found}))
                assert answer.status_code != HTTPStatus.INTERNAL_SERVER_ERROR, answer.body
                if answer.status_code == HTTPStatus.OK:
                    return
    raise CxrError("no such picture")


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
    "record": Target(_record_seeds, _read_record),
    "notes": Target(_note_seeds, _read_notes),
    "array": Target(_array_seeds, _read_array),
    "weights": Target(_weights_seeds, _read_weights),
    "address": Target(_address_seeds, _read_address),
}
"""Every way in by its name, which is also the folder of its corpus."""

"""What lies in a store and may be a stranger's: records, notes, arrays, weights, addresses."""

import json
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save
from starlette.datastructures import URLPath
from starlette.requests import Request
from starlette.routing import Match

from core.errors import CxrError
from core.store import DataStore, ResultStore
from core.store.arrays import memory_map
from core.store.notes import NoteStore
from dashboard.routes import ROUTES
from tests.fixtures import phantom_store
from tests.fixtures.imported_runs import add_run, build


@lru_cache(maxsize=8)
def phantom(folder: Path) -> tuple[DataStore, ResultStore]:
    """Stores with finished runs, built once a folder."""
    return phantom_store.build(folder / "phantom", size=32, num_resamples=4)


def record_seeds(folder: Path) -> list[bytes]:
    """Records of a run and of an import, and two that are too deep or too huge."""
    _, results = phantom(folder / "seed")
    path = results.folder(results.run_ids()[0]) / "run.json"
    made = build(folder / "seed-import", 12)
    add_run(made, "theirs", 1.0)
    deep = b"[" * 5000 + b"]" * 5000
    huge = path.read_bytes().replace(b'"seed": 0', b'"seed": 1' + b"0" * 400)
    imported = made.results.folder("theirs") / "import.json"
    return [path.read_bytes(), imported.read_bytes(), deep, huge]


def read_record(content: bytes, folder: Path) -> None:
    """Read the bytes as either record."""
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


def note_seeds(folder: Path) -> list[bytes]:
    """Two notes."""
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


def read_notes(content: bytes, folder: Path) -> None:
    """Read the bytes as the notes of a reviewer; every line is read or named as broken."""
    store = NoteStore(folder)
    store.folder.mkdir(parents=True, exist_ok=True)
    (store.folder / "ab.jsonl").write_bytes(content)
    found = store.read()
    lines = content.splitlines()
    assert len(found.read) + len(found.broken) == len(lines)


def array_seeds(folder: Path) -> list[bytes]:
    """An array of features."""
    path = folder / "seed.npy"
    np.save(path, np.zeros((3, 4), np.float32))
    return [path.read_bytes()]


def read_array(content: bytes, folder: Path) -> None:
    """Map the bytes as features."""
    path = folder / "features.npy"
    path.write_bytes(content)
    float(memory_map(path, np.float32).sum())


def weights_seeds(folder: Path) -> list[bytes]:
    """The tensors of a head."""
    return [save({"weight": np.ones((14, 3), np.float32), "bias": np.ones(14, np.float32)})]


def read_weights(content: bytes, folder: Path) -> None:
    """Load the bytes as a backbone's weights."""
    from core.models.weights import load_backbone
    from tests.fixtures.training import TINY

    path = folder / "weights.safetensors"
    path.write_bytes(content)
    load_backbone(TINY["test_resnet"], str(path), 32, 0)


def address_seeds(folder: Path) -> list[bytes]:
    """Addresses of a picture and a map, and two that lead out."""
    _, results = phantom(folder / "seed")
    run_id = results.run_ids()[0]
    where = f"{phantom_store.TARGET}/{run_id}"
    return [
        f"/images/{where}/{phantom_store.TARGET}-0003.png.png?v=1".encode(),
        f"/maps/{where}/Edema/{phantom_store.TARGET}-0003.png.png?colours=magma&scale=run".encode(),
        b"/images/..%2f..%2fetc/passwd/%00.png?v=",
        f"/images/{where}/../../../../etc/passwd.png".encode(),
    ]


def read_address(content: bytes, folder: Path) -> None:
    """Ask the dashboard for the bytes as an address."""
    data, results = phantom(folder)
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

from collections.abc import Mapping
from http import HTTPStatus
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from starlette.requests import Request
from starlette.routing import Match

from core.saliency.render import COLOUR_MAPS, coloured, levels
from core.tables import HEATMAPS
from dashboard.queries.pictures import native_map, peak, radiograph
from dashboard.queries.reading import Run, dataset
from dashboard.routes import ROUTES, attention_map, image
from dashboard.stores import Stores

IMAGE = "phantom-north-0003.png"


def ask(named: Mapping[str, str], query: str = "") -> Request:
    scope = {"type": "http", "path_params": dict(named), "query_string": query.encode()}
    return Request(scope | {"headers": [], "method": "GET", "path": "/"})


@pytest.fixture
def named(run: Run) -> dict[str, str]:
    return {
        "dataset": "phantom-north",
        "run_id": run.run_id,
        "finding": "Edema",
        "image_id": IMAGE,
    }


@pytest.fixture(autouse=True)
def environment(phantom: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    place(phantom, monkeypatch)


def place(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXR_DATA", str(stores.data.root))
    monkeypatch.setenv("CXR_RESULTS", str(stores.results.root))
    monkeypatch.delenv("CXR_ALLOW_RESTRICTED", raising=False)


def test_an_image_is_served_as_the_run_sees_it(phantom: Stores, named: dict[str, str]) -> None:
    answer = image(ask(named))

    shown = np.asarray(Image.open(BytesIO(bytes(answer.body))))
    expected = radiograph(phantom, "phantom-north", named["run_id"], IMAGE)
    assert expected is not None
    np.testing.assert_array_equal(shown, expected)


def test_pictures_may_be_kept_by_this_browser_alone(named: dict[str, str]) -> None:
    for answer in (image(ask(named)), attention_map(ask(named))):
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.media_type == "image/png"


@pytest.mark.parametrize("scale", ["map", "run"])
def test_a_map_is_served_in_its_colours_and_on_its_scale(
    phantom: Stores, named: dict[str, str], scale: str
) -> None:
    run_id = named["run_id"]
    native = native_map(phantom, "phantom-north", run_id, "Edema", IMAGE)
    assert native is not None
    top = peak(phantom, run_id, "phantom-north") if scale == "run" else None

    answer = attention_map(ask(named, f"colours=magma&scale={scale}"))

    shown = np.asarray(Image.open(BytesIO(bytes(answer.body))))
    expected = coloured(levels(native.values, native.size, top), COLOUR_MAPS["magma"])
    np.testing.assert_array_equal(shown, expected)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("dataset", "../data/phantom-north"),
        ("dataset", "elsewhere"),
        ("run_id", "../runs"),
        ("run_id", "nobody"),
        ("image_id", "../../../../etc/passwd"),
        ("image_id", "nothing"),
    ],
)
def test_names_that_the_stores_do_not_list_are_not_found(
    named: dict[str, str], key: str, value: str
) -> None:
    for route in (image, attention_map):
        answer = route(ask(named | {key: value}))
        assert answer.status_code == HTTPStatus.NOT_FOUND
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("query", ["colours=jet", "scale=hospital"])
def test_colours_and_scales_that_do_not_exist_are_not_found(
    named: dict[str, str], query: str
) -> None:
    assert attention_map(ask(named, query)).status_code == HTTPStatus.NOT_FOUND


def test_restricted_pictures_are_refused_unless_allowed(
    own: Stores, named: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place(own, monkeypatch)
    found = dataset(own, "phantom-north")
    closed = found.record.model_copy(update={"restricted": True})
    own.data.write_dataset(closed, found.manifest, found.boxes)

    refused = [route(ask(named)).status_code for route in (image, attention_map)]
    monkeypatch.setenv("CXR_ALLOW_RESTRICTED", "1")
    allowed = [route(ask(named)).status_code for route in (image, attention_map)]

    assert refused == [HTTPStatus.FORBIDDEN] * 2
    assert allowed == [HTTPStatus.OK] * 2


def test_a_damaged_file_is_an_error_in_words(
    own: Stores, named: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place(own, monkeypatch)
    own.results.path(named["run_id"], HEATMAPS, "phantom-north").write_bytes(b"nothing")

    answer = attention_map(ask(named))

    assert answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert b"cannot be read" in answer.body


@pytest.mark.parametrize(
    ("path", "image_id"),
    [
        ("/maps/chest/run/Edema/00000001_000.png.png", "00000001_000.png"),
        ("/maps/chest/run/Edema/patient1/study2/view1.png", "patient1/study2/view1"),
    ],
)
def test_image_names_may_hold_dots_and_folders(path: str, image_id: str) -> None:
    match, scope = ROUTES[1].matches({"type": "http", "path": path, "method": "GET"})

    assert match is Match.FULL
    assert scope["path_params"]["image_id"] == image_id

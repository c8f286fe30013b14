import json
import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboard import preload
from dashboard.preload import STATIC, Preload, links
from dashboard.views import VIEWS

FILE = re.compile(r"</(static/js/[\w.-]+\.js)>; rel=modulepreload")


async def page(request: Request) -> PlainTextResponse:
    return PlainTextResponse("inside")


def client() -> TestClient:
    app = Starlette(routes=[Route("/{path:path}", page)])
    return TestClient(Preload(app, links()))


def test_every_file_that_is_named_is_there() -> None:
    named = FILE.findall(", ".join(links().values()))

    assert len(named) > len(VIEWS)
    assert all((STATIC / name).exists() for name in named)


@pytest.mark.parametrize("name", VIEWS)
def test_plotly_is_fetched_for_pages_with_figures_alone(name: str) -> None:
    header = client().get(f"/{name}").headers["link"]

    assert ("PlotlyChart" in header) == VIEWS[name].has_figures
    assert "Selectbox" in header


def test_the_root_is_the_first_page() -> None:
    first, *_ = VIEWS

    assert client().get("/").headers["link"] == client().get(f"/{first}").headers["link"]


def test_what_the_page_loads_anyway_is_not_named() -> None:
    manifest = json.loads((STATIC / "manifest.json").read_text(encoding="utf-8"))
    (entry,) = (part for part in manifest.values() if part.get("isEntry"))

    assert entry["file"] not in FILE.findall(links()["/"])
    assert not {manifest[key]["file"] for key in entry["imports"]} & set(FILE.findall(links()["/"]))


@pytest.mark.parametrize("path", ["/images/a/b/c.png", "/_stcore/health", "/nothing"])
def test_other_answers_stay_as_they_are(path: str) -> None:
    assert "link" not in client().get(path).headers


def test_a_build_without_a_manifest_names_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preload, "STATIC", tmp_path)

    assert links() == {}

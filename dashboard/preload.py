"""What a browser fetches at once when a page opens, and not one part after the other.

Streamlit's page asks for the code of each kind of element when it meets the first of them; the
manifest of its build says which files that takes. Plotly's is the largest by far.
"""

import json
from collections.abc import Iterable, Mapping, Set
from pathlib import Path
from typing import Any

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.views import VIEWS

STATIC = Path(streamlit.__file__).parent / "static"
ON_EVERY_PAGE = ("Html", "Selectbox", "Multiselect")
FIGURE = "PlotlyChart"
"""Kinds of elements, as the manifest names them."""

Manifest = Mapping[str, Mapping[str, Any]]


class Preload:
    """Names the files that a page needs in the head of its answer (RFC 8288, `Link`).

    Args:
        app: What answers.
        links: Path of a page to the value of its header.
    """

    def __init__(self, app: ASGIApp, links: Mapping[str, str]) -> None:
        self.app, self.links = app, links

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app does, with the header where a page is asked for."""
        link = self.links.get(scope["path"]) if scope["type"] == "http" else None

        async def named(message: Message) -> None:
            if link and message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("Link", link)
            await send(message)

        await self.app(scope, receive, named)


def links() -> Mapping[str, str]:
    """Path of each page to the files that it needs; empty where the build has no manifest."""
    path = STATIC / "manifest.json"
    if not path.exists():
        return {}
    manifest = json.loads(path.read_text(encoding="utf-8"))
    first, *_ = VIEWS
    found = {
        f"/{name}": _header(manifest, (*ON_EVERY_PAGE, *([FIGURE] if view.has_figures else [])))
        for name, view in VIEWS.items()
    }
    return found | {"/": found[f"/{first}"]}


def _header(manifest: Manifest, kinds: Iterable[str]) -> str:
    entries = (key for key, part in manifest.items() if part.get("isEntry"))
    at_once = _needed(manifest, entries)
    wanted = (
        key
        for key, part in manifest.items()
        if part.get("isDynamicEntry") and part.get("name") in set(kinds)
    )
    files = sorted(manifest[key]["file"] for key in _needed(manifest, wanted) - at_once)
    return ", ".join(f"</{file}>; rel=modulepreload" for file in files)


def _needed(manifest: Manifest, keys: Iterable[str]) -> Set[str]:
    """These parts, and all that they import."""
    found, open_keys = set[str](), list(keys)
    while open_keys:
        key = open_keys.pop()
        if key not in found:
            found.add(key)
            open_keys += manifest[key].get("imports", [])
    return found

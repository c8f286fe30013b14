"""Images and attention maps by address; only names that the stores list are served."""

from collections.abc import Callable
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from core.errors import CxrError
from core.saliency.render import COLOUR_MAPS, coloured, levels, png
from dashboard import stores
from dashboard.queries.pictures import is_hidden, native_map, peak, radiograph
from dashboard.stores import Stores

SCALES = ("map", "run")
_HEADERS = {
    # The address carries a version, so that a browser may keep what it has.
    "Cache-Control": "private, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}

Draw = Callable[[Request, Stores], bytes | None]
"""The PNG that a request names, or None."""


def image(request: Request) -> Response:
    """A radiograph as a run sees it: grey PNG [S, S]."""
    return _answer(request, _image)


def attention_map(request: Request) -> Response:
    """An attention map: RGBA PNG [S, S], opacity following the value."""
    return _answer(request, _map)


ROUTES = (
    Route("/images/{dataset}/{run_id}/{image_id:path}.png", image),
    Route("/maps/{dataset}/{run_id}/{finding}/{image_id:path}.png", attention_map),
)


def _answer(request: Request, draw: Draw) -> Response:
    places = stores.from_environment()
    name, run_id = request.path_params["dataset"], request.path_params["run_id"]
    try:
        if run_id not in places.results.run_ids():
            return _refused("There is no such run.", HTTPStatus.NOT_FOUND)
        if is_hidden(places, name, [run_id]):
            return _refused("Restricted data stay hidden.", HTTPStatus.FORBIDDEN)
        drawn = draw(request, places)
    except CxrError as error:
        return _refused(str(error), HTTPStatus.INTERNAL_SERVER_ERROR)
    if drawn is None:
        return _refused("There is no such picture.", HTTPStatus.NOT_FOUND)
    return Response(drawn, media_type="image/png", headers=_HEADERS)


def _refused(reason: str, status: HTTPStatus) -> Response:
    return PlainTextResponse(reason, status, headers={"Cache-Control": "no-store"})


def _image(request: Request, places: Stores) -> bytes | None:
    named = request.path_params
    pixels = radiograph(places, named["dataset"], named["run_id"], named["image_id"])
    return None if pixels is None else png(pixels, "L")


def _map(request: Request, places: Stores) -> bytes | None:
    named = request.path_params
    name, run_id = named["dataset"], named["run_id"]
    colours = COLOUR_MAPS.get(request.query_params.get("colours", "inferno"))
    scale = request.query_params.get("scale", SCALES[0])
    native = native_map(places, name, run_id, named["finding"], named["image_id"])
    if native is None or colours is None or scale not in SCALES:
        return None
    top = peak(places, run_id, name) if scale == "run" else None
    return png(coloured(levels(native.values, native.size, top), colours), "RGBA")

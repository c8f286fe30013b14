"""Radiographs with their attention maps, drawn and adjusted in the browser."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from streamlit.components.v2 import component

from core.saliency.render import COLOUR_MAPS
from dashboard.components.markup import EMPTY, Markup, element, joined, plain, styled
from dashboard.queries.attention import Column, ImageRow, Tile
from dashboard.queries.map_figures import Agreement, Figures, InBox, MapFigures
from dashboard.queries.pictures import Outline
from dashboard.queries.selection import OUTCOMES
from dashboard.typography import NOTHING, name, percent

_STOPS = range(0, 256, 15)
_FOLDER = Path(__file__).parent
_VIEWER = component(
    "attention_gallery",
    html=(_FOLDER / "gallery.html").read_text(encoding="utf-8"),
    css=(_FOLDER / "gallery.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "gallery.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


@dataclass(frozen=True)
class Gallery:
    """What is shown.

    Args:
        columns: What each column shows.
        rows: One tile a column.
        figures: What stands under the maps.
        of_models: Whether each column is a model, or else a finding of one model.
        names_findings: Whether the rows differ in their finding, so that each names its own.
    """

    columns: Sequence[Column]
    rows: Sequence[ImageRow]
    figures: Figures
    of_models: bool = False
    names_findings: bool = False


def show_gallery(shown: Gallery) -> None:
    """Put the maps, with the controls that act on all of them."""
    models = [column.look.title for column in shown.columns] if shown.of_models else []
    gradients = {colours: gradient(colours) for colours in COLOUR_MAPS}
    data = {"markup": gallery_table(shown), "gradients": gradients, "models": models}
    _VIEWER(key="gallery", data=data)


def gallery_table(shown: Gallery) -> Markup:
    """The images and maps as a table; every name in it is escaped."""
    heads = (_head(column, shown.of_models) for column in shown.columns)
    head = plain("tr", element("th", {"scope": "col"}, "Radiograph"), *heads)
    body = (_row(row, shown) for row in shown.rows)
    kind = "banded" if shown.names_findings else ""
    return styled("table", kind, plain("thead", head), plain("tbody", *body))


def gradient(colours: str) -> str:
    """A colour map as CSS, its opacity following the value as on the maps."""
    table = COLOUR_MAPS[colours]
    stops = (
        f"rgb({red} {green} {blue} / {stop / 255:.2f})"
        for stop in _STOPS
        for red, green, blue in [table[stop]]
    )
    return f"linear-gradient(to right, {', '.join(stops)})"


def _head(column: Column, is_model: bool) -> Markup:
    look = column.look
    style = {"class": "glyph", "style": f"color:{look.colour}", "aria-hidden": "true"}
    glyph = element("span", style, look.glyph)
    if is_model:
        below = styled("span", "muted small", look.head, look.remark)
        lines = (glyph, plain("strong", look.backbone), plain("br"), below)
    else:
        below = styled("span", "muted small", look.title)
        lines = (plain("strong", name(column.finding)), plain("br"), glyph, below)
    return element("th", {"scope": "col"}, *lines)


def _row(row: ImageRow, shown: Gallery) -> Markup:
    finding = plain("strong", name(row.tiles[0].column.finding))
    heading = joined((finding, plain("br"))) if shown.names_findings else EMPTY
    about = styled("div", "about", heading, row.image_id, styled("span", "head", row.description))
    alt = f"Radiograph {row.image_id}"
    picture = styled("span", "stack", _radiograph(row, alt), _boxes(row.boxes, named=True))
    present = ", ".join(name(finding) for finding in row.present)
    labels = f"Labelled present: {present}" if present else "No finding labelled present"
    first = element("th", {"scope": "row"}, about, picture, styled("div", "under", labels))
    figures = shown.figures
    cells = (_cell(row, tile, figures.get((row.image_id, tile.column))) for tile in row.tiles)
    return plain("tr", first, *cells)


def _radiograph(row: ImageRow, alt: str) -> Markup:
    if row.address is None:
        return styled("span", "absent", "This image was not decoded here.")
    return element("img", {"src": row.address, "alt": alt, "loading": "lazy", "class": "grey"})


def _cell(row: ImageRow, tile: Tile, figures: MapFigures | None) -> Markup:
    outcome = tile.outcome or ""
    chip = styled("span", f"outcome {outcome}", outcome or NOTHING)
    verdict = styled("span", "verdict", plain("b", f"{percent(tile.probability)} %"), chip)
    about = styled("div", "about", verdict, styled("span", "head", _said(tile)))
    if tile.map is None:
        stack = styled("span", "stack", styled("span", "absent", "No map is stored."))
        return plain("td", about, stack)
    map_layer = element(
        "img",
        {
            "class": "map",
            "alt": "",
            "data-path": tile.map.path,
            "data-version": tile.map.version,
        },
    )
    missing = styled("span", "absent low", "map alone: no image here")
    ground = missing if row.address is None else _radiograph(row, "")
    blank = styled("span", "absent low", "no positive value") if tile.is_blank else EMPTY
    stack = styled("span", "stack", ground, map_layer, blank, _boxes(tile.boxes))
    button = {"class": "tile", "type": "button", "aria-label": _alt(row, tile)}
    below = _figures(figures) if figures else EMPTY
    return plain("td", about, element("button", button, stack), below)


def _figures(figures: MapFigures) -> Markup:
    lines = [
        _energy(figures.in_box) if figures.in_box else EMPTY,
        _agreement(figures.agreement) if figures.agreement else EMPTY,
    ]
    return styled("dl", "figures", *lines) if any(lines) else EMPTY


def _energy(found: InBox) -> Markup:
    return _figure("Energy in box", found.share, f"area of the box {percent(found.area)} %")


def _agreement(found: Agreement) -> Markup:
    sides = f"same image {percent(found.same)}, other images {percent(found.chance)}"
    return _figure("Agreement", found.beyond_chance, sides)


def _figure(title: str, value: float | None, beside: str) -> Markup:
    written = NOTHING if value is None else f"{percent(value)} %"
    return joined((plain("dt", title), plain("dd", written), styled("dd", "beside", beside)))


def _said(tile: Tile) -> str:
    if tile.label is None:
        return "not annotated or uncertain"
    if tile.outcome is None:
        return "no threshold here"
    return OUTCOMES[tile.outcome]


def _alt(row: ImageRow, tile: Tile) -> str:
    return (
        f"Grad-CAM of {tile.column.look.title} for {name(tile.column.finding)} on {row.image_id}: "
        f"probability {percent(tile.probability)} %, {_said(tile)}"
        f"{', no positive value' if tile.is_blank else ''}. Enlarge."
    )


def _boxes(boxes: Sequence[Outline], named: bool = False) -> Markup:
    if not boxes:
        return EMPTY
    drawn = joined(_outline(box, line) for box in boxes for line in ("halo", "edge"))
    names = joined(_box_name(box) for box in boxes) if named else EMPTY
    attributes = {"viewBox": "0 0 100 100", "aria-hidden": "true"}
    return element("svg", attributes, drawn, names)


def _outline(box: Outline, line: str) -> Markup:
    sides = {
        "x": f"{100 * box.frame.x:.2f}",
        "y": f"{100 * box.frame.y:.2f}",
        "width": f"{100 * box.frame.width:.2f}",
        "height": f"{100 * box.frame.height:.2f}",
    }
    return element("rect", {"class": line} | sides)


def _box_name(box: Outline) -> Markup:
    # Above the box, or inside it where the box reaches the top of the image.
    top = 100 * box.frame.y
    y = top - 2 if top > 8 else top + 6
    # Towards the middle of the image, so that no name is cut off at its side.
    is_right = box.frame.x + box.frame.width / 2 > 0.5
    x = box.frame.x + (box.frame.width if is_right else 0)
    anchor = "end" if is_right else "start"
    place = {"x": f"{100 * x:.2f}", "y": f"{y:.2f}", "text-anchor": anchor}
    return element("text", place, name(box.finding))

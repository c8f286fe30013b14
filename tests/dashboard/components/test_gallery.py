from dataclasses import replace

from core.findings import Finding
from core.saliency.render import COLOUR_MAPS
from dashboard.components.gallery import Gallery, gallery_table, gradient
from dashboard.queries.attention import Column, ImageRow, gallery
from dashboard.queries.cells import Place
from dashboard.queries.reading import Run
from dashboard.stores import Stores

AWAY = Place("phantom-north", "test", "source-val")


def one_row(stores: Stores, run: Run) -> tuple[Column, ImageRow]:
    column = Column(run, Finding.EDEMA)
    (row,) = gallery(stores, AWAY, [column], ["phantom-north-0003.png"])
    return column, row


def test_every_map_says_in_words_what_it_shows(phantom: Stores, run: Run) -> None:
    column, row = one_row(phantom, run)

    written = gallery_table(Gallery([column], [row], {}))

    assert f'aria-label="Grad-CAM of {column.look.title} for Edema on {row.image_id}' in written
    assert f'alt="Radiograph {row.image_id}"' in written


def test_names_in_the_gallery_are_text(phantom: Stores, run: Run) -> None:
    column, row = one_row(phantom, run)
    hostile = "<img src=x onerror=alert(1)>"

    written = gallery_table(
        Gallery([column], [replace(row, image_id=hostile, present=(hostile,))], {})
    )

    assert hostile not in written
    assert written.count("&lt;img src=x") >= 2


def test_a_map_without_its_image_says_so(phantom: Stores, run: Run) -> None:
    column, row = one_row(phantom, run)

    written = gallery_table(Gallery([column], [replace(row, address=None)], {}))

    assert "This image was not decoded here." in written
    assert "map alone: no image here" in written
    assert 'class="map"' in written


def test_an_absent_map_says_so(phantom: Stores, run: Run) -> None:
    column, row = one_row(phantom, run)
    blank = replace(row.tiles[0], map=None, probability=None, outcome=None, label=None)

    written = gallery_table(Gallery([column], [replace(row, tiles=(blank,))], {}))

    assert "No map is stored." in written
    assert "not annotated or uncertain" in written


def test_a_map_without_a_positive_value_says_so(phantom: Stores, run: Run) -> None:
    column, row = one_row(phantom, run)
    blank = replace(row.tiles[0], is_blank=True)

    assert "no positive value" not in gallery_table(Gallery([column], [row], {}))
    assert "no positive value" in gallery_table(
        Gallery([column], [replace(row, tiles=(blank,))], {})
    )


def test_the_legend_runs_from_clear_to_the_top_of_the_colours() -> None:
    red, green, blue = COLOUR_MAPS["magma"][255]

    stops = gradient("magma")

    assert stops.startswith("linear-gradient(to right, rgb(0 0 4 / 0.00)")
    assert stops.endswith(f"rgb({red} {green} {blue} / 1.00))")

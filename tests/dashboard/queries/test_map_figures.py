import numpy as np
import pytest
from scipy.stats import spearmanr

from core.findings import Finding
from core.saliency.raster import COMMON_GRID, RASTER, pooled_to, positive
from core.tables import HEATMAPS
from dashboard.queries.attention import Column, gallery
from dashboard.queries.cells import Place
from dashboard.queries.map_figures import figures
from dashboard.queries.pictures import native_maps
from dashboard.queries.reading import Run, Runs, dataset
from dashboard.stores import Stores

AWAY = Place("phantom-north", "test", "source-val")
FINDING = Finding.EDEMA


@pytest.fixture
def columns(runs: Runs) -> list[Column]:
    return [Column(run, FINDING) for run in runs.read]


def boxed(stores: Stores) -> list[str]:
    of_finding = dataset(stores, AWAY.dataset).boxes.filter(finding=str(FINDING))
    mapped = stores.results.read(stores.results.run_ids()[0], HEATMAPS, AWAY.dataset)["image_id"]
    return sorted(set(of_finding["image_id"]) & set(mapped))


def test_agreement_is_the_rank_correlation_against_that_of_other_patients(
    phantom: Stores, columns: list[Column]
) -> None:
    manifest = dataset(phantom, AWAY.dataset).manifest
    patients = dict(manifest.select("image_id", "patient_id").iter_rows())
    every = manifest.filter(split="test")["image_id"].to_list()
    first, other = (  # both are 7×7 as they are stored
        {
            image_id: values.ravel()
            for image_id, values in native_maps(
                phantom, AWAY.dataset, each.run.run_id, FINDING, every
            ).items()
        }
        for each in (columns[0], columns[1])
    )
    image_id = sorted(first)[0]
    # Fewer images have maps than are drawn at most: the level is over all of other patients.
    strange = [each for each in other if patients[each] != patients[image_id]]
    same = float(np.asarray(spearmanr(first[image_id], other[image_id]))[0])
    chance = np.mean([np.asarray(spearmanr(first[image_id], other[each]))[0] for each in strange])

    rows = gallery(phantom, AWAY, columns, [image_id])
    found = figures(phantom, AWAY, columns, rows)[image_id, columns[1]].agreement

    assert found is not None
    assert found.same == pytest.approx(same)
    assert found.chance == pytest.approx(chance)
    assert found.beyond_chance == pytest.approx((same - chance) / (1 - chance))


def test_the_first_column_is_held_against_nothing(phantom: Stores, columns: list[Column]) -> None:
    image_ids = boxed(phantom)[:1]

    found = figures(phantom, AWAY, columns, gallery(phantom, AWAY, columns, image_ids))

    agreements = [found[image_ids[0], column].agreement is None for column in columns]
    assert agreements == [True, *[False] * (len(columns) - 1)]


def test_energy_is_the_share_of_the_drawn_map_inside_the_box(phantom: Stores, run: Run) -> None:
    column = Column(run, FINDING)
    (image_id,) = boxed(phantom)[:1]
    (row,) = gallery(phantom, AWAY, [column], [image_id])
    values = native_maps(phantom, AWAY.dataset, run.run_id, FINDING, [image_id])[image_id]
    coarse = pooled_to(positive(values[None]), COMMON_GRID)[0]
    centres = (np.arange(RASTER) + 0.5) / RASTER
    places = centres * COMMON_GRID - 0.5
    cells = np.arange(COMMON_GRID)
    tall = np.stack([np.interp(places, cells, column) for column in coarse.T], 1)
    picture = np.stack([np.interp(places, cells, line) for line in tall])
    inside = np.zeros((RASTER, RASTER), np.bool_)
    for box in row.tiles[0].boxes:
        x, y, width, height = box.frame
        across = (centres >= x) & (centres <= x + width)
        down = (centres >= y) & (centres <= y + height)
        inside |= down[:, None] & across

    found = figures(phantom, AWAY, [column], [row])[image_id, column].in_box

    assert found is not None
    assert found.share == pytest.approx(float(picture[inside].sum() / picture.sum()), abs=1e-6)
    assert found.area == pytest.approx(inside.mean())


def test_an_image_without_a_box_or_a_map_has_no_such_figure(phantom: Stores, run: Run) -> None:
    columns = [Column(run, FINDING), Column(run, Finding.MASS)]
    mapped = native_maps(
        phantom,
        AWAY.dataset,
        run.run_id,
        FINDING,
        dataset(phantom, AWAY.dataset).manifest["image_id"].to_list(),
    )
    image_id = min(set(mapped) - set(boxed(phantom)))

    found = figures(phantom, AWAY, columns, gallery(phantom, AWAY, columns, [image_id]))

    assert list(found) == [(image_id, columns[0])]
    assert found[image_id, columns[0]].in_box is None

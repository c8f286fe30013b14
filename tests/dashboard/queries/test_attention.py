import pytest

from core.findings import Finding
from core.tables import HEATMAPS
from dashboard.queries.attention import Column, gallery, grids, mapped
from dashboard.queries.cells import Place
from dashboard.queries.reading import Run, Runs, dataset
from dashboard.stores import Stores

AWAY = Place("phantom-north", "test", "source-val")
IMAGES = ["phantom-north-0005.png", "phantom-north-0002.png"]


def test_one_model_on_several_findings_has_a_tile_each(phantom: Stores, run: Run) -> None:
    columns = [Column(run, Finding.EDEMA), Column(run, Finding.PNEUMOTHORAX)]

    rows = gallery(phantom, AWAY, columns, IMAGES)

    assert [row.image_id for row in rows] == IMAGES
    for row in rows:
        assert [tile.column for tile in row.tiles] == columns
        assert all(tile.map and tile.outcome for tile in row.tiles)
        assert row.address is not None


def test_several_models_on_one_finding_have_a_tile_each(phantom: Stores, runs: Runs) -> None:
    columns = [Column(run, Finding.EDEMA) for run in runs.read]

    (row,) = gallery(phantom, AWAY, columns, IMAGES[:1])

    assert len({tile.map.path for tile in row.tiles if tile.map}) == len(runs.read)
    assert {tile.label for tile in row.tiles} == {
        dataset(phantom, "phantom-north").manifest.filter(image_id=IMAGES[0])["Edema"][0]
    }


def test_an_image_without_a_map_of_a_finding_says_so(phantom: Stores, run: Run) -> None:
    columns = [Column(run, Finding.EDEMA), Column(run, Finding.MASS)]

    (row,) = gallery(phantom, AWAY, columns, IMAGES[:1])

    assert [tile.map is None for tile in row.tiles] == [False, True]
    assert row.tiles[1].probability is None


def test_maps_are_shown_where_the_images_were_never_decoded(own: Stores, run: Run) -> None:
    for path in own.data.cache_paths(dataset(own, "phantom-north"), run.record.spec.image):
        path.unlink()

    (row,) = gallery(own, AWAY, [Column(run, Finding.EDEMA)], IMAGES[:1])

    assert row.address is None
    assert row.tiles[0].map is not None


def test_the_boxes_of_a_tile_are_those_of_its_finding(phantom: Stores, run: Run) -> None:
    columns = [Column(run, finding) for finding in (Finding.PNEUMONIA, Finding.PNEUMOTHORAX)]

    for row in gallery(phantom, AWAY, columns, IMAGES):
        for tile in row.tiles:
            assert {box.finding for box in tile.boxes} <= {tile.column.finding}
            assert bool(tile.boxes) == (tile.label == 1)
        assert len(row.boxes) == sum(len(tile.boxes) for tile in row.tiles)


def test_native_grids_are_named_for_the_caption(phantom: Stores, runs: Runs) -> None:
    columns = [Column(run, Finding.EDEMA) for run in runs.read]

    assert grids(phantom, columns, "phantom-north") == ("7×7", "14×14")


@pytest.mark.parametrize("name", ["guangzhou", "phantom-north"])
def test_a_damaged_file_of_maps_costs_one_run(own: Stores, runs: Runs, name: str) -> None:
    first = runs.read[0].run_id
    own.results.path(first, HEATMAPS, name).write_bytes(b"nothing")

    found = mapped(own, runs.read, name)

    assert [each.run_id for each in found.broken] == [first]
    assert len(found.runs) == len(runs.read) - 1
    assert found.findings[found.runs[0].run_id][0] == Finding.ATELECTASIS

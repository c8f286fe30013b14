import polars as pl
import pytest

from core.tables import METRICS
from dashboard.queries.all_runs import all_runs
from dashboard.queries.reading import Run, dataset, images, run_table
from dashboard.stores import Stores


def test_all_runs_of_a_store_are_read(phantom: Stores) -> None:
    found = all_runs(phantom)

    assert tuple(run.run_id for run in found.read) == phantom.results.run_ids()
    assert found.broken == ()


@pytest.mark.parametrize("file", ["run.json", "metrics.parquet"])
def test_a_damaged_run_costs_its_own_row_and_no_other(own: Stores, file: str) -> None:
    first, *others = own.results.run_ids()
    (own.results.folder(first) / file).write_bytes(b"{ this is not it")

    found = all_runs(own)

    assert [run.run_id for run in found.read] == others
    assert [each.run_id for each in found.broken] == [first]
    assert file in found.broken[0].reason


def test_a_new_evaluation_is_seen_at_once(own: Stores) -> None:
    run_id = own.results.run_ids()[0]
    before = run_table(own, run_id, METRICS)

    own.results.write(run_id, METRICS, before.filter(pl.col("metric") == "auroc"))

    assert run_table(own, run_id, METRICS).height < before.height


def test_an_unchanged_table_is_read_once(phantom: Stores, run: Run) -> None:
    assert run_table(phantom, run.run_id, METRICS) is run_table(phantom, run.run_id, METRICS)


def test_images_that_were_never_decoded_are_none_until_they_are(own: Stores, run: Run) -> None:
    found, spec = dataset(own, "guangzhou"), run.record.spec.image
    pixels, index = own.data.cache_paths(found, spec)
    hidden = index.with_suffix(".hidden")
    index.rename(hidden)
    assert images(own, "guangzhou", spec) is None

    hidden.rename(index)

    cached = images(own, "guangzhou", spec)
    assert cached is not None
    assert cached.pixels.shape[0] == found.manifest.height
    assert pixels.exists()


def test_choosing_no_run_means_all_of_them(phantom: Stores) -> None:
    found = all_runs(phantom)
    run_id = found.read[0].run_id

    assert found.chosen(()) == found
    assert [run.run_id for run in found.chosen([run_id]).read] == [run_id]

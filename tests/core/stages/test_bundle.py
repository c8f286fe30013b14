"""Imported runs travel like trained ones, with the reference rows beside them."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from core.errors import ConfigError
from core.stages import bundle
from core.store import DataStore, ResultStore
from core.tables import METRICS, PREDICTIONS, REPLICATES, THRESHOLDS
from tests.fixtures.imported_runs import AWAY, HOME, Places
from tests.fixtures.pipeline import Cxr

REFERENCES = ("all-positive", "best-constant", "metadata-only")


@pytest.fixture
def own(imported: Places, tmp_path: Path) -> Places:
    """A copy of the imported runs that a test may change."""
    home = shutil.copytree(imported.data.root.parent, tmp_path / "own")
    return Places(DataStore(home / "data"), ResultStore(home / "results"))


def close(places: Places, name: str) -> None:
    """Make a data set restricted, in the data store alone: its imports were made before."""
    found = places.data.dataset(name)
    record = found.record.model_copy(update={"restricted": True})
    places.data.write_dataset(record, found.manifest, found.boxes)


def bundled(places: Places, out: Path, *run_ids: str) -> ResultStore:
    bundle.run(out, run_ids, places.data, places.results)
    return ResultStore(out / "results")


def test_an_imported_run_travels_with_its_predictions_and_numbers(
    imported: Places, tmp_path: Path
) -> None:
    there = bundled(imported, tmp_path / "bundle", "strong", "stranger")

    assert there.import_ids() == ("stranger", "strong")
    for table in (METRICS, REPLICATES, THRESHOLDS):
        assert there.read("strong", table).equals(imported.results.read("strong", table))
    assert there.datasets_with("strong", PREDICTIONS) == (AWAY, HOME)
    assert {each.root for each in there.entry("strong").datasets.values()} == {""}
    assert DataStore(tmp_path / "bundle" / "data").names() == (AWAY, HOME)


def test_reference_rows_travel_as_numbers_alone(imported: Places, tmp_path: Path) -> None:
    there = bundled(imported, tmp_path / "bundle", "strong").references(HOME)

    assert there.import_ids() == REFERENCES
    for name in REFERENCES:
        ours = imported.results.references(HOME).read(name, METRICS)
        assert there.read(name, METRICS).equals(ours)
        assert there.datasets_with(name, PREDICTIONS) == ()


def test_of_an_import_on_restricted_data_only_large_aggregates_travel(
    own: Places, tmp_path: Path
) -> None:
    close(own, AWAY)
    few = own.results.read("weak", METRICS).with_columns(n_patients=pl.lit(9, pl.Int64))
    kept = pl.col("finding") == "macro"
    both = pl.concat([own.results.read("weak", METRICS).filter(kept), few.filter(~kept)])
    own.results.write("weak", METRICS, both)

    there = bundled(own, tmp_path / "bundle", "weak")

    told = there.read("weak", METRICS)
    assert there.datasets_with("weak", PREDICTIONS) == (HOME,)
    assert set(told.filter(dataset=AWAY)["finding"]) == {"macro"}
    assert set(told.filter(dataset=HOME)["finding"]) > {"macro"}


def test_a_run_fitted_on_restricted_data_keeps_all_its_predictions_at_home(
    own: Places, tmp_path: Path
) -> None:
    close(own, HOME)

    there = bundled(own, tmp_path / "bundle", "weak")

    assert there.datasets_with("weak", PREDICTIONS) == ()


def test_a_run_that_nobody_knows_is_named_before_anything_is_written(
    imported: Places, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"Unknown run 'nobody'.*strong"):
        bundled(imported, tmp_path / "bundle", "strong", "nobody")

    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize(
    ("asked", "found"),
    [(("--all",), ("stranger", "strong", "weak")), (("weak",), ("weak",))],
)
def test_the_command_takes_imported_runs_by_name_or_all(
    imported: Places, cxr: Cxr, tmp_path: Path, asked: tuple[str, ...], found: tuple[str, ...]
) -> None:
    out = tmp_path / "bundle"

    assert cxr("bundle", out, *asked, *imported.options).exit_code == 0

    assert ResultStore(out / "results").import_ids() == found

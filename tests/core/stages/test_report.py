"""A report of stored runs: what it says, and what it keeps to itself."""

import shutil
import subprocess
from pathlib import Path

import polars as pl
import pytest

from core.errors import ConfigError
from core.report import run_numbers
from core.report.paper import html, paper, subject
from core.report.paper.blocks import Grid, Panel, Section
from core.report.paper.cells import cell
from core.stages import report
from core.store import DataStore, ResultStore
from core.tables import METRICS
from tests.fixtures.imported_runs import AWAY, Places
from tests.fixtures.pipeline import Cxr, Stores


@pytest.mark.parametrize("form", report.FORMATS)
def test_each_format_is_written_with_the_files_that_it_names(
    stores: Stores, tmp_path: Path, form: str
) -> None:
    files = report.run(tmp_path, form, stores.data, stores.results)
    assert all(path.stat().st_size for path in files)
    text = files[0].read_text("utf-8")
    for path in files[1:]:
        assert f"figures/{path.name}" in text
    assert text.count("figures/") >= len(files) - 1
    if form == "html":
        assert len(files) == 1


def test_a_report_tells_the_stored_numbers(imported: Places) -> None:
    document = paper(subject(imported.data, imported.results))
    board = next(each for each in document.blocks if isinstance(each, Grid) and each.bold)
    names = [row[0].split()[:2] for row in board.rows]
    assert names == [["R1", "strong"], ["R2", "weak"], ["U1", "stranger"]]
    numbers = run_numbers(imported.results, "strong", AWAY, "test").numbers
    assert board.rows[0][3] == cell(numbers["macro", "auroc", None])
    assert board.bold == {0}
    text = html(document)
    for name in ("all-positive", "best-constant", "metadata-only"):
        assert name in text
    assert "Imported without a source" in text
    assert Section.PAIRS in document.sections


def test_panels_show_the_radiograph_beside_the_maps_and_name_no_image_in_public(
    stores: Stores,
) -> None:
    (panel,) = paper(subject(stores.data, stores.results)).panels()
    (public,) = paper(subject(stores.data, stores.results, is_public=True)).panels()
    assert panel.png == public.png
    assert "scan" in panel.caption
    assert "scan" not in public.caption


def test_of_restricted_data_no_image_and_no_small_cell_goes_out(
    imported: Places, tmp_path: Path
) -> None:
    closed = _restricted(imported, tmp_path)
    for is_public in (False, True):
        document = paper(subject(imported.data, closed, AWAY, is_public))
        assert not any(isinstance(block, Panel) for block in document.blocks)
        text = html(document)
        assert ("withheld" in text) == is_public
        assert ("may not leave this machine" in text) == (not is_public)
        manifest = imported.data.dataset(AWAY).manifest
        assert not any(name in text for name in manifest["image_id"].head(20))
        assert not any(name in text for name in manifest["patient_id"].head(20))


def test_a_rare_finding_of_restricted_data_is_withheld_everywhere(
    imported: Places, tmp_path: Path
) -> None:
    closed = _restricted(imported, tmp_path)
    document = paper(subject(imported.data, closed, AWAY, is_public=True))
    rows = [
        row
        for block in document.blocks
        if isinstance(block, Grid)
        for row in block.rows
        if row[0] == "Mass"
    ]
    assert len(rows) >= 3
    assert {value for row in rows for value in row[1:]} == {"withheld"}


def test_what_cannot_be_reported_is_one_sentence(imported: Places, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No run in .* was evaluated"):
        subject(imported.data, ResultStore(tmp_path))
    with pytest.raises(ConfigError, match="Unknown target 'awy'. .* Did you mean 'away'"):
        subject(imported.data, imported.results, "awy")
    with pytest.raises(ConfigError, match="Unknown report format 'pdf'"):
        report.run(tmp_path, "pdf", imported.data, imported.results)


def test_it_needs_no_data_set(stores: Stores, tmp_path: Path) -> None:
    document = paper(subject(DataStore(tmp_path), stores.results))
    assert Section.RESULTS in document.sections
    assert not list(document.panels())


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex here")
def test_the_whole_report_compiles(stores: Stores, tmp_path: Path) -> None:
    main, *_ = report.run(tmp_path, "latex", stores.data, stores.results)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", main.name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode("latin-1")[-2000:]


def test_the_command_prints_the_file(cxr: Cxr, stores: Stores, tmp_path: Path) -> None:
    done = cxr("report", "--out", tmp_path, "--public", *stores.options)
    assert (done.exit_code, done.out.strip()) == (0, str(tmp_path / "report-hospital.html"))


def _restricted(imported: Places, tmp_path: Path) -> ResultStore:
    """The same runs, as if the target were credentialed and 7 patients had a Mass."""
    shutil.copytree(imported.results.root, tmp_path / "results")
    store = ResultStore(tmp_path / "results")
    for run_id in store.import_ids():
        record = store.entry(run_id)
        told = record.datasets | {
            AWAY: record.datasets[AWAY].model_copy(update={"restricted": True})
        }
        store.write_import(record.model_copy(update={"datasets": told}))  # pyright: ignore[reportArgumentType]
        rare = (pl.col("dataset") == AWAY) & (pl.col("finding") == "Mass")
        n_positive = pl.when(rare).then(7).otherwise("n_positive").cast(pl.Int64)
        store.write(
            run_id, METRICS, store.read(run_id, METRICS).with_columns(n_positive=n_positive)
        )
    return store

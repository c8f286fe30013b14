"""The leaderboard of a target, over imported runs (see `imported`)."""

from pathlib import Path

import polars as pl
import pytest

from core.errors import DataError
from core.records import ImportRecord
from core.report import board, published_rows, run_numbers
from core.report.published import SHIPPED
from core.report.transfer import PROMISES, threshold_transfer
from core.stages import evaluate, reference
from core.store import ResultStore
from core.store.parquet import read_table
from core.tables import METRICS, PUBLISHED
from tests.fixtures.imported_runs import AWAY, AWAY_LACKS, HOME, Places, build


def test_runs_are_ranked_by_macro_auroc_and_strangers_stand_apart(imported: Places) -> None:
    shown = board(imported.results, imported.results.import_ids(), AWAY, "test")
    assert [row.record.run_id for row in shown.ranked] == ["strong", "weak"]
    (apart,) = shown.apart
    assert apart.row.record.run_id == "stranger"
    assert "Imported without a source" in apart.reason


def test_another_question_is_not_ranked_beside_the_one_most_runs_answer(imported: Places) -> None:
    metrics = imported.results.read("weak", METRICS)
    other = ResultStore(imported.results.root.parent / "other")
    for name in ("weak", "strong"):
        record = imported.results.entry(name)
        assert isinstance(record, ImportRecord)
        for run_id in {"weak": ("weak", "more"), "strong": ("strong",)}[name]:
            other.write_import(record.model_copy(update={"name": run_id}))
            fewer = pl.col("n") - (1 if name == "strong" else 0)
            other.write(run_id, METRICS, metrics.with_columns(n=fewer))
    shown = board(other, other.import_ids(), AWAY, "test")
    assert {row.record.run_id for row in shown.ranked} == {"weak", "more"}
    assert shown.apart[0].reason == "Another question: macro@13:aaaa, 359 images."


def test_reference_rows_stand_beside_them_and_look_at_no_image(imported: Places) -> None:
    shown = board(imported.results, ["weak"], AWAY, "test")
    rows = {row.record.run_id: row.numbers for row in shown.references}
    assert set(rows) == {"all-positive", "best-constant", "metadata-only"}
    labels = imported.data.dataset(AWAY).manifest["Mass"]
    prevalence = float((labels == 1).to_numpy().mean())
    for name in ("all-positive", "best-constant"):
        assert rows[name]["Mass", "auroc", None].value == 0.5
        assert rows[name]["Mass", "average_precision", None].value == pytest.approx(prevalence)
    everything = rows["all-positive"]["Mass", "f1", "fixed-0.5"].value
    assert everything == pytest.approx(2 * prevalence / (1 + prevalence))


def test_without_a_source_everything_positive_is_the_only_reference(tmp_path: Path) -> None:
    places = build(tmp_path, 60)
    assert reference.run(None, AWAY, places.data, places.results) == ("all-positive",)
    store = places.results.references(None)
    evaluate.run("all-positive", AWAY, places.data, store, 0)
    numbers = run_numbers(store, "all-positive", AWAY, "test").numbers
    assert numbers["macro", "auroc", None].value == 0.5
    assert numbers[str(AWAY_LACKS), "auroc", None].value is None


def test_the_study_is_shown_where_its_data_set_is_the_target(imported: Places) -> None:
    assert board(imported.results, ["weak"], AWAY, "test").published == ()
    rows = published_rows(imported.results, "chestxray14")
    assert len(rows) == 6
    best = rows[3]
    assert best.title == "ViT · SupCon"
    assert best.values["macro", "auroc"] == 0.7463
    assert best.values["macro", "f1"] < 0.0947  # that of predicting every finding everywhere
    assert best.remark == "no interval, threshold not stated, split not established"


def test_the_published_file_is_what_its_script_writes() -> None:
    source = (SHIPPED / "ai4sd.py").read_text()
    table = read_table(SHIPPED / "ai4sd.parquet", PUBLISHED)
    assert table.height == 6 * 4
    assert all(f"{100 * value:.2f}" in source for value in table["value"])


def test_a_damaged_published_table_is_one_sentence(imported: Places, tmp_path: Path) -> None:
    (tmp_path / "published").mkdir()
    (tmp_path / "published" / "theirs.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match="theirs.parquet: this published table cannot be read"):
        published_rows(ResultStore(tmp_path), "chestxray14")


def test_what_was_promised_is_source_test_and_what_was_delivered_the_target(
    imported: Places,
) -> None:
    target = run_numbers(imported.results, "weak", AWAY, "test")
    home = run_numbers(imported.results, "weak", HOME, "test").numbers
    deliveries = threshold_transfer(imported.results, target, "source-val")
    assert len(deliveries) == 13
    for each in deliveries:
        assert set(each.promised) == set(each.delivered) == set(PROMISES)
        for metric in PROMISES:
            key = (str(each.finding), metric, "source-val")
            assert each.promised[metric] == home[key]
            assert each.delivered[metric] == target.numbers[key]


def test_a_run_without_a_source_promised_nothing(imported: Places) -> None:
    target = run_numbers(imported.results, "stranger", AWAY, "test")
    assert threshold_transfer(imported.results, target, "fixed-0.5") == ()

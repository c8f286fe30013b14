from pathlib import Path

import polars as pl
import pytest

from core.errors import DataError
from core.store.parquet import (
    content_hash,
    read_columns,
    read_provenance,
    read_rows,
    read_table,
    write_table,
)
from core.tables import BOXES, REPLICATES, THRESHOLDS

FRAME = pl.DataFrame(
    {
        "finding": ["Mass", "Nodule"],
        "policy": ["fixed-0.5", "fixed-0.5"],
        "dataset": [None, None],
        "split": [None, None],
        "value": [0.5, None],
        "n": [10, 0],
        "n_positive": [3, 0],
        "flag": [None, "no-threshold"],
    },
    schema=THRESHOLDS.schema,
)


def written(path: Path) -> Path:
    write_table(path, THRESHOLDS, FRAME, {"run_id": "r", "hashes": {"head": "ab"}})
    return path


def test_a_table_comes_back_as_it_was_written(tmp_path: Path) -> None:
    assert read_table(written(tmp_path / "t.parquet"), THRESHOLDS).equals(FRAME)


def test_a_table_says_what_it_was_made_from(tmp_path: Path) -> None:
    path = written(tmp_path / "t.parquet")
    assert read_provenance(path, THRESHOLDS) == {"run_id": "r", "hashes": {"head": "ab"}}


def test_the_same_table_is_the_same_bytes(tmp_path: Path) -> None:
    first, second = written(tmp_path / "a.parquet"), written(tmp_path / "b.parquet")
    assert first.read_bytes() == second.read_bytes()


def test_a_table_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected a boxes table.*found thresholds"):
        read_table(written(tmp_path / "t.parquet"), BOXES)


def test_a_stranger_s_parquet_is_refused(tmp_path: Path) -> None:
    FRAME.write_parquet(tmp_path / "t.parquet")
    with pytest.raises(DataError, match="no cxr-bench table"):
        read_table(tmp_path / "t.parquet", THRESHOLDS)


@pytest.mark.parametrize("kept", [0, 4, 200, -1])
def test_a_damaged_file_is_one_sentence(tmp_path: Path, kept: int) -> None:
    path = written(tmp_path / "t.parquet")
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DataError, match="cannot be read") as caught:
        read_table(path, THRESHOLDS)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such thresholds table"):
        read_table(tmp_path / "t.parquet", THRESHOLDS)


def test_nothing_is_written_when_a_rule_is_broken(tmp_path: Path) -> None:
    rash = FRAME.with_columns(finding=pl.lit("Rash"))
    with pytest.raises(DataError, match="finding is none of"):
        write_table(tmp_path / "t.parquet", THRESHOLDS, rash, {})
    assert not list(tmp_path.iterdir())


def test_the_content_hash_sees_every_value() -> None:
    changed = FRAME.with_columns(n=pl.col("n") + 1)
    assert content_hash(FRAME) == content_hash(FRAME.clone())
    assert content_hash(FRAME) != content_hash(changed)


def long_table(path: Path) -> pl.DataFrame:
    """A table with lists, which is written in several groups of rows."""
    key = dict.fromkeys(REPLICATES.key, pl.lit("all"))
    frame = (
        pl.DataFrame({"number": range(500)})
        .with_columns(**key)
        .with_columns(
            finding=pl.format("f{}", "number"),
            metric=pl.when(pl.col("number") % 3 == 0).then(pl.lit("auroc")).otherwise(pl.lit("f1")),
            values=pl.concat_list(pl.col("number").cast(pl.Float32), pl.lit(0.5, pl.Float32)),
        )
        .select(REPLICATES.schema.names())
    )
    write_table(path, REPLICATES, frame, {})
    return frame


@pytest.mark.parametrize(
    "wanted",
    [pl.col("metric") == "auroc", pl.col("finding").is_in(["f0", "f1", "f140", "f499"])],
)
def test_the_rows_that_are_wanted_are_those_of_the_whole_table(
    tmp_path: Path, wanted: pl.Expr
) -> None:
    frame = long_table(tmp_path / "t.parquet")

    assert read_rows(tmp_path / "t.parquet", REPLICATES, wanted).equals(frame.filter(wanted))


def test_no_row_is_wanted(tmp_path: Path) -> None:
    long_table(tmp_path / "t.parquet")

    found = read_rows(tmp_path / "t.parquet", REPLICATES, pl.col("metric") == "brier")

    assert found.equals(REPLICATES.empty())


def test_columns_come_in_the_order_asked(tmp_path: Path) -> None:
    path = written(tmp_path / "t.parquet")

    assert read_columns(path, THRESHOLDS, ["value", "finding"]).equals(FRAME["value", "finding"])


def test_parts_of_a_damaged_table_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    long_table(path)
    path.write_bytes(path.read_bytes()[:-40])

    with pytest.raises(DataError, match="cannot be read"):
        read_rows(path, REPLICATES, pl.col("metric") == "auroc")
    with pytest.raises(DataError, match="cannot be read"):
        read_columns(path, REPLICATES, ["finding"])

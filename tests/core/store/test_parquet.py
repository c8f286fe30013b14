from pathlib import Path

import polars as pl
import pytest

from core.errors import DataError
from core.store.parquet import content_hash, read_provenance, read_table, write_table
from core.tables import BOXES, THRESHOLDS

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

from pathlib import Path

import polars as pl
import pytest

from core.errors import ConfigError, DataError
from core.records import RunRecord, RunStatus
from core.specs import RunSpec
from core.store.results import ResultStore
from core.tables import METRICS, THRESHOLDS

SPEC = RunSpec(source="mimic", backbone="resnet50")
RUN = SPEC.run_id


@pytest.fixture
def results(tmp_path: Path) -> ResultStore:
    store = ResultStore(tmp_path / "results")
    store.write_record(RunRecord(spec=SPEC, status=RunStatus.DONE))
    return store


def rows(dataset: str, value: float) -> pl.DataFrame:
    row = {"dataset": dataset, "split": "test", "subgroup": "all", "finding": "macro"}
    row |= {"weighting": "none"}
    numbers = {"metric": "auroc", "target_use": "none", "value": value, "n": 10}
    absent = dict.fromkeys(set(METRICS.schema) - set(row) - set(numbers))
    return pl.DataFrame([row | numbers | absent], METRICS.schema)


def test_a_record_comes_back(results: ResultStore) -> None:
    assert results.run_ids() == (RUN,)
    assert results.record(RUN).spec == SPEC


def test_an_unknown_run_is_answered_with_the_known_ones(results: ResultStore) -> None:
    with pytest.raises(ConfigError, match=f"Unknown run 'x'. Known runs: {RUN}"):
        results.record("x")


@pytest.mark.parametrize("content", ["", "{", '{"spec": 3}'])
def test_a_damaged_record_is_one_sentence(results: ResultStore, content: str) -> None:
    (results.folder(RUN) / "run.json").write_text(content)
    with pytest.raises(DataError, match="run.json: this run record cannot be read"):
        results.record(RUN)


def test_a_record_that_is_a_folder_is_one_sentence(results: ResultStore) -> None:
    (results.folder(RUN) / "run.json").unlink()
    (results.folder(RUN) / "run.json").mkdir()
    with pytest.raises(DataError, match="run.json: this run record cannot be read"):
        results.record(RUN)


@pytest.mark.parametrize("status", [RunStatus.RUNNING, RunStatus.FAILED])
def test_a_run_that_is_not_done_is_not_trained(results: ResultStore, status: RunStatus) -> None:
    results.write_record(RunRecord(spec=SPEC, status=status, error="out of memory"))
    assert results.done() == ()
    with pytest.raises(ConfigError, match=f"is {status}, not done.*out of memory"):
        results.trained(RUN)


def test_a_table_that_is_not_there_has_no_rows(results: ResultStore) -> None:
    assert results.read(RUN, THRESHOLDS).is_empty()


def test_a_data_set_s_rows_are_replaced_and_the_others_kept(results: ResultStore) -> None:
    results.replace_dataset(RUN, METRICS, rows("nih", 0.6), "nih")
    results.replace_dataset(RUN, METRICS, rows("padchest", 0.8), "padchest")
    results.replace_dataset(RUN, METRICS, rows("nih", 0.7), "nih")
    found = results.read(RUN, METRICS)
    assert dict(zip(found["dataset"], found["value"], strict=True)) == {"nih": 0.7, "padchest": 0.8}

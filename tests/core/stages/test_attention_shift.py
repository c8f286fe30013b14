from typing import Any

import polars as pl
import pytest

from core.errors import DataError
from core.findings import FINDINGS
from core.records import RunRecord, RunStatus
from core.specs import RunSpec
from core.stages.attention_shift import attention_shift
from core.store import ResultStore
from core.tables import LOCALISATION, METRICS

SPEC = RunSpec(source="home", backbone="resnet50")
AUROC = {"home": (0.9, 0.8, 0.8, 0.7, 0.9), "away": (0.8, 0.75, 0.6, 0.7, None)}
ENERGY = {"home": (0.5, 0.4, 0.6, 0.3, 0.2), "away": (0.3, 0.35, 0.2, 0.3, 0.2)}


@pytest.fixture
def results(tmp_path_factory: pytest.TempPathFactory) -> ResultStore:
    store = ResultStore(tmp_path_factory.mktemp("shift"))
    store.write_record(RunRecord(spec=SPEC, status=RunStatus.DONE))
    counts = {"n": 9, "n_undefined": 0, "n_patients": 9, "n_resamples": 0}
    scored: list[dict[str, Any]] = []
    looked: list[dict[str, Any]] = []
    for name in AUROC:
        for finding, auroc, energy in zip(FINDINGS, AUROC[name], ENERGY[name], strict=False):
            shared = {"dataset": name, "split": "test", "finding": str(finding)}
            scored.append(
                shared
                | {"subgroup": "all", "weighting": "none", "metric": "auroc"}
                | {"target_use": "none", "value": auroc, "n": 9}
            )
            looked.append(
                shared
                | {"method": "gradcam", "is_baseline": False, "grid": "common", "gate": "all"}
                | {"metric": "energy_of_ceiling", "target_use": "none", "value": energy}
                | counts
            )
    store.write(SPEC.run_id, METRICS, pl.DataFrame(scored, METRICS.schema))
    store.write(SPEC.run_id, LOCALISATION, pl.DataFrame(looked, LOCALISATION.schema))
    return store


def test_attention_that_follows_auroc_has_a_rank_correlation_of_one(results: ResultStore) -> None:
    shift = attention_shift(results, SPEC.run_id, "home", "away")

    assert shift.rank_correlation == pytest.approx(1)
    assert shift.rows["auroc_change"].to_list() == pytest.approx([-0.1, -0.05, -0.2, 0.0])
    assert shift.rows["attention_change"].to_list() == pytest.approx([-0.2, -0.05, -0.4, 0.0])


def test_a_finding_without_auroc_on_one_side_is_left_out(results: ResultStore) -> None:
    shift = attention_shift(results, SPEC.run_id, "home", "away")

    assert shift.rows["finding"].to_list() == [str(finding) for finding in FINDINGS[:4]]


def test_no_change_at_all_has_no_correlation(results: ResultStore) -> None:
    assert attention_shift(results, SPEC.run_id, "home", "home").rank_correlation is None


def test_a_data_set_that_was_never_localised_is_one_sentence(results: ResultStore) -> None:
    with pytest.raises(DataError, match="has no such rows for elsewhere; run: cxr eval"):
        attention_shift(results, SPEC.run_id, "home", "elsewhere")

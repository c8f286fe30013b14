from typing import Any

import polars as pl
import pytest

from core.records import RunRecord, RunStatus
from core.report.attention import attention_columns
from core.specs import RunSpec
from core.store import ResultStore
from core.tables import AGREEMENT, LOCALISATION, POOLED

SPECS = tuple(RunSpec(source="home", backbone="resnet50", seed=seed) for seed in range(4))
IDS = tuple(spec.run_id for spec in SPECS)
COUNTS = {"n": 48, "n_undefined": 0, "n_patients": 41, "n_resamples": 1000}
SURE = COUNTS | {"ci_low": 0.1, "ci_high": 0.6}
PLACE = {"dataset": "away", "split": "test", "finding": POOLED}


def localised(value: float, method: str = "gradcam", **other: object) -> dict[str, Any]:
    row = PLACE | SURE | {"grid": "common", "gate": "all", "metric": "pointing_game"}
    own = {"method": method, "is_baseline": method != "gradcam", "target_use": "none"}
    return row | own | {"value": value} | other


def agreed(other: str, value: float | None, **changed: object) -> dict[str, Any]:
    row = PLACE | SURE | {"method": "gradcam", "comparison": "models", "metric": "spearman"}
    return row | {"other": other, "value": value} | changed


@pytest.fixture
def results(tmp_path_factory: pytest.TempPathFactory) -> ResultStore:
    store = ResultStore(tmp_path_factory.mktemp("attention"))
    for spec in SPECS:
        store.write_record(RunRecord(spec=spec, status=RunStatus.DONE))
    rows = [
        localised(0.31),
        localised(0.99, grid="native"),
        localised(0.98, gate="true-positives"),
        localised(0.97, finding="Mass"),
        localised(0.96, dataset="elsewhere"),
        localised(0.12, metric="energy"),
        localised(0.42, method="mean_box"),
        localised(0.22, method="centre"),
    ]
    store.write(IDS[0], LOCALISATION, pl.DataFrame(rows, LOCALISATION.schema))
    pairs = [
        agreed(IDS[1], 0.2, ci_low=0.15),
        agreed(IDS[2], 0.7),
        agreed(IDS[3], 0.4, comparison="resamples", ci_low=0.35),
        agreed("a-run-that-is-not-shown", 0.21),
        agreed("shift", 0.9, comparison="perturbation"),
        agreed(IDS[1], 0.9, metric="top_decile_iou"),
        agreed(IDS[1], 0.95, method="rollout"),
    ]
    store.write(IDS[0], AGREEMENT, pl.DataFrame(pairs, AGREEMENT.schema))
    return store


def test_the_hit_rate_is_that_of_all_pooled_maps_on_the_common_grid(results: ResultStore) -> None:
    row = attention_columns(results, IDS, "away").row(0, named=True)

    assert (row["hit_rate"], row["hit_rate_low"], row["hit_rate_high"]) == (0.31, 0.1, 0.6)
    assert (row["hit_rate_n"], row["hit_rate_baseline"], row["energy"]) == (48, 0.42, 0.12)


@pytest.mark.parametrize(
    ("shown", "value", "low", "other"),
    [(4, 0.4, 0.35, IDS[3]), (3, 0.2, 0.15, IDS[1]), (2, 0.2, 0.15, IDS[1])],
)
def test_the_agreement_is_that_of_the_median_pair_of_the_runs_shown(
    results: ResultStore, shown: int, value: float, low: float, other: str
) -> None:
    row = attention_columns(results, IDS[:shown], "away").row(0, named=True)

    assert (row["agreement"], row["agreement_low"], row["agreement_n"]) == (value, low, 48)
    assert row["agreement_with"] == other


def test_what_was_not_measured_is_null(results: ResultStore) -> None:
    frame = attention_columns(results, IDS, "away")

    assert frame["run_id"].to_list() == list(IDS)
    assert all(value is None for value in frame.row(1)[1:])
    assert frame.row(1) == attention_columns(results, IDS, "elsewhere", "val").row(1)

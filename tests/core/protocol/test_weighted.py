"""Weightings of a target: each against its closed form on the weighted images."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from core.findings import FINDINGS
from core.protocol.weighted import MATCHED_ON, prevalences
from core.roles import NOT_SCORED
from core.stages import evaluate
from core.stages.evaluate import EvaluateRequest
from core.tables import MATCHINGS, METRICS, PREDICTIONS
from tests.fixtures.imported_runs import AWAY, HOME, Places, add_run, build

MASS = FINDINGS.index("Mass")


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    built = build(tmp_path_factory.mktemp("weighted"), 240)
    add_run(built, "run", 1.0)
    request = EvaluateRequest(subgroups=False)
    evaluate.run("run", AWAY, built.data, built.results, 20, request)
    return built


def value(places: Places, weighting: str, metric: str) -> tuple[float, str]:
    rows = places.results.read("run", METRICS).filter(
        dataset=AWAY, finding="Mass", weighting=weighting, metric=metric
    )
    row = rows.filter(rows["policy"].is_null()).row(0, named=True)
    return row["value"], row["target_use"]


def mass(places: Places) -> tuple[np.ndarray, np.ndarray]:
    labels = places.data.dataset(AWAY).manifest["Mass"].to_numpy()
    return labels, places.results.read("run", PREDICTIONS, AWAY)["Mass"].to_numpy()


def test_prevalence_is_that_of_source_test(places: Places) -> None:
    labels, scores = mass(places)
    home = places.data.dataset(HOME).manifest.filter(split="test")["Mass"].to_numpy()
    share, own = (home == 1).mean(), (labels == 1).mean()
    weights = np.where(labels == 1, share / own, (1 - share) / (1 - own))
    expected = average_precision_score(labels, scores, sample_weight=weights)
    found, use = value(places, "prevalence", "average_precision")
    assert found == pytest.approx(expected, abs=1e-9)
    assert use == "none"


@pytest.mark.parametrize("weighting", MATCHED_ON)
def test_a_matched_target_has_the_source_s_mix(places: Places, weighting: str) -> None:
    labels, scores = mass(places)
    if weighting == "matched:view":
        here = places.data.dataset(AWAY).manifest["view"].to_numpy()
        home = places.data.dataset(HOME).manifest.filter(split="test")["view"].to_numpy()
        weights = np.array([(home == each).mean() / (here == each).mean() for each in here])
        expected = roc_auc_score(labels, scores, sample_weight=weights)
        assert value(places, weighting, "auroc")[0] == pytest.approx(expected, abs=1e-9)
    row = places.results.read("run", MATCHINGS).filter(weighting=weighting).row(0, named=True)
    assert 0 < row["effective_n"] <= row["n"] <= 240
    assert 0 <= row["unsupported_source"] < 1


def test_probabilities_at_the_true_prevalence_use_labels_and_calibrate_better(
    places: Places,
) -> None:
    raw = value(places, "none", "brier")
    true, estimated = (
        value(places, f"prior-shift:{how}", "brier") for how in ("true", "estimated")
    )
    labels, scores = mass(places)
    assert raw[0] == pytest.approx(brier_score_loss(labels, scores.astype(float)), abs=1e-6)
    assert (raw[1], true[1], estimated[1]) == ("none", "labels", "unlabelled")
    assert true[0] != raw[0]


def test_ranks_do_not_move_with_prevalence_so_they_are_not_told_again(places: Places) -> None:
    rows = places.results.read("run", METRICS)
    shifted = rows.filter(rows["weighting"].str.starts_with("prior-shift"))
    assert not {"auroc", "average_precision", "f1"} & set(shifted["metric"])
    assert "auroc" not in set(rows.filter(weighting="prevalence")["metric"])


def test_only_the_target_is_weighted(places: Places) -> None:
    rows = places.results.read("run", METRICS)
    assert set(rows.filter(dataset=HOME)["weighting"]) == {"none"}
    add_run(places, "alone", 1.0, source=None, datasets=(AWAY,))
    alone = evaluate.run("alone", AWAY, places.data, places.results, 0)
    assert set(alone["weighting"]) == {"none"}


def test_a_prevalence_needs_both_classes() -> None:
    labels = np.zeros((4, 14), np.int8)
    labels[0, 0] = labels[:, 1] = 1
    labels[2:, 0] = NOT_SCORED
    shares = prevalences(labels)
    assert shares[0] == 0.5
    assert shares[1] is shares[2] is None

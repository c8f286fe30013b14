"""Methods over their trainings, against the formula worked out apart."""

from pathlib import Path
from statistics import stdev

import numpy as np
import pytest

from core.errors import ConfigError
from core.findings import Finding
from core.metrics.compare import Estimate
from core.records import RunRecord, RunStatus
from core.report.estimates import Asked, Counted, FindingEstimate, RunEstimates
from core.report.methods import compare_methods, flat, trainings_of
from core.report.spread import Over, Training, spread
from core.specs import RunSpec
from core.store import ResultStore

MACRO = ("macro", "auroc", None)
VALUES = {"a0": 0.80, "a1": 0.82, "a2": 0.78, "b0": 0.70, "b1": 0.74}


def record(seed: int = 0, resample: int | None = None, loss: str = "bce") -> RunRecord:
    spec = RunSpec(source="home", backbone="resnet50", loss=loss, seed=seed, resample=resample)
    return RunRecord(spec=spec, status=RunStatus.DONE)


def estimates(value: float, seed: int) -> RunEstimates:
    replicates = (value + np.random.default_rng(seed).normal(0, 0.01, 500)).astype(np.float32)
    found = FindingEstimate(Estimate(value, replicates), Counted(100, 10, 50))
    return RunEstimates({Finding.MASS: found}, frozenset({"i"}))


def test_a_spread_is_over_seeds_or_over_resamples_and_never_over_both() -> None:
    trainings = [
        Training(record(seed=0), MACRO, 0.80),
        Training(record(seed=1), MACRO, 0.84),
        Training(record(resample=0), MACRO, 0.70),
        Training(record(resample=1), MACRO, 0.72),
        Training(record(resample=2), MACRO, 0.77),
        Training(record(loss="focal"), MACRO, 0.60),
    ]
    seeds, resamples, alone = spread(trainings)
    assert (seeds.over, seeds.num_trainings, seeds.mean) == (Over.SEEDS, 2, pytest.approx(0.82))
    assert seeds.sd == pytest.approx(stdev([0.80, 0.84]))
    assert (resamples.over, resamples.num_trainings) == (Over.RESAMPLES, 3)
    assert resamples.sd == pytest.approx(stdev([0.70, 0.72, 0.77]))
    assert (alone.num_trainings, alone.sd) == (1, None)


def test_averages_over_different_findings_have_a_spread_each() -> None:
    trainings = [Training(record(0), "macro@14", 0.8), Training(record(1), "macro@7:ab12", 0.9)]
    assert [each.mean for each in spread(trainings)] == [0.8, 0.9]


def test_the_trainings_of_a_method_are_found_by_any_of_them(tmp_path: Path) -> None:
    results = ResultStore(tmp_path)
    seeds = [record(seed=seed) for seed in range(3)]
    resamples = [record(resample=number) for number in range(2)]
    running = record(seed=9).model_copy(update={"status": RunStatus.RUNNING})
    for each in (*seeds, *resamples, running, record(loss="focal")):
        results.write_record(each)
    for each in (seeds[1], resamples[0]):
        found = trainings_of(results, each.run_id, Over.SEEDS)
        assert set(found) == {seed.run_id for seed in seeds}
    found = trainings_of(results, seeds[0].run_id, Over.RESAMPLES)
    assert set(found) == {each.run_id for each in resamples}
    with pytest.raises(ConfigError, match="no training of its method is done that differs in"):
        trainings_of(results, record(loss="focal").run_id, Over.RESAMPLES)


def test_a_difference_of_methods_adds_the_variance_of_their_trainings() -> None:
    runs = {name: estimates(value, seed) for seed, (name, value) in enumerate(VALUES.items())}
    methods = {"a0": ("a0", "a1", "a2"), "b0": ("b0", "b1")}
    assert flat(methods) == tuple(VALUES)
    found = compare_methods(Asked("away"), Over.SEEDS, methods, runs).pairs["a0", "b0"]
    drawn = {
        name: run.findings[Finding.MASS].estimate.replicates.astype(np.float64)
        for name, run in runs.items()
    }
    means = [np.mean([drawn[each] for each in trained], axis=0) for trained in methods.values()]
    patients = np.std(means[0] - means[1], ddof=1)
    trainings = sum(stdev([VALUES[e] for e in each]) ** 2 / len(each) for each in methods.values())
    assert found.value == pytest.approx(0.80 - 0.72)
    assert found.se == pytest.approx(np.sqrt(patients**2 + trainings), rel=1e-6)
    assert found.speaks_of == "this method"


def test_one_training_speaks_of_these_trained_models() -> None:
    runs = {name: estimates(VALUES[name], seed) for seed, name in enumerate(("a0", "b0", "b1"))}
    methods = {"a0": ("a0",), "b0": ("b0", "b1")}
    found = compare_methods(Asked("away"), Over.SEEDS, methods, runs).pairs["a0", "b0"]
    assert found.speaks_of == "these trained models"


def test_two_trainings_of_one_method_are_no_two_methods() -> None:
    runs = {name: estimates(VALUES[name], 0) for name in ("a0", "a1")}
    methods = {"a0": ("a0", "a1"), "a1": ("a0", "a1")}
    with pytest.raises(ConfigError, match="a0 and a1 are trainings of one method"):
        compare_methods(Asked("away"), Over.SEEDS, methods, runs)

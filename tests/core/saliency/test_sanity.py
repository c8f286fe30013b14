import numpy as np
import pytest
import timm
import torch
from torch import nn

from core.metrics.bootstrap import PatientBootstrap
from core.models.adapter import Adapter
from core.models.classifier import Classifier, num_features
from core.saliency.sanity import CASCADE, FULL, randomised, sanity_estimate
from tests.fixtures.classifiers import frozen

PATIENTS = np.array([f"p{k}" for k in range(30)])


def classifier(seed: int, with_adapter: bool = False) -> Classifier:
    torch.manual_seed(seed)
    backbone = timm.create_model("test_resnet", num_classes=0)
    adapter = Adapter(num_features(backbone)) if with_adapter else None
    if adapter is not None:
        nn.init.normal_(adapter.outer.weight)
    return frozen(Classifier(backbone, adapter=adapter))


def shares_of(model: Classifier, other: Classifier) -> list[bool]:
    """For each of the backbone's tensors, whether it equals the other's."""
    theirs = other.backbone.state_dict()
    return [torch.equal(mine, theirs[name]) for name, mine in model.backbone.state_dict().items()]


@pytest.mark.parametrize(("step", "share"), CASCADE.items())
def test_a_step_randomises_from_the_head_downwards(step: str, share: float) -> None:
    trained, fresh = classifier(0), classifier(1)

    changed = randomised(trained, fresh, share)

    is_fresh, is_trained = shares_of(changed, fresh), shares_of(changed, trained)
    first = len(is_fresh) - round(share * len(is_fresh))
    assert all(is_trained[:first])
    assert all(is_fresh[first:])
    assert all(is_trained) is (step == "head")
    assert torch.equal(changed.head.weight, fresh.head.weight)


def test_after_the_last_step_nothing_is_left_of_the_trained_model() -> None:
    trained, fresh = classifier(0, with_adapter=True), classifier(1, with_adapter=True)
    pixels = torch.randint(0, 255, (2, 64, 64), dtype=torch.uint8)

    changed = randomised(trained, fresh, CASCADE[FULL])

    torch.testing.assert_close(changed(pixels), fresh(pixels))
    assert (changed(pixels) - trained(pixels)).abs().max() > 0.01


def test_the_trained_model_is_not_changed() -> None:
    trained, fresh = classifier(0), classifier(1)

    randomised(trained, fresh, 1.0)

    assert all(shares_of(trained, classifier(0)))


@pytest.mark.parametrize(
    ("median", "flag"), [(0.29, None), (0.31, "insensitive"), (-0.9, None), (1.0, "insensitive")]
)
def test_maps_that_stay_alike_are_flagged(median: float, flag: str | None) -> None:
    same, chance = np.full(30, median), np.full(30, 0.2)

    estimate, level = sanity_estimate(same, chance, PatientBootstrap(PATIENTS, 0, 20), True)

    assert estimate.value == pytest.approx(median)
    assert level == pytest.approx(0.2)
    assert estimate.flag == flag


def test_a_partial_step_is_not_judged() -> None:
    bootstrap = PatientBootstrap(PATIENTS, 0, 20)

    assert sanity_estimate(np.ones(30), np.zeros(30), bootstrap, False)[0].flag is None


def test_the_median_and_its_interval_are_over_defined_maps_by_patient() -> None:
    same = np.random.default_rng(0).normal(size=30)
    same[:3] = np.nan
    bootstrap = PatientBootstrap(PATIENTS, 0, 200)

    estimate, _ = sanity_estimate(same, np.zeros(30), bootstrap, True)

    medians = [
        np.median(np.repeat(same[3:], weights[3:]))
        for counts in bootstrap.chunks(200)
        for weights in bootstrap.image_weights(counts).T
    ]
    assert estimate.value == pytest.approx(np.median(same[3:]))
    assert estimate.ci_low == pytest.approx(np.quantile(medians, 0.025))
    assert (estimate.n, estimate.n_undefined) == (27, 3)


def test_maps_that_are_all_constant_are_null() -> None:
    nothing = np.full(30, np.nan)

    estimate, _ = sanity_estimate(nothing, np.zeros(30), PatientBootstrap(PATIENTS, 0, 9), True)

    assert (estimate.value, estimate.n, estimate.flag) == (None, 0, "nothing-to-score")

from core.bench.grid import PRESETS, ArmSpec, GridSpec, cells
from core.specs import LabelSpec
from core.training.sharing import sharing_features

GRID = GridSpec(
    backbones=("resnet50", "efficientnet_b0"), arms=(ArmSpec(), ArmSpec(loss="focal")), seeds=2
)


def test_runs_on_the_same_features_are_together_and_tuned_ones_alone() -> None:
    assert [len(job) for job in sharing_features(cells(GRID, "mimic"))] == [4, 4]
    random = GRID.model_copy(update={"weights": "random"})
    assert [len(job) for job in sharing_features(cells(random, "mimic"))] == [2, 2, 2, 2]
    preset = PRESETS["ai4sd"].model_copy(update={"seeds": 5, "resample_train": 3})
    sizes = [len(job) for job in sharing_features(cells(preset, "mimic"))]
    assert sizes == [8, 1, 1, 1, 1, 1] * 3


def test_runs_that_read_labels_otherwise_are_apart() -> None:
    (spec,) = cells(GridSpec(backbones=("resnet50",), arms=(ArmSpec(),)), "mimic")
    other = spec.model_copy(update={"labels": LabelSpec(uncertain="one")})
    later = spec.model_copy(update={"seed": 1, "loss": "focal"})
    assert sharing_features([spec, other, later]) == ((spec, later), (other,))

"""What a grid holds, and what is wrong with one."""

from collections import Counter

import pytest

from core.bench.grid import PRESETS, STUDY_BACKBONES, ArmSpec, GridSpec, cells
from core.errors import DataError
from core.losses.registry import LOSSES
from core.specs import ImageSpec, TuneSpec


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_the_study_s_setting_on_its_backbones(name: str) -> None:
    specs = cells(PRESETS[name], "mimic")
    assert {spec.backbone for spec in specs} == set(STUDY_BACKBONES)
    for spec in specs:
        assert (spec.image.size, spec.batch_size, spec.epochs) == (224, 128, 10)
        assert (spec.weights, spec.seed, spec.resample) == ("imagenet", 0, None)
        if spec.tuning:
            assert (spec.tuning.epochs, spec.tuning.batch_size) == (10, 128)
            assert spec.tuning.warmup_epochs == 1
            is_vit = spec.backbone == "vit_base_patch16_224"
            assert spec.tuning.learning_rate == (3e-5 if is_vit else 1e-4)
        if spec.contrastive:
            assert (spec.contrastive.temperature, spec.contrastive.projection) == (0.1, 128)


def test_the_study_compared_a_frozen_with_a_tuned_backbone() -> None:
    labels = Counter(spec.label for spec in cells(PRESETS["ai4sd"], "mimic"))
    assert labels == {"BCE · frozen": 3, "SupCon · tuned": 3}


def test_the_matched_grid_has_both_losses_on_equally_tuned_backbones() -> None:
    specs = cells(PRESETS["ai4sd-matched"], "mimic")
    of_arm = {spec.label: spec.tuning for spec in specs if spec.backbone == "resnet50"}
    assert set(of_arm) == {"BCE · frozen", "BCE · tuned", "SupCon · tuned"}
    assert of_arm["BCE · tuned"] == of_arm["SupCon · tuned"]


def test_seeds_are_of_every_arm_and_resamples_of_frozen_ones_alone() -> None:
    grid = PRESETS["ai4sd"].model_copy(update={"seeds": 5, "resample_train": 20})
    specs = [spec for spec in cells(grid, "mimic") if spec.backbone == "resnet50"]
    drawn = Counter((spec.label, spec.resample is None) for spec in specs)
    expected = {("BCE · frozen", True): 5, ("BCE · frozen", False): 20, ("SupCon · tuned", True): 5}
    assert drawn == expected
    assert {spec.seed for spec in specs if spec.resample is not None} == {0}
    assert len({spec.run_id for spec in specs}) == 30


@pytest.mark.parametrize("loss", LOSSES)
def test_an_arm_needs_only_the_name_of_its_loss(loss: str) -> None:
    (spec,) = cells(GridSpec(backbones=("resnet50",), arms=(ArmSpec(loss=loss),)), "mimic")
    assert (spec.contrastive is not None) == LOSSES[loss].representation
    assert (spec.tuning is not None) == LOSSES[loss].representation


def test_settings_and_weights_reach_their_cells() -> None:
    grid = GridSpec(
        backbones=("resnet50", "efficientnet_lite0"),
        arms=(ArmSpec(tune="last", tuning=TuneSpec(learning_rate=0.5)),),
        weights_of={"efficientnet_lite0": "offline"},
        image=ImageSpec(size=64),
        first_seed=7,
        num_threads=2,
    )
    specs = {spec.backbone: spec for spec in cells(grid, "mimic")}
    assert specs["resnet50"].weights == "imagenet"
    assert specs["efficientnet_lite0"].weights == "offline"
    for spec in specs.values():
        assert (spec.source, spec.image.size, spec.seed, spec.num_threads) == ("mimic", 64, 7, 2)
        assert spec.tuning
        assert spec.tuning.learning_rate == 0.5


def test_all_unknown_names_are_told_at_once_with_the_nearest() -> None:
    grid = GridSpec(
        backbones=("resnet5",), arms=(ArmSpec(loss="bse"), ArmSpec()), weights_of={"vit": "random"}
    )
    with pytest.raises(DataError) as caught:
        cells(grid, "mimic")
    assert len(caught.value.problems) == 3
    first, second, third = list(caught.value.problems)
    assert first.startswith("backbones: Unknown backbone 'resnet5'")
    assert first.endswith("Did you mean 'resnet50'?")
    assert second.startswith("weights_of: Unknown backbone 'vit'")
    assert third.startswith("arms[0].loss: Unknown loss 'bse'")


def test_all_arms_that_contradict_themselves_are_told_at_once() -> None:
    frozen = ArmSpec(loss="bce", tune="none", tuning=TuneSpec(epochs=3))
    split = ArmSpec(loss="supcon", tuning=TuneSpec(accumulate=2))
    with pytest.raises(DataError) as caught:
        cells(GridSpec(backbones=("resnet50",), arms=(frozen, ArmSpec(), split)), "mimic")
    assert [problem[:7] for problem in caught.value.problems] == ["arms[0]", "arms[2]"]


def test_the_same_cell_twice_is_refused() -> None:
    with pytest.raises(DataError, match="stands in the grid twice"):
        cells(GridSpec(backbones=("resnet50",), arms=(ArmSpec(), ArmSpec(tune="none"))), "mimic")

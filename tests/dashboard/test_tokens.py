from core.losses.registry import LOSSES as TRAINED_LOSSES
from core.models.backbones import BACKBONES as MODELS
from core.specs import RunSpec, TuneSpec
from dashboard import tokens
from dashboard.tokens import token


def test_every_backbone_has_a_colour_and_the_title_of_its_model() -> None:
    titles = {name: tokens.BACKBONES[name].title for name in MODELS}

    assert titles == {name: spec.title for name, spec in MODELS.items()}


def test_every_loss_has_a_shape() -> None:
    assert set(TRAINED_LOSSES) <= set(tokens.LOSSES)


def test_no_two_backbones_share_a_colour_and_no_two_losses_a_shape() -> None:
    assert len({each.colour for each in tokens.BACKBONES.values()}) == len(tokens.BACKBONES)
    assert len({each.symbol for each in tokens.LOSSES.values()}) == len(tokens.LOSSES)
    assert len({each.dash for each in tokens.LOSSES.values()}) == len(tokens.LOSSES)


def test_frozen_is_hollow_and_tuned_is_filled() -> None:
    frozen = token(RunSpec(source="a", backbone="resnet50", tune="none"))
    tuned = token(RunSpec(source="a", backbone="resnet50", tune="full", tuning=TuneSpec()))

    assert (frozen.glyph, frozen.symbol) == ("○", "circle-open")
    assert (tuned.glyph, tuned.symbol) == ("●", "circle")


def test_an_unknown_backbone_keeps_its_name() -> None:
    assert token(RunSpec(source="a", backbone="convnext")).title == "convnext · BCE · frozen"


def test_random_weights_are_said_wherever_the_run_is_named() -> None:
    look = token(RunSpec(source="a", backbone="resnet50", weights="random"))

    assert look.title == "ResNet-50 · BCE · frozen · random weights"


def test_runs_that_differ_in_seed_or_resample_alone_have_names_of_their_own() -> None:
    titles = [
        token(RunSpec(source="a", backbone="resnet50", seed=seed, resample=resample)).title
        for seed, resample in ((0, None), (1, None), (0, 2))
    ]

    assert titles == [
        "ResNet-50 · BCE · frozen",
        "ResNet-50 · BCE · frozen · seed 1",
        "ResNet-50 · BCE · frozen · resample 2",
    ]

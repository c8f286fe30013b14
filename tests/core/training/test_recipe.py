from typing import Any

import pytest

from core.errors import ConfigError
from core.losses.registry import LOSSES
from core.models.backbones import BACKBONES
from core.specs import RunSpec
from core.training.recipe import check_recipe, run_spec

FIELDS: dict[str, Any] = {"source": "nih", "backbone": "resnet50"}


def recipe(
    fields: dict[str, Any] | None = None,
    tuning: dict[str, Any] | None = None,
    contrastive: dict[str, Any] | None = None,
) -> RunSpec:
    return run_spec(FIELDS | (fields or {}), tuning or {}, contrastive or {}, "options")


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("backbone", BACKBONES)
def test_every_loss_on_every_backbone_has_a_recipe(loss: str, backbone: str) -> None:
    spec = recipe({"loss": loss, "backbone": backbone})
    check_recipe(spec)
    assert (spec.tune == "full") is LOSSES[loss].representation
    assert (spec.contrastive is not None) is LOSSES[loss].representation
    if spec.tuning is not None:
        assert spec.tuning.learning_rate == BACKBONES[backbone].tuning_rate


def test_the_default_rate_is_3e_5_for_the_transformer_and_1e_4_for_the_others() -> None:
    rates = {name: row.tuning_rate for name, row in BACKBONES.items()}
    assert rates.pop("vit_base_patch16_224") == 3e-5
    assert set(rates.values()) == {1e-4}


def test_what_the_user_says_wins() -> None:
    spec = recipe(
        {"loss": "supcon", "tune": "none"},
        {"learning_rate": 0.5, "epochs": 1},
        {"temperature": 0.2},
    )
    assert spec.tuning is not None
    assert spec.contrastive is not None
    assert (spec.tune, spec.tuning.learning_rate, spec.contrastive.temperature) == (
        "none",
        0.5,
        0.2,
    )
    assert spec.tuning.warmup_epochs == 0, "one epoch has no room for a warm-up of one"


def test_defaults_are_written_out_so_that_the_run_id_covers_them() -> None:
    assert recipe({"tune": "full"}) == recipe({"tune": "full"}, {"learning_rate": 1e-4})
    assert recipe({"tune": "full"}).run_id != recipe({"tune": "full"}, {"epochs": 3}).run_id


@pytest.mark.parametrize(
    ("fields", "tuning", "contrastive", "sentence"),
    [
        ({}, {"epochs": 3}, {}, "options: epochs cannot be used: nothing is tuned"),
        ({"tune": "full"}, {}, {"temperature": 1}, "temperature cannot be used: the loss is not"),
        ({"loss": "supcom"}, {}, {}, "Did you mean 'supcon'?"),
        ({"backbone": "resnet5"}, {}, {}, "Did you mean 'resnet50'?"),
        ({"tune": "full"}, {"epochs": 0}, {}, "options: tuning: epochs: Input should be"),
        ({"loss": "supcon"}, {"accumulate": 2}, {}, "accumulate is for losses without pairs"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    fields: dict[str, Any], tuning: dict[str, Any], contrastive: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        recipe(fields, tuning, contrastive)
    assert sentence in str(caught.value)


def test_a_specification_whose_stages_do_not_fit_its_loss_is_refused() -> None:
    supcon = recipe({"loss": "supcon"})
    with pytest.raises(ConfigError, match="has no contrastive stage"):
        check_recipe(supcon.model_copy(update={"loss": "bce"}))
    with pytest.raises(ConfigError, match="needs a contrastive stage"):
        check_recipe(supcon.model_copy(update={"contrastive": None}))

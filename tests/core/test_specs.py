import pytest
from pydantic import ValidationError

from core.errors import ConfigError
from core.losses.registry import LOSSES
from core.records import RunRecord, RunStatus, WeightsRecord
from core.specs import LOSS_TITLES, ImageSpec, RunSpec, parse


def spec(**changes: object) -> RunSpec:
    return parse(RunSpec, {"source": "mimic", "backbone": "resnet50"} | changes, "options")


def test_the_same_specification_is_the_same_run() -> None:
    assert spec().run_id == spec(seed=0).run_id


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"weights": "random"},
        {"epochs": 3},
        {"image": ImageSpec(size=96)},
        {"num_threads": 2},
        {"learning_rates": (0.1,)},
    ],
)
def test_any_difference_makes_another_run(change: dict[str, object]) -> None:
    assert spec(**change).run_id != spec().run_id


def test_a_specification_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        spec().seed = 3  # pyright: ignore[reportAttributeAccessIssue]


def test_all_wrong_fields_are_named_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        spec(seed=-1, colour="red", epochs="many")
    assert all(name in str(caught.value) for name in ("options", "seed", "colour", "epochs"))


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "x" * 65])
def test_a_name_that_is_no_folder_name_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="source"):
        spec(source=name)


@pytest.mark.parametrize(("kind", "ranked"), [("offline", True), ("random", False)])
def test_runs_on_random_weights_are_never_ranked(kind: str, ranked: bool) -> None:
    weights = WeightsRecord.model_validate({"kind": kind, "origin": "x", "sha256": "0"})
    record = RunRecord(spec=spec(), status=RunStatus.DONE, weights=weights)
    assert record.ranked is ranked


def test_contaminated_weights_are_not_ranked_on_the_target_they_saw() -> None:
    weights = WeightsRecord(kind="file", origin="densenet121-res224-nih", sha256="0")
    sentence = "These weights saw ChestX-ray14."
    record = RunRecord(
        spec=spec(), status=RunStatus.DONE, weights=weights, contaminated={"nih": sentence}
    )
    assert record.why_not_ranked("nih") == sentence
    assert record.why_not_ranked("padchest") is None


TUNED = {"tune": "full", "tuning": {}}
CONTRASTIVE = {"loss": "supcon", "tuning": {}, "contrastive": {}}


@pytest.mark.parametrize(
    ("fields", "label"),
    [
        ({}, "BCE · frozen"),
        ({"loss": "asymmetric"}, "Asymmetric · frozen"),
        (TUNED, "BCE · tuned"),
        (TUNED | {"tune": "last"}, "BCE · last block tuned"),
        (CONTRASTIVE | {"tune": "full"}, "SupCon · tuned"),
        (CONTRASTIVE, "SupCon · adapter"),
    ],
)
def test_a_run_is_called_by_its_loss_and_what_was_trained(
    fields: dict[str, object], label: str
) -> None:
    assert spec(**fields).label == label


def test_every_loss_has_a_short_title() -> None:
    assert set(LOSS_TITLES) == set(LOSSES)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"tune": "full"}, "options: tuning is missing"),
        ({"loss": "supcon", "contrastive": {}}, "options: tuning is missing"),
        ({"tuning": {}}, "options: tuning is given, but tune is none"),
        (TUNED | {"resample": 1}, "resample is for heads on a frozen backbone"),
        (CONTRASTIVE | {"tuning": {"accumulate": 2}}, "tuning.accumulate is for losses without"),
        ({"tune": "full", "tuning": {"warmup_epochs": 10}}, "tuning: warmup_epochs is 10 of 10"),
        ({"tune": "full", "tuning": {"clip": 1}}, "tuning.clip: Extra inputs"),
        (CONTRASTIVE | {"contrastive": {"temperature": 0}}, "contrastive.temperature: Input"),
        (CONTRASTIVE | {"tuning": {"augment": {"mirror": True}}}, "augment.mirror: Extra inputs"),
    ],
)
def test_stages_that_do_not_fit_are_refused(fields: dict[str, object], sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        spec(**fields)
    assert sentence in str(caught.value)

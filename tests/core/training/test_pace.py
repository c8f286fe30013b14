"""The time of a forward pass on this machine, measured once."""

from pathlib import Path

import pytest

from core.errors import DataError
from core.specs import RunSpec
from core.training import pace
from core.training.pace import forward_seconds
from tests.fixtures.training import IMAGE, add_tiny_backbones

SPEC = RunSpec(source="mimic", backbone="test_resnet", image=IMAGE)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    add_tiny_backbones(monkeypatch)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "cxr-bench" / "forward_seconds.json"


@pytest.fixture
def rates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Successive measurements find 50 and 20 images a second, and no third one is made."""
    found = iter((50.0, 20.0))

    def next_rate(*given: object) -> float:
        return next(found)

    monkeypatch.setattr(pace, "images_per_second", next_rate)


def test_it_is_that_of_one_image_and_above_nothing() -> None:
    assert 0 < forward_seconds(SPEC) < 10


@pytest.mark.usefixtures("rates")
def test_a_backbone_is_timed_once_for_each_way_of_forwarding_it() -> None:
    assert [forward_seconds(SPEC) for _ in range(2)] == [1 / 50, 1 / 50]
    in_bf16 = SPEC.model_copy(update={"precision": "bf16"})
    assert [forward_seconds(in_bf16), forward_seconds(SPEC)] == [1 / 20, 1 / 50]


def test_weights_and_losses_do_not_matter_for_it() -> None:
    other = SPEC.model_copy(update={"weights": "random", "loss": "focal", "seed": 3})
    assert forward_seconds(other) == forward_seconds(SPEC)


def test_a_damaged_file_is_named(cache: Path) -> None:
    cache.parent.mkdir()
    cache.write_text('{"a": ')
    with pytest.raises(DataError, match="forward_seconds.json: cannot be read; remove it"):
        forward_seconds(SPEC)

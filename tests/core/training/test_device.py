"""What a GPU would do differently, as far as a CPU can tell."""

import numpy as np
import pytest
import torch

from core.training import device
from core.training.device import DeviceImages, reproducible


def test_convolutions_are_whole_fp32_and_settings_are_put_back() -> None:
    before = torch.backends.cudnn.allow_tf32, torch.get_num_threads()
    with reproducible(1):
        assert not torch.backends.cudnn.allow_tf32
        assert torch.are_deterministic_algorithms_enabled()
        assert torch.get_num_threads() == 1
    assert (torch.backends.cudnn.allow_tf32, torch.get_num_threads()) == before
    assert not torch.are_deterministic_algorithms_enabled()


def _always(_: DeviceImages) -> bool:
    return True


def test_images_that_lie_on_the_device_are_the_same_images(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (11, 4, 4), np.uint8)
    rows = np.array([10, 0, 4, 3])
    monkeypatch.setattr(device, "PIECE", 4)
    monkeypatch.setattr(DeviceImages, "_fits", _always)
    images = DeviceImages(pixels, torch.device("cpu"))
    assert images.resident is not None
    assert torch.equal(images.batch(rows), torch.from_numpy(pixels[rows]))

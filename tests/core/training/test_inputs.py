import numpy as np
import torch

from core.specs import AugmentSpec
from core.training.device import DeviceImages
from core.training.inputs import ImageViews, KeptViews
from tests.fixtures.training import tiny_model

CPU = torch.device("cpu")


def test_kept_views_are_two_different_ones_of_the_same_image() -> None:
    rows = np.array([4, 1, 7, 2])
    # A feature says which view and which row it is of.
    kept = [np.stack([np.full(9, view), np.arange(9)], 1).astype(np.float32) for view in range(4)]
    inputs = KeptViews(kept, rows, seed=0, device=CPU)
    pairs: set[tuple[float, float]] = set()
    for epoch in range(60):
        first, second = inputs.views(np.array([2, 0]), epoch).numpy().reshape(2, 2, 2)
        assert first[:, 1].tolist() == second[:, 1].tolist() == [7, 4]
        assert (first[:, 0] != second[:, 0]).all()
        pairs |= set(zip(first[:, 0].tolist(), second[:, 0].tolist(), strict=True))
    assert len(pairs) == 12


def test_kept_views_do_not_depend_on_the_batch() -> None:
    kept = [np.random.default_rng(view).random((9, 3), np.float32) for view in range(3)]
    inputs = KeptViews(kept, np.arange(9), seed=0, device=CPU)
    together, alone = inputs.views(np.arange(9), 5), inputs.views(np.array([3]), 5)
    assert torch.equal(together[[3, 12]], alone)


def test_image_views_come_view_by_view_as_the_backbone_wants_them() -> None:
    model = tiny_model("test_resnet")
    pixels = np.random.default_rng(0).integers(0, 256, (5, 32, 32), np.uint8)
    images, rows = DeviceImages(pixels, CPU), np.array([3, 0, 4])
    still = AugmentSpec(rotation_degrees=0, shift=0, min_crop_scale=1, exposure=0, noise=0)
    views = ImageViews(images, rows, still, 0, 2, model).views(np.array([2, 1]), epoch=0)
    expected = model.normalised(torch.from_numpy(pixels[[4, 0, 4, 0]]))
    torch.testing.assert_close(views, expected, rtol=0, atol=1e-5)
    assert views.is_contiguous(memory_format=torch.channels_last)

"""Localisation against a literal computation per image, and cases whose answer is known."""

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.nn import functional

from core.saliency.localisation import LOCALISATION_METRICS, Localised, cross_fitted, localise
from core.saliency.raster import RASTER, positive
from core.saliency.render import Frame

RNG = np.random.default_rng(11)
BOX = Frame(0.25, 0.5, 0.25, 0.25)
AREA = BOX.width * BOX.height


def one(native: NDArray[np.floating], *boxes: Frame) -> dict[str, float]:
    scored = localise(positive(native)[None], [boxes or (BOX,)])
    return {name: float(values[0]) for name, values in scored.values.items()}


def many(num_maps: int, side: int) -> tuple[NDArray[np.float64], list[tuple[Frame, ...]]]:
    maps = RNG.normal(size=(num_maps, side, side))
    corners = RNG.uniform(0, 0.6, (num_maps, 2, 2))
    sides = RNG.uniform(0.05, 0.35, (num_maps, 2, 2))
    boxes = [
        tuple(Frame(*at, *size) for at, size in zip(corners[k], sides[k], strict=True))[: 1 + k % 2]
        for k in range(num_maps)
    ]
    return maps, boxes


def literally(native: NDArray[np.float64], boxes: tuple[Frame, ...]) -> dict[str, float]:
    """One map, pixel by pixel, upsampled by PyTorch and thresholded by OpenCV."""
    tensor = torch.from_numpy(np.maximum(native, 0))[None, None]
    picture = functional.interpolate(tensor, (RASTER, RASTER), mode="bilinear")[0, 0].numpy()
    mask, near = np.zeros((2, RASTER, RASTER), bool)
    for row in range(RASTER):
        for column in range(RASTER):
            x, y = (column + 0.5) / RASTER, (row + 0.5) / RASTER
            for box in boxes:
                across = max(box.x - x, x - box.x - box.width, 0) * RASTER
                down = max(box.y - y, y - box.y - box.height, 0) * RASTER
                mask[row, column] |= across == 0 and down == 0
                near[row, column] |= across**2 + down**2 <= 15**2
    tied = np.isclose(picture, picture.max(), rtol=1e-9, atol=0)
    grey = np.round(picture / picture.max() * 255).astype(np.uint8)
    _, otsu = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    tenth = np.sort(picture.ravel())[::-1][5018 - 1]
    top = (picture >= tenth * (1 - 1e-9)) & (picture > 0)
    ceiling = 0.0
    for cell in range(native.size):
        alone = torch.zeros(native.size, dtype=torch.float64)
        alone[cell] = 1
        spread = functional.interpolate(
            alone.reshape(1, 1, *native.shape), (RASTER, RASTER), mode="bilinear"
        )[0, 0].numpy()
        ceiling = max(ceiling, spread[mask].sum() / spread.sum())
    energy = picture[mask].sum() / picture.sum()
    return {
        "pointing_game": mask[tied].mean(),
        "pointing_game_15px": near[tied].mean(),
        "energy": energy,
        "energy_of_ceiling": energy / ceiling,
        "iou_otsu": iou(otsu.astype(bool), mask),
        "iou_top_decile": iou(top, mask),
    }


def iou(chosen: NDArray[np.bool_], mask: NDArray[np.bool_]) -> float:
    return float((chosen & mask).sum() / (chosen | mask).sum())


@pytest.mark.parametrize("side", [3, 7, 14])
def test_many_maps_at_once_equal_one_image_after_the_other(side: int) -> None:
    maps, boxes = many(4, side)

    together = localise(positive(maps), boxes).values

    for k in range(len(maps)):
        expected = literally(maps[k], boxes[k])
        for name, value in expected.items():
            assert together[name][k] == pytest.approx(value, abs=1e-6), (name, k)


def test_maps_beyond_one_chunk_keep_their_order() -> None:
    maps, boxes = many(70, 7)
    together = localise(positive(maps), boxes)

    for k in (0, 63, 64, 69):
        alone = localise(positive(maps[k : k + 1]), [boxes[k]])
        for name, values in alone.values.items():
            assert together.values[name][k] == pytest.approx(values[0], nan_ok=True)


@pytest.mark.parametrize("name", set(LOCALISATION_METRICS) - {"iou_cross_fitted"})
def test_a_uniform_map_scores_the_area_of_its_box(name: str) -> None:
    value = one(np.full((7, 7), 3.0))[name]

    if name == "energy_of_ceiling":
        assert value == pytest.approx(AREA / one(np.full((1, 1), 1.0))["energy"] * AREA, abs=0.01)
    elif name == "pointing_game_15px":
        side, margin = BOX.width * RASTER, 15
        expected = (side**2 + 4 * side * margin + np.pi * margin**2) / RASTER**2
        assert value == pytest.approx(expected, abs=1e-3)
    else:
        assert value == pytest.approx(AREA)


@pytest.mark.parametrize("name", set(LOCALISATION_METRICS) - {"iou_cross_fitted"})
def test_a_map_shifted_out_of_the_box_scores_nothing(name: str) -> None:
    native = np.zeros((14, 14))
    native[1:3, 10:12] = 1

    assert one(native)[name] == 0


def test_a_map_that_is_the_box_points_at_it_and_fills_it() -> None:
    native = np.zeros((28, 28))
    native[14:21, 7:14] = 1

    scores = one(native)

    assert scores["pointing_game"] == scores["pointing_game_15px"] == 1
    assert scores["energy"] > 0.85
    assert scores["iou_otsu"] > 0.9


def test_negative_values_count_for_nothing() -> None:
    native = RNG.normal(size=(7, 7))

    assert one(native) == one(np.maximum(native, 0))


def test_an_all_zero_map_misses_and_has_no_energy() -> None:
    scores = one(-np.ones((7, 7)))

    assert scores["pointing_game"] == scores["pointing_game_15px"] == 0
    for name in ("energy", "energy_of_ceiling", "iou_otsu", "iou_top_decile"):
        assert np.isnan(scores[name])


def test_a_map_that_does_not_exist_scores_nothing_at_all() -> None:
    scored = localise(np.full((1, 7, 7), np.nan), [(BOX,)])

    assert all(np.isnan(values[0]) for values in scored.values.values())


def test_tied_maxima_share_the_point() -> None:
    native = np.zeros((7, 7))
    native[4, 2] = native[1, 5] = 1  # one in the box, one outside

    assert one(native)["pointing_game"] == pytest.approx(0.5)


def test_a_near_miss_counts_within_fifteen_pixels() -> None:
    native = np.zeros((14, 14))
    native[8, 7] = 1  # centre at 7.5 / 14 of 224 = 120 px; the box ends at 112 px

    assert one(native)["pointing_game"] == 0
    assert one(native)["pointing_game_15px"] == 1


def test_several_boxes_count_as_their_union() -> None:
    left, right = Frame(0.2, 0.2, 0.3, 0.3), Frame(0.4, 0.2, 0.3, 0.3)
    native = RNG.uniform(size=(7, 7))

    assert one(native, left, right) == pytest.approx(one(native, Frame(0.2, 0.2, 0.5, 0.3)))


@pytest.mark.parametrize("side", [7, 14])
def test_no_map_of_a_grid_has_more_energy_inside_than_its_ceiling(side: int) -> None:
    maps, boxes = many(40, side)
    scored = localise(positive(maps), boxes)
    peaks = np.zeros_like(maps)
    peaks.reshape(40, -1)[:, RNG.integers(side * side, size=40)] = 1

    assert (scored.values["energy"] <= scored.ceiling).all()
    assert (localise(peaks, boxes).values["energy"] <= scored.ceiling + 1e-12).all()


def two_groups() -> tuple[NDArray[np.float64], NDArray[np.str_]]:
    """Twelve maps of six patients: for all of them, level 100 is best."""
    iou_at_levels = np.zeros((12, 255))
    iou_at_levels[:, 100] = np.linspace(0.3, 0.9, 12)
    return iou_at_levels, np.repeat([f"p{k}" for k in range(6)], 2)


def test_the_threshold_comes_from_other_patients() -> None:
    iou_at_levels, patients = two_groups()

    np.testing.assert_allclose(cross_fitted(iou_at_levels, patients, 0), iou_at_levels[:, 100])


def test_a_patient_does_not_choose_his_own_threshold() -> None:
    iou_at_levels, patients = two_groups()
    iou_at_levels[:2] = 0
    iou_at_levels[:2, 7] = 1

    assert (cross_fitted(iou_at_levels, patients, 0, num_folds=6)[:2] == 0).all()


def test_a_single_patient_has_no_cross_fitted_overlap() -> None:
    iou_at_levels, _ = two_groups()

    assert np.isnan(cross_fitted(iou_at_levels, np.repeat(["p"], 12), 0)).all()


def test_no_map_at_all_gives_no_scores() -> None:
    scored: Localised = localise(np.empty((0, 7, 7)), [])

    assert all(len(values) == 0 for values in scored.values.values())

import numpy as np
import pytest

from core.saliency.localisation import localise
from core.saliency.priors import BASELINES, Boxed, coverage
from core.saliency.render import Frame

BOXED = Boxed(
    boxes=[
        (Frame(0.0, 0.0, 0.5, 0.5),),
        (Frame(0.5, 0.5, 0.5, 0.5),),
        (Frame(0.5, 0.5, 0.5, 0.5),),
        (Frame(0.5, 0.0, 0.5, 0.5), Frame(0.5, 0.5, 0.5, 0.5)),
        (Frame(0.1, 0.1, 0.2, 0.2),),
    ],
    findings=np.array(["Mass", "Mass", "Mass", "Mass", "Nodule"]),
    patient_ids=np.array(["a", "a", "b", "c", "a"]),
)


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("side", [2, 7, 14])
def test_a_baseline_gives_a_map_for_each_image(name: str, side: int) -> None:
    maps = BASELINES[name].maps(BOXED, side)

    assert maps.shape == (5, side, side)
    assert (maps[:4] >= 0).all()
    assert (maps[:4].max((1, 2)) > 0).all()


@pytest.mark.parametrize("name", ["centre", "lungs"])
def test_a_fixed_baseline_is_mirror_symmetric_and_equal_for_all(name: str) -> None:
    maps = BASELINES[name].maps(BOXED, 7)

    np.testing.assert_allclose(maps, maps[:, :, ::-1], atol=1e-12)
    assert (maps == maps[0]).all()


def test_the_centre_points_at_the_middle() -> None:
    middle = [(Frame(0.4, 0.4, 0.2, 0.2),)]

    assert localise(BASELINES["centre"].maps(BOXED, 7)[:1], middle).values["pointing_game"] == 1


def test_the_lungs_hold_the_energy_of_their_map() -> None:
    both = [(Frame(0.14, 0.14, 0.3, 0.62), Frame(0.56, 0.14, 0.3, 0.62))]

    assert localise(BASELINES["lungs"].maps(BOXED, 28)[:1], both).values["energy"] > 0.85


def test_the_mean_box_is_that_of_other_patients_with_the_same_finding() -> None:
    maps = BASELINES["mean_box"].maps(BOXED, 2)

    np.testing.assert_allclose(maps[0], [[0, 0.5], [0, 1]])
    np.testing.assert_allclose(maps[2], [[1 / 3, 1 / 3], [0, 2 / 3]])
    np.testing.assert_allclose(maps[3], [[1 / 3, 0], [0, 2 / 3]])


def test_a_finding_of_one_patient_alone_has_no_mean_box() -> None:
    assert np.isnan(BASELINES["mean_box"].maps(BOXED, 7)[4]).all()


def test_overlapping_boxes_cover_a_cell_once() -> None:
    twice = [(Frame(0.0, 0.0, 1.0, 0.5), Frame(0.0, 0.0, 0.5, 1.0))]

    np.testing.assert_allclose(coverage(twice, 2), [[[1, 1], [1, 0]]])

"""The closed form against cases that can be counted by hand."""

from dataclasses import replace

import pytest

from tests.benchmarks.figures import Figure
from tests.benchmarks.simulate import (
    FORWARD,
    TARGET_TEST_IMAGES,
    Grid,
    Rates,
    disk_gigabytes,
    jobs,
    makespan,
    measured,
)


def test_one_gpu_does_everything_and_many_end_with_the_longest() -> None:
    assert makespan([3, 1, 2], 1) == 6
    assert makespan([3, 1, 2], 2) == 3
    assert makespan([3, 1, 2], 64) == 3


def test_a_cell_is_a_job_and_frozen_seeds_share_one() -> None:
    grid = Grid(seeds=2)
    assert len(jobs(grid, Rates())) == len(FORWARD) * (1 + 2 * 2)


def test_twice_the_gpu_halves_what_runs_on_it() -> None:
    idle = Rates(head_rows=1e30, evaluated_seconds=0)
    slow, fast = (jobs(Grid(), replace(idle, gpu=gpu)) for gpu in (1.0, 2.0))
    assert sum(slow) == pytest.approx(2 * sum(fast))


def test_the_images_are_a_byte_a_pixel() -> None:
    assert disk_gigabytes(Grid())["images, 224 px"] == pytest.approx(24.55, abs=0.01)


def test_what_the_cpu_does_is_taken_from_the_table_of_benchmarks() -> None:
    figures = [
        Figure("JPEG, reduced scale", "48.6 images/s", "69.3 images/s", "", "0.69", "bench_cache"),
        Figure("JPEG, Pillow in full", "1,096.3 images/s", "59 images/s", "", "2", "bench_cache"),
        Figure(
            "one run of 2,000 images, 9 rows", "47.6 s (34 s of CPU time)", "", "", "1", "bench_e"
        ),
        Figure("75 heads, 8,000 images, 4 features, 3 epochs", "together 6 s", "", "", "5", "b"),
        Figure("resnet50 14 maps", "0.11", "", "forward alone 0.10", "1.1×", "b"),
        Figure("vit 14 maps", "0.46", "", "forward alone 0.20", "2.3×", "b"),
    ]
    found = measured(figures)
    assert found == {
        "decoded": 48.6,
        "evaluated_seconds": pytest.approx(34 * TARGET_TEST_IMAGES / 2000),
        "head_rows": pytest.approx(75 * 8000 * 3 / 6),
        "map_passes": pytest.approx(2.3),
    }
    assert measured([]) == {}

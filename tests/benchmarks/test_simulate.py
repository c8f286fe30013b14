"""The closed form against cases that can be counted by hand."""

from dataclasses import replace

import pytest

from tests.benchmarks.simulate import FORWARD, Grid, Rates, disk_gigabytes, jobs, makespan


def test_one_gpu_does_everything_and_many_end_with_the_longest() -> None:
    assert makespan([3, 1, 2], 1) == 6
    assert makespan([3, 1, 2], 2) == 3
    assert makespan([3, 1, 2], 64) == 3


def test_a_cell_is_a_job_and_frozen_seeds_share_one() -> None:
    grid = Grid(seeds=2)
    assert len(jobs(grid, Rates())) == len(FORWARD) * (1 + 2 * 2)


def test_twice_the_gpu_halves_what_runs_on_it() -> None:
    idle = Rates(head_rows=1e30, evaluated_seconds=0, maps=1e30)
    slow, fast = (jobs(Grid(), replace(idle, gpu=gpu)) for gpu in (1.0, 2.0))
    assert sum(slow) == pytest.approx(2 * sum(fast))


def test_the_images_are_a_byte_a_pixel() -> None:
    assert disk_gigabytes(Grid())["images, 224 px"] == pytest.approx(24.55, abs=0.01)

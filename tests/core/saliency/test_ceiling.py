"""The most energy that a grid can put inside the boxes of the real release."""

import csv
from pathlib import Path

import numpy as np
import pytest

from core.saliency.localisation import localise
from core.saliency.render import Frame

SIDE = 1024


def boxes_of(table: Path, finding: str) -> list[list[Frame]]:
    found: dict[str, list[Frame]] = {}
    with table.open(newline="") as file:
        for row in list(csv.reader(file))[1:]:
            if row[1] == finding:
                box = Frame(*(float(cell) / SIDE for cell in row[2:6]))
                found.setdefault(row[0], []).append(box)
    return list(found.values())


@pytest.mark.real
@pytest.mark.parametrize(
    ("finding", "coarse", "fine"),
    [("Nodule", 0.13, 0.40), ("Mass", 0.46, 0.79), ("Pneumothorax", 0.58, 0.86)],
)
def test_the_ceilings_are_those_of_the_protocol(
    real_data: Path, finding: str, coarse: float, fine: float
) -> None:
    boxes = boxes_of(real_data / "nih_metadata" / "BBox_List_2017.csv", finding)

    for side, expected in ((7, coarse), (14, fine)):
        ceiling = localise(np.ones((len(boxes), side, side)), boxes).ceiling
        assert ceiling.mean() == pytest.approx(expected, abs=0.006)

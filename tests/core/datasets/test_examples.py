import polars as pl
import pytest

from core.datasets.examples import resolve
from core.findings import FINDINGS
from core.roles import NOT_SCORED
from core.specs import SCORING, LabelSpec, parse

CELLS = [1, 0, -1, -2, None]
MANIFEST = pl.DataFrame(dict.fromkeys(FINDINGS, CELLS), schema=dict.fromkeys(FINDINGS, pl.Int8))
X = NOT_SCORED


@pytest.mark.parametrize(
    ("blank", "uncertain", "expected"),
    [
        ("negative", "ignore", [1, 0, X, 0, X]),
        ("ignore", "ignore", [1, 0, X, X, X]),
        ("negative", "zero", [1, 0, 0, 0, X]),
        ("ignore", "one", [1, 0, 1, X, X]),
    ],
)
def test_blank_uncertain_and_not_annotated_are_three_things(
    blank: str, uncertain: str, expected: list[int]
) -> None:
    policy = parse(LabelSpec, {"blank": blank, "uncertain": uncertain}, "options")
    labels = resolve(MANIFEST, policy)
    assert labels.shape == (5, 14)
    assert all(column.tolist() == expected for column in labels.T)


def test_scoring_takes_blank_as_negative_and_leaves_uncertain_out() -> None:
    assert resolve(MANIFEST, SCORING)[:, 0].tolist() == [1, 0, X, 0, X]

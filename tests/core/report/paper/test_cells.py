"""Numbers as words, and what of restricted data is withheld."""

import numpy as np
import pytest

from core.report.numbers import Number
from core.report.paper.cells import (
    MIN_PATIENTS,
    cell,
    count,
    interval,
    is_small,
    value_and_interval,
    with_second,
    withheld,
)


def _number(
    value: float | None = 0.8213,
    n: int = 500,
    n_positive: int = 100,
    n_patients: int = 200,
    flag: str | None = None,
    label_set: str | None = None,
    n_labels: int = 1,
) -> Number:
    return Number(value, 0.79, 0.849, flag, label_set, n, n_positive, n_patients, n_labels)


def test_a_value_carries_its_interval_in_per_cent() -> None:
    assert cell(_number()) == "82.1 (79.0–84.9)"
    assert cell(_number(flag="thin-positives")).endswith("†")
    assert interval(-0.01, -0.02, 0.003, is_signed=True) == "−1.0 (−2.0 to +0.3)"


def test_undefined_is_a_dash_and_never_zero() -> None:
    assert cell(None) == cell(_number(None)) == cell(_number(None, n=0, n_positive=0)) == "–"


@pytest.mark.parametrize(
    ("number", "small"),
    [
        (_number(), False),
        (_number(n_patients=9), True),
        (_number(n_positive=9), True),
        (_number(n_positive=491), True),
        (_number(flag="few-positives"), True),
        (_number(flag="few-positives", label_set="macro@14", n_labels=14), False),
        (_number(n_patients=9, label_set="macro@14"), True),
        (_number(n_positive=9, label_set="macro@1"), True),
        (_number(n_positive=9, label_set="macro@14", n_labels=14), False),
        (_number(None, n=0, n_positive=0, n_patients=0), False),
    ],
)
def test_small_cells_are_withheld_where_data_are_restricted(number: Number, small: bool) -> None:
    assert is_small(number) == small
    assert (cell(number, is_closed=True) == "withheld") == small
    assert (count(number, number.n_positive, is_closed=True) == "withheld") == small
    assert "withheld" not in cell(number)


def test_what_rounds_to_zero_has_no_sign() -> None:
    assert interval(-0.0004, -0.01, 0.0004, is_signed=True) == "0.0 (−1.0 to 0.0)"
    assert interval(-0.0, None, None) == "0.0"
    assert interval(-0.1, None, None) == "−10.0"


def test_one_small_finding_takes_the_next_smallest_with_it() -> None:
    """Else the average over all findings, less the others, is the one that was withheld."""
    large = {"Edema": _number(n_positive=40), "Mass": _number(n_positive=30)}
    small = {"Hernia": _number(n_positive=3)}
    unknown = {"Nodule": _number(None, n=0, n_positive=0)}

    assert withheld([large | unknown]) == frozenset()
    assert withheld([large | small | unknown]) == {"Hernia", "Mass"}
    assert withheld([large | small | {"Fibrosis": _number(n_positive=4)}]) == {"Hernia", "Fibrosis"}
    assert withheld([small | unknown]) == {"Hernia"}


def test_the_second_is_one_that_the_same_average_covers() -> None:
    """A finding without positives has no value; a run may not predict what another does."""
    hernia, edema = {"Hernia": _number(n_positive=3)}, {"Edema": _number(n_positive=40)}
    never = {"Fibrosis": _number(None, n_positive=0)}
    mass = {"Mass": _number(n_positive=30)}

    assert withheld([hernia | edema | never]) == {"Hernia", "Edema", "Fibrosis"}
    assert withheld([hernia | edema | mass, hernia | edema]) == {"Hernia", "Mass", "Edema"}


def test_nothing_withheld_follows_from_what_is_told() -> None:
    """Whatever the sizes, either no cell of a sum is missing, or at least two are."""
    rng = np.random.default_rng(0)
    for _ in range(500):
        sizes = {f"f{k}": int(n) for k, n in enumerate(rng.integers(1, 40, 6))}
        small = {name for name, n in sizes.items() if n < MIN_PATIENTS}
        hidden = with_second(small, sizes)
        assert small <= hidden
        assert len(hidden) != 1


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("82.1 (79.0–84.9)†", ("82.1", "(79.0–84.9)†")),
        ("−1.0 (−2.0 to +0.3)", ("−1.0", "(−2.0 to +0.3)")),
        ("86,524 (28,008)", ("86,524", "(28,008)")),
        ("82.1", None),
        ("withheld", None),
        ("ResNet-50 (random weights)", None),
    ],
)
def test_a_cell_is_parted_into_its_value_and_its_interval(
    text: str, parts: tuple[str, str] | None
) -> None:
    assert value_and_interval(text) == parts

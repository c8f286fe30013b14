import pytest

from dashboard.typography import (
    count,
    decimal,
    interval,
    label_text,
    name,
    percent,
    plural,
    signed,
)


@pytest.mark.parametrize(
    ("value", "text"), [(0.7168, "71.7"), (0.0, "0.0"), (1.0, "100.0"), (None, "–")]
)
def test_a_share_is_shown_with_one_decimal_of_a_per_cent(value: float | None, text: str) -> None:
    assert percent(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(-0.1234, "−12.3"), (0.05, "+5.0"), (None, "–"), (0.0, "0.0")]
)
def test_a_difference_carries_its_sign(value: float | None, text: str) -> None:
    assert signed(value) == text


@pytest.mark.parametrize("value", [0.0004, -0.0004, -0.0])
def test_what_rounds_to_zero_has_no_sign(value: float) -> None:
    assert percent(value) == "0.0"
    assert signed(value) == "0.0"
    assert decimal(value) == "0.00"
    assert interval(value, 0.01) == "0.0–1.0"


def test_an_interval_with_a_negative_bound_has_no_ambiguous_dash() -> None:
    assert interval(0.7, 0.732) == "70.0–73.2"
    assert interval(-0.05, 0.01) == "−5.0 to 1.0"
    assert interval(-0.05, -0.0001) == "−5.0 to 0.0"
    assert interval(None, 0.01) == ""


def test_undefined_counts_are_a_dash_and_large_ones_are_grouped() -> None:
    assert count(None) == "–"
    assert count(25596) == "25,596"


def test_one_is_singular() -> None:
    assert plural(1, "image") == "1 image"
    assert plural(0, "image") == "0 images"


def test_findings_are_written_in_words() -> None:
    assert name("Pleural_Thickening") == "Pleural thickening"
    assert name("Edema") == "Edema"


def test_a_figure_label_holds_no_markup() -> None:
    assert label_text("<b>&") == "&lt;b&gt;&amp;"

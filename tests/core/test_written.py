import pytest

from core.written import finding_name, p_value, written


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (-0.04, ".1f", "0.0"),
        (-0.04, "+.1f", "0.0"),
        (0.04, "+.1f", "0.0"),
        (-0.06, ".1f", "−0.1"),
        (5, "+.1f", "+5.0"),
        (-0.0, ".2f", "0.00"),
    ],
)
def test_what_rounds_to_zero_has_no_sign_and_minus_is_a_minus(
    value: float, form: str, text: str
) -> None:
    assert written(value, form) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.04321, "0.0432"), (0.00002, "2.0e−05"), (1.0, "1.0000"), (None, "–")]
)
def test_a_small_p_value_is_told_in_powers_of_ten(value: float | None, text: str) -> None:
    assert p_value(value) == text


def test_a_finding_is_told_as_it_is_read() -> None:
    assert finding_name("Pleural_Thickening") == "Pleural thickening"
    assert finding_name("Mass") == "Mass"

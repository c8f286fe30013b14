import pytest

from core.report.written import written


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

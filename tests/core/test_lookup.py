import pytest

from core.errors import ConfigError
from core.findings import FINDINGS
from core.lookup import lookup, nearest, unknown


def test_a_row_is_found_by_its_name() -> None:
    assert lookup({"bce": 1, "focal": 2}, "focal", "loss") == 2


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ConfigError) as caught:
        lookup({"focal": 2, "bce": 1}, "x", "loss")
    assert str(caught.value) == "Unknown loss 'x'. Known losses: bce, focal."


def test_a_typing_error_is_answered_with_the_nearest_name() -> None:
    assert unknown("Pnuemonia", FINDINGS, "finding").endswith("Did you mean 'Pneumonia'?")


def test_a_name_may_have_to_be_nearer_to_be_taken_for_a_typing_error() -> None:
    assert nearest("Mask", FINDINGS) == "Mass"
    assert nearest("Mask", FINDINGS, cutoff=0.85) is None


@pytest.mark.parametrize(
    ("kind", "many"),
    [("overlay", "overlays"), ("threshold policy", "threshold policies"), ("key", "keys")],
)
def test_several_rows_have_the_plural_of_their_kind(kind: str, many: str) -> None:
    assert f"Known {many}: b." in unknown("x", ["b"], kind)

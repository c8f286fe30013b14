import pytest

from core.metrics import flags


def test_flags_are_joined_once_each_in_the_order_of_the_table() -> None:
    found = flags.joined((None, "given-thresholds", "few-positives", "given-thresholds, one-class"))
    assert found == "one-class, few-positives, given-thresholds"


def test_nothing_to_say_is_none() -> None:
    assert flags.joined((None, None)) is None


@pytest.mark.parametrize("code", flags.FLAGS)
def test_every_flag_has_a_sentence_and_can_be_joined(code: str) -> None:
    assert flags.FLAGS[code].endswith(".")
    assert flags.joined((code,)) == code

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigError
from core.findings import FINDINGS, Finding, as_finding, parse_findings

STUDY_ORDER = (
    "Atelectasis Cardiomegaly Consolidation Edema Effusion Emphysema Fibrosis Hernia Infiltration "
    "Mass Nodule Pleural_Thickening Pneumonia Pneumothorax"
)


def test_the_findings_stand_in_the_order_of_the_study() -> None:
    assert " ".join(FINDINGS) == STUDY_ORDER


@pytest.mark.parametrize(
    ("name", "finding"),
    [
        ("Pleural Effusion", Finding.EFFUSION),
        ("pleural_thickening", Finding.PLEURAL_THICKENING),
        (" HERNIA ", Finding.HERNIA),
        ("Infiltrate", Finding.INFILTRATION),
    ],
)
def test_other_spellings_are_the_same_finding(name: str, finding: Finding) -> None:
    assert as_finding(name) is finding


@pytest.mark.parametrize("name", ["pseudonodule", "Lung Lesion", "No Finding", ""])
def test_a_part_of_a_name_is_no_finding(name: str) -> None:
    assert as_finding(name) is None


@given(st.sets(st.sampled_from(FINDINGS)))
def test_parsed_findings_stand_in_order_without_repeats(wanted: set[Finding]) -> None:
    named = [*wanted, *wanted]
    assert parse_findings(named) == tuple(finding for finding in FINDINGS if finding in wanted)


def test_an_unknown_finding_is_named() -> None:
    with pytest.raises(ConfigError, match=r"Unknown finding 'Cardiomagaly'.*'Cardiomegaly'"):
        parse_findings(["Mass", "Cardiomagaly"])

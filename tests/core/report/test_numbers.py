import pytest

from core.report import board, finding_questions, run_numbers, study_metrics
from tests.fixtures.pipeline import Stores


def test_the_four_metrics_of_the_study_are_there(stores: Stores) -> None:
    (row,) = board(stores.results, [stores.run_id], "hospital", "test").rows
    questions = study_metrics("source-val")
    assert list(questions) == ["F1 micro", "F1 macro", "AUROC macro", "mAP"]
    for question in questions.values():
        number = row.numbers[question]
        assert number.value is not None
        assert 0 <= number.value <= 1
        assert (number.n, number.n_labels) == (24, 1)


def test_an_interval_holds_its_value(stores: Stores) -> None:
    numbers = run_numbers(stores.results, stores.run_id, "chestxray14", "test").numbers
    number = numbers["Mass", "auroc", None]
    assert number.value is not None
    assert number.ci_low is not None
    assert number.ci_high is not None
    assert number.ci_low <= number.value <= number.ci_high


def test_a_run_that_was_not_evaluated_there_has_no_row(stores: Stores) -> None:
    assert board(stores.results, [stores.run_id], "elsewhere", "test").rows == ()


@pytest.mark.parametrize("finding", finding_questions("fixed-0.5"))
def test_every_finding_has_its_numbers(stores: Stores, finding: str) -> None:
    numbers = run_numbers(stores.results, stores.run_id, "hospital", "test").numbers
    found = [numbers[question] for question in finding_questions("fixed-0.5")[finding].values()]
    assert len(found) == 3
    assert {number.n for number in found} == {24 if finding == "Effusion" else 0}

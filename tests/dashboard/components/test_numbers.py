from dataclasses import replace

from core.metrics.flags import FLAGS
from dashboard.components.numbers import Notes, number, span
from dashboard.queries.cells import Cell
from dashboard.queries.transfer import Span

CELL = Cell(
    value=0.7168,
    low=0.699,
    high=0.732,
    flag=None,
    label_set=None,
    target_use="none",
    n=100,
    n_positive=10,
    n_patients=50,
    n_labels=1,
    n_resamples=1000,
)


def test_a_number_stands_before_its_interval() -> None:
    written = number(CELL, Notes())

    assert written.index("71.7") < written.index("69.9–73.2")
    assert "<strong>" not in written


def test_a_tied_number_is_bold_and_a_linked_one_leads_somewhere() -> None:
    written = number(CELL, Notes(), address="/findings?a=1&b=2", strong=True)

    assert '<a href="/findings?a=1&amp;b=2"' in written
    assert "<strong>71.7</strong>" in written


def test_an_undefined_number_is_a_dash_and_never_a_zero() -> None:
    notes = Notes()

    written = number(replace(CELL, value=None, low=None, high=None, flag="one-class"), notes)

    assert "–" in written
    assert "0.0" not in written
    assert notes.sentences == [FLAGS["one-class"]]


def test_a_missing_number_is_a_dash() -> None:
    assert "–" in number(None, Notes())


def test_each_sentence_has_one_letter() -> None:
    notes = Notes()
    number(replace(CELL, flag="rate-fallback, few-positives"), notes)

    written = number(replace(CELL, flag="few-positives"), notes)

    assert '<sup class="note">b</sup>' in written
    assert notes.sentences == [FLAGS["rate-fallback"], FLAGS["few-positives"]]
    assert notes.block().count("<li>") == 2


def test_a_number_that_used_the_target_says_so() -> None:
    notes = Notes()

    number(replace(CELL, target_use="labels"), notes)

    assert notes.sentences == ["Uses the target’s labels: no domain generalisation."]


def test_a_derived_difference_carries_its_sign() -> None:
    assert "−14.5" in span(Span(-0.145, -0.18, -0.1), is_difference=True)
    assert "–" in span(None)

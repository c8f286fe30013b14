"""`cxr compare --over`: what is printed of methods."""

import pytest

from cli.method_table import methods_json, print_methods
from core.metrics.seeds import Combined
from core.report.estimates import Asked
from core.report.methods import ComparedMethods
from core.report.spread import Over

MEAN = Combined(0.8, 0.02, 0.01, 0.0173, 0.76, 0.84, (3,), "this method")
BOTH = Combined(0.05, 0.03, 0.02, 0.0224, -0.0088, 0.1088, (3, 1), "these trained models")
COMPARED = ComparedMethods(
    label_set="macro@14",
    num_resamples=10_000,
    over=Over.SEEDS,
    trainings={"a": ("a", "a1", "a2"), "b": ("b",)},
    values={"a": MEAN, "b": MEAN},
    pairs={("a", "b"): BOTH},
)


def test_a_pair_of_methods_has_both_errors_and_says_what_it_speaks_of(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_methods(Asked("away"), COMPARED)
    out = capsys.readouterr().out
    assert "1 = the method of a: 80.00 (S = 3)" in out
    row = next(line.split() for line in out.splitlines() if line.startswith("1 − 2 "))
    assert row == ["1", "−", "2", "+5.00", "−0.88", "to", "+10.88", "2.00", "2.24"]
    assert "1 − 2 speaks of these trained models." in out
    assert max(len(line) for line in out.splitlines() if "  " in line) <= 80


def test_json_gives_the_parts_of_the_error() -> None:
    outcome = methods_json(Asked("away"), COMPARED)
    assert outcome["pairs"] == [{"a": "a", "b": "b"} | vars(BOTH)]
    assert outcome["over"] == "seeds"

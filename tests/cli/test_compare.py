"""`cxr compare`: what is printed, in which family, and what is refused."""

import json

import pytest

from tests.fixtures.imported_runs import AWAY, Places
from tests.fixtures.pipeline import Cxr


def test_a_pair_is_compared_on_the_macro_and_finding_by_finding(cxr: Cxr, imported: Places) -> None:
    compare = ("compare", "strong", "weak", "--dataset", AWAY, "--num-resamples", 600)
    done = cxr(*compare, *imported.options)
    assert done.exit_code == 0
    lines = done.out.splitlines()
    assert lines[0].startswith("auroc macro@13:aaaa on away (test); per cent; B = 600 ")
    assert "All pairs of these runs on the macro, m = 1, Holm:" in lines
    assert "Finding by finding, m = 13, Holm:" in lines
    assert "1 − 2: These trained models, not the methods behind them" in lines[-1]
    assert max(len(line) for line in lines if "  " in line) <= 80


def test_several_runs_are_all_pairs_with_the_tied_set(cxr: Cxr, imported: Places) -> None:
    compare = ("compare", "weak", "strong", "stranger", "--dataset", AWAY)
    out = cxr(*compare, "--num-resamples", 600, *imported.options).out
    assert "m = 3, Holm:" in out
    assert "Highest observed: 2; all others are below it." in out


def test_stored_replicates_need_no_data_and_too_few_of_them_have_no_p(
    cxr: Cxr, imported: Places
) -> None:
    places = ("--results", imported.results.root, "--data", "/nowhere")
    out = cxr("compare", "strong", "weak", "--dataset", AWAY, "--stored", *places).out
    assert "B = 100 patient-bootstrap replicates" in out
    assert out.count("too few replicates") == 13


def test_json_gives_every_number(cxr: Cxr, imported: Places) -> None:
    compare = ("compare", "strong", "weak", "--dataset", AWAY, "--stored", "--json")
    outcome = json.loads(cxr(*compare, *imported.options).out)
    assert (outcome["metric"], outcome["num_resamples"]) == ("auroc", 100)
    (pair,) = outcome["pairs"]
    assert (pair["a"], pair["b"], pair["num_tests"]) == ("strong", "weak", 1)
    assert pair["ci_low"] <= pair["difference"] <= pair["ci_high"]
    assert len(outcome["findings"]) == 13


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("weak", "weak"), "two different runs or more"),
        (("weak", "wek"), "Unknown run 'wek'"),
        (("weak", "strong", "--metric", "f1"), "f1 needs a threshold: say --policy"),
        (("weak", "strong", "--findings", "Rash"), "Unknown finding 'Rash'"),
        (("weak", "strong", "--findings", "Hernia"), "do not answer the same question"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    cxr: Cxr, imported: Places, arguments: tuple[str, ...], sentence: str
) -> None:
    done = cxr("compare", *arguments, "--dataset", AWAY, "--stored", *imported.options)
    assert (done.exit_code, done.out) == (3, "")
    assert sentence in done.err


def test_an_imported_run_has_no_other_trainings(cxr: Cxr, imported: Places) -> None:
    compare = ("compare", "strong", "weak", "--dataset", AWAY, "--over", "seeds")
    done = cxr(*compare, *imported.options)
    assert done.exit_code == 3
    assert "strong was not trained here; compare it without --over." in done.err

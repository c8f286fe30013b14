"""Comparisons of imported runs: stored and fresh replicates, families, refusals."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from core.errors import ConfigError, ProtocolError
from core.findings import Finding
from core.report.comparison import Compared, check_question, compare_estimates
from core.report.estimates import Asked, RunEstimates, computed_estimates, stored_estimates
from core.tables import PREDICTIONS, REPLICATES
from tests.fixtures.imported_runs import AWAY, HOME, Places, add_run, build

AUROC = Asked(AWAY)


def stored(places: Places, *names: str, asked: Asked = AUROC) -> Mapping[str, RunEstimates]:
    return {name: stored_estimates(places.results, name, asked) for name in names}


def fresh(
    places: Places, *names: str, asked: Asked = AUROC, num_resamples: int = 100
) -> Mapping[str, RunEstimates]:
    return computed_estimates(places.data, places.results, names, asked, num_resamples)


def compared(places: Places, runs: Mapping[str, RunEstimates], asked: Asked = AUROC) -> Compared:
    return compare_estimates(places.results, asked, runs)


def test_fresh_replicates_are_the_stored_ones_where_b_is_the_same(imported: Places) -> None:
    for asked in (AUROC, Asked(AWAY, metric="f1", policy="source-val")):
        one = stored(imported, "weak", asked=asked)["weak"].findings
        two = fresh(imported, "weak", asked=asked)["weak"].findings
        assert set(one) == set(two)
        for finding in one:
            assert one[finding].estimate.value == two[finding].estimate.value
            np.testing.assert_array_equal(
                one[finding].estimate.replicates, two[finding].estimate.replicates
            )


def test_a_difference_is_that_of_scikit_learn(imported: Places) -> None:
    labels = imported.data.dataset(AWAY).manifest["Mass"].to_numpy()
    scores = {
        name: imported.results.read(name, PREDICTIONS, AWAY)["Mass"].to_numpy()
        for name in ("strong", "weak")
    }
    expected = roc_auc_score(labels, scores["strong"]) - roc_auc_score(labels, scores["weak"])
    outcome = compared(imported, stored(imported, "strong", "weak"))
    assert outcome.findings[Finding.MASS].difference == pytest.approx(expected, abs=1e-9)


def test_the_macro_s_replicates_are_those_of_the_metrics_table(imported: Places) -> None:
    rows = imported.results.read("weak", REPLICATES).filter(
        dataset=AWAY, finding="macro", metric="auroc", subgroup="all", weighting="none"
    )
    outcome = compared(imported, stored(imported, "weak", "strong"))
    np.testing.assert_allclose(outcome.values["weak"].replicates, rows["values"][0], atol=1e-6)
    assert outcome.label_set == "macro@13:aaaa"


def test_two_runs_are_one_test_on_the_macro_and_a_family_over_findings(imported: Places) -> None:
    outcome = compared(imported, fresh(imported, "strong", "weak", num_resamples=1000))
    (pair,) = outcome.pairs.values()
    assert (pair.num_tests, pair.num_resamples) == (1, 1000)
    assert pair.p_value == pair.p_holm == pytest.approx(2 / 1001)
    assert {each.num_tests for each in outcome.findings.values()} == {13}
    assert len(outcome.findings) == 13


def test_there_is_no_p_where_so_few_replicates_could_never_be_significant(
    imported: Places,
) -> None:
    outcome = compared(imported, stored(imported, "strong", "weak"))
    assert {each.p_value for each in outcome.findings.values()} == {None}
    assert next(iter(outcome.pairs.values())).p_value is not None


def test_of_several_runs_all_pairs_are_one_family_and_the_tied_set_is_told(
    imported: Places,
) -> None:
    outcome = compared(imported, fresh(imported, "weak", "strong", "stranger", num_resamples=300))
    assert {each.num_tests for each in outcome.pairs.values()} == {3}
    assert outcome.findings == {}
    assert outcome.tied == ("strong",)
    assert set(outcome.statements) == set(outcome.pairs)


def test_a_run_is_tied_with_itself_under_another_name(imported: Places, tmp_path: Path) -> None:
    places = build(tmp_path, 90)
    for name in ("one", "two"):
        add_run(places, name, 1.0, datasets=(AWAY,))
    outcome = compared(places, fresh(places, "one", "two"))
    (pair,) = outcome.pairs.values()
    assert (pair.difference, pair.p_value) == (0.0, 1.0)
    assert outcome.tied == ("one", "two")


def test_named_findings_are_the_macro_and_the_family(imported: Places) -> None:
    asked = Asked(AWAY, findings=(Finding.MASS, Finding.NODULE))
    outcome = compared(imported, stored(imported, "weak", "strong"), asked)
    assert set(outcome.findings) == {Finding.MASS, Finding.NODULE}
    assert outcome.label_set.startswith("macro@2:")


def test_other_images_findings_and_labels_are_refused_and_named(
    imported: Places, tmp_path: Path
) -> None:
    places = build(tmp_path, 90)
    add_run(places, "one", 1.0, datasets=(AWAY,))
    add_run(places, "two", 1.0, datasets=(AWAY,))
    whole = places.results.read("two", PREDICTIONS, AWAY)
    places.results.write("two", PREDICTIONS, whole[1:].with_columns(Mass=pl.lit(None)), AWAY)
    with pytest.raises(ProtocolError) as caught:
        compared(places, fresh(places, "one", "two"))
    told = str(caught.value)
    assert "1 images are predicted by one alone (away/00000.png, …)." in told
    assert "two has no value for Mass; name findings that all runs have with --findings." in told
    assert "Atelectasis: one was scored on 90 images" in told


def test_a_finding_that_nobody_scored_is_refused(imported: Places) -> None:
    asked = Asked(AWAY, findings=(Finding.HERNIA,))
    with pytest.raises(ProtocolError, match="weak has no value for Hernia"):
        compared(imported, stored(imported, "weak", "strong"), asked)


def test_replicates_of_different_number_are_not_paired(imported: Places) -> None:
    runs = {**stored(imported, "weak"), **fresh(imported, "strong", num_resamples=30)}
    with pytest.raises(ProtocolError, match="are not paired"):
        compared(imported, runs)


def test_what_was_never_evaluated_says_how_to_evaluate_it(imported: Places) -> None:
    with pytest.raises(ConfigError, match="has no auroc on elsewhere .* cxr eval weak"):
        stored(imported, "weak", asked=Asked("elsewhere"))


def test_a_policy_that_needs_a_source_is_refused_without_one(imported: Places) -> None:
    with pytest.raises(ProtocolError, match="needs source validation"):
        fresh(imported, "stranger", asked=Asked(AWAY, metric="f1", policy="source-val"))


@pytest.mark.parametrize(
    ("metric", "policy", "sentence"),
    [
        ("f1", None, "f1 needs a threshold: say --policy"),
        ("auroc", "source-val", "auroc needs no threshold"),
        ("f2", None, "Unknown metric 'f2'"),
    ],
)
def test_a_question_must_make_sense(metric: str, policy: str | None, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        check_question(Asked(HOME, metric=metric, policy=policy))

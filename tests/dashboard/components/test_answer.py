import re
from dataclasses import replace
from html import unescape

from core.findings import Finding
from dashboard.components.answer import headline, span_of_findings, verdicts
from dashboard.queries.attention import Column
from dashboard.queries.breakdown import breakdown, extremes
from dashboard.queries.cells import Place
from dashboard.queries.leaderboard import Tie, leaderboard
from dashboard.queries.reading import Run, Runs
from dashboard.queries.selection import assessed
from dashboard.stores import Stores
from dashboard.typography import percent

AWAY = Place("phantom-north", "test", "source-val")
ONE_LABEL = Place("guangzhou", "test", "source-val")


def said(markup: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", markup))


def test_the_overview_can_be_quoted(phantom: Stores, runs: Runs) -> None:
    board = leaderboard(phantom, runs, AWAY)
    top = board.ranked[0]
    assert top.cell is not None

    sentence = said(headline(board, is_synthetic=True))

    assert sentence.startswith(
        "On phantom-north (synthetic phantom; test, 160 images, 80 patients; thresholds from "
        "chestxray14 validation) the highest observed macro@14 AUROC is "
        f"{top.look.title}, {percent(top.cell.value)} % ["
    )
    assert sentence.endswith("(Holm over 3 pairs).")


def test_one_label_is_named_instead_of_a_macro(phantom: Stores, runs: Runs) -> None:
    sentence = said(headline(leaderboard(phantom, runs, ONE_LABEL), is_synthetic=False))

    assert "the highest observed AUROC over one label (Pneumonia) is" in sentence
    assert "macro@" not in sentence


def test_a_single_run_is_not_compared(phantom: Stores, run: Run) -> None:
    board = leaderboard(phantom, Runs((run,), ()), AWAY)

    assert said(headline(board, False)).endswith("the only ranked run, so nothing is compared.")


def test_the_size_of_the_tied_set_is_said(phantom: Stores, runs: Runs) -> None:
    board = leaderboard(phantom, runs, AWAY)
    ids = tuple(row.run.run_id for row in board.ranked)
    endings = {
        ids[:1]: "every other ranked run is significantly below it (Holm over 3 pairs).",
        ids[:2]: "1 other run is not significantly below it (Holm over 3 pairs).",
        ids: "2 other runs are not significantly below it (Holm over 3 pairs).",
        None: "cannot be told from 200 shared replicates (Holm over 3 pairs).",
    }

    for tied, ending in endings.items():
        sentence = said(headline(replace(board, tie=Tie(tied, 3, 200)), False))
        assert sentence.endswith(ending)


def test_where_nothing_is_ranked_nothing_is_claimed(phantom: Stores, runs: Runs) -> None:
    board = leaderboard(phantom, runs, Place("chestxray14", "test", "source-val"))

    assert "no run can be ranked" in said(headline(board, False))


def test_the_findings_page_names_both_ends(runs: Runs) -> None:
    found = extremes(breakdown(runs.read, AWAY, "auroc"), runs.read, AWAY)
    assert found is not None

    sentence = said(span_of_findings(found, AWAY, "AUROC", is_synthetic=False))

    assert "14 of 14 findings are annotated" in sentence
    assert f"largest on {found.largest[0]}: {percent(found.largest[2].value)} %" in sentence
    assert f"smallest on {found.smallest[0]}: " in sentence


def test_one_annotated_finding_has_no_other_end(runs: Runs) -> None:
    found = extremes(breakdown(runs.read, ONE_LABEL, "auroc"), runs.read, ONE_LABEL)

    sentence = said(span_of_findings(found, ONE_LABEL, "AUROC", is_synthetic=False))

    assert "1 of 14 findings is annotated" in sentence
    assert "smallest" not in sentence


def test_outcomes_on_the_attention_page_add_up(phantom: Stores, run: Run) -> None:
    candidates = assessed(phantom, run.run_id, AWAY, Finding.EDEMA)

    sentence = said(verdicts(Column(run, Finding.EDEMA), candidates, AWAY, is_synthetic=True))

    counts = re.findall(r"(\d+) (?:true|false)", sentence)
    assert sum(map(int, counts)) == candidates.height == 24
    assert "synthetic phantom" in sentence


def test_without_labels_no_outcome_is_claimed(phantom: Stores, run: Run) -> None:
    candidates = assessed(phantom, run.run_id, ONE_LABEL, Finding.EDEMA)

    sentence = said(verdicts(Column(run, Finding.EDEMA), candidates, ONE_LABEL, False))

    assert "no outcome, since labels or thresholds are missing" in sentence

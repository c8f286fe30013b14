"""`cxr eval`: runs on a hospital that training never saw."""

from collections.abc import Mapping
from typing import Annotated

import typer
from rich.table import Table

from cli import output
from cli.options import DATA, RESULTS, AllRuns, AsJson, DataDir, ResultsDir, RunIds
from cli.progress import shown
from cli.selection import selected_runs
from core.report import (
    Number,
    Question,
    RunNumbers,
    finding_questions,
    leaderboard,
    run_numbers,
    study_metrics,
)
from core.store import DataStore, ResultStore

POLICY = "source-val"


def evaluate(
    target: Annotated[str, typer.Option(help="Indexed data set to score.")],
    run_ids: RunIds = None,
    all_runs: AllRuns = False,
    num_resamples: Annotated[
        int, typer.Option(help="Bootstrap replicates for the intervals.", min=0)
    ] = 1000,
    as_json: AsJson = False,
    data: DataDir = DATA,
    results: ResultsDir = RESULTS,
) -> None:
    """Predict and score runs on a target's test split, and on their source's own splits."""
    from core.stages import cache, predict
    from core.stages import evaluate as stage

    stores = DataStore(data), ResultStore(results)
    chosen = selected_runs(stores[1], run_ids, all_runs)
    with shown() as progress:
        for done, run_id in enumerate(chosen):
            spec = stores[1].trained(run_id).spec
            for name in (spec.source, target):
                cache.run(stores[0], name, spec.image, progress)
                predict.run(run_id, name, *stores, progress)
            stage.run(run_id, target, *stores, num_resamples)
            progress("scoring runs", done + 1, len(chosen))
    if as_json:
        rows = leaderboard(stores[1], chosen, target, "test")
        output.json_out([_as_json(row) for row in rows])
        return
    print_leaderboard(stores[1], chosen, target)


def print_leaderboard(results: ResultStore, run_ids: tuple[str, ...], target: str) -> None:
    """The study's four metrics per run, and each finding's when there is one run alone."""
    rows = leaderboard(results, run_ids, target, "test")
    questions = study_metrics(POLICY)
    auroc = rows[0].numbers[questions["AUROC macro"]]
    output.line(
        f"{target}, test split: {auroc.n:,} images of {auroc.n_patients:,} patients; "
        f"{auroc.label_set or 'no finding can be scored'} "
        f"({auroc.n_labels} of 14 findings); thresholds from source validation; "
        "per cent [95 % patient bootstrap]."
    )
    table = Table("run", "weights", *questions, "AUROC macro, source test", box=None)
    for row in rows:
        source = run_numbers(results, row.record.run_id, row.record.spec.source, "test")
        cells = [_cell(row.numbers, question) for question in questions.values()]
        table.add_row(
            row.record.run_id,
            _weights(row),
            *cells,
            _cell(source.numbers, questions["AUROC macro"]),
        )
    output.table(table)
    if len(rows) == 1:
        _print_findings(rows[0])


def _print_findings(row: RunNumbers) -> None:
    table = Table("finding", "n", "positive", "AUROC", "AP", "F1", "note", box=None)
    for finding, questions in finding_questions(POLICY).items():
        first = row.numbers[questions["AUROC"]]
        cells = [_cell(row.numbers, question) for question in questions.values()]
        undefined = first.value is None and first.flag
        note = undefined or row.numbers[questions["F1"]].flag or ""
        table.add_row(finding, f"{first.n:,}", f"{first.n_positive:,}", *cells, note)
    output.table(table)


def _cell(numbers: Mapping[Question, Number], question: Question) -> str:
    number = numbers[question]
    if number.value is None:
        return "–"
    value = f"{100 * number.value:.1f}"
    if number.ci_low is None or number.ci_high is None:
        return value
    return f"{value} [{100 * number.ci_low:.1f}–{100 * number.ci_high:.1f}]"


def _weights(row: RunNumbers) -> str:
    kind = row.record.weights.kind if row.record.weights else "unknown"
    return kind if row.record.ranked else f"{kind}, not ranked"


def _as_json(row: RunNumbers) -> dict[str, object]:
    numbers = [
        {"finding": finding, "metric": metric, "policy": policy} | vars(number)
        for (finding, metric, policy), number in row.numbers.items()
    ]
    return {"run_id": row.record.run_id, "ranked": row.record.ranked, "numbers": numbers}

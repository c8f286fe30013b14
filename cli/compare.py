"""`cxr compare`: is one run better than another, and what kind of statement is that?"""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli import output
from cli.options import DATA, RESULTS, AsJson, DataDir, ResultsDir
from cli.progress import shown
from core.errors import ConfigError
from core.findings import parse_findings
from core.written import p_value, written

if TYPE_CHECKING:
    from core.metrics.compare import Comparison
    from core.report.comparison import Compared
    from core.report.estimates import Asked


def compare(
    run_ids: Annotated[list[str], typer.Argument(metavar="RUN_A RUN_B…", help="Runs, by id.")],
    dataset: Annotated[str, typer.Option(help="Data set that all runs were tested on.")],
    split: Annotated[Literal["val", "test"], typer.Option(help="Its split.")] = "test",
    metric: Annotated[str, typer.Option(help="Metric, averaged over findings (macro).")] = "auroc",
    policy: Annotated[
        str | None, typer.Option(help="Threshold policy, for metrics that need one.")
    ] = None,
    findings: Annotated[
        list[str] | None, typer.Option(help="Findings by name; all that have a value unless given.")
    ] = None,
    num_resamples: Annotated[
        int, typer.Option(help="Bootstrap replicates, drawn anew from the predictions.", min=1)
    ] = 10_000,
    stored: Annotated[
        bool,
        typer.Option(
            "--stored", help="Take the replicates that `cxr eval` kept: quick, needs no data."
        ),
    ] = False,
    over: Annotated[
        Literal["seeds", "resamples"] | None,
        typer.Option(
            help="Let each run stand for its method: the mean over all its seeds, or resamples of "
            "the training patients, with their variance in the interval."
        ),
    ] = None,
    as_json: AsJson = False,
    data: DataDir = DATA,
    results: ResultsDir = RESULTS,
) -> None:
    """Paired differences on the same images, with intervals, p values and Holm's correction."""
    from cli.method_table import methods_json, print_methods
    from core.report.comparison import check_question, compare_estimates
    from core.report.estimates import Asked, computed_estimates, stored_estimates
    from core.report.methods import compare_methods, flat, trainings_of
    from core.report.spread import Over
    from core.roles import Split
    from core.store import DataStore, ResultStore

    names = tuple(dict.fromkeys(run_ids))
    if len(names) < 2:
        raise ConfigError("A comparison needs two different runs or more.")
    asked = Asked(dataset, Split(split), metric, policy, parse_findings(findings or ()))
    check_question(asked)
    stores = DataStore(data), ResultStore(results)
    methods = (
        {name: trainings_of(stores[1], name, Over(over)) for name in names}
        if over
        else {name: (name,) for name in names}
    )
    with shown() as progress:
        estimates = (
            {name: stored_estimates(stores[1], name, asked) for name in flat(methods)}
            if stored
            else computed_estimates(*stores, flat(methods), asked, num_resamples, progress)
        )
    if over:
        told = compare_methods(asked, Over(over), methods, estimates)
        if as_json:
            output.json_out(methods_json(asked, told))
            return
        print_methods(asked, told)
        return
    compared = compare_estimates(stores[1], asked, estimates)
    if as_json:
        output.json_out(_as_json(asked, compared))
        return
    _print(asked, compared)


def _print(asked: "Asked", compared: "Compared") -> None:
    marks = {name: str(place) for place, name in enumerate(compared.values, 1)}
    policy = f", thresholds by {asked.policy}" if asked.policy else ""
    output.line(
        f"{asked.metric} {compared.label_set} on {asked.dataset} ({asked.split}){policy}; "
        f"per cent; B = {compared.num_resamples:,} patient-bootstrap replicates, shared."
    )
    for name, mark in marks.items():
        value = compared.values[name].value
        output.line(f"{mark} = {name}: {'–' if value is None else f'{100 * value:.2f}'}")
    output.line(f"All pairs of these runs on the macro, m = {len(compared.pairs)}, Holm:")
    _print_family({f"{marks[a]} − {marks[b]}": each for (a, b), each in compared.pairs.items()})
    if compared.findings:
        num_tests = next(iter(compared.findings.values())).num_tests
        output.line(f"Finding by finding, m = {num_tests}, Holm:")
        _print_family({str(finding): each for finding, each in compared.findings.items()})
    if len(compared.values) > 2:
        output.line(_tied_sentence(compared, marks))
    for (a, b), statement in compared.statements.items():
        output.line(f"{marks[a]} − {marks[b]}: {statement}")


def _print_family(family: "dict[str, Comparison]") -> None:
    heads = ("", "difference", "95 % interval", "p", "p (Holm)", "note")
    table = output.narrow(*heads)
    for name, each in family.items():
        table.add_row(name, *_cells(each))
    output.table(table)


def _cells(each: "Comparison") -> tuple[str, ...]:
    if each.difference is None or each.ci_low is None or each.ci_high is None:
        return ("–", "–", "–", "–", "undefined")
    difference, low, high = (
        written(100 * end, "+.2f") for end in (each.difference, each.ci_low, each.ci_high)
    )
    note = each.flag or ("too few replicates" if each.p_value is None else "")
    return difference, f"{low} to {high}", p_value(each.p_value), p_value(each.p_holm), note


def _tied_sentence(compared: "Compared", marks: dict[str, str]) -> str:
    if compared.tied is None:
        return "Which runs are tied with the highest cannot be told: B is too small for m."
    first, *tied = (marks[name] for name in compared.tied)
    others = f"not significantly below it: {', '.join(tied)}" if tied else "all others are below it"
    return f"Highest observed: {first}; {others}."


def _as_json(asked: "Asked", compared: "Compared") -> dict[str, object]:
    return {
        "dataset": asked.dataset,
        "split": str(asked.split),
        "metric": asked.metric,
        "policy": asked.policy,
        "label_set": compared.label_set,
        "num_resamples": compared.num_resamples,
        "values": {name: each.value for name, each in compared.values.items()},
        "pairs": [
            {"a": a, "b": b, "statement": compared.statements[a, b]} | vars(each)
            for (a, b), each in compared.pairs.items()
        ],
        "findings": {str(finding): vars(each) for finding, each in compared.findings.items()},
        "tied": compared.tied,
    }

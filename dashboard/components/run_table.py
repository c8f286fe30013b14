"""The runs of a store as tables: where each stands, and what tells them apart."""

from collections.abc import Iterator, Mapping, Sequence

from core.records import RunRecord, RunStatus
from dashboard.components.frame import scrolling
from dashboard.components.markup import EMPTY, Markup, element, joined, plain, styled
from dashboard.components.run_name import run_name
from dashboard.queries.reading import AnyRun
from dashboard.queries.run_list import Settings, scored_on
from dashboard.typography import NOTHING, plural

_STATUS: Mapping[RunStatus, str] = {
    RunStatus.PLANNED: "planned",
    RunStatus.RUNNING: "running",
    RunStatus.DONE: "done",
    RunStatus.FAILED: "failed",
}


def run_table(runs: Sequence[AnyRun], found: Settings, addresses: Mapping[str, str]) -> Markup:
    """One row a run: status, time, where it was scored, and only the settings that differ.

    Args:
        runs: In order.
        found: Their settings.
        addresses: Run id → where its details are.
    """
    settings = (name.capitalize() for name in found.differing)
    heads = ("Run", "Status", "Scored on", "Seconds", *settings)
    cells = (
        element("th", {"scope": "col", "class": "num" if each == "Seconds" else ""}, each)
        for each in heads
    )
    head = plain("thead", plain("tr", *cells))
    body = (_row(run, found, addresses[run.run_id]) for run in runs)
    return scrolling("Runs and their settings", plain("table", head, plain("tbody", *body)))


def _row(run: AnyRun, found: Settings, address: str) -> Markup:
    record = run.record
    of_run = isinstance(record, RunRecord)
    seconds = f"{sum(record.seconds.values()):.0f}" if of_run and record.seconds else NOTHING
    status = _STATUS[record.status] if of_run else "imported"
    return plain(
        "tr",
        run_name(run.look, address, _badge(run)),
        plain("td", status, _error(record.error if of_run else None)),
        plain("td", *_lines(scored_on(run))),
        styled("td", "num", seconds),
        *(plain("td", values.get(run.run_id, NOTHING)) for values in found.differing.values()),
    )


def _lines(names: Sequence[str]) -> Iterator[Markup]:
    """One a line, none broken at its hyphens."""
    for place, name in enumerate(names or (NOTHING,)):
        yield joined((*([plain("br")] if place else []), styled("span", "whole", name)))


def _badge(run: AnyRun) -> str:
    is_random = isinstance(run.record, RunRecord) and run.record.spec.weights == "random"
    return "random weights" if is_random else ""


def _error(error: str | None) -> Markup:
    if error is None:
        return EMPTY
    return joined((plain("br"), styled("span", "small muted", error)))


def fact_table(label: str, facts: Mapping[str, str]) -> Markup:
    """Names and values, one a row."""
    rows = (
        plain("tr", element("th", {"scope": "row"}, name), plain("td", value))
        for name, value in facts.items()
    )
    return scrolling(label, styled("table", "facts", plain("tbody", *rows)))


def shared_settings(found: Settings) -> Markup:
    """What all runs have in common, or those of them that have the setting at all."""
    if not found.shared:
        return EMPTY
    head = plain("summary", f"{plural(len(found.shared), 'setting')} the same for all that have it")
    facts = {name.capitalize(): value for name, value in found.shared.items()}
    return plain("details", head, fact_table("Settings that all runs share", facts))

"""The runs: where each stands, what tells them apart, and the whole record of one."""

from collections.abc import Callable

import streamlit as st

from core.records import RunRecord
from dashboard.components.chart import show_figure
from dashboard.components.choices import one
from dashboard.components.downloads import offer
from dashboard.components.frame import caption, show, show_broken, show_head
from dashboard.components.markup import Markup, joined, plain
from dashboard.components.run_table import fact_table, run_table, shared_settings
from dashboard.context import run_address
from dashboard.figures.training import quantities, training_figure
from dashboard.queries.all_runs import all_runs
from dashboard.queries.export import fact_frame, settings_frame
from dashboard.queries.reading import AnyRun, Runs
from dashboard.queries.run_list import is_under_way, origin, provenance, settings, training_curves
from dashboard.queries.scope import Scope
from dashboard.stores import Stores
from dashboard.typography import plural

REFRESH_SECONDS = 5


def show_page(scope: Scope) -> None:
    """Render the page for the runs of the context."""
    context = scope.context
    show_runs(
        scope.stores,
        lambda: all_runs(scope.stores).chosen(context.runs),
        lambda run_id: context.link("runs", {"run": run_id}),
    )


def show_all(stores: Stores) -> None:
    """Render the page before anything was evaluated."""
    show_runs(stores, lambda: all_runs(stores), run_address)


def show_runs(stores: Stores, read: Callable[[], Runs], address: Callable[[str], str]) -> None:
    """Render the page; while a run is under way, its table renews itself.

    Args:
        stores: Where to read.
        read: Gives the runs as they are now.
        address: Run id to where its record is shown.
    """
    runs = read()
    every = REFRESH_SECONDS if is_under_way(runs.read) else None
    st.fragment(lambda: _show_table(read(), address), run_every=every)()
    if runs.every:
        by_id = {run.run_id: run for run in runs.every}
        with st.container(width=560):
            run_id = one("Record of", "run", list(by_id))
        _show_record(stores, by_id[run_id])


def _show_table(runs: Runs, address: Callable[[str], str]) -> None:
    found = settings(runs.read)
    datasets = {name: each for run in runs.every for name, each in run.record.datasets.items()}
    show_head("Runs", _answer(runs), datasets.values())
    if runs.every:
        addresses = {run.run_id: address(run.run_id) for run in runs.every}
        show(
            run_table(runs.every, found, addresses),
            caption("Only settings that differ have a column."),
            shared_settings(found),
        )
        offer(lambda: settings_frame(runs.every), "runs")
    show_broken(runs.broken)


def _answer(runs: Runs) -> Markup:
    counts = {str(status): 0 for status in ("done", "running", "planned", "failed")}
    for run in runs.read:
        counts[str(run.record.status)] += 1
    counts["imported"] = len(runs.imported)
    told = ", ".join(f"{number} {status}" for status, number in counts.items() if number)
    broken = f"; {plural(len(runs.broken), 'run')} cannot be read" if runs.broken else ""
    return joined((plain("strong", plural(len(runs.every), "run")), f": {told or 'none'}{broken}."))


def _show_record(stores: Stores, run: AnyRun) -> None:
    record = run.record
    error = record.error if isinstance(record, RunRecord) else None
    facts = provenance(record) if isinstance(record, RunRecord) else origin(record)
    show(
        plain("h2", run.look.title),
        plain("p", plain("code", run.run_id)),
        *([plain("p", plain("strong", "It failed: "), error)] if error else []),
        fact_table(f"Record of {run.run_id}", facts),
    )
    offer(lambda: fact_frame(run.run_id, facts), "record")
    _show_curves(stores, run)


def _show_curves(stores: Stores, run: AnyRun) -> None:
    curves = training_curves(stores, run.run_id)
    for stage, frame in curves.group_by("stage", maintain_order=True):
        show(plain("h2", f"Training curves: {stage[0]}"))
        if measured := quantities(frame):
            told = " and ".join(quantity.label for quantity in measured)
            show_figure(training_figure(frame), f"{told} by epoch, one line a learning rate")
        show(
            caption(
                "One line a candidate, the chosen one in blue, the mark at the chosen epoch; "
                "chosen by mAP on source validation alone."
            )
        )

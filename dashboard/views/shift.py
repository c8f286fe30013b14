"""The shift: what each finding loses on the way, and what thresholds promised and deliver."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.metrics.table import METRICS
from core.tables import REPLICATES
from dashboard.components import wording
from dashboard.components.chart import show_figure
from dashboard.components.choices import one
from dashboard.components.downloads import offer
from dashboard.components.frame import caption, sentences, show, show_broken, show_head
from dashboard.components.markup import Markup, joined, plain
from dashboard.components.shift_table import promise_table, shift_table
from dashboard.components.subgroup_table import subgroup_table
from dashboard.figures.slopes import slopes
from dashboard.queries.export import shift_frame
from dashboard.queries.reading import Run, run_table
from dashboard.queries.scope import Scope
from dashboard.queries.shift import Shifted, promises, shifted, transferable
from dashboard.queries.subgroups import partitions
from dashboard.tokens import token
from dashboard.typography import interval, name, plural, signed

METRIC = "auroc"


def show_page(scope: Scope) -> None:
    """Render the page."""
    able = [run for run in scope.runs.read if transferable(run, scope.where)]
    if not able:
        reason = (
            f"No chosen run was scored both on its own source’s test split and on "
            f"{scope.where.dataset} ({scope.where.split})."
        )
        target = scope.record()
        show_head("Shift", plain("span", reason), [target] if target else [])
        show(caption(wording.data(target, scope.where)))
        return
    able.sort(key=lambda run: (not run.record.ranked, run.run_id))
    slot = st.container()
    by_id = {run.run_id: run for run in able}
    with st.container(width=560):
        run = by_id[one("Model", "model", list(by_id))]
    _show_run(scope, run, slot)
    show_broken(scope.runs.broken)


def _show_run(scope: Scope, run: Run, slot: DeltaGenerator) -> None:
    rows = shifted(run, run_table(scope.stores, run.run_id, REPLICATES), scope.where, METRIC)
    both = [row for row in rows if row.is_scored_on_both]
    target, source = scope.record(), scope.record(run.record.spec.source)
    with slot:
        records = [record for record in (target, source) if record]
        show_head("Shift", _answer(scope, run, both), records)
    label = METRICS[METRIC].label
    if both:
        alt = f"{label} of {token(run.record.spec).title} at home and on {scope.where.dataset}"
        show_figure(slopes(both, f"{label}, %"), alt)
    show(
        caption(
            "Hollow: the source’s own test split; filled: the target; grey: 95 % intervals. "
            "Orange falls, blue rises; the dotted line is chance."
        ),
        shift_table(rows, label, scope.context),
        _caption(scope, run, rows),
    )
    offer(shift_frame(rows, run, METRIC, scope.where), "shift")
    _show_promises(scope, run)
    _show_subgroups(scope, run)


def _answer(scope: Scope, run: Run, both: list[Shifted]) -> Markup:
    start = f"From {run.record.spec.source} (test) to {scope.where.dataset} ({scope.where.split}) "
    title = plain("strong", token(run.record.spec).title)
    if not both:
        return joined((start, title, " has no finding that is scored on both sides."))
    clear = [row for row in both if row.gap and row.gap.high is not None and row.gap.high < 0]
    worst = min(both, key=lambda row: row.gap.value if row.gap else 0.0)
    assert worst.gap is not None
    bounds = interval(worst.gap.low, worst.gap.high)
    return joined(
        (
            start,
            title,
            f" falls in AUROC, by an interval that excludes 0, on {len(clear)} of "
            f"{plural(len(both), 'finding')}; the largest change is on ",
            plain("strong", f"{name(worst.finding)}: {signed(worst.gap.value)} points"),
            f" [{bounds}]." if bounds else ".",
        )
    )


def _caption(scope: Scope, run: Run, rows: tuple[Shifted, ...]) -> Markup:
    cells = [row.away for row in rows if row.away]
    source = scope.record(run.record.spec.source)
    home = f"Source test: {source.name} ({source.split_name}); {source.labeller}." if source else ""
    return caption(
        sentences(
            [
                f"Target: {wording.data(scope.record(), scope.where)}",
                home,
                wording.intervals(cells[0].n_resamples if cells else None),
                "The two samples are independent, so the gap’s interval pairs their replicates "
                "freely; it is not adjusted for the number of findings.",
                "AUROC does not move with prevalence alone; patients, views and labelling differ "
                "between the sides, so a gap goes with the hospital and is not explained by it.",
            ]
        )
    )


def _show_promises(scope: Scope, run: Run) -> None:
    found = promises(run, scope.where)
    if not found:
        return
    policy = wording.thresholds(scope.where.policy, [run.record.spec.source])
    show(
        plain("h2", "What the thresholds promised, and what they deliver"),
        promise_table(found),
        caption(
            f"Small: on the source’s own test split; then: on the target ({policy}). Intervals "
            "of every number stand on the Findings page."
        ),
    )


def _show_subgroups(scope: Scope, run: Run) -> None:
    found = partitions(run, run_table(scope.stores, run.run_id, REPLICATES), scope.where)
    if not found:
        return
    policy = wording.thresholds(scope.where.policy, [run.record.spec.source])
    show(
        plain("h2", "Groups of the patients"),
        subgroup_table(found),
        caption(
            f"{token(run.record.spec).title} on {wording.data(scope.record(), scope.where)} "
            f"Sensitivity: {policy}. The widest gap pairs the groups’ replicates and is not "
            "adjusted for the number of groups; it is left out where groups have different "
            "findings."
        ),
    )

"""The shift: what each finding loses on the way, and what thresholds promised and deliver."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.metrics.table import METRICS
from dashboard.components import wording
from dashboard.components.chart import show_figure
from dashboard.components.choices import one
from dashboard.components.downloads import offer
from dashboard.components.frame import caption, sentences, show, show_broken, show_head
from dashboard.components.markup import Markup, joined, plain
from dashboard.components.shift_table import pair_table, shift_table
from dashboard.components.subgroup_table import subgroup_table
from dashboard.figures.slopes import slopes
from dashboard.queries.export_shift import promise_frame, shift_frame, subgroup_frame
from dashboard.queries.leaderboard import standing
from dashboard.queries.parts import replicates
from dashboard.queries.reading import AnyRun
from dashboard.queries.scope import Scope
from dashboard.queries.shift import OPERATING, Shifted, at_home, both_sides, shifted, transferable
from dashboard.queries.subgroups import MEASURES, partitions
from dashboard.typography import interval, name, plural, signed
from dashboard.views.score_shift import show_score_shift

METRIC = "auroc"


def show_page(scope: Scope) -> None:
    """Render the page."""
    ordered = standing(scope.runs.every, scope.where)
    able = [run for run in ordered if transferable(run, scope.where)]
    if not able:
        reason = (
            f"No chosen run was scored both on its own source’s test split and on "
            f"{scope.where.dataset} ({scope.where.split})."
        )
        target = scope.record()
        show_head("Shift", plain("span", reason), [target] if target else [])
        show(caption(wording.data(target, scope.where)))
        return
    slot = st.container()
    by_id = {run.run_id: run for run in able}
    with st.container(width=560):
        run = by_id[one("Model", "shift_of", list(by_id))]
    _show_run(scope, run, slot)
    show_broken(scope.runs.broken)


def _show_run(scope: Scope, run: AnyRun, slot: DeltaGenerator) -> None:
    places = tuple(sorted((at_home(run, scope.where).dataset, scope.where.dataset)))
    drawn = replicates(scope.stores.results, run.run_id, places, (METRIC,))
    rows = shifted(run, drawn, scope.where, METRIC)
    both = [row for row in rows if row.is_scored_on_both]
    target, source = scope.record(), scope.record(at_home(run, scope.where).dataset)
    with slot:
        records = [record for record in (target, source) if record]
        show_head("Shift", _answer(scope, run, both), records)
    label = METRICS[METRIC].label
    if both:
        alt = f"{label} of {run.look.title} at home and on {scope.where.dataset}"
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
    show_score_shift(scope, run)
    _show_subgroups(scope, run)


def _answer(scope: Scope, run: AnyRun, both: list[Shifted]) -> Markup:
    home, where = at_home(run, scope.where), scope.where
    start = f"From {home.dataset} (test) to {where.dataset} ({where.split}) "
    title = plain("strong", run.look.title)
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


def _caption(scope: Scope, run: AnyRun, rows: tuple[Shifted, ...]) -> Markup:
    cells = [row.away for row in rows if row.away]
    source = scope.record(at_home(run, scope.where).dataset)
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


def _show_promises(scope: Scope, run: AnyRun) -> None:
    found = both_sides(run, scope.where, OPERATING)
    if not found:
        return
    policy = wording.thresholds(scope.where.policy, [at_home(run, scope.where).dataset])
    show(
        plain("h2", "What the thresholds promised, and what they deliver"),
        pair_table(found, OPERATING, "Operating points, source test against target"),
        caption(
            f"Small: on the source’s own test split; then: on the target ({policy}). Intervals "
            "of every number stand on the Findings page."
        ),
    )
    offer(lambda: promise_frame(found, run, scope.where), "operating-points")


def _show_subgroups(scope: Scope, run: AnyRun) -> None:
    drawn = replicates(
        scope.stores.results, run.run_id, (scope.where.dataset,), tuple(MEASURES), subgroup=None
    )
    found = partitions(run, drawn, scope.where)
    if not found:
        return
    policy = wording.thresholds(scope.where.policy, [at_home(run, scope.where).dataset])
    show(
        plain("h2", "Groups of the patients"),
        subgroup_table(found),
        caption(
            f"{run.look.title} on {wording.data(scope.record(), scope.where)} "
            f"Sensitivity: {policy}. The widest gap pairs the groups’ replicates and is not "
            "adjusted for the number of groups; it is left out where groups have different "
            "findings."
        ),
    )
    offer(lambda: subgroup_frame(found, run, scope.where), "subgroups")

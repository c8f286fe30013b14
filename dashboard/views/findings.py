"""The findings: what is recognised how well, then one finding in detail."""

import polars as pl
import streamlit as st

from core.findings import FINDINGS, Finding
from core.metrics.table import METRICS
from dashboard.components import wording
from dashboard.components.answer import span_of_findings
from dashboard.components.chart import show_figure
from dashboard.components.choices import one
from dashboard.components.downloads import offer
from dashboard.components.finding_table import DETAIL, detail, matrix
from dashboard.components.frame import caption, sentences, show, show_broken, show_head
from dashboard.components.markup import Markup, link, plain
from dashboard.figures.curves import curve_figure
from dashboard.figures.forest import CHANCE, forest
from dashboard.queries.breakdown import (
    FindingRow,
    breakdown,
    evaluated,
    extremes,
    finding_frame,
    metrics_offered,
)
from dashboard.queries.curves import curves
from dashboard.queries.export import breakdown_frame, detail_frame
from dashboard.queries.reading import AnyRun
from dashboard.queries.scope import Scope
from dashboard.typography import count, name, percent
from dashboard.views.exploration import show_exploration

Runs = tuple[AnyRun, ...]

MOST_RUNS = 12
"""So many have a column of the table; more would not fit any screen."""

MOST_CURVES = 8


def show_page(scope: Scope) -> None:
    """Render the page."""
    every = evaluated(scope.runs.every, scope.where)
    runs = every[:MOST_RUNS]
    labels = {METRICS[metric].label: metric for metric in metrics_offered(runs)}
    slot = st.container()
    if not runs:
        with slot:
            show_head("Findings", plain("span", "None of the chosen runs was evaluated here."), ())
            show_broken(scope.runs.broken)
        return
    metric = labels[_chosen("Metric", "metric", tuple(labels))]
    rows = breakdown(runs, scope.where, metric)
    with slot:
        _show_answer(scope, rows, runs, metric)
    annotated = tuple(row.finding for row in rows if row.is_annotated and row.finding in FINDINGS)
    table = st.container()
    finding = _chosen("Finding in detail", "finding", annotated)
    with table:
        show(
            matrix(rows, runs, metric, finding, scope.context, scope.mapped()),
            _caption(scope, rows, metric, len(every)),
        )
        offer(lambda: _whole_frame(scope, every, metric), "findings")
    row = next(row for row in rows if row.finding == finding)
    _show_detail(scope, runs, row, metric)
    show_broken(scope.runs.broken)


def _whole_frame(scope: Scope, runs: Runs, metric: str) -> pl.DataFrame:
    return breakdown_frame(breakdown(runs, scope.where, metric), runs, metric, scope.where)


def _chosen(label: str, key: str, options: tuple[str, ...]) -> str:
    with st.container(width=320):
        return one(label, key, options)


def _show_answer(scope: Scope, rows: tuple[FindingRow, ...], runs: Runs, metric: str) -> None:
    record = scope.record()
    answer = span_of_findings(
        extremes(rows, runs, scope.where),
        scope.where,
        METRICS[metric].label,
        bool(record and record.synthetic),
    )
    show_head("Findings", answer, [record] if record else [])


def _caption(scope: Scope, rows: tuple[FindingRow, ...], metric: str, num_runs: int) -> Markup:
    spec = METRICS[metric]
    cells = [row.counts for row in rows if row.counts]
    sources = sorted({run.record.source for run in scope.runs.every if run.record.source})
    hidden = (
        f"The {MOST_RUNS} of {num_runs} runs with the highest AUROC are shown; choose others in "
        "the sidebar."
    )
    said = [
        *([hidden] if num_runs > MOST_RUNS else []),
        f"{spec.label}{', per cent' if spec.percent else ''}: {spec.formula}.",
        wording.data(scope.record(), scope.where),
        wording.intervals(cells[0].n_resamples if cells else None),
        "A number leads to the images behind it, where the run has maps of them.",
        "Nothing in this table is adjusted for the number of findings or runs.",
        "The ground deepens with the number"
        + (", blue above chance, orange below." if metric == "auroc" else "."),
    ]
    if spec.needs_threshold:
        said.append(f"{wording.thresholds(scope.where.policy, sources).capitalize()}.")
    return caption(sentences(said))


def _show_detail(scope: Scope, runs: Runs, row: FindingRow, metric: str) -> None:
    finding, spec = row.finding, METRICS[metric]
    counts = row.counts
    assert counts is not None
    maps = scope.context.link("attention", {"layout": "One finding", "seen": finding})
    show(
        plain("h2", name(finding)),
        plain(
            "p",
            f"{count(counts.n)} labelled images, {count(counts.n_positive)} positive "
            f"({percent(row.prevalence)} %), {count(counts.n_patients)} patients. ",
            link(maps, "See where the models look"),
        ),
        detail(runs, scope.where, finding, scope.context),
    )
    offer(lambda: detail_frame(runs, finding, DETAIL, scope.where), "finding")
    frame = finding_frame(runs, row, scope.where)
    if frame.height:
        show(plain("h2", f"{spec.label} by run"))
        label = f"{spec.label}, %" if spec.percent else spec.label
        chance = CHANCE if metric == "auroc" else None
        figure = forest(frame, label, chance, 100 if spec.percent else 1)
        alt = f"{spec.label} of {name(finding)} by run, with intervals; the table above has it all"
        show_figure(figure, alt)
    _show_curves(scope, runs, Finding(finding))
    show_exploration(scope, runs, Finding(finding))


def _show_curves(scope: Scope, runs: Runs, finding: Finding) -> None:
    drawn = runs[:MOST_CURVES]
    found = curves(scope.stores, drawn, scope.where, finding)
    if not found.frame.is_empty():
        show(plain("h2", "ROC and precision–recall"))
        alt = f"ROC and precision–recall curves of {name(finding)}, one line a run"
        show_figure(curve_figure(found.frame, found.prevalence), alt)
        show(
            caption(
                "The mark on a line is its run’s operating point at the chosen threshold policy; "
                "the dotted line is a reader who guesses. Colour is the backbone, line style the "
                "loss. At most 200 points a line are drawn"
                + (f", and {MOST_CURVES} runs." if len(runs) > MOST_CURVES else ".")
            )
        )
    show_broken(found.broken)

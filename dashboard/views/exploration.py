"""One run on one finding, in depth: curves with bands, and a threshold to move."""

import streamlit as st

from core.findings import Finding
from dashboard.components import wording
from dashboard.components.chart import show_figure
from dashboard.components.choices import one, tick
from dashboard.components.downloads import offer
from dashboard.components.frame import caption, sentences, show
from dashboard.components.markup import plain
from dashboard.components.threshold_table import threshold_table
from dashboard.figures.exploration import band_figure, score_figure
from dashboard.queries.exploration import NUM_BINS, NUM_RESAMPLES, Explored, at_threshold, explored
from dashboard.queries.export import threshold_frame
from dashboard.queries.reading import AnyRun
from dashboard.queries.scope import Scope
from dashboard.queries.scores import threshold
from dashboard.typography import name, plural


def show_exploration(scope: Scope, runs: tuple[AnyRun, ...], finding: Finding) -> None:
    """Put the section; nothing where the data set's labels are not here."""
    if scope.where.dataset not in scope.stores.data.names() or not runs:
        return
    show(plain("h2", "One model in depth"))
    by_id = {run.run_id: run for run in runs}
    with st.container(width=560):
        run = by_id[one("Model", "model", list(by_id))]
    found = explored(scope.stores, run.run_id, scope.where, finding)
    if found is None:
        show(plain("p", "It has no score here, or the images are all of one class."))
        return
    _show_bands(found, run, finding)
    _show_threshold(scope, found, run, finding)


def _show_bands(found: Explored, run: AnyRun, finding: Finding) -> None:
    kinds = "ROC curve, precision–recall curve and calibration"
    alt = f"{kinds} of {run.look.title} for {name(finding)}, with bands"
    show_figure(band_figure(found), alt)


def _show_threshold(scope: Scope, found: Explored, run: AnyRun, finding: Finding) -> None:
    own = threshold(scope.stores, run.run_id, scope.where, finding)
    policy = wording.thresholds(scope.where.policy, [run.record.source or "no source"])
    is_free = tick("Move the threshold (exploration: it uses the target’s labels)", "explore")
    if is_free:
        cut = st.slider("Threshold, %", 0.0, 100.0, 100 * (own or 0.5), 0.1, "%.1f") / 100
    elif own is None:
        show(plain("p", f"There is no threshold here ({policy})."))
        return
    else:
        cut = own
    title = run.look.title
    show_figure(score_figure(found, cut), f"Scores of {title} for {name(finding)} by label")
    kept = "chosen here by hand, with the target’s labels in sight" if is_free else policy
    outcome = at_threshold(found, cut)
    show(
        threshold_table(outcome),
        caption(
            sentences(
                [
                    f"{title}, {name(finding)}, threshold {100 * cut:.1f} % ({kept}).",
                    wording.data(scope.record(), scope.where),
                    f"{plural(len(found.labels), 'image')} with a label, "
                    f"{plural(found.num_patients, 'patient')}.",
                    f"Bands: 95 %, percentile bootstrap over patients, B = {NUM_RESAMPLES}.",
                    f"Calibration: {NUM_BINS} bins of equally many images.",
                ]
            )
        ),
    )
    about = {"finding": str(finding), "dataset": scope.where.dataset, "split": scope.where.split}
    chosen = {"threshold": cut, "threshold_from": kept}
    offer(lambda: threshold_frame(outcome, run, about | chosen), "threshold")

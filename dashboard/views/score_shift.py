"""What moves with the hospital besides the ranking: prevalence, scores, and calibration."""

from collections.abc import Sequence

import streamlit as st

from dashboard.components import wording
from dashboard.components.chart import show_figure
from dashboard.components.choices import one
from dashboard.components.downloads import offer
from dashboard.components.frame import caption, sentences, show
from dashboard.components.markup import plain
from dashboard.components.shift_table import corrected_table, pair_table, score_table
from dashboard.figures.sides import side_figure
from dashboard.queries.cells import Cell, Place, cells_of
from dashboard.queries.export_shift import corrected_frame, promise_frame, score_frame
from dashboard.queries.reading import AnyRun
from dashboard.queries.scope import Scope
from dashboard.queries.score_shift import NUM_BINS, PROBABILITY, Sides, corrected, sides
from dashboard.queries.scores import Scored
from dashboard.queries.shift import CALIBRATION, both_sides
from dashboard.typography import count, name, plural

CORRECTIONS = {
    "prior-shift:estimated": "moved to the prevalence estimated from the target’s scores",
    "prior-shift:true": "moved to the target’s true prevalence",
}


def show_score_shift(scope: Scope, run: AnyRun) -> None:
    """Put the sections; what the stores lack is left out, with a sentence."""
    show(plain("h2", "Prevalence and scores"))
    found = sides(scope.stores, run, scope.where)
    if found:
        show(
            score_table(found),
            caption(
                f"Small: on the source’s own test split ({_sizes([each.home for each in found])}); "
                f"then: on the target ({_sizes([each.away for each in found])}). Distance: the "
                "largest gap between the two distributions of scores (Kolmogorov–Smirnov), 0 "
                "alike, 100 apart; descriptive, without an interval. "
                f"{run.look.title}; {wording.data(scope.record(), scope.where)}"
            ),
        )
        offer(lambda: score_frame(found, run, scope.where), "scores")
        _show_finding(found)
    else:
        show(plain("p", "Source and target are not both in this data store with scored images."))
    _show_calibration(scope, run)


def _sizes(sides: Sequence[Scored]) -> str:
    """How many labelled images stand behind a row: "134 images", or from fewest to most."""
    fewest, most = (of(len(each.labels) for each in sides) for of in (min, max))
    return plural(most, "image") if fewest == most else f"{count(fewest)} to {count(most)} images"


def _show_finding(found: tuple[Sides, ...]) -> None:
    by_name = {str(each.finding): each for each in found}
    with st.container(width=320):
        chosen = by_name[one("Scores of", "scores_of", list(by_name))]
    about = f"of {name(chosen.finding)}, source test against target"
    show_figure(side_figure(chosen), f"Scores and calibration {about}")
    show(
        caption(
            f"{name(chosen.finding)}. Left: how the scores are spread. Right: the share of "
            f"positives in {NUM_BINS} bins of equally many images; on the dotted line a score is a "
            "probability."
        )
    )


def _show_calibration(scope: Scope, run: AnyRun) -> None:
    rows = both_sides(run, scope.where, CALIBRATION)
    if not rows:
        return
    show(
        plain("h2", "Calibration"),
        pair_table(rows, CALIBRATION, "Calibration, source test against target"),
        caption(
            sentences(
                [
                    "Small: on the source’s own test split; then: on the target. Slope 1 and "
                    "intercept 0 are ideal; a slope below 1 says that scores are too extreme.",
                    "Weighted, focal and asymmetric losses are off by design.",
                    wording.data(scope.record(), scope.where),
                    "Intervals stand on the Findings page, under the same metrics.",
                ]
            )
        ),
    )
    offer(lambda: promise_frame(rows, run, scope.where), "calibration")
    moved = corrected(run, scope.where)
    if moved:
        titles = {"as they are": _as_they_are(run, scope.where)} | {
            CORRECTIONS.get(weighting, weighting): cells for weighting, cells in moved.items()
        }
        show(
            plain("h2", "After correction for the prevalence of the target"),
            corrected_table(titles),
            caption("Macro averages. What used the target stands apart and is never ranked."),
        )
        offer(lambda: corrected_frame(titles, run, scope.where), "corrected-calibration")


def _as_they_are(run: AnyRun, where: Place) -> dict[str, Cell]:
    found = {metric: cells_of(run, where, metric).get("macro") for metric in PROBABILITY}
    return {metric: cell for metric, cell in found.items() if cell}

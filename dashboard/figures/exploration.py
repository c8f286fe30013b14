"""One run on one finding: lines with bands, and scores by label."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from dashboard.figures.layout import LINE, Trace, drawn, titled, upright
from dashboard.queries.exploration import Band, Explored
from dashboard.tokens import BLUE, ORANGE

HEIGHT_PX = 320
NUM_HISTOGRAM_BINS = 40
BAND_OPACITY = 0.18


@dataclass(frozen=True)
class Panel:
    """What one line with its band shows.

    Args:
        title: For people.
        x: Label of the horizontal axis.
        y: Label of the vertical axis.
    """

    title: str
    x: str
    y: str


PANELS: Mapping[str, Panel] = {
    "roc": Panel("ROC curve", "1 − specificity, %", "Sensitivity, %"),
    "pr": Panel("Precision–recall curve", "Recall, %", "Precision, %"),
    "calibration": Panel("Calibration", "Mean score of the bin, %", "Observed positive, %"),
}


def band_figure(band: Band, kind: str, reference: float | None = None) -> go.Figure:
    """A line with its 95 % band.

    Args:
        band: Values 0 to 1.
        kind: A row of `PANELS`.
        reference: Height of a dotted line, 0 to 1; None for the diagonal.
    """
    panel = PANELS[kind]
    ends = [0, 100] if reference is None else [100 * reference] * 2
    known = ~np.isnan(band.low)
    x, low, high = (100 * each[known] for each in (band.x, band.low, band.high))
    traces: list[Trace] = [
        {
            "x": [0, 100],
            "y": ends,
            "mode": "lines",
            "line": {"color": LINE, "width": 1, "dash": "dot"},
            "hoverinfo": "skip",
        },
        {
            "x": np.concatenate((x, x[::-1])).tolist(),
            "y": np.concatenate((high, low[::-1])).tolist(),
            "fill": "toself",
            "mode": "none",
            "fillcolor": BLUE,
            "opacity": BAND_OPACITY,
            "hoverinfo": "skip",
        },
        {
            "x": (100 * band.x).tolist(),
            "y": (100 * band.y).tolist(),
            "mode": "lines+markers" if kind == "calibration" else "lines",
            "line": {"color": BLUE, "width": 2},
            "hovertemplate": f"{panel.x} %{{x:.1f}}<br>{panel.y} %{{y:.1f}}<extra></extra>",
        },
    ]
    whole = {"range": [-1, 101]}
    return drawn(traces, titled(panel.x, **whole), titled(panel.y, **whole), HEIGHT_PX)


def score_figure(found: Explored, cut: float) -> go.Figure:
    """How the scores of either label are spread, as shares of that label; a line at `cut`."""
    edges = np.linspace(0, 1, NUM_HISTOGRAM_BINS + 1)
    traces: list[Trace] = []
    for label, name, colour in ((0, "absent", LINE), (1, "present", ORANGE)):
        scores = found.scores[found.labels == label]
        shares = 100 * np.histogram(scores, edges)[0] / len(scores)
        traces.append(
            {
                "x": (100 * edges[:-1]).tolist(),
                "y": shares.tolist(),
                "name": f"labelled {name}, n = {len(scores):,}",
                "mode": "lines",
                "line": {"color": colour, "width": 2, "shape": "hv"},
                "hovertemplate": f"{name}: %{{y:.1f}} % of images at score %{{x:.0f}} %"
                "<extra></extra>",
            }
        )
    return drawn(
        traces,
        titled("Score, %", range=[-1, 101]),
        titled("Share of the label’s images, %"),
        HEIGHT_PX,
        [upright(100 * cut, {"color": BLUE, "width": 1.5})],
        has_legend=True,
    )

"""Scores of one finding on source test and on the target."""

import numpy as np

from dashboard.figures.layout import LINE, Figure, Panel, Trace, drawn, percents, titled
from dashboard.queries.score_shift import Sides, reliability
from dashboard.tokens import BLUE

HEIGHT_PX = 340
NUM_HISTOGRAM_BINS = 40
LOOKS = {"source test": {"color": LINE, "width": 2}, "target": {"color": BLUE, "width": 2}}


def side_figure(found: Sides) -> Figure:
    """How the scores are spread, and how far they are probabilities; either side a line."""
    panels = (_scores(found), _reliability(found))
    return drawn(panels, HEIGHT_PX, has_legend=True)


def _scores(found: Sides) -> Panel:
    """How the scores of either side are spread, as shares of its images."""
    edges = np.linspace(0, 1, NUM_HISTOGRAM_BINS + 1)
    traces: list[Trace] = []
    for (side, line), pairs in zip(LOOKS.items(), (found.home, found.away), strict=True):
        shares = np.histogram(pairs.scores, edges)[0] / len(pairs.scores)
        traces.append(
            {
                "x": percents(edges[:-1]),
                "y": percents(shares),
                "name": f"{side}, n = {len(pairs.scores):,}",
                "mode": "lines",
                "line": {**line, "shape": "hv"},
                "hovertemplate": f"{side}: %{{y:.1f}} % of images at score %{{x:.0f}} %"
                "<extra></extra>",
            }
        )
    return Panel(traces, titled("Score, %", range=[-1, 101]), titled("Share of the images, %"))


def _reliability(found: Sides) -> Panel:
    """Observed share of positives over the mean score, either side a line."""
    traces: list[Trace] = [
        {
            "x": [0, 100],
            "y": [0, 100],
            "mode": "lines",
            "line": {"color": LINE, "width": 1, "dash": "dot"},
            "hoverinfo": "skip",
            "showlegend": False,
        }
    ]
    for (side, line), pairs in zip(LOOKS.items(), (found.home, found.away), strict=True):
        scores, shares = reliability(pairs)
        traces.append(
            {
                "x": percents(scores),
                "y": percents(shares),
                "name": side,
                "showlegend": False,
                "mode": "lines+markers",
                "line": line,
                "hovertemplate": f"{side}: score %{{x:.1f}} %, observed %{{y:.1f}} %"
                "<extra></extra>",
            }
        )
    x = titled("Mean score, %", range=[-1, 101])
    y = titled("Positive, %", range=[-1, 101])
    return Panel(traces, x, y)

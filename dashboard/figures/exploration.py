"""One run on one finding: lines with bands, and scores by label."""

from collections.abc import Sequence

import numpy as np

from dashboard.figures.layout import LINE, Figure, Panel, Trace, drawn, percents, titled, upright
from dashboard.queries.exploration import Band, Explored
from dashboard.tokens import BLUE, ORANGE

HEIGHT_PX = 320
NUM_HISTOGRAM_BINS = 40
BAND_OPACITY = 0.18


def band_figure(found: Explored) -> Figure:
    """ROC, precision-recall and calibration, each a line with its 95 % band."""
    prevalence = 100 * float(found.labels.mean())
    calibrated = (("Mean score, %", "Positive, %"), [0.0, 100.0])
    panels = (
        _band(found.roc, ("1 − specificity, %", "Sensitivity, %"), [0.0, 100.0]),
        _band(found.pr, ("Recall, %", "Precision, %"), [prevalence] * 2),
        _band(found.calibration, *calibrated, mode="lines+markers"),
    )
    return drawn(panels, HEIGHT_PX)


def _band(
    band: Band, labels: tuple[str, str], reference: Sequence[float], mode: str = "lines"
) -> Panel:
    """A line with its band, before a dotted reference from left to right, in per cent."""
    x_label, y_label = labels
    known = ~np.isnan(band.low)
    x, low, high = (percents(each[known]) for each in (band.x, band.low, band.high))
    traces: list[Trace] = [
        {
            "x": [0, 100],
            "y": list(reference),
            "mode": "lines",
            "line": {"color": LINE, "width": 1, "dash": "dot"},
            "hoverinfo": "skip",
        },
        {
            "x": [*x, *x[::-1]],
            "y": [*high, *low[::-1]],
            "fill": "toself",
            "mode": "none",
            "fillcolor": BLUE,
            "opacity": BAND_OPACITY,
            "hoverinfo": "skip",
        },
        {
            "x": percents(band.x),
            "y": percents(band.y),
            "mode": mode,
            "line": {"color": BLUE, "width": 2},
            "hovertemplate": f"{x_label} %{{x:.1f}}<br>{y_label} %{{y:.1f}}<extra></extra>",
        },
    ]
    whole = {"range": [-1, 101]}
    return Panel(traces, titled(x_label, **whole), titled(y_label, **whole))


def score_figure(found: Explored, cut: float) -> Figure:
    """How the scores of either label are spread, as shares of that label; a line at `cut`."""
    edges = np.linspace(0, 1, NUM_HISTOGRAM_BINS + 1)
    traces: list[Trace] = []
    for label, name, colour in ((0, "absent", LINE), (1, "present", ORANGE)):
        scores = found.scores[found.labels == label]
        shares = np.histogram(scores, edges)[0] / len(scores)
        traces.append(
            {
                "x": percents(edges[:-1]),
                "y": percents(shares),
                "name": f"labelled {name}, n = {len(scores):,}",
                "mode": "lines",
                "line": {"color": colour, "width": 2, "shape": "hv"},
                "hovertemplate": f"{name}: %{{y:.1f}} % of images at score %{{x:.0f}} %"
                "<extra></extra>",
            }
        )
    axes = titled("Score, %", range=[-1, 101]), titled("Share of the label’s images, %")
    return drawn(
        [Panel(traces, *axes)],
        HEIGHT_PX,
        [upright(100 * cut, {"color": BLUE, "width": 1.5})],
        has_legend=True,
    )

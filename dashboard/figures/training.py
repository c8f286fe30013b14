"""How the candidates of a run learnt, epoch by epoch."""

from collections.abc import Mapping
from dataclasses import dataclass

import plotly.graph_objects as go
import polars as pl

from dashboard.figures.layout import LINE, Trace, drawn, titled
from dashboard.tokens import BLUE

HEIGHT_PX = 300


@dataclass(frozen=True)
class Quantity:
    """One column of the curves.

    Args:
        label: Of the axis, with the unit.
        column: Of `tables.CURVES`.
        factor: What it is multiplied by.
    """

    label: str
    column: str
    factor: float


QUANTITIES: Mapping[str, Quantity] = {
    "loss": Quantity("Loss on source train", "train_loss", 1),
    "map": Quantity("mAP on source validation, %", "val_map", 100),
}


def training_figure(curves: pl.DataFrame, quantity: Quantity) -> go.Figure:
    """One line a candidate; the chosen one stands out, its chosen epoch is marked.

    Args:
        curves: `tables.CURVES` of one stage.
        quantity: A row of `QUANTITIES`.
    """
    candidates = curves.partition_by("learning_rate", "weight_decay", maintain_order=True)
    lines = [
        _line(frame, quantity)
        for frame in sorted(candidates, key=lambda each: bool(each["selected"].any()))
    ]
    chosen = curves.filter("selected")
    mark: Trace = {
        "x": chosen["epoch"].to_list(),
        "y": _values(chosen, quantity),
        "mode": "markers",
        "marker": {"color": BLUE, "size": 10},
        "hovertemplate": "chosen: epoch %{x}, %{y:.3g}<extra></extra>",
    }
    return drawn([*lines, mark], titled("Epoch", tickformat="d"), titled(quantity.label), HEIGHT_PX)


def _line(frame: pl.DataFrame, quantity: Quantity) -> Trace:
    is_chosen = bool(frame["selected"].any())
    rate = frame["learning_rate"][0]
    name = "" if rate is None else f"learning rate {rate:g}<br>"
    return {
        "x": frame["epoch"].to_list(),
        "y": _values(frame, quantity),
        "mode": "lines+markers" if frame.height == 1 else "lines",
        "line": {"color": BLUE if is_chosen else LINE, "width": 2 if is_chosen else 1.2},
        "hovertemplate": f"{name}epoch %{{x}}, %{{y:.3g}}<extra></extra>",
    }


def _values(frame: pl.DataFrame, quantity: Quantity) -> list[float]:
    return (frame[quantity.column] * quantity.factor).to_list()

"""How the candidates of a run learnt, epoch by epoch."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from dashboard.figures.layout import LINE, Figure, Panel, Trace, drawn, titled
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


def training_figure(curves: pl.DataFrame) -> Figure:
    """One line a candidate; the chosen one stands out, its chosen epoch is marked.

    Args:
        curves: `tables.CURVES` of one stage; a panel for each of its `quantities`.
    """
    return drawn([_panel(curves, quantity) for quantity in quantities(curves)], HEIGHT_PX)


def quantities(curves: pl.DataFrame) -> tuple[Quantity, ...]:
    """Those of `QUANTITIES` that were measured in a stage."""
    return tuple(
        quantity for quantity in QUANTITIES.values() if curves[quantity.column].is_not_null().any()
    )


def _panel(curves: pl.DataFrame, quantity: Quantity) -> Panel:
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
    return Panel([*lines, mark], titled("Epoch", tickformat="d"), titled(quantity.label))


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

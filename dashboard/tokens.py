"""The look of things in every figure and table: colour for backbones, shape for the loss."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.records import ImportRecord
from core.specs import RunSpec

BLUE, VERMILLION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
PURPLE, SKY = "#CC79A7", "#56B4E9"
"""Okabe and Ito's palette, which holds under the common kinds of colour blindness."""

GREY = "#808890"


@dataclass(frozen=True)
class BackboneToken:
    """How a backbone is called and coloured."""

    title: str
    colour: str


@dataclass(frozen=True)
class LossToken:
    """How a loss is called and drawn.

    Args:
        title: For people.
        symbol: Plotly's name of the shape; "-open" makes it hollow.
        filled: The same shape as a character.
        hollow: Its outline.
        dash: Plotly's name of the line style.
    """

    title: str
    symbol: str
    filled: str
    hollow: str
    dash: str


BACKBONES: Mapping[str, BackboneToken] = {
    "resnet50": BackboneToken("ResNet-50", BLUE),
    "efficientnet_b0": BackboneToken("EfficientNet-B0", VERMILLION),
    "vit_base_patch16_224": BackboneToken("ViT-B/16", GREEN),
    "efficientnet_lite0": BackboneToken("EfficientNet-Lite0", ORANGE),
}
LOSSES: Mapping[str, LossToken] = {
    "bce": LossToken("BCE", "circle", "●", "○", "solid"),
    "supcon": LossToken("SupCon", "triangle-up", "▲", "△", "dash"),
    "focal": LossToken("Focal", "square", "■", "□", "dot"),
    "weighted_bce": LossToken("Weighted BCE", "diamond", "◆", "◇", "dashdot"),
    "asymmetric": LossToken("Asymmetric", "triangle-down", "▼", "▽", "longdash"),
}


@dataclass(frozen=True)
class RunToken:
    """How one run looks, everywhere.

    Args:
        backbone: Its backbone's title.
        head: Its loss and tuning: "BCE · frozen".
        colour: Of the backbone.
        symbol: Plotly's name of the mark.
        glyph: The mark as a character.
        dash: Plotly's name of the line style.
        remark: What else must be said wherever the run is named, or "".
    """

    backbone: str
    head: str
    colour: str
    symbol: str
    glyph: str
    dash: str
    remark: str

    @property
    def title(self) -> str:
        """The run on one line."""
        return f"{self.backbone} · {self.head}{self.remark}"


def token(spec: RunSpec) -> RunToken:
    """The look of a run; names that have no token keep their name, in purple, as a star."""
    backbone = BACKBONES.get(spec.backbone, BackboneToken(spec.backbone, PURPLE))
    loss = LOSSES.get(spec.loss, LossToken(spec.loss, "star", "★", "☆", "longdashdot"))
    is_tuned = spec.tune != "none"
    return RunToken(
        backbone=backbone.title,
        head=" · ".join((loss.title, spec.regime, *_draws(spec))),
        colour=backbone.colour,
        symbol=loss.symbol if is_tuned else f"{loss.symbol}-open",
        glyph=loss.filled if is_tuned else loss.hollow,
        dash=loss.dash,
        remark=" · random weights" if spec.weights == "random" else "",
    )


def imported_token(record: ImportRecord) -> RunToken:
    """The look of a run whose predictions were made elsewhere: a star; of a reference, a ring."""
    is_reference = record.kind == "reference"
    return RunToken(
        backbone=record.name,
        head=f"fitted on {record.source or 'nothing'}" if is_reference else "imported",
        colour=GREY if is_reference else PURPLE,
        symbol="star",
        glyph="◌" if is_reference else "★",
        dash="longdashdot",
        remark="",
    )


def _draws(spec: RunSpec) -> Iterator[str]:
    """What tells runs of one method apart."""
    if spec.seed:
        yield f"seed {spec.seed}"
    if spec.resample is not None:
        yield f"resample {spec.resample}"

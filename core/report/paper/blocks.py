"""What a report is made of, before it is written as Markdown, LaTeX or HTML."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Section(StrEnum):
    """The sections of a report, in their order; checklists point to them."""

    DESIGN = "Data and design"
    RESULTS = "Results on the target"
    FINDINGS = "Results per finding"
    GAPS = "From source to target"
    SUBGROUPS = "Subgroups"
    PAIRS = "Paired comparisons"
    ATTENTION = "Attention"
    PROTOCOL = "Appendix: protocol"
    PROVENANCE = "Appendix: provenance"
    CLAIM = "Appendix: CLAIM checklist"
    TRIPOD = "Appendix: TRIPOD+AI checklist"


@dataclass(frozen=True)
class Heading:
    """The start of a section."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """One paragraph of plain text."""

    text: str


@dataclass(frozen=True)
class Grid:
    """A table.

    Args:
        caption: Stands above it.
        heads: The heads of the columns.
        rows: One tuple of cells a row, as long as `heads`.
        widths: Shares of the line, for columns of running text; None for columns of numbers.
        bold: Numbers of the rows that are set in bold.
    """

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...] | None = None
    bold: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Bar:
    """One row of a forest plot: a value with its interval, in per cent.

    Args:
        label: Stands at its left.
        value: The dot.
        low: Lower bound; None where there is no interval.
        high: Upper bound.
        is_filled: Whether the dot is filled; hollow ones are not ranked.
    """

    label: str
    value: float
    low: float | None
    high: float | None
    is_filled: bool = True


@dataclass(frozen=True)
class Forest:
    """A forest plot.

    Args:
        caption: Stands above it.
        name: Of its file.
        axis: What is drawn, with its unit.
        bars: The rows; at least one.
        reference: A value that gets a dashed line.
    """

    caption: str
    name: str
    axis: str
    bars: tuple[Bar, ...]
    reference: float | None = None


@dataclass(frozen=True)
class Panel:
    """A picture of pixels.

    Args:
        caption: Stands above it.
        name: Of its file.
        png: The file.
    """

    caption: str
    name: str
    png: bytes


Block = Heading | Paragraph | Grid | Forest | Panel


@dataclass(frozen=True)
class Document:
    """A whole report.

    Args:
        title: Its title.
        blocks: From top to bottom.
    """

    title: str
    blocks: tuple[Block, ...]

    @property
    def sections(self) -> frozenset[str]:
        """The sections that it has."""
        return frozenset(block.text for block in self.blocks if isinstance(block, Heading))

    def panels(self) -> Iterator[Panel]:
        """Its pictures of pixels."""
        return (block for block in self.blocks if isinstance(block, Panel))

    def forests(self) -> Iterator[Forest]:
        """Its forest plots."""
        return (block for block in self.blocks if isinstance(block, Forest))

"""Other people's labels as findings: literal maps with their tier, and cells as values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import polars as pl

from core.datasets.reading import note_rows
from core.errors import Problems
from core.findings import ABSENT, FINDINGS, PRESENT, Finding


class Tier(StrEnum):
    """How near a label's meaning is to the finding it is read as, nearest first."""

    SAME_NAME = "same-name"
    NARROWER = "narrower"
    COMPOSITE = "composite"


@dataclass(frozen=True)
class LabelMap:
    """The labels of a data set that mean findings; labels that are in none mean no finding.

    Args:
        same_name: Label → the same finding; the criteria may still differ.
        narrower: Label → findings that it is a kind of.
        composite: Label → findings of which it is "one or the other". It enters no manifest,
            for neither of them is known to be present or absent.
    """

    same_name: Mapping[str, Finding] = field(default_factory=dict[str, Finding])
    narrower: Mapping[str, tuple[Finding, ...]] = field(
        default_factory=dict[str, tuple[Finding, ...]]
    )
    composite: Mapping[str, tuple[Finding, ...]] = field(
        default_factory=dict[str, tuple[Finding, ...]]
    )

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """The tiers that have a label."""
        filled = zip(Tier, (self.same_name, self.narrower, self.composite), strict=True)
        return tuple(tier for tier, labels in filled if labels)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings that the data set annotates, in the order of the tables."""
        return tuple(finding for finding in FINDINGS if self.labels_of(finding))

    @property
    def columns(self) -> Mapping[str, str]:
        """Label → finding or name of a composite, for tables with a column a label."""
        return {**self.same_name, **self.composite_names}

    @property
    def composite_names(self) -> Mapping[str, str]:
        """Label of the tier `composite` → the name that it has in all data sets."""
        return {label: composite_name(members) for label, members in self.composite.items()}

    def up_to(self, tier: Tier) -> "LabelMap":
        """The labels of this tier and of those that are nearer."""
        nearer = tuple(Tier)[: tuple(Tier).index(tier) + 1]
        return LabelMap(
            same_name=self.same_name,
            narrower=self.narrower if Tier.NARROWER in nearer else {},
            composite=self.composite if Tier.COMPOSITE in nearer else {},
        )

    def labels_of(self, finding: Finding) -> tuple[str, ...]:
        """The whole labels that mean a finding; composites are none of them."""
        same = [label for label, meant in self.same_name.items() if meant == finding]
        narrower = [label for label, meant in self.narrower.items() if finding in meant]
        return (*same, *narrower)


def composite_name(members: Sequence[Finding]) -> str:
    """What a label that means one or the other finding is called: "Mass or Nodule"."""
    return " or ".join(members)


MASS_OR_NODULE = (Finding.MASS, Finding.NODULE)
COMPOSITES: Mapping[str, tuple[Finding, ...]] = {
    composite_name(members): members for members in (MASS_OR_NODULE,)
}
"""The composites that a data set may label: name → findings of which it is one or the other."""

NO_LABELS = LabelMap()
ALL_FOURTEEN = LabelMap(same_name={finding.value: finding for finding in FINDINGS})

CHEXPERT_LABELS = LabelMap(
    same_name={
        "Atelectasis": Finding.ATELECTASIS,
        "Cardiomegaly": Finding.CARDIOMEGALY,
        "Consolidation": Finding.CONSOLIDATION,
        "Edema": Finding.EDEMA,
        "Pleural Effusion": Finding.EFFUSION,
        "Pneumonia": Finding.PNEUMONIA,
        "Pneumothorax": Finding.PNEUMOTHORAX,
    },
    composite={"Lung Lesion": MASS_OR_NODULE},
)
"""The columns of CheXpert's and NegBio's tables, here and in MIMIC-CXR-JPG."""

CELLS: Mapping[str, int] = {
    cell: value for value in (1, 0, -1) for cell in (str(value), f"{value}.0")
}


def read_cells(
    problems: Problems,
    path: Path,
    rows: pl.DataFrame,
    columns: Mapping[str, str],
    blank: int | None,
) -> list[pl.Expr]:
    """One Int8 expression a label from a table with a column a label.

    Args:
        problems: Where cells that are no label are noted.
        path: The table, for the message.
        rows: Its rows, all strings, with their `ROW`.
        columns: Column → finding, or name of a composite.
        blank: What a blank cell means: `NOT_MENTIONED`, or None for a fault.
    """
    values: list[pl.Expr] = []
    for name, ours in columns.items():
        cell = pl.col(name)
        strange = cell.is_not_null() & ~cell.is_in(list(CELLS))
        sentence = f"column {name}: {{{name}!r}} is none of 1.0, 0.0, -1.0."
        note_rows(problems, path, rows, strange, sentence)
        if blank is None:
            note_rows(problems, path, rows, cell.is_null(), f"column {name} is blank.")
        value = cell.replace_strict(CELLS, default=None, return_dtype=pl.Int8)
        values.append(pl.coalesce(value, pl.lit(blank, pl.Int8)).alias(ours))
    return values


def listed_labels(labels: LabelMap, column: str, tier: Tier = Tier.NARROWER) -> list[pl.Expr]:
    """One Int8 expression a finding from a column of lists: 1 where a whole label is listed.

    Where a label of the finding is listed that is farther than the tier, the finding is known to
    be present and still not taken: it is null there, and never 0.

    Args:
        labels: Which labels mean which finding.
        column: List of strings; an image without a list has no values.
        tier: How far a label's meaning may be from the finding.
    """
    taken = labels.up_to(tier)
    return [
        pl.when(_lists(column, taken.labels_of(finding)))
        .then(pl.lit(PRESENT, pl.Int8))
        .when(~_lists(column, labels.labels_of(finding)))
        .then(pl.lit(ABSENT, pl.Int8))
        .alias(finding)
        for finding in taken.findings
    ]


def _lists(column: str, labels: Sequence[str]) -> pl.Expr:
    return pl.col(column).list.set_intersection(list(labels)).list.len() > 0


def not_annotated(findings: tuple[Finding, ...]) -> list[pl.Expr]:
    """A null column for each of the 14 that is not among `findings`."""
    return [pl.lit(None, pl.Int8).alias(each) for each in FINDINGS if each not in findings]

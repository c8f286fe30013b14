"""Composite labels under the protocol: scored as any finding is, and named as what they are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.datasets.composites import CompositeExamples, composite_examples
from core.datasets.registered import LABELS_FROM
from core.findings import FINDINGS
from core.metrics.flags import COMPOSITE, joined
from core.protocol.measuring import Measured
from core.protocol.scored import Scored
from core.roles import NOT_SCORED
from core.store.annotations import composites
from core.store.data import DataStore
from core.tables import COMPOSITES


@dataclass(frozen=True, eq=False)
class CompositePlaces:
    """Where one composite is scored.

    Args:
        name: "Mass or Nodule".
        column: Of the 14, the one that holds its scores and labels; the others hold nothing.
        places: As those of the findings, source validation first where there is one.
    """

    name: str
    column: int
    places: tuple[Scored, ...]

    def named(self, measured: Sequence[Measured]) -> list[Measured]:
        """The composite's own rows among those that were measured."""
        return [
            replace(
                each,
                row=replace(each.row, finding=self.name, flag=joined((each.row.flag, COMPOSITE))),
            )
            for each in measured
            if each.row.finding == FINDINGS[self.column]
        ]


def composite_places(places: Sequence[Scored], data: DataStore) -> Iterator[CompositePlaces]:
    """The composites that the last of the places has labels of.

    Args:
        places: Where a run is scored, the target last.
        data: Holds the composite labels that data sets have of their own.

    Raises:
        DataError: If such a table is damaged.
    """
    found = [_examples(place, data) for place in places]
    for of_places in zip(*found, strict=True):
        if (of_places[-1].labels == NOT_SCORED).all():
            continue
        column = FINDINGS.index(of_places[-1].members[0])
        yield CompositePlaces(
            of_places[-1].name,
            column,
            tuple(_only(*each, column) for each in zip(places, of_places, strict=True)),
        )


def _examples(place: Scored, data: DataStore) -> tuple[CompositeExamples, ...]:
    """Labels of an overlay have no composites of their own: these follow from their members."""
    has_own = LABELS_FROM not in place.name
    stored = composites(data, place.dataset.name) if has_own else COMPOSITES.empty()
    return composite_examples(place.selection, place.examples.values, stored)


def _only(place: Scored, composite: CompositeExamples, column: int) -> Scored:
    values = np.full(place.examples.values.shape, np.nan, place.examples.values.dtype)
    labels = np.full_like(place.examples.labels, NOT_SCORED)
    values[:, column], labels[:, column] = composite.scores, composite.labels
    return replace(place, examples=replace(place.examples, values=values, labels=labels))

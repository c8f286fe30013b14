"""What studies published, beside what was measured here: shown, never ranked."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from core.store.parquet import read_table
from core.store.results import ResultStore
from core.tables import PUBLISHED

SHIPPED = Path(__file__).resolve().parents[2] / "results" / "published"
"""The published tables of this project; a result store may hold more in its own `published/`."""


@dataclass(frozen=True)
class PublishedRow:
    """One model of one study.

    Args:
        study: Whose.
        title: Model and loss.
        values: (finding, metric) to the published value, 0 to 1.
        remark: What is not known of it.
    """

    study: str
    title: str
    values: Mapping[tuple[str, str], float]
    remark: str


def published_rows(results: ResultStore, adapter: str) -> tuple[PublishedRow, ...]:
    """The published rows for a data set, in the order of the tables.

    Args:
        results: Its folder `published/` is read, and this project's own.
        adapter: The release that was tested on ("chestxray14"), whatever it is called here.

    Raises:
        DataError: If a table is damaged.
    """
    folders = dict.fromkeys((SHIPPED, (results.root / "published").resolve()))
    paths = [path for folder in folders for path in sorted(folder.glob("*.parquet"))]
    rows = pl.concat([PUBLISHED.empty(), *(read_table(path, PUBLISHED) for path in paths)])
    return tuple(
        PublishedRow(
            study=part["study"][0],
            title=f"{part['model'][0]} · {part['loss'][0]}",
            values={(row["finding"], row["metric"]): row["value"] for row in part.to_dicts()},
            remark=part["remark"][0],
        )
        for part in rows.filter(dataset=adapter).partition_by(
            "study", "model", "loss", maintain_order=True
        )
    )

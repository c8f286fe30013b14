"""The rows that an adapter read, taken apart into the tables of a data set."""

from pathlib import Path

import polars as pl

from core.datasets.files import FAULT
from core.datasets.request import IndexedTables
from core.errors import DataError
from core.tables import COMPOSITES, MANIFEST, QUARANTINE

_KEY = "image_id"


def indexed(
    root: Path,
    rows: pl.DataFrame,
    boxes: pl.DataFrame,
    split_name: str,
    notes: tuple[str, ...] = (),
    labeller: str | None = None,
) -> IndexedTables:
    """The manifest, what is set aside, and the composite labels.

    Args:
        root: The data set's folder, for the message.
        rows: One row per image: the manifest's columns, `FAULT`, and one per composite.
        boxes: One row per box (`tables.BOXES`).
        split_name: Which split the manifest holds.
        notes: Sentences about what was changed or left out on the way.
        labeller: How the labels came to be, where that depends on the request.

    Raises:
        DataError: If not one image can be used.
    """
    if rows.is_empty():
        told = " ".join(("no image is left of its tables.", *notes))
        raise DataError(f"{root}: {told}")
    quarantine = rows.drop_nulls(FAULT).select(_KEY, reason=FAULT)
    if quarantine.height == rows.height:
        raise DataError(
            f"{root}: none of the {rows.height:,} images can be used, first "
            f"{quarantine['reason'][0]}; is this the folder that holds them?"
        )
    return IndexedTables(
        manifest=rows.select(MANIFEST.schema.names()),
        boxes=boxes,
        split_name=split_name,
        notes=notes,
        labeller=labeller,
        quarantine=quarantine.match_to_schema(QUARANTINE.schema),
        composites=_composites(rows),
    )


def _composites(rows: pl.DataFrame) -> pl.DataFrame:
    names = [name for name in rows.columns if name not in (*MANIFEST.schema, FAULT)]
    if not names:
        return COMPOSITES.empty()
    long = rows.unpivot(names, index=_KEY, variable_name="composite").drop_nulls("value")
    return long.match_to_schema(COMPOSITES.schema)

"""A large table that is written in parts, so that memory stays bounded and a kill costs little."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from core.store.atomic import replacing
from core.store.parquet import check_whole, read_provenance, told, write_table
from core.store.seal import seal
from core.tables import Table

_ROWS_PER_GROUP = 16_384


@dataclass(frozen=True)
class Parts:
    """The parts of a table, in a folder beside its file until they are joined into it.

    Args:
        path: The table's file.
        table: What it is.
        provenance: What the rows are made from; JSON values. Parts made from anything else are
            thrown away.
    """

    path: Path
    table: Table
    provenance: Mapping[str, object]

    @property
    def folder(self) -> Path:
        """Where the parts lie."""
        return self.path.with_suffix(".parts")

    def paths(self) -> list[Path]:
        """The parts there are, in the order in which they were written."""
        found = sorted(self.folder.glob("*.parquet"))
        for path in found:
            if read_provenance(path, self.table) != self.provenance:
                path.unlink()
        return [path for path in found if path.exists()]

    def write(self, frame: pl.DataFrame) -> None:
        """Add a part; no row of it may have the key of a row in another part.

        Raises:
            DataError: If the frame breaks the table's schema or rules.
        """
        number = max((int(path.stem) for path in self.paths()), default=-1) + 1
        write_table(self.folder / f"{number:06}.parquet", self.table, frame, self.provenance)

    def join(self, provenance: Mapping[str, object]) -> None:
        """Put the parts into the file, row group by row group, and remove them.

        Their rows take the place of older rows with the same key.

        Args:
            provenance: Of the whole file.

        Raises:
            DataError: If the file or a part is damaged.
        """
        if not self.paths():
            return
        with replacing(self.path) as temporary:
            self._rows().sink_parquet(
                temporary,
                compression="zstd",
                row_group_size=_ROWS_PER_GROUP,
                metadata=told(self.table, provenance),
            )
            seal(temporary)
        shutil.rmtree(self.folder)

    def stored(self) -> pl.LazyFrame:
        """The rows of the file, read as far as they are asked for.

        Raises:
            DataError: If the file is missing, damaged or another table.
        """
        check_whole(self.path, self.table)
        read_provenance(self.path, self.table)
        return pl.scan_parquet(self.path)

    def _rows(self) -> pl.LazyFrame:
        parts = self.paths()
        for path in parts:
            check_whole(path, self.table)
        new = pl.concat([pl.scan_parquet(path) for path in parts])
        if not self.path.exists():
            return new
        old, key = self.stored(), list(self.table.key)
        return pl.concat(
            [old.join(new.select(key), on=key, how="anti", maintain_order="left"), new]
        )

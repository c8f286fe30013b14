"""What a table is: its columns, its key, and what each row must satisfy."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from core.errors import DataError

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Table:
    """One kind of table.

    Args:
        name: What it is called, in errors and metadata.
        schema: Columns with their types, in order.
        key: Columns that no two rows share.
        rules: What each row must satisfy; the name completes "row 3: …".
        required: Columns that are never null.
    """

    name: str
    schema: pl.Schema
    key: tuple[str, ...]
    rules: Mapping[str, pl.Expr] = field(default_factory=dict[str, pl.Expr])
    required: tuple[str, ...] = ()

    def empty(self) -> pl.DataFrame:
        """A table without rows."""
        return self.schema.to_frame()

    def checked(self, frame: pl.DataFrame, where: object) -> pl.DataFrame:
        """`frame` with this schema's columns and types, every rule satisfied.

        Args:
            frame: The table to check.
            where: The file, for the message.

        Raises:
            DataError: If a column is missing or of another type, or a row breaks a rule.
        """
        try:
            cast = frame.cast(self.schema).match_to_schema(self.schema)
        except pl.exceptions.PolarsError as error:
            reason = str(error).splitlines()[0]
            raise DataError(f"{where}: this is not a {self.name} table: {reason}.") from error
        problems = [f"{where}: {sentence}" for sentence in self._broken(cast)]
        if problems:
            raise DataError(problems)
        return cast

    def _broken(self, frame: pl.DataFrame) -> list[str]:
        required = self.required or self.key
        rules = {f"{name} is missing": pl.col(name).is_not_null() for name in required}
        rules |= {
            f"{', '.join(self.key)} is given twice": ~pl.struct(self.key).is_duplicated(),
            **self.rules,
        }
        verdicts = frame.select(
            (~rule).fill_null(value=False).arg_true().implode().alias(name)
            for name, rule in rules.items()
        ).row(0, named=True)
        return [
            f"row {rows[0] + 1}: {name}" + (f" (and {len(rows) - 1} more rows)" * (len(rows) > 1))
            for name, rows in verdicts.items()
            if rows
        ]


def one_of(column: str, choices: tuple[str, ...]) -> dict[str, pl.Expr]:
    """The rule that a column holds one of the choices."""
    return {f"{column} is none of {', '.join(choices)}": pl.col(column).is_in([*map(str, choices)])}


def fractions(*columns: str) -> dict[str, pl.Expr]:
    """The rules that columns lie between 0 and 1."""
    return {
        f"{column} is not a fraction of the image": pl.col(column).is_between(0, 1)
        for column in columns
    }

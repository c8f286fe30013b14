"""Grids as people write them: TOML, every wrong key and value named at once."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from core.bench.grid import GridSpec
from core.errors import DataError, Problems
from core.lookup import unknown
from core.specs import Spec

AnySpec = TypeVar("AnySpec", bound=Spec)


def read_grid(path: Path) -> GridSpec:
    """The grid in a TOML file, without its table [slurm].

    Raises:
        DataError: If it cannot be read, or keys or values are wrong; names each.
    """
    fields = {key: value for key, value in _read(path).items() if key != "slurm"}
    return checked(GridSpec, fields, path)


def read_table(kind: type[AnySpec], path: Path, name: str) -> AnySpec:
    """One table of a TOML file; its defaults where the file has no such table.

    Raises:
        DataError: If the file cannot be read, or keys or values are wrong; names each.
    """
    return checked(kind, _read(path).get(name, {}), f"{path}, [{name}]")


def checked(kind: type[AnySpec], fields: Mapping[str, Any], where: object) -> AnySpec:
    """A specification from what a file holds.

    Raises:
        DataError: If keys or values are wrong; names each, and the nearest valid key.
    """
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        problems = Problems()
        for fault in _roots(error.errors()):
            problems.add(where, _sentence(kind, fault))
        raise DataError(problems.found) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise DataError(f"{path}: cannot be read as TOML ({error}).") from error


def _roots(faults: Sequence[ErrorDetails]) -> Iterator[ErrorDetails]:
    """Faults without those of a list that only say that its items are wrong."""
    for fault in faults:
        loc = fault["loc"]
        if not any(other["loc"][: len(loc)] == loc for other in faults if other is not fault):
            yield fault


def _sentence(kind: type[BaseModel], fault: ErrorDetails) -> str:
    *parents, last = fault["loc"] or ("",)
    if fault["type"] == "extra_forbidden":
        known = _model_at(kind, parents).model_fields
        return ": ".join(filter(None, [_dotted(parents), unknown(str(last), known, "key")]))
    if fault["type"] == "value_error":
        what = str(fault.get("ctx", {}).get("error"))
    else:
        given = "" if fault["type"] == "missing" else f", not {fault['input']!r}"
        what = f"{fault['msg']}{given}"
    return ": ".join(filter(None, [_dotted(fault["loc"]), f"{what}."]))


def _model_at(kind: type[BaseModel], path: Sequence[int | str]) -> type[BaseModel]:
    """The model that lies at a path of keys and positions."""
    for key in path:
        if isinstance(key, str):
            kind = next(_models(kind.model_fields[key].annotation))
    return kind


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    """The models within an annotation such as `tuple[ArmSpec, ...]` or `TuneSpec | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _dotted(path: Sequence[int | str]) -> str:
    """`arms[0].tuning`."""
    parts = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return "".join(parts).removeprefix(".")

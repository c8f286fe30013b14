"""`cxr doctor`: what this machine has, what it would choose, and what is in the way."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import output
from cli.extras import EXTRAS, has
from cli.options import DATA, RESULTS, AsJson, DataDir, ResultsDir
from core.errors import CxrError, DataError

if TYPE_CHECKING:
    from core.store.trial import Lock


@dataclass(frozen=True)
class Asked:
    """What is looked at: the stores, and the grid that they shall hold."""

    data: Path
    results: Path
    preset: str


@dataclass(frozen=True)
class Told:
    """What one check says.

    Args:
        lines: As it is.
        problems: One sentence each, with what to do.
    """

    lines: tuple[str, ...]
    problems: tuple[str, ...] = ()


def doctor(
    preset: Annotated[
        str, typer.Option(help="The grid that the disks must have room for.")
    ] = "ai4sd-matched",
    as_json: AsJson = False,
    data: DataDir = DATA,
    results: ResultsDir = RESULTS,
) -> None:
    """Say what this machine has and would choose, and what is in the way, with what to do.

    Ends with exit code 3 if anything is in the way. Works without the engine.
    """
    asked = Asked(data, results, preset)
    told = {name: check(asked) for name, check in CHECKS.items()}
    problems = [problem for each in told.values() for problem in each.problems]
    if as_json:
        checks = {name: asdict(each) for name, each in told.items()}
        output.json_out({"ready": not problems, "checks": checks})
    else:
        for name, each in told.items():
            for line in each.lines:
                output.line(f"{name}: {line}")
        for problem in problems:
            output.line(f"problem: {problem}")
        output.line("Nothing is in the way." if not problems else f"{len(problems)} problems.")
    if problems:
        raise typer.Exit(DataError.exit_code)


def _versions(asked: Asked) -> Told:
    from core.store.provenance import git_commit, versions

    found = ", ".join(f"{name} {number}" for name, number in versions().items())
    missing = [extra for extra in EXTRAS if not has(extra)]
    lines = [found, f"commit {git_commit() or 'unknown'}"]
    if missing:
        lines.append(f"not installed: pip install 'cxr-bench[{','.join(missing)}]'")
    return Told(tuple(lines))


def _device(asked: Asked) -> Told:
    if not has("engine"):
        return Told(("no engine here: this machine can show results, and not train",))
    from core.training.readiness import device, precision, threads

    chosen = precision()
    why = f"the fastest with the features of fp32, cosine {chosen.cosine:.5f}"
    rate = f"{chosen.images_per_second:.0f} images/s at 96 px with EfficientNet-Lite0"
    return Told(
        (
            device(),
            f"--precision auto takes {chosen.precision}, {chosen.layout}: {why} ({rate})",
            ", ".join(f"{name} {number}" for name, number in threads().items()),
        )
    )


def _decoders(asked: Asked) -> Told:
    from PIL import features

    codecs = {"jpg": "JPEG", "zlib": "PNG"}
    missing = [told for codec, told in codecs.items() if not features.check(codec)]
    problems = [
        f"Pillow was built without {each} and cannot read it; pip install --upgrade pillow."
        for each in missing
    ]
    readable = [told for told in codecs.values() if told not in missing]
    dicom = "DICOM (JPEG, JPEG 2000, RLE)" if has("dicom") else "no DICOM (extra dicom)"
    return Told((", ".join([*readable, dicom]),), tuple(problems))


def _stores(asked: Asked) -> Told:
    from core.store.trial import write_fault

    places = (asked.data, asked.results)
    faults = [fault for fault in map(write_fault, places) if fault]
    lines = () if faults else ("both can be written, synced, renamed, locked and mapped",)
    return Told(lines, tuple(faults))


def _disk(asked: Asked) -> Told:
    from core.store import DataStore

    free = {place: _free_bytes(place) for place in (asked.data, asked.results)}
    lines = [f"{place}: {_gigabytes(size)} free" for place, size in free.items()]
    names = DataStore(asked.data).names()
    if not names or not has("engine"):
        return Told(tuple(lines))
    from core.bench.grid import PRESETS, cells
    from core.bench.room import room
    from core.lookup import lookup

    try:
        specs = cells(lookup(PRESETS, asked.preset, "preset"), names[0])
        needed = room(specs, names, DataStore(asked.data))
    except DataError as error:
        return Told((*lines, f"the need of {asked.preset} is unknown: {error}"))
    wanted = {asked.data: needed.data, asked.results: needed.results}
    if _device_of(asked.data) == _device_of(asked.results):
        wanted = {asked.data: needed.data + needed.results}
    lines.append(
        f"{asked.preset} on all {len(names)} data sets adds {_gigabytes(needed.data)} of caches "
        f"and features and {_gigabytes(needed.results)} of tuned weights"
    )
    problems = [
        f"{place}: {asked.preset} needs {_gigabytes(size)} and {_gigabytes(free[place])} are free; "
        "free the rest, or place the store elsewhere (--data, --results)."
        for place, size in wanted.items()
        if size > free[place]
    ]
    return Told(tuple(lines), tuple(problems))


def _datasets(asked: Asked) -> Told:
    from core.protocol.manifest import check_manifest
    from core.protocol.observations import Severity
    from core.store import DataStore

    store, lines, problems = DataStore(asked.data), list[str](), list[str]()
    for name in store.names():
        try:
            dataset = store.dataset(name)
        except CxrError as error:
            problems.append(str(error))
            continue
        record, root = dataset.record, Path(dataset.record.root)
        marks = ["restricted"] * record.restricted + ["tables only"] * record.tables_only
        aside = f"{dataset.quarantine.height:,} set aside"
        told = ", ".join([f"{dataset.manifest.height:,} images", aside, *marks])
        lines.append(f"{name}: {told}; audit: cxr data check {name}")
        if not record.tables_only and record.root and not root.is_dir():
            problems.append(f"{name}: its images are gone from {root}; mount it, or index it anew.")
        problems += (
            f"{name}: {each.sentence}"
            for each in check_manifest(dataset)
            if each.severity == Severity.BREACH
        )
    return Told(tuple(lines) or (f"none in {asked.data}; cxr data index …",), tuple(problems))


def _locks(asked: Asked) -> Told:
    from core.store.trial import locks

    found = [*locks(asked.data), *locks(asked.results)]
    return Told(tuple(map(_lock, found)) or ("none",))


def _lock(lock: Lock) -> str:
    if lock.is_held:
        return f"{lock.folder} is held by {lock.owner}"
    return f"{lock.folder} was left by {lock.owner}, which is gone: free, nothing to do"


def _weights(asked: Asked) -> Told:
    if not has("engine"):
        return Told(("no engine here",))
    from core.training.readiness import weights_at_hand

    at_hand = weights_at_hand()
    lines = [
        f"{name}: {f'--weights {kind}, without a network' if kind else 'needs a network once'}"
        for name, kind in at_hand.items()
    ]
    return Told(tuple(lines))


CHECKS: Mapping[str, Callable[[Asked], Told]] = {
    "versions": _versions,
    "device": _device,
    "decoders": _decoders,
    "stores": _stores,
    "disk": _disk,
    "data": _datasets,
    "locks": _locks,
    "weights": _weights,
}
"""In the order in which they are told."""


def _existing(place: Path) -> Path:
    return next(path for path in (place, *place.absolute().parents) if path.exists())


def _free_bytes(place: Path) -> int:
    return shutil.disk_usage(_existing(place)).free


def _device_of(place: Path) -> int:
    return _existing(place).stat().st_dev


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:,.1f} GB"

"""`cxr data check`: what in a data set, or between two, breaks the protocol."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from cli import output
from cli.options import DATA, AsJson, DataDir
from cli.progress import shown
from core.errors import ProtocolError

if TYPE_CHECKING:
    from core.stages.check import Checked

EXIT_CODE = ProtocolError.exit_code


def check(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME…", help="Data sets, the source first.")
    ],
    quarantine: Annotated[
        bool,
        typer.Option(
            "--quarantine",
            help="Set aside, by name and reason, every image that breaks the protocol; of two "
            "copies the one in the data set named first, or in train.",
        ),
    ] = False,
    as_json: AsJson = False,
    data: DataDir = DATA,
) -> None:
    """Check counts, patients, copied pictures and files, in each data set and between them.

    Ends with exit code 3 if something breaks the protocol and was not set aside.
    """
    from core.stages import check as stage
    from core.store.data import DataStore

    with shown() as progress:
        checked = stage.run(DataStore(data), names, quarantine, progress)
    if as_json:
        output.json_out(_as_json(checked))
    else:
        _print(checked)
    if checked.breaches:
        raise typer.Exit(EXIT_CODE)


def _as_json(checked: "Checked") -> dict[str, object]:
    return {
        "breaks_protocol": bool(checked.breaches),
        "observations": {
            name: [asdict(each) for each in found] for name, found in checked.observations.items()
        },
        "counts": {name: frame.to_dicts() for name, frame in checked.counts.items()},
        "set_aside": {name: frame.to_dicts() for name, frame in checked.set_aside.items()},
    }


def _print(checked: "Checked") -> None:
    from cli.counts import print_counts

    for name, counts in checked.counts.items():
        output.line(f"{name}: positives (positive patients) and prevalence per split")
        print_counts(counts)
    for name, found in checked.observations.items():
        for each in found:
            output.line(f"{name}: {each.severity}: {each.sentence}")
    for name, aside in checked.set_aside.items():
        if aside.height:
            output.line(f"{name}: set aside and used by no stage: {aside.height:,}.")
    output.line(_verdict(checked))


def _verdict(checked: "Checked") -> str:
    if checked.breaches:
        return f"{len(checked.breaches)} findings break the protocol."
    return "Nothing breaks the protocol."

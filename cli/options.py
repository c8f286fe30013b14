"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

DataDir = Annotated[
    Path,
    typer.Option("--data", envvar="CXR_DATA", help="Store of indexed data.", metavar="DIR"),
]
ResultsDir = Annotated[
    Path,
    typer.Option("--results", envvar="CXR_RESULTS", help="Store of runs.", metavar="DIR"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON alone on stdout.")]
RunIds = Annotated[list[str] | None, typer.Argument(metavar="RUN…", help="Runs, by id.")]
AllRuns = Annotated[
    bool,
    typer.Option("--all", help="All runs that are done; imported ones too, if the command can."),
]

DATA = Path("data")
RESULTS = Path("results")

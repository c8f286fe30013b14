"""`cxr report`: the study, ready for a paper."""

from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.options import DATA, RESULTS, AsJson, DataDir, ResultsDir


def report(
    form: Annotated[
        str, typer.Option("--format", metavar="md|latex|html", help="How it is written.")
    ] = "html",
    target: Annotated[
        str | None, typer.Option(help="Data set that runs were evaluated on, if there are several.")
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the report.")] = Path(
        "report"
    ),
    public: Annotated[
        bool,
        typer.Option(
            "--public", help="Of restricted data, withhold cells over fewer than 10 patients."
        ),
    ] = False,
    as_json: AsJson = False,
    data: DataDir = DATA,
    results: ResultsDir = RESULTS,
) -> None:
    """Write tables, plots, attention panels, provenance and checklists; needs no torch.

    HTML is one file that opens anywhere; images of restricted data are never in a report.
    """
    from core.stages import report as stage
    from core.store import DataStore, ResultStore

    files = stage.run(out, form, DataStore(data), ResultStore(results), target, public)
    if as_json:
        output.json_out({"files": [str(path) for path in files]})
        return
    output.line(str(files[0]))

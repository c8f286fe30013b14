"""`cxr demo`: the whole benchmark on two synthetic hospitals, offline."""

from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.dashboard import dashboard


def demo(
    out: Annotated[Path, typer.Option(help="Folder of the demo.")] = Path("demo"),
    num_patients: Annotated[int, typer.Option(help="Patients per hospital.", min=40)] = 240,
    seed: Annotated[int, typer.Option(help="Of the phantom and the runs.")] = 0,
    open_dashboard: Annotated[
        bool, typer.Option("--dashboard/--no-dashboard", help="Open the dashboard at the end.")
    ] = True,
    port: Annotated[int, typer.Option(help="Of the dashboard, on 127.0.0.1.")] = 8501,
) -> None:
    """Make two synthetic hospitals, train every backbone on one, test on the other, and browse.

    The images are synthetic: not for clinical use or conclusions. What is there already is kept.
    """
    from cli.demonstration import run_demo

    place = run_demo(out, num_patients, seed)
    if open_dashboard:
        dashboard(port=port, data=place.data.root, results=place.results.root)
    else:
        output.note(f"cxr dashboard --data {place.data.root} --results {place.results.root}")

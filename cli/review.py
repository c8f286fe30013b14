"""`cxr dashboard`: the reviewer's view."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.options import DATA, RESULTS, DataDir, ResultsDir

APP = Path(__file__).resolve().parents[1] / "dashboard" / "app.py"


def dashboard(
    port: Annotated[int, typer.Option(help="On 127.0.0.1.")] = 8501,
    allow_restricted: Annotated[
        bool,
        typer.Option("--allow-restricted", help="Show images of credentialed data sets."),
    ] = False,
    data: DataDir = DATA,
    results: ResultsDir = RESULTS,
) -> None:
    """Browse results and attention maps; needs no torch."""
    if find_spec("streamlit") is None:
        raise ModuleNotFoundError("No module named 'streamlit'", name="streamlit")
    places = {"CXR_DATA": str(data.resolve()), "CXR_RESULTS": str(results.resolve())}
    restricted = {"CXR_ALLOW_RESTRICTED": "1"} if allow_restricted else {}
    output.note(f"http://127.0.0.1:{port} (Ctrl-C ends it)")
    command = [sys.executable, "-m", "streamlit", "run", str(APP)]
    options = ["--server.port", str(port), "--server.headless", "true"]
    done = subprocess.run(
        [*command, *options], env=os.environ | places | restricted, cwd=APP.parents[1], check=False
    )
    raise typer.Exit(done.returncode)

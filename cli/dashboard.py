"""`cxr dashboard`: the reviewer's view."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.extras import has
from cli.options import DATA, RESULTS, DataDir, ResultsDir

APP = Path(__file__).resolve().parents[1] / "dashboard" / "app.py"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def dashboard(
    port: Annotated[int, typer.Option(help="Where it listens.", min=1, max=65535)] = 8501,
    host: Annotated[
        str,
        typer.Option(
            help="Address to listen on; others than this machine's own are seen by the network."
        ),
    ] = "127.0.0.1",
    allow_restricted: Annotated[
        bool,
        typer.Option("--allow-restricted", help="Show images of credentialed data sets."),
    ] = False,
    data: DataDir = DATA,
    results: ResultsDir = RESULTS,
) -> None:
    """Browse results and attention maps; needs no torch.

    CXR_DASHBOARD_PASSWORD asks readers for it; CXR_ALLOWED_HOSTS names this server's other names.
    """
    if not has("dashboard"):
        raise ModuleNotFoundError("No module named 'streamlit'", name="streamlit")
    places = {"CXR_DATA": str(data.resolve()), "CXR_RESULTS": str(results.resolve())}
    restricted = {"CXR_ALLOW_RESTRICTED": "1"} if allow_restricted else {}
    if host not in LOOPBACK:
        _warn(host, allow_restricted=allow_restricted)
    known = ",".join(filter(None, [os.environ.get("CXR_ALLOWED_HOSTS"), host]))
    shown = f"[{host}]" if ":" in host else host
    output.note(f"http://{shown}:{port} (Ctrl-C ends it)")
    command = [sys.executable, "-m", "streamlit", "run", str(APP), "--server.headless", "true"]
    options = ["--server.port", str(port), "--server.address", host]
    environment = os.environ | places | restricted | {"CXR_ALLOWED_HOSTS": known}
    done = subprocess.run([*command, *options], env=environment, cwd=APP.parents[1], check=False)
    raise typer.Exit(done.returncode)


def _warn(host: str, *, allow_restricted: bool) -> None:
    """What it means to listen where others can reach it."""
    what = "results, maps and images, restricted ones too" if allow_restricted else "results"
    output.note(f"warning: whoever reaches {host} sees {what}; traffic is not encrypted.")
    if not os.environ.get("CXR_DASHBOARD_PASSWORD"):
        output.note("warning: there is no password; set CXR_DASHBOARD_PASSWORD.")
    output.note("Names by which readers reach it are refused unless in CXR_ALLOWED_HOSTS (a,b).")

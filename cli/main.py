"""The command `cxr`: the app, and the one place where errors become sentences."""

import sys
import tomllib
from pathlib import Path
from typing import Annotated

import typer

from cli import (
    agree,
    bench,
    bundle,
    check,
    classify,
    compare,
    dashboard,
    data,
    demo,
    doctor,
    evaluate,
    explain,
    imports,
    localise,
    phantom,
    report,
    runs,
    sanity,
    train,
)
from cli.extras import extra_with
from core.errors import CxrError

START, DATA, RUNS = "Start here", "Data", "Training"
SCORES, ATTENTION, SHARING = "Scores", "Attention", "Look and share"

app = typer.Typer(
    name="cxr",
    help=(
        "How well does a chest X-ray classifier hold up in a hospital it has never seen, "
        "and does it look at the right place?"
    ),
    epilog="Begin with: cxr demo (two synthetic hospitals, offline). Complete names with TAB: "
    "cxr --install-completion.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"auto_envvar_prefix": "CXR", "help_option_names": ["-h", "--help"]},
)
app.command("demo", rich_help_panel=START)(demo.demo)
app.command("doctor", rich_help_panel=START)(doctor.doctor)
app.add_typer(data.app, name="data", rich_help_panel=DATA)
data.app.command("phantom")(phantom.phantom)
data.app.command("check")(check.check)
app.add_typer(runs.app, name="runs", rich_help_panel=RUNS)
app.command("train", rich_help_panel=RUNS)(train.train)
app.command("eval", rich_help_panel=SCORES)(evaluate.evaluate)
app.command("predict", rich_help_panel=SCORES)(classify.classify)
app.command("compare", rich_help_panel=SCORES)(compare.compare)
app.command("import-predictions", rich_help_panel=SCORES)(imports.import_predictions)
app.command("explain", rich_help_panel=ATTENTION)(explain.explain)
app.command("localise", rich_help_panel=ATTENTION)(localise.localise)
app.command("agree", rich_help_panel=ATTENTION)(agree.agree)
app.command("sanity", rich_help_panel=ATTENTION)(sanity.sanity)
app.command("bench", rich_help_panel=RUNS)(bench.bench)
app.command("bundle", rich_help_panel=SHARING)(bundle.bundle)
app.command("report", rich_help_panel=SHARING)(report.report)
app.command("dashboard", rich_help_panel=SHARING)(dashboard.dashboard)


@app.callback()
def configure(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(envvar="CXR_CONFIG", help="TOML file with a table of options per command."),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Flags win over CXR_* variables, those over the TOML file, and that over the defaults."""
    context.obj = {"debug": debug}
    if config is not None:
        context.default_map = _read_toml(config)


def run() -> None:
    """Run `cxr`; an error ends as one sentence on stderr and its exit code."""
    try:
        app()
    except CxrError as error:
        _fail(str(error), error.exit_code, error)
    except OSError as error:
        _fail(_told(error), 1, error)
    except ModuleNotFoundError as error:
        extra = extra_with((error.name or "").partition(".")[0])
        if extra is None:
            raise
        install = f"pip install 'cxr-bench[{extra}]'"
        _fail(f"This command needs the package {error.name!r}: {install}.", 1, error)


def _fail(sentence: str, exit_code: int, error: Exception) -> None:
    if "--debug" in sys.argv:
        raise error
    typer.echo(f"cxr: {sentence}", err=True)
    raise SystemExit(exit_code) from error


def _told(error: OSError) -> str:
    """One sentence about a disk that is full, read-only, foreign or gone."""
    where = f"{error.filename}: " if error.filename else ""
    reason = (error.strerror or str(error)).lower()
    return f"{where}{reason}; what was finished is kept: mend that, and run the same command again."


def _read_toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise typer.BadParameter(f"{path}: cannot be read as TOML ({error}).") from error


if __name__ == "__main__":
    run()

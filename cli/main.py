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
    data,
    demo,
    evaluate,
    explain,
    imports,
    localise,
    phantom,
    review,
    runs,
    sanity,
    train,
)
from core.errors import CxrError

ENGINE = frozenset({"torch", "torchvision", "timm", "sklearn", "scipy", "safetensors"})
DASHBOARD = frozenset({"streamlit", "plotly"})
DICOM = frozenset({"pydicom", "pylibjpeg", "openjpeg", "gdcm"})
SLURM = frozenset({"submitit"})

app = typer.Typer(
    name="cxr",
    help=(
        "How well does a chest X-ray classifier hold up in a hospital it has never seen, "
        "and does it look at the right place?"
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"auto_envvar_prefix": "CXR", "help_option_names": ["-h", "--help"]},
)
app.add_typer(data.app, name="data")
data.app.command("phantom")(phantom.phantom)
data.app.command("check")(check.check)
app.add_typer(runs.app, name="runs")
app.command("train")(train.train)
app.command("eval")(evaluate.evaluate)
app.command("predict")(classify.classify)
app.command("compare")(compare.compare)
app.command("import-predictions")(imports.import_predictions)
app.command("explain")(explain.explain)
app.command("localise")(localise.localise)
app.command("agree")(agree.agree)
app.command("sanity")(sanity.sanity)
app.command("bench")(bench.bench)
app.command("bundle")(bundle.bundle)
app.command("dashboard")(review.dashboard)
app.command("demo")(demo.demo)


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
    except ModuleNotFoundError as error:
        extra = _extra_of((error.name or "").partition(".")[0])
        if extra is None:
            raise
        install = f"pip install 'cxr-bench[{extra}]'"
        _fail(f"This command needs the package {error.name!r}: {install}.", 1, error)


def _fail(sentence: str, exit_code: int, error: Exception) -> None:
    if "--debug" in sys.argv:
        raise error
    typer.echo(f"cxr: {sentence}", err=True)
    raise SystemExit(exit_code) from error


def _extra_of(package: str) -> str | None:
    extras = {"engine": ENGINE, "dashboard": DASHBOARD, "dicom": DICOM, "slurm": SLURM}
    return next((extra for extra, packages in extras.items() if package in packages), None)


def _read_toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise typer.BadParameter(f"{path}: cannot be read as TOML ({error}).") from error


if __name__ == "__main__":
    run()

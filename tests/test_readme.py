"""Every command in README exists with its options, and its main path runs."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from cli.main import app
from tests.fixtures.pipeline import Cxr
from tests.fixtures.releases import write_release, write_table_dataset

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PROGRAMS = ("cxr", "make", "pip", "python", "streamlit", "torchrun")


def _blocks() -> Iterator[str]:
    """The commands of the indented blocks, without prompts and comments."""
    for line in README.splitlines():
        found = re.fullmatch(r" {4}(?:\$ )?(.*?)(?:\s+#.*)?", line)
        if found and found[1].startswith(PROGRAMS):
            yield found[1]


def _inline() -> Iterator[str]:
    """Commands within sentences and tables; they may be cut short."""
    for quoted in re.findall(r"`([^`]+)`", README):
        if quoted.startswith(tuple(f"{name} " for name in PROGRAMS)):
            yield quoted


BLOCKS, INLINE = tuple(dict.fromkeys(_blocks())), tuple(dict.fromkeys(_inline()))


def _command(words: list[str]) -> tuple[Any, list[str]]:
    """The command that words name, and the words after it."""
    command: Any = typer.main.get_command(app)
    while words and hasattr(command, "commands"):
        if words[0].startswith("-"):
            return command, words
        name, *words = words
        assert name in command.commands, f"there is no command {name!r}"
        command = command.commands[name]
    return command, words


def _options(words: list[str]) -> set[str]:
    return {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}


def test_readme_has_commands() -> None:
    assert len(BLOCKS) > 20
    assert len(INLINE) > 20


@pytest.mark.parametrize("line", [line for line in BLOCKS if line.startswith("cxr ")])
def test_a_whole_command_parses(line: str) -> None:
    command, rest = _command(shlex.split(line)[1:])
    command.make_context(command.name, rest)


@pytest.mark.parametrize("line", [line for line in INLINE if line.startswith("cxr ")])
def test_a_command_in_a_sentence_exists_with_its_options(line: str) -> None:
    words = [word.strip("[]…") for word in re.split(r"[\s|]+", line)[1:]]
    command, rest = _command([word for word in words if word])
    known = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
    assert _options(rest) <= known | {"--help", "-h"}


@pytest.mark.parametrize("line", [*BLOCKS, *INLINE])
def test_files_targets_extras_and_script_options_exist(line: str) -> None:
    program, *words = shlex.split(line)
    if program == "make":
        targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert words[0] in targets
    if program == "pip":
        extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        named = re.findall(r"\[([a-z,]+)\]", line)
        assert set(",".join(named).split(",")) <= set(extras["optional-dependencies"])
    for script in (ROOT / word for word in words if word.endswith(".py")):
        assert script.exists()
        if program == "python":
            assert all(f'"{name}"' in script.read_text() for name in _options(words))


def test_the_main_path_runs_as_it_is_written(
    cxr: Cxr, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The block under "On your own data", on two small hospitals."""
    monkeypatch.setenv("CXR_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("CXR_RESULTS", str(tmp_path / "results"))
    monkeypatch.chdir(tmp_path)
    roots = {
        "chestxray14": write_release(tmp_path / "release", num_patients=30).root,
        "guangzhou": write_table_dataset(tmp_path / "hospital"),
    }
    runs: list[str] = []
    block = README.partition("## On your own data\n")[2].partition("\n\n")[0]
    lines = [line.partition("#")[0].strip() for line in block.splitlines()]
    for line in (line for line in lines if line.startswith("cxr ")):
        words = shlex.split(line)[1:]
        name = next((each for each in roots if each in words), "")
        places = {"DIR": str(roots.get(name, ""))} | dict(
            zip(("RUN_A", "RUN_B"), runs, strict=False)
        )
        done = cxr(*(places.get(word, word) for word in words))
        assert done.exit_code == 0, (line, done.err)
        runs = sorted(path.name for path in (tmp_path / "results" / "runs").glob("*"))
    assert len(runs) == 2
    assert (tmp_path / "report" / "report-guangzhou.html").exists()

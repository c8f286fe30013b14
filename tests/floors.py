"""The floors of the project, as the imports draw them; CONTRIBUTING.md shows the picture.

python -m tests.floors      # writes the picture anew
"""

import ast
import re
import tomllib
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "CONTRIBUTING.md"
BEGIN, END = "<!-- floors: python -m tests.floors -->\n", "<!-- end of floors -->"
GROUND = ("findings", "lookup", "errors", "progress")
"""Nearly every part uses these; the picture leaves the arrows out."""

HEADS = ("floor", "part", "uses", "what it knows")


def floors() -> list[list[str]]:
    """The parts on each floor, top first: the surfaces, then the floors that core's contract names.

    Returns:
        Names of `core` without the package.
    """
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (layers,) = (each["layers"] for each in contracts if each.get("containers") == ["core"])
    return [["cli", "dashboard"], *(re.split(r"\s*[|:]\s*", layer) for layer in layers)]


def picture() -> str:
    """One row a part: which parts it imports, and what it says it is."""
    graph = grimp.build_graph("core", "cli", "dashboard", cache_dir=None)
    rows = [HEADS, ("--:", "---", "---", "---")]
    found = floors()
    order = [part for parts in found for part in parts]
    for floor, parts in enumerate(found):
        for part in parts:
            inside = [name for name in graph.modules if _part(name) == part]
            used = {
                _part(name)
                for module in inside
                for name in graph.find_modules_directly_imported_by(module)
            }
            told = ", ".join(f"`{each}`" for each in order if each in used - {part, *GROUND})
            height = str(len(found) - floor - 1)
            rows.append((height, f"`{part}`", told or "–", _says(part)))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def shown() -> str:
    """The picture that CONTRIBUTING.md shows."""
    return _split(PAGE.read_text("utf-8"))[1]


def write() -> None:
    """Put the picture of the imports into CONTRIBUTING.md."""
    before, _, after = _split(PAGE.read_text("utf-8"))
    PAGE.write_text(f"{before}{BEGIN}{picture()}{END}{after}", "utf-8")


def _split(page: str) -> tuple[str, str, str]:
    before, _, rest = page.partition(BEGIN)
    inside, _, after = rest.partition(END)
    return before, inside, after


def _part(module: str) -> str:
    """`core.store.data` → store; `cli.main` → cli; of `core` itself nothing."""
    top, *inner = module.split(".")
    return top if top != "core" else "".join(inner[:1])


def _says(part: str) -> str:
    """The first sentence of a part's docstring."""
    at = ROOT / part if part in ("cli", "dashboard") else ROOT / "core" / part
    file = at / "__init__.py" if at.is_dir() else at.with_suffix(".py")
    told = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
    return told.partition("\n")[0].replace("|", r"\|")


if __name__ == "__main__":
    write()

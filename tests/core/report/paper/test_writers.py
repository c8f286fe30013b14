"""One document in three forms: nothing of a name is taken for markup, and LaTeX compiles."""

import re
import shutil
import subprocess
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.report.paper import html, latex, markdown, svg
from core.report.paper.blocks import Bar, Document, Forest, Grid, Heading, Panel, Paragraph
from core.report.paper.latex import spelled
from core.report.paper.markdown import escaped

HOSTILE = 'a_b & 50 % #1 <b>|*x*| {y} ~^\\ "q" – − ≥ “r” 中'


def _png() -> bytes:
    file = BytesIO()
    Image.new("RGB", (8, 8), "grey").save(file, "PNG")
    return file.getvalue()


FOREST = Forest(
    "Plot", "plot", "AUROC, %", (Bar(HOSTILE, 62.5, 60, 65), Bar("b", 50, None, None)), 50
)
DOCUMENT = Document(
    HOSTILE,
    (
        Heading("Results & more"),
        Paragraph(HOSTILE),
        Grid("Numbers", ("run", "AUROC"), ((HOSTILE, "82.1 (79.0–84.9)†"),), bold=frozenset({0})),
        Grid("Short text", ("a", "b"), ((HOSTILE, HOSTILE),), (0.5, 0.5)),
        Grid("Long text", ("a", "b"), ((HOSTILE, HOSTILE),) * 60, (0.5, 0.5)),
        FOREST,
        Panel("Maps", "maps", _png()),
    ),
)


class _Tags(HTMLParser):
    """Collects what an HTML file is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_html_needs_no_other_file_and_no_script() -> None:
    seen = _Tags()
    seen.feed(html(DOCUMENT))
    assert all(link.startswith("data:image/png;base64,") for link in seen.links)
    assert len(seen.links) == 1
    assert not {"script", "link", "iframe", "b"} & set(seen.tags)
    assert seen.text.count(HOSTILE) >= 3
    assert "prefers-color-scheme: dark" in html(DOCUMENT)


def test_a_forest_plot_is_well_formed_and_has_a_dot_a_bar() -> None:
    drawn = ElementTree.fromstring(svg(FOREST))
    dots = drawn.findall("{http://www.w3.org/2000/svg}circle")
    lines = drawn.findall("{http://www.w3.org/2000/svg}line")
    assert len(dots) == 2
    whiskers = [line for line in lines if line.get("y1") == dots[0].get("cy")]
    assert len(whiskers) == 1
    low, dot, high = (
        float(part or "nan")
        for part in (whiskers[0].get("x1"), dots[0].get("cx"), whiskers[0].get("x2"))
    )
    assert dot - low == pytest.approx(high - dot, abs=0.11)


def test_a_forest_plot_without_bars_is_a_fault_of_the_caller() -> None:
    with pytest.raises(ValueError, match="without one"):
        svg(Forest("", "empty", "", ()))


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=20))
def test_every_value_lies_within_the_axis(values: list[float]) -> None:
    bars = tuple(Bar("r", value, value - 1, value + 1) for value in values)
    drawn = ElementTree.fromstring(svg(Forest("", "f", "", bars, 0.0)))
    axis = drawn[0]
    left, right = float(axis.get("x1", "nan")), float(axis.get("x2", "nan"))
    dots = drawn.findall("{http://www.w3.org/2000/svg}circle")
    assert all(left - 0.1 <= float(dot.get("cx", "nan")) <= right + 0.1 for dot in dots)


def test_markdown_rows_have_as_many_cells_as_heads() -> None:
    lines = [line for line in markdown(DOCUMENT).splitlines() if line.startswith("|")]
    assert len(lines) == 3 + 3 + 62
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {3}
    assert "![Maps](figures/maps.png)" in markdown(DOCUMENT)
    assert "![Plot](figures/plot.svg)" in markdown(DOCUMENT)


def test_an_interval_stands_below_its_value_and_does_not_break() -> None:
    assert "**82.1<br>(79.0\u2060–\u206084.9)†**" in markdown(DOCUMENT)
    assert r"\within{82.1}{(79.0--84.9)\dag{}}" in latex(DOCUMENT)


@given(st.text(max_size=40))
def test_markdown_keeps_every_letter(text: str) -> None:
    assert re.sub(r"\\([\\`*_\[\]<>|#~])", r"\1", escaped(text)) == text


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=40))
def test_latex_leaves_no_letter_that_pdflatex_lacks(text: str) -> None:
    assert all(ord(letter) < 0x180 for letter in spelled(text) if not letter.isspace())


def test_latex_has_booktabs_rules_and_balanced_environments() -> None:
    written = latex(DOCUMENT)
    for environment in ("document", "tabular", "longtable", "minipage", "picture"):
        num_begun = written.count(rf"\begin{{{environment}}}")
        assert num_begun == written.count(rf"\end{{{environment}}}") > 0
    assert written.count(r"\toprule") == written.count(r"\midrule") == 4  # The long table's twice.
    assert written.count(r"\bottomrule") == 3
    _, long = written.split(r"\begin{longtable}")
    assert "Long text" in long.split(r"\endfirsthead")[0]
    assert "[U+4E2D]" in written


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex here")
def test_latex_compiles(tmp_path: Path) -> None:
    (tmp_path / "report.tex").write_text(latex(DOCUMENT), "utf-8")
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "maps.png").write_bytes(_png())
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "report.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode("latin-1")[-2000:]
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")

"""The study as a report for a paper: Markdown, LaTeX or one HTML file."""

from core.report.paper.assemble import paper
from core.report.paper.blocks import Document
from core.report.paper.drawing import svg
from core.report.paper.html import html
from core.report.paper.latex import latex
from core.report.paper.markdown import markdown
from core.report.paper.subject import subject

__all__ = ["Document", "html", "latex", "markdown", "paper", "subject", "svg"]

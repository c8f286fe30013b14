"""What stands around every page: style, title, answer, banners, footer."""

from collections.abc import Iterable
from pathlib import Path

import streamlit as st

from core.records import DatasetRecord
from dashboard.components.markup import Markup, element, joined, plain, styled
from dashboard.queries.reading import Broken

SYNTHETIC = "synthetic phantom – not for clinical use or conclusions"
_CSS = (Path(__file__).parent / "dashboard.css").read_text(encoding="utf-8")
_LINKS = (Path(__file__).parent / "links.js").read_text(encoding="utf-8")


def show(*pieces: str) -> None:
    """Put pieces of a page, in its style."""
    st.html(styled("div", "cxr", *pieces))


def show_style() -> None:
    """Put the style sheet and what makes links quick, once a page."""
    st.html(Markup(f"<style>{_CSS}</style>"))
    st.html(Markup(f"<script>{_LINKS}</script>"), unsafe_allow_javascript=True)


def show_head(title: str, answer: Markup, records: Iterable[DatasetRecord]) -> None:
    """Open a page: its title, what it has to say, and what its data are.

    Args:
        title: The page.
        answer: One sentence that a reader could quote.
        records: The data sets that the page speaks of.
    """
    made_up = [record.name for record in records if record.synthetic]
    named = plain("strong", ", ".join(made_up))
    banner = [styled("p", "banner", named, f": {SYNTHETIC}.")] if made_up else []
    show(plain("h1", title), styled("p", "answer", answer), *banner)


def show_footer() -> None:
    """Close a page."""
    line = styled("p", "caption", "Research only, not a medical device.")
    show(styled("footer", "cxr-footer", line))


def show_broken(broken: Iterable[Broken]) -> None:
    """Name the runs that cannot be shown in full, each with its reason."""
    for each in broken:
        show(caption(plain("strong", each.run_id), f" cannot be read in full: {each.reason}"))


def caption(*pieces: str) -> Markup:
    """What stands behind the numbers above or below it."""
    return styled("p", "caption", *pieces)


def scrolling(label: str, content: Markup) -> Markup:
    """Something wide, which scrolls on its own and by keyboard."""
    return element(
        "div", {"class": "scroll", "role": "region", "aria-label": label, "tabindex": "0"}, content
    )


def sentences(parts: Iterable[str]) -> Markup:
    """Several sentences in a row."""
    return joined(parts, " ")

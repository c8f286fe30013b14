"""What is shown, to take away."""

from collections.abc import Callable

import polars as pl
import streamlit as st

from dashboard.queries.export import as_csv, as_latex


def offer(frame: pl.DataFrame | Callable[[], pl.DataFrame], stem: str) -> None:
    """Offer a frame as CSV and as a LaTeX table.

    Args:
        frame: Tidy rows, or what makes them once they are asked for.
        stem: Of the files' names, and unique on the page.
    """

    def rows() -> pl.DataFrame:
        return frame if isinstance(frame, pl.DataFrame) else frame()

    formats = {
        "CSV": (lambda: as_csv(rows()), "csv", "text/csv"),
        "LaTeX": (lambda: as_latex(rows()), "tex", "application/x-tex"),
    }
    with st.container(horizontal=True, gap="small"):
        for title, (text, suffix, mime) in formats.items():
            st.download_button(
                f"{title} of {stem.replace('-', ' ')}",
                data=text,
                file_name=f"{stem}.{suffix}",
                mime=mime,
                key=f"download-{stem}-{suffix}",
                on_click="ignore",
                type="tertiary",
                icon=":material/download:",
            )

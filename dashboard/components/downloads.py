"""What is shown, to take away."""

import polars as pl
import streamlit as st

from dashboard.queries.export import as_csv, as_latex


def offer(frame: pl.DataFrame, stem: str) -> None:
    """Offer a frame as CSV and as a LaTeX table.

    Args:
        frame: Tidy rows.
        stem: Of the files' names, and unique on the page.
    """
    formats = {
        "CSV": (lambda: as_csv(frame), "csv", "text/csv"),
        "LaTeX": (lambda: as_latex(frame), "tex", "application/x-tex"),
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

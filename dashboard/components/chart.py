"""A figure on the page, in the ink of the reader's theme."""

import streamlit as st

from dashboard.figures.layout import CONFIG, Figure

_INK = {"light": "#3b424c", "dark": "#c3c9d1"}


def show_figure(figure: Figure, alt: str) -> None:
    """Put a figure.

    Args:
        figure: Its axes take the theme's ink; changed in place.
        alt: What it shows, for those who do not see it.
    """
    font = {"color": _INK[st.context.theme.type or "light"], "size": 13}
    for name, axis in figure["layout"].items():
        if name.startswith(("xaxis", "yaxis")):
            axis["tickfont"] = font
            if "title" in axis:
                axis["title"]["font"] = font
    st.plotly_chart(figure, config=dict(CONFIG), alt=alt)

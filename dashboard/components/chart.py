"""A figure on the page, in the ink of the reader's theme."""

import plotly.graph_objects as go
import streamlit as st

from dashboard.figures.layout import CONFIG

_INK = {"light": "#3b424c", "dark": "#c3c9d1"}


def show_figure(figure: go.Figure, alt: str) -> None:
    """Put a figure.

    Args:
        figure: Its axes take the theme's ink; changed in place.
        alt: What it shows, for those who do not see it.
    """
    ink = _INK[st.context.theme.type or "light"]
    # Axis by axis: plotly's own update functions take ten times as long.
    layout = figure["layout"]
    for axis in layout.to_plotly_json():
        if axis.startswith(("xaxis", "yaxis")):
            layout[axis]["tickfont"] = layout[axis]["title"]["font"] = {"color": ink, "size": 13}
    st.plotly_chart(figure, config=dict(CONFIG), alt=alt)

"""Entry point: streamlit run dashboard/app.py."""

import importlib

import streamlit as st
from starlette.middleware import Middleware

from dashboard.gate import middleware
from dashboard.preload import Preload, links
from dashboard.routes import ROUTES

# Streamlit imports pandas when the first gallery is shown, and Plotly uses whatever it finds under
# that name: of two first readers, one would meet a half imported module. So it is whole before.
importlib.import_module("pandas")

# Inside the gate, whose form needs nothing of the page.
app = st.App(
    "main.py", routes=ROUTES, middleware=[*middleware(), Middleware(Preload, links=links())]
)

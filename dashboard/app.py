"""Entry point: streamlit run dashboard/app.py."""

import streamlit as st
from starlette.middleware import Middleware

from dashboard.gate import middleware
from dashboard.preload import Preload, links
from dashboard.routes import ROUTES

# Inside the gate, whose form needs nothing of the page.
app = st.App(
    "main.py", routes=ROUTES, middleware=[*middleware(), Middleware(Preload, links=links())]
)

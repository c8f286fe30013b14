"""Entry point: streamlit run dashboard/app.py."""

import streamlit as st

from dashboard.gate import middleware
from dashboard.routes import ROUTES

app = st.App("main.py", routes=ROUTES, middleware=middleware())

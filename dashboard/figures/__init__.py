"""From frames to figures; knows no Streamlit."""

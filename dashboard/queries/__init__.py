"""From the stores to what a page shows; knows no Streamlit."""

"""Choices that live in the address.

Streamlit drops an address that names none of the options; that is said here, not passed over. It
also drops, when the page changes, what the page before kept under the same key: a key belongs to
one page.
"""

from collections.abc import Sequence

import streamlit as st

from dashboard.components.frame import caption, show


def one(label: str, key: str, options: Sequence[str]) -> str:
    """One of many choices, kept under `key`; the first option is the default."""
    default = 0 if _is_open(key, options) else None
    chosen = st.selectbox(label, options, index=default, key=key, bind="query-params")
    return chosen or options[0]


def any_of(label: str, key: str, options: Sequence[str], placeholder: str) -> tuple[str, ...]:
    """Any number of choices, kept under `key`; none is chosen at first."""
    _warn(key, options)
    chosen = st.multiselect(label, options, key=key, bind="query-params", placeholder=placeholder)
    return tuple(chosen)


def several(
    label: str, key: str, options: Sequence[str], default: Sequence[str], most: int
) -> list[str]:
    """Up to `most` choices, in the order in which they were made, kept under `key`."""
    _warn(key, options)
    return st.multiselect(
        label, options, default=default, key=key, bind="query-params", max_selections=most
    )


def switch(label: str, key: str, options: Sequence[str]) -> str:
    """One of a few choices side by side; the first option is the default."""
    default = options[0] if _is_open(key, options) else None
    chosen = st.segmented_control(
        label, options, default=default, key=key, bind="query-params", required=True
    )
    return chosen or options[0]


def _is_open(key: str, options: Sequence[str]) -> bool:
    """Whether the address leaves a choice open, so that the widget needs a default of its own.

    Where the address names one, there is none: Streamlit takes a widget's own default out of the
    address, with an extra step in the browser's history that "back" then stops at.
    """
    _warn(key, options)
    if st.session_state.get(key, options[0]) not in options:
        st.session_state[key] = options[0]
        return False
    return st.query_params.get(key) not in options


def _warn(key: str, options: Sequence[str]) -> None:
    if key in st.session_state:
        return  # Chosen on this page since: the address follows.
    asked = st.query_params.get_all(key)
    missing = [name for name in asked if name not in options]
    if missing:
        show(caption(f"The address asks for {key} “{'”, “'.join(missing)}”, which is not here."))


def number(label: str, key: str) -> int:
    """A whole number from 0, kept under `key`."""
    chosen = st.number_input(label, min_value=0, value=0, step=1, key=key, bind="query-params")
    return int(chosen)


def tick(label: str, key: str) -> bool:
    """Yes or no, kept under `key`."""
    return st.checkbox(label, key=key, bind="query-params")

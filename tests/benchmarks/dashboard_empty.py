"""The limit of any page: a Streamlit application with nothing on it."""

from playwright.sync_api import Browser

from tests.benchmarks.dashboard_server import Server, Took

EMPTY = """import streamlit as st
def page(): st.html('<p class="cxr">Nothing</p>')
def other(): st.html('<p class="cxr">Nothing else</p>')
st.navigation([st.Page(page), st.Page(other)], position="top").run()
"""
"""Its two pages."""

_OTHER_PAGE = """async ([place, words]) => {
    const start = performance.now();
    document.querySelectorAll('[data-testid=stTopNavLink]')[place].click();
    while (document.querySelector('p.cxr')?.textContent !== words)
        await new Promise(requestAnimationFrame);
    return performance.now() - start;
}"""


def empty_switches(browser: Browser, empty: Server, repeats: int) -> list[Took]:
    """From one of its pages to the other and back; the first way of each is left out."""
    page = browser.new_page()
    page.goto(empty.address)
    page.wait_for_selector("p.cxr")
    ways = ([1, "Nothing else"], [0, "Nothing"]) * (repeats + 1)
    found = [Took(float(page.evaluate(_OTHER_PAGE, way)), 0) for way in ways]
    page.close()
    return found[2:]

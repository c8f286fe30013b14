"""How long a reader waits in the browser: from a click until the page stands."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.benchmarks.dashboard_server import Server, Took

_CLOCK = """() => {
    const app = document.querySelector('[data-testid="stApp"]');
    window.still = window.clicked = 0;
    addEventListener('click', () => {
        window.still = 0;
        window.clicked = performance.now();
    }, true);
    new MutationObserver(() => requestAnimationFrame(() => {
        const isIdle = app.dataset.testScriptState === 'notRunning';
        window.still = isIdle ? performance.now() : 0;
    })).observe(app, {
        subtree: true, childList: true, attributeFilter: ['data-test-script-state'],
    });
}"""
"""Notes the click, and when the script has run and the last that it said is drawn."""

_STILL_MS = 150
"""Nothing has changed for so long: the page stands."""


def start_clock(page: Page) -> None:
    """Watch a page that was just opened."""
    page.evaluate(_CLOCK)


def timed(page: Page, server: Server, act: Callable[[], None]) -> Took:
    """From the click in the page until nothing on it changes any more."""
    before = server.cpu_ms
    act()
    page.wait_for_function(f"window.still > 0 && performance.now() - window.still > {_STILL_MS}")
    took = float(page.evaluate("() => window.still - window.clicked"))
    return Took(took, server.cpu_ms - before)

"""The dashboard on phantom stores, and a headless Chromium to look at it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.fixtures import phantom_attention, phantom_store
from tests.fixtures.served_app import HOSTILE, App, Opened, Seen, Visit, open_page, served

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; missing, it fails on CI and skips elsewhere."""
    if not CHROMIUM.exists():
        reason = f"{CHROMIUM} is missing: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    expect.set_options(timeout=20_000)  # milliseconds; a busy machine is slow, not wrong
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[App]:
    """The dashboard on the phantom stores, with one hostile run and one that is damaged."""
    del browser  # Without one nothing needs to be built.
    folder = tmp_path_factory.mktemp("served")
    data, results = phantom_store.build(folder)
    hostile = phantom_store.Run(HOSTILE, 1.0, 7)
    phantom_store.add_run(data, results, hostile, phantom_store.IMAGE, 9, 200)
    phantom_attention.add(results)
    damaged = results.folder("damaged-run")
    damaged.mkdir()
    (damaged / "run.json").write_text("{", encoding="utf-8")
    with served(folder) as address:
        yield App(address, folder)


@pytest.fixture(scope="session")
def empty_app(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[App]:
    """The dashboard on stores with nothing in them."""
    del browser
    folder = tmp_path_factory.mktemp("nothing")
    with served(folder) as address:
        yield App(address, folder)


@pytest.fixture(scope="session")
def opened(app: App, browser: Browser) -> Iterator[Opened]:
    """Pages on the synthetic target, each opened once and only looked at."""
    seen: dict[str, Seen] = {}

    def look(path: str) -> Seen:
        if path not in seen:
            seen[path] = open_page(browser, f"{app.address}{path}target=phantom-north")
        return seen[path]

    yield look
    for each in seen.values():
        each.page.context.close()
    assert [problem for each in seen.values() for problem in each.problems] == []


@pytest.fixture
def visit(app: App, browser: Browser) -> Iterator[Visit]:
    """Opens pages that a test may use; what goes wrong in the browser fails the test."""
    seen: list[Seen] = []

    def go(path: str) -> Page:
        seen.append(open_page(browser, f"{app.address}{path}"))
        return seen[-1].page

    yield go
    for each in seen:
        each.page.context.close()
    assert [problem for each in seen for problem in each.problems] == []

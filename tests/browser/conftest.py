"""The real dashboard, served on a free port, and a headless Chromium to look at it."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.fixtures import phantom_store

ROOT = Path(__file__).parents[2]
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
START_SECONDS = 40
IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
HOSTILE = "<img src=x onerror=document.title='owned'>"


@dataclass(frozen=True)
class App:
    """A dashboard that is being served."""

    address: str
    store: Path


Visit = Callable[[str], Page]
"""Opens a path of the app in a new browser context and waits until it is rendered."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; missing, it fails on CI and skips elsewhere."""
    if not CHROMIUM.exists():
        reason = f"{CHROMIUM} is missing: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
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


@pytest.fixture
def requests() -> list[str]:
    """Every address that the pages of this test asked for."""
    return []


@pytest.fixture
def visit(app: App, browser: Browser, requests: list[str]) -> Iterator[Visit]:
    """Opens pages of the app; everything that goes wrong in the browser fails the test."""
    pages: list[Page] = []
    problems: list[str] = []

    def open_page(path: str) -> Page:
        page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(f"{app.address}{path}")
        settle(page)
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        page.context.close()
    assert problems == []


@pytest.fixture
def settled() -> Callable[[Page], None]:
    """Waits until the script of a page has run."""
    return settle


def settle(page: Page) -> None:
    """Wait until the script has run and its last words are on the page."""
    page.wait_for_selector(IDLE)
    page.wait_for_selector("text=Research only, not a medical device")
    page.wait_for_selector(IDLE)


@contextmanager
def served(folder: Path) -> Generator[str, None, None]:
    """Serve the stores under `folder` until the block ends."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    places = {"CXR_DATA": str(folder / "data"), "CXR_RESULTS": str(folder / "results")}
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py"]
    log = folder / "streamlit.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [*command, "--server.port", str(port)],
            cwd=ROOT,
            env=os.environ | places,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(f"{address}/_stcore/health", process, log)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the server answers.

    Raises:
        RuntimeError: If it ends or stays silent; with its log.
    """
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address):
                return
        except urllib.error.URLError:
            time.sleep(0.1)
    raise RuntimeError(f"The dashboard did not start:\n{log.read_text()}")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]

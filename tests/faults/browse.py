"""Readers in many browsers at once, while a grid writes into the store that they look at.

    python -m tests.faults.browse
    python -m tests.faults.browse --interactions 1000 --browsers 8

Each browser opens pages, follows links, chooses from the sidebar and goes back, at random. An
error is a script that fails, an exception on the page, an answer of 500 or more, or a page that
does not settle.
"""

import argparse
import asyncio
import multiprocessing
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
from playwright.async_api import Browser, Error, Page, Response, async_playwright

from core.errors import CxrError
from dashboard.views import VIEWS
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.fixtures import chain, phantom_store
from tests.fixtures.served_app import IDLE, served
from tests.fixtures.training import add_tiny_backbones

_PATIENCE_MS = 90_000
_MAX_SEEDS = 40


def main() -> None:
    """Print interactions and errors; fail where there is one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--interactions", type=int, default=1000)
    parser.add_argument("--browsers", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        phantom_store.build(folder, size=64, num_resamples=50)
        chain.write_base(folder / "base")
        context = multiprocessing.get_context("spawn")
        stop = context.Event()
        writer = context.Process(target=write_grids, args=(folder, stop))
        writer.start()
        try:
            with served(folder) as address:
                done, errors = asyncio.run(
                    browse(address, options.interactions, options.browsers, options.seed)
                )
        finally:
            stop.set()
            writer.join()
        num_runs = len(list(folder.glob("results/runs/*")))
    for error in errors[:20]:
        print(f"error: {error}")
    told = ", ".join(f"{number} × {kind}" for kind, number in done.most_common())
    print(
        f"browse: {done.total()} interactions ({told}) by {options.browsers} browsers while a "
        f"grid grew to {num_runs} runs: {len(errors)} errors; the writer ended with "
        f"{writer.exitcode}"
    )
    sys.exit(bool(errors) or writer.exitcode != 0)


def write_grids(folder: Path, stop: Event) -> None:
    """Ever larger grids, until it is told to stop."""
    place = chain.Place(folder / "base", folder)
    with pytest.MonkeyPatch.context() as patch:
        add_tiny_backbones(patch)
        chain.index_both(place)
        for seeds in range(1, _MAX_SEEDS):
            patch.setattr(chain, "GRID", chain.GRID.model_copy(update={"seeds": seeds}))
            if stop.is_set():
                return
            try:
                chain.run_grid(place)
            except CxrError as error:
                raise SystemExit(str(error)) from error


async def browse(
    address: str, num_interactions: int, num_browsers: int, seed: int
) -> tuple[Counter[str], list[str]]:
    """Let readers loose; returns what they did, and what went wrong."""
    done, errors = Counter[str](), list[str]()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        each = -(-num_interactions // num_browsers)
        readers = (
            _read(browser, address, each, random.Random(f"{seed}-{number}"), done, errors)
            for number in range(num_browsers)
        )
        await asyncio.gather(*readers)
        await browser.close()
    return done, errors


async def _read(
    browser: Browser,
    address: str,
    number: int,
    rng: random.Random,
    done: Counter[str],
    errors: list[str],
) -> None:
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    page = await context.new_page()
    page.set_default_timeout(_PATIENCE_MS)
    page.on("pageerror", lambda error: errors.append(f"script: {error}"))
    page.on("response", lambda answer: _note(answer, errors))
    await _open(page, f"{address}/")
    for _ in range(number):
        kind = rng.choices(("page", "link", "choice", "back"), (3, 4, 2, 1))[0]
        try:
            kind = await _interact(page, kind, address, rng)
            await _settle(page)
            shown = await page.query_selector('[data-testid="stException"]')
            if shown is not None:
                errors.append(f"{page.url}: {await shown.inner_text()}")
        except Error as error:
            told = str(error).splitlines()[0]
            errors.append(f"{kind} at {page.url}: {told}; {await _state(page)}")
            await _open(page, f"{address}/")
        done[kind] += 1
    await context.close()


async def _interact(page: Page, kind: str, address: str, rng: random.Random) -> str:
    """One thing that a reader does; returns what it was."""
    if kind == "link":
        found = await page.eval_on_selector_all(
            'a[href^="/"]', "links => links.map(each => each.getAttribute('href'))"
        )
        links: Sequence[str] = [each for each in found if not each.startswith("/media")]
        if links:
            await page.goto(f"{address}{rng.choice(links)}")
            return kind
    if kind == "choice":
        boxes = await page.query_selector_all('section[data-testid="stSidebar"] [role="combobox"]')
        if boxes:
            await boxes[rng.randrange(min(2, len(boxes)))].click()
            # An open list makes the rest inert: keys that come before it opens would leave it so.
            await page.wait_for_selector('[role="option"]')
            await page.keyboard.press(rng.choice(("ArrowDown", "ArrowUp")))
            await page.keyboard.press("Enter")
            return kind
    if kind == "back":
        await page.go_back()
        if page.url == "about:blank":  # before the first page
            await page.goto(f"{address}/")
        return kind
    target = rng.choice((phantom_store.TARGET, phantom_store.PHANTOM, "nowhere", ""))
    _, *others = VIEWS  # The first is the start page: it has no path of its own.
    view = rng.choice(("", *others))
    await page.goto(f"{address}/{view}?target={target}")
    return "page"


async def _open(page: Page, address: str) -> None:
    await page.goto(address)
    await _settle(page)


async def _settle(page: Page) -> None:
    await page.wait_for_selector(IDLE)
    await page.wait_for_selector("text=Research only, not a medical device")


async def _state(page: Page) -> str:
    """What a page that did not settle shows."""
    app = await page.query_selector('[data-testid="stApp"]')
    if app is None:
        return "no app on the page"
    script = await app.get_attribute("data-test-script-state")
    connection = await app.get_attribute("data-test-connection-state")
    shown = " ".join((await page.inner_text("body")).split())
    return f"script {script}, connection {connection}, {shown[-300:]!r}"


def _note(answer: Response, errors: list[str]) -> None:
    if answer.status >= 500:
        errors.append(f"{answer.status} {answer.url}")


if __name__ == "__main__":
    main()

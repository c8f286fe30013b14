"""The dashboard on a large store, in headless Chromium: how long a reviewer waits.

    python tests/benchmarks/bench_dashboard.py [--out FOLDER] [--runs 100] [--images 25596]

The store (`dashboard_store.py`) is made where FOLDER has none; 2.5 GB at full size. Page loads
alternate with those of an empty Streamlit page; the server's processor time stands in brackets.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.benchmarks.dashboard_clock import start_clock, timed
from tests.benchmarks.dashboard_empty import EMPTY, empty_switches
from tests.benchmarks.dashboard_server import Server, Took, serving
from tests.benchmarks.dashboard_store import AWAY, Size, build
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.fixtures.served_app import IDLE, ROOT, settle

PAGES = ("", "findings", "attention", "localisation", "shift", "review", "data", "runs")
LINKS = (
    ("", "td a", "a number of the overview"),
    ("findings", ".matrix tbody th a >> nth=3", "a finding"),
    ("findings", "p a", "its maps"),
    ("shift", "tbody th a >> nth=2", "a finding of the shift"),
    ("runs", "th.run a >> nth=5", "a run"),
)
CHOICES = (
    ("", "Thresholds"),
    ("findings", "Metric"),
    ("findings", "Finding in detail"),
    ("shift", "Model"),
    ("runs", "Record of"),
)
NUM_INTERACTIONS = 200


def main() -> None:
    """Print one line per figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--images", type=int, default=25_596)
    parser.add_argument("--maps", type=int, default=50_000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    if not CHROMIUM.exists():
        raise SystemExit(f"{CHROMIUM} is missing: apt-get install chromium.")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        store = options.out or Path(folder)
        if not (store / "results").exists():
            build(store, Size(options.runs, options.images, options.maps))
        (Path(folder) / "empty.py").write_text(EMPTY, encoding="utf-8")
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        with (
            serving(ROOT / "dashboard" / "app.py", store) as ours,
            serving(Path(folder) / "empty.py", store) as empty,
        ):
            loads = _first_table(chromium, ours, empty, options.repeats)
            page = chromium.new_page(viewport={"width": 1440, "height": 900})
            nothing = empty_switches(chromium, empty, options.repeats)
            _report("page switch, warm", _switches(page, ours, options.repeats), 300, nothing)
            nothing = empty_switches(chromium, empty, options.repeats)
            first, again = _choices(page, ours, options.repeats)
            _report("choice changed, warm", again, 300, nothing)
            _report("choice never made before", first, 1500, nothing)
            nothing = empty_switches(chromium, empty, options.repeats)
            _report("drill-down link", _links(page, ours, options.repeats), 800, nothing)
            opened = _addresses(page, ours, options.repeats)
            _report("the same by address", opened, 2.5 * median_ms(loads), loads)
            _traffic(chromium, ours)
            _use(page, ours)
            print(
                f"memory after {NUM_INTERACTIONS} more: ours {ours.memory_mib:.0f} MiB, "
                f"wanted 1024 MiB, ratio {1024 / ours.memory_mib:.2f}"
            )
        chromium.close()


def _report(name: str, found: dict[str, list[Took]], wanted: float, peer: list[Took]) -> None:
    """Print the median, the slowest, and what is slow."""
    times = [each.ms for of_one in found.values() for each in of_one]
    cpu = statistics.median(each.cpu_ms for of_one in found.values() for each in of_one)
    median, nothing = statistics.median(times), median_ms(peer)
    print(
        f"{name}: ours {median:.0f} ms, wanted {wanted:.0f} ms, ratio {median / wanted:.2f}; "
        f"slowest {max(times):.0f} ms, server's processor {cpu:.0f} ms, empty page {nothing:.0f} ms"
    )
    for of, each in found.items():
        print(f"    {of}: {', '.join(f'{one.ms:.0f} ({one.cpu_ms:.0f})' for one in each)} ms")


def median_ms(found: list[Took]) -> float:
    """The median wait."""
    return statistics.median(each.ms for each in found)


def _first_table(browser: Browser, ours: Server, empty: Server, repeats: int) -> list[Took]:
    """New visitors, ours and the empty page's in turn; the very first meets cold processes."""
    waits: list[tuple[float, float]] = []
    for _ in range(repeats + 1):
        theirs = _wait(browser, f"{empty.address}/", "p.cxr")
        table = _wait(browser, f"{ours.address}/?target={AWAY}", ".cxr table tbody td")
        waits.append((table, theirs))
    for name, pairs in (("cold", waits[:1]), ("warm", waits[1:])):
        our, their = (statistics.median(side) for side in zip(*pairs, strict=True))
        print(
            f"first table, {name} server: ours {our:.0f} ms, empty page {their:.0f} ms, "
            f"ratio {our / their:.2f} (wanted at most 2.5)"
        )
    return [Took(theirs, 0) for _, theirs in waits[1:]]


def _wait(browser: Browser, address: str, selector: str) -> float:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    start = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector(selector, timeout=120_000)
    waited = time.perf_counter() - start
    page.close()
    return 1000 * waited


def _opened(page: Page, server: Server, path: str) -> None:
    page.goto(f"{server.address}/{path}?target={AWAY}")
    settle(page)


def _switch(page: Page, server: Server, place: int) -> Took:
    """Go to a page by the navigation."""
    click = f"document.querySelectorAll('[data-testid=stTopNavLink]')[{place}].click()"
    return timed(page, server, lambda: page.evaluate(click))


def _switches(page: Page, server: Server, repeats: int) -> dict[str, list[Took]]:
    """By the navigation, in one session; every page was seen before."""
    _opened(page, server, "")
    start_clock(page)
    found: dict[str, list[Took]] = {path or "overview": [] for path in PAGES}
    for turn in range(repeats + 1):
        for place in [*range(1, len(PAGES)), 0]:
            took = _switch(page, server, place)
            if turn:
                found[PAGES[place] or "overview"].append(took)
    return found


def _choices(
    page: Page, server: Server, repeats: int
) -> tuple[dict[str, list[Took]], dict[str, list[Took]]]:
    """Of each box two options in turn: each when no one chose it before, and when made again."""
    first: dict[str, list[Took]] = {}
    again: dict[str, list[Took]] = {}
    for path, label in CHOICES:
        _opened(page, server, path)
        start_clock(page)
        for turn in range(2 + repeats):
            box = page.get_by_role("combobox", name=label).last
            box.click()
            box.press("ArrowDown")
            option = page.get_by_role("option").nth(1 + turn % 2)
            option.wait_for()
            took = timed(page, server, option.click)
            found = first if turn < 2 else again
            found.setdefault(f"{label} ({path or 'overview'})", []).append(took)
    return first, again


def _links(page: Page, server: Server, repeats: int) -> dict[str, list[Took]]:
    """A number, a name or a sentence clicked, until the next page stands."""
    found: dict[str, list[Took]] = {}
    for path, selector, name in LINKS:
        for _ in range(repeats):
            _opened(page, server, path)
            start_clock(page)
            link = page.locator(selector).first
            took = timed(page, server, lambda link=link: link.evaluate("link => link.click()"))
            found.setdefault(name, []).append(took)
    return found


def _addresses(page: Page, server: Server, repeats: int) -> dict[str, list[Took]]:
    """The same opened by their addresses, as from a paper, until the page stands."""
    found: dict[str, list[Took]] = {}
    for path, selector, name in LINKS:
        for _ in range(repeats):
            _opened(page, server, path)
            address = page.locator(selector).first.evaluate("link => link.href")
            before, start = server.cpu_ms, time.perf_counter()
            page.goto(str(address), wait_until="commit")
            page.wait_for_selector(IDLE)
            settle(page)
            took = Took(1000 * (time.perf_counter() - start), server.cpu_ms - before)
            found.setdefault(name, []).append(took)
    return found


def _traffic(browser: Browser, server: Server) -> None:
    """What the socket carries to the browser for each page."""
    sizes: dict[str, list[float]] = {}
    for path in PAGES:
        page = browser.new_page()
        received: list[int] = []
        page.on(
            "websocket",
            lambda socket, received=received: socket.on(
                "framereceived", lambda data: received.append(len(data))
            ),
        )
        _opened(page, server, path)
        sizes[path or "overview"] = [sum(received) / 1e6]
        page.close()
    largest = max(each[0] for each in sizes.values())
    print(f"socket, largest page: ours {largest:.2f} MB, wanted 2 MB, ratio {2 / largest:.2f}")
    print("    " + ", ".join(f"{path} {each[0]:.2f}" for path, each in sizes.items()) + " MB")


def _use(page: Page, server: Server) -> None:
    """As many switches between pages as a long session has."""
    _opened(page, server, "")
    start_clock(page)
    for turn in range(NUM_INTERACTIONS):
        _switch(page, server, turn % len(PAGES))


if __name__ == "__main__":
    main()

"""What holds for every page; each is opened once."""

from typing import Literal
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.fixtures.served_app import HOSTILE, Opened

pytestmark = pytest.mark.browser

PAGES = (
    "/?",
    "/findings?",
    "/attention?",
    "/attention?layout=One+finding&",
    "/localisation?",
    "/shift?",
    "/review?",
    "/data?",
    "/runs?",
)
OF_THE_TARGET = PAGES[:4]
OF_ONE_RUN = ("/attention?", "/shift?")
OF_NO_RUN = ("/data?", "/review?", "/localisation?")

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens(opened: Opened, path: str) -> None:
    page = opened(path).page

    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.locator("h1")).to_have_count(1)
    expect(page.locator(".answer")).to_have_count(1)
    expect(page.locator(".banner")).to_contain_text("not for clinical use or conclusions")
    expect(page.locator("footer")).to_have_text("Research only, not a medical device.")


@pytest.mark.parametrize("path", OF_THE_TARGET)
def test_the_answer_names_the_target(opened: Opened, path: str) -> None:
    answer = opened(path).page.locator(".answer")

    expect(answer).to_contain_text("On phantom-north (synthetic phantom")


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_asked_of_another_machine(opened: Opened, path: str) -> None:
    requests = opened(path).requests

    outside = [url for url in requests if urlsplit(url).hostname not in ("127.0.0.1", None)]
    assert outside == []
    assert len(requests) > 10


@pytest.mark.parametrize("path", PAGES)
def test_a_hostile_name_stays_text(opened: Opened, path: str) -> None:
    page = opened(path).page

    assert page.title() != "owned"
    expect(page.locator("img[src=x]")).to_have_count(0)
    if path not in (*OF_ONE_RUN, *OF_NO_RUN):  # those show one run, and not this one, or none
        assert HOSTILE in page.get_by_test_id("stMain").inner_text()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_serious(opened: Opened, path: str, scheme: Scheme) -> None:
    page = opened(path).page
    page.emulate_media(color_scheme=scheme)
    expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", scheme)

    found = Axe().run(page, context=".cxr").response["violations"]

    serious = [each for each in found if each["impact"] in ("serious", "critical")]
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in serious] == []


@pytest.mark.parametrize("path", PAGES)
def test_at_800_pixels_nothing_leaves_the_page(opened: Opened, path: str) -> None:
    page = opened(path).page
    page.set_viewport_size({"width": 800, "height": 900})

    # Streamlit's script follows the new width a moment later.
    narrow = "() => { const main = document.querySelector('[data-testid=stMain]'); "
    page.wait_for_function(
        f"{narrow} return main.scrollWidth <= main.clientWidth; }}", timeout=5000
    )
    page.set_viewport_size({"width": 1440, "height": 900})

"""The maps are adjusted in the browser, and Python is not asked again."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.served_app import Visit

pytestmark = pytest.mark.browser

ATTENTION = "/attention?target=phantom-north"


def reruns(page: Page) -> Callable[[], int]:
    """Counts the script runs that Streamlit announces from now on."""
    page.evaluate(
        """() => {
            const app = document.querySelector('[data-testid="stApp"]');
            window.reruns = 0;
            new MutationObserver(() => { window.reruns += 1; })
                .observe(app, { attributeFilter: ["data-test-script-state"] });
        }"""
    )
    return lambda: page.evaluate("() => window.reruns")


def test_opacity_acts_on_every_map_without_a_rerun(visit: Visit) -> None:
    page = visit(ATTENTION)
    maps = page.locator(".gallery img.map")
    expect(maps).to_have_count(18)
    seen = reruns(page)

    page.locator("input[name=opacity]").fill("20")

    opacities = maps.evaluate_all("maps => maps.map(each => getComputedStyle(each).opacity)")
    assert set(opacities) == {"0.2"}
    assert seen() == 0


def test_colours_and_scale_redraw_every_map_without_a_rerun(visit: Visit) -> None:
    page = visit(ATTENTION)
    maps = page.locator(".gallery img.map")
    expect(maps).to_have_count(18)
    seen = reruns(page)

    page.locator("select[name=colours]").select_option("viridis")
    page.locator("select[name=scale]").select_option("run")

    for source in maps.evaluate_all("maps => maps.map(each => each.src)"):
        assert "colours=viridis&scale=run" in source
    page.wait_for_function(
        "[...document.querySelectorAll('img.map')].every(map => map.naturalWidth === 96)"
    )
    assert seen() == 0


def test_boxes_can_be_taken_away(visit: Visit) -> None:
    page = visit(ATTENTION)
    box = page.locator(".gallery .stack svg").first
    expect(box).to_be_visible()

    page.get_by_label("Boxes").uncheck()

    expect(box).to_be_hidden()


def test_a_map_opens_large_by_keyboard_and_closes_again(visit: Visit) -> None:
    page = visit(ATTENTION)

    page.locator(".gallery .tile").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("dialog[open] .stack")).to_be_visible()
    expect(page.locator("dialog[open] p")).to_contain_text("Grad-CAM of")
    page.keyboard.press("Escape")

    expect(page.locator("dialog[open]")).to_have_count(0)


def test_turning_the_page_shows_other_images_and_keeps_the_opacity(visit: Visit) -> None:
    page = visit(ATTENTION)
    page.locator("input[name=opacity]").fill("20")
    first = page.locator(".gallery tbody th .about").first
    before = first.inner_text()

    page.get_by_test_id("stPagination").get_by_role("button", name="2").click()

    expect(first).not_to_have_text(before, use_inner_text=True)
    expect(page.locator(".gallery img.map").first).to_have_css("opacity", "0.2")

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


def models(page: Page) -> list[str]:
    """The heads of the columns, once the component has drawn them."""
    expect(page.locator(".gallery .tile").first).to_be_visible()
    return page.locator(".gallery thead th strong").all_inner_texts()


def whose(page: Page) -> str:
    """The model whose map stands in the place of the first row's first map."""
    first = page.locator(".gallery tbody tr").first.locator("td .stack").first
    other = first.locator(".other")
    shown = other if other.is_visible() else first
    return shown.locator(":scope > .whose").inner_text()


def test_two_models_alternate_in_one_place_without_a_rerun(visit: Visit) -> None:
    page = visit(f"{ATTENTION}&layout=One+finding&seen=Edema")
    heads = models(page)
    button = page.get_by_role("button", name="Flicker")
    seen = reruns(page)

    button.click()

    expect(button).to_have_attribute("aria-pressed", "true")
    page.wait_for_function("document.querySelector('.gallery.second')")
    assert whose(page).startswith(heads[1])
    page.wait_for_function("!document.querySelector('.gallery.second')")
    assert whose(page).startswith(heads[0])
    page.keyboard.press("f")
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".gallery .other")).to_have_count(0)
    assert seen() == 0


def test_who_wants_less_motion_switches_models_by_key_alone(visit: Visit) -> None:
    page = visit(f"{ATTENTION}&layout=One+finding&seen=Edema")
    page.emulate_media(reduced_motion="reduce")
    heads = models(page)
    page.get_by_label("first model with").select_option(index=1)
    page.locator(".gallery .tile").first.focus()

    page.keyboard.press("f")

    assert whose(page).startswith(heads[2])
    page.wait_for_timeout(1_600)  # more than one period of the flicker
    expect(page.locator(".gallery.second")).to_have_count(1)
    page.keyboard.press("f")
    expect(page.locator(".gallery.second")).to_have_count(0)


def test_one_model_has_nobody_to_alternate_with(visit: Visit) -> None:
    page = visit(ATTENTION)

    expect(page.locator(".gallery img.map")).to_have_count(18)
    expect(page.get_by_role("button", name="Flicker")).to_be_hidden()


def test_each_map_carries_its_figures_and_the_grid_all_models_and_findings(visit: Visit) -> None:
    page = visit(f"{ATTENTION}&layout=Full+grid&findings=Atelectasis&findings=Edema&boxed=true")
    rows = page.locator(".gallery tbody tr")
    expect(rows).to_have_count(4)

    assert rows.locator("th strong").all_inner_texts() == ["Atelectasis", "Edema"] * 2
    figures = rows.first.locator("td .figures")
    num_models = page.locator(".gallery thead th strong").count()
    assert num_models == page.locator("[name=partner] option").count() + 1
    assert ["Agreement" in each for each in figures.all_inner_texts()] == [
        False,
        *[True] * (num_models - 1),
    ]
    for each in figures.all_inner_texts():
        assert "Energy in box" in each


def test_a_blinded_review_shows_no_figures_of_a_map(visit: Visit) -> None:
    page = visit("/review?target=phantom-north")
    page.get_by_label("Your name or initials").fill("AB")
    page.keyboard.press("Enter")
    expect(page.locator(".judged")).to_be_visible()

    said = page.get_by_test_id("stMain").inner_text()

    assert "Energy in box" not in said
    assert "beyond chance" not in said


def test_attention_is_held_against_auroc_and_markers(visit: Visit) -> None:
    page = visit("/localisation?target=phantom-north")
    moves = page.get_by_role("region", name="Change by finding").locator("tbody tr")

    expect(page.get_by_role("region", name="Change of attention by run")).to_be_visible()
    changes = [
        float(each.replace("−", "-")) for each in moves.locator("td:nth-child(4)").all_inner_texts()
    ]
    assert len(changes) == 5
    assert changes == sorted(changes)
    regions = page.get_by_role("region", name="Attention on regions").locator("tbody tr")
    assert set(regions.locator("td:nth-child(4)").all_inner_texts()) == {"1.3"}

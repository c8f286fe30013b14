"""The pages as a reviewer meets them, in a real browser."""

from collections.abc import Callable
from urllib.parse import quote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import HOSTILE, App, Visit, settle

pytestmark = pytest.mark.browser

PAGES = ("/", "/findings", "/attention", "/attention?layout=One+finding")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("target", ["guangzhou", "phantom-north", "chestxray14"])
def test_every_page_opens_on_every_target(visit: Visit, path: str, target: str) -> None:
    page = visit(f"{path}{'&' if '?' in path else '?'}target={target}")

    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.locator(".answer")).to_contain_text(target)
    expect(page.locator("h1")).to_have_count(1)


def test_the_navigation_keeps_the_context(visit: Visit) -> None:
    page = visit("/?target=phantom-north&policy=fixed-0.5")

    page.get_by_test_id("stTopNavLink").filter(has_text="Findings").click()

    expect(page.locator("h1")).to_have_text("Findings")
    expect(page.locator(".answer")).to_contain_text("phantom-north")
    assert "policy=fixed-0.5" in page.url


def test_a_number_leads_to_its_finding_and_back_restores_the_table(visit: Visit) -> None:
    page = visit("/?target=phantom-north")
    answer = page.locator(".answer").inner_text()

    page.locator("td a").first.click()
    expect(page.locator("h1")).to_have_text("Findings")
    page.get_by_role("link", name="Effusion").click()
    expect(page.locator("h2").first).to_have_text("Effusion")
    page.go_back()
    expect(page.locator("h2").first).to_have_text("Atelectasis")
    page.go_back()

    expect(page.locator(".answer")).to_have_text(answer)


def test_a_finding_leads_to_its_maps(visit: Visit) -> None:
    page = visit("/findings?target=phantom-north&finding=Pneumothorax")

    page.get_by_role("link", name="See where the models look").click()

    expect(page.locator("h1")).to_have_text("Attention")
    expect(page.locator(".answer")).to_contain_text("on Pneumothorax")
    expect(page.locator(".gallery thead th")).to_have_count(6)


@pytest.mark.parametrize(
    "path",
    [
        "/?target=phantom-north&policy=fixed-0.5",
        "/findings?target=phantom-north&finding=Mass&metric=F1",
        "/attention?target=phantom-north&layout=One+finding&finding=Edema&outcome=TN&seed=3",
    ],
)
def test_a_permalink_shows_the_same_view_in_a_new_browser(visit: Visit, path: str) -> None:
    first = visit(path)
    seen = first.get_by_test_id("stMain").inner_text()

    again = visit(first.url.split("/", 3)[3].join(("/", "")))

    expect(again.get_by_test_id("stMain")).to_have_text(seen, use_inner_text=True)


def test_a_choice_made_by_hand_is_part_of_the_address(visit: Visit) -> None:
    page = visit("/attention?target=phantom-north")

    page.get_by_test_id("stButtonGroup").get_by_text("TN", exact=True).click()
    expect(page.locator(".gallery .outcome.TN").first).to_be_visible()
    page.wait_for_url("**outcome=TN**")

    again = visit(f"/attention?{urlsplit(page.url).query}")
    expect(again.locator(".gallery tbody tr").first).to_have_text(
        page.locator(".gallery tbody tr").first.inner_text(), use_inner_text=True
    )


def test_an_address_that_names_nothing_here_is_said_to(visit: Visit) -> None:
    page = visit("/?target=atlantis")

    expect(page.get_by_text("The address asks for target “atlantis”")).to_be_visible()


def test_findings_without_labels_are_dashes_and_never_zeros(visit: Visit) -> None:
    page = visit("/findings?target=guangzhou")

    rows = page.locator(".matrix tbody tr").filter(has_text="not annotated, n = 0")
    expect(rows).to_have_count(13)
    for text in rows.all_inner_texts():
        assert "–" in text
        assert "0.0" not in text


@pytest.mark.parametrize("path", PAGES)
def test_a_hostile_name_stays_text(visit: Visit, path: str) -> None:
    page = visit(f"{path}{'&' if '?' in path else '?'}target=phantom-north&metric=AUROC")

    assert page.title() != "owned"
    expect(page.locator("img[src=x]")).to_have_count(0)
    if path != "/attention":
        assert HOSTILE in page.get_by_test_id("stMain").inner_text()


def test_a_damaged_run_costs_one_row(visit: Visit) -> None:
    page = visit("/?target=phantom-north")

    expect(page.locator("tr").filter(has_text="damaged-run")).to_contain_text("cannot be read")
    expect(page.locator("tbody tr th.run")).to_have_count(6)


def test_an_empty_store_says_what_to_run(empty_app: App, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(empty_app.address)
    settle(page)

    expect(page.get_by_text("cxr demo")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
    page.close()


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_asked_of_another_machine(visit: Visit, requests: list[str], path: str) -> None:
    visit(path)

    outside = [url for url in requests if urlsplit(url).hostname not in ("127.0.0.1", None)]
    assert outside == []
    assert len(requests) > 10


def test_opacity_acts_on_every_map_without_asking_the_server(
    visit: Visit, requests: list[str]
) -> None:
    page = visit("/attention?target=phantom-north")
    maps = page.locator(".gallery img.map")
    expect(maps).to_have_count(18)
    frames = script_runs(page)

    page.locator("input[name=opacity]").fill("20")

    opacities = maps.evaluate_all("maps => maps.map(each => getComputedStyle(each).opacity)")
    assert set(opacities) == {"0.2"}
    assert frames() == 0


def test_colours_and_scale_redraw_every_map_without_a_rerun(visit: Visit) -> None:
    page = visit("/attention?target=phantom-north")
    frames = script_runs(page)

    page.locator("select[name=colours]").select_option("viridis")
    page.locator("select[name=scale]").select_option("run")

    for source in page.locator(".gallery img.map").evaluate_all("maps => maps.map(x => x.src)"):
        assert "colours=viridis&scale=run" in source
    page.wait_for_function(
        "[...document.querySelectorAll('.gallery img')].every(each => each.naturalWidth === 96)"
    )
    assert frames() == 0


def test_a_map_opens_large_by_keyboard_and_closes_again(visit: Visit) -> None:
    page = visit("/attention?target=phantom-north")
    tile = page.locator(".gallery .tile").first

    tile.focus()
    page.keyboard.press("Enter")
    expect(page.locator("dialog[open] .stack")).to_be_visible()
    expect(page.locator("dialog[open] p")).to_contain_text("Grad-CAM of")
    page.keyboard.press("Escape")

    expect(page.locator("dialog[open]")).to_have_count(0)


def test_turning_the_page_shows_other_images_and_keeps_the_opacity(visit: Visit) -> None:
    page = visit("/attention?target=phantom-north")
    page.locator("input[name=opacity]").fill("20")
    first = page.locator(".gallery tbody th .about").first
    before = first.inner_text()

    page.get_by_test_id("stPagination").get_by_role("button", name="2").click()

    expect(first).not_to_have_text(before, use_inner_text=True)
    expect(page.locator(".gallery img.map").first).to_have_css("opacity", "0.2")


def test_pictures_that_no_store_lists_are_refused(app: App, browser: Browser) -> None:
    page = browser.new_page()
    run_id = quote(app.store.joinpath("results/runs").iterdir().__next__().name, safe="")

    for path in (
        f"/images/phantom-north/{run_id}/..%2F..%2F..%2Frun.json.png",
        "/images/phantom-north/%2e%2e/x.png",
        f"/maps/phantom-north/{run_id}/Edema/nobody.png",
    ):
        assert page.request.get(f"{app.address}{path}").status in (400, 404)
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_serious(app: App, browser: Browser, path: str, scheme: str) -> None:
    context = browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": 1440, "height": 900},
    )
    page = context.new_page()
    page.goto(f"{app.address}{path}")
    settle(page)

    found = Axe().run(page, context=".cxr").response["violations"]

    serious = [each for each in found if each["impact"] in ("serious", "critical")]
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in serious] == []
    context.close()


@pytest.mark.parametrize("path", PAGES)
def test_at_800_pixels_nothing_leaves_the_page(app: App, browser: Browser, path: str) -> None:
    context = browser.new_context(viewport={"width": 800, "height": 900})
    page = context.new_page()
    page.goto(f"{app.address}{path}")
    settle(page)

    overflow = page.get_by_test_id("stMain").evaluate("main => main.scrollWidth - main.clientWidth")

    assert overflow <= 0
    context.close()


def script_runs(page: Page) -> Callable[[], int]:
    """Counts the reruns that Streamlit announces from now on."""
    page.evaluate(
        """() => {
            const app = document.querySelector('[data-testid="stApp"]');
            window.reruns = 0;
            new MutationObserver(() => { window.reruns += 1; })
                .observe(app, { attributeFilter: ["data-test-script-state"] });
        }"""
    )
    return lambda: page.evaluate("() => window.reruns")

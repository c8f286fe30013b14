"""The ways through the dashboard: links, addresses, and the browser's own buttons."""

import re
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fixtures.served_app import App, Visit, settle

pytestmark = pytest.mark.browser


def words(page: Page) -> list[str]:
    """What the page says in our own words, figures and widgets aside."""
    if "/attention" in page.url:  # The maps are drawn by a component, which comes a moment later.
        expect(page.locator(".gallery .tile").first).to_be_visible()
    return page.get_by_test_id("stMain").locator(".cxr").all_inner_texts()


def boxes(page: Page) -> list[str]:
    """What the sidebar's choices show."""
    chosen = page.get_by_test_id("stSidebar").get_by_role("combobox")
    expect(chosen.first).to_have_value(re.compile("."))
    return [box.input_value() for box in chosen.all()]


def test_the_navigation_keeps_the_context(visit: Visit) -> None:
    page = visit("/?target=phantom-north&policy=fixed-0.5")

    page.get_by_test_id("stTopNavLink").filter(has_text="Findings").click()

    expect(page.locator("h1")).to_have_text("Findings")
    expect(page.locator(".answer")).to_contain_text("phantom-north")
    assert "policy=fixed-0.5" in page.url


def test_each_step_down_is_a_link_and_back_restores_what_was_there(visit: Visit) -> None:
    page = visit("/?target=phantom-north")
    answer, asked = page.locator(".answer").inner_text(), boxes(page)
    page.evaluate("() => { document.isStill = true; }")

    page.locator("td a").first.click()
    expect(page.locator("h1")).to_have_text("Findings")
    page.get_by_role("link", name="Pneumothorax").click()
    expect(page.locator("h2").first).to_have_text("Pneumothorax")
    page.get_by_role("link", name="See where the models look").click()
    expect(page.locator(".answer")).to_contain_text("on Pneumothorax")
    expect(page.locator(".gallery thead th")).to_have_count(6)

    page.go_back()
    expect(page.locator("h2").first).to_have_text("Pneumothorax")
    page.go_back()
    expect(page.locator("h2").first).to_have_text("Atelectasis")
    page.go_back()
    expect(page.locator(".answer")).to_have_text(answer)
    assert boxes(page) == asked
    assert page.evaluate("() => document.isStill"), "a link loaded the page anew"


def test_a_link_opens_elsewhere_where_that_is_asked_for(visit: Visit) -> None:
    page = visit("/?target=phantom-north")

    with page.context.expect_page() as opening:
        page.locator("td a").first.click(modifiers=["Control"])

    expect(opening.value.locator("h1")).to_have_text("Findings")
    expect(page.locator("h1")).to_have_text("Overview")


@pytest.mark.parametrize(
    "path",
    [
        "/findings?target=phantom-north&finding=Mass&metric=F1&policy=fixed-0.5",
        "/attention?target=phantom-north&layout=One+finding&seen=Edema&outcome=TN&seed=3",
    ],
)
def test_a_permalink_shows_the_same_view_in_a_new_browser(visit: Visit, path: str) -> None:
    first = visit(path)
    parts = urlsplit(first.url)

    again = visit(f"{parts.path}?{parts.query}")

    assert words(again) == words(first)


def test_a_choice_made_by_hand_is_part_of_the_address(visit: Visit) -> None:
    page = visit("/attention?target=phantom-north")

    page.get_by_test_id("stButtonGroup").get_by_text("TN", exact=True).click()
    page.wait_for_url("**outcome=TN**")
    expect(page.locator(".gallery tbody td:nth-child(2) .outcome.TN")).to_have_count(6)
    settle(page)

    again = visit(f"/attention?{urlsplit(page.url).query}")
    assert words(again) == words(page)


def test_an_address_that_names_nothing_here_is_said_to(visit: Visit) -> None:
    page = visit("/?target=atlantis")

    expect(page.get_by_text("The address asks for target “atlantis”")).to_be_visible()
    expect(page.locator(".answer")).to_contain_text("On guangzhou")


def test_findings_without_labels_are_dashes_and_never_zeros(visit: Visit) -> None:
    page = visit("/findings?target=guangzhou")

    rows = page.locator(".matrix tbody tr").filter(has_text="not annotated, n = 0")
    expect(rows).to_have_count(13)
    for text in rows.all_inner_texts():
        assert "–" in text
        assert "0.0" not in text


def test_a_damaged_run_costs_one_row(visit: Visit) -> None:
    page = visit("/?target=phantom-north")

    expect(page.locator("tr").filter(has_text="damaged-run")).to_contain_text("cannot be read")
    expect(page.locator("tbody tr th.run")).to_have_count(6)


def test_on_its_own_source_nothing_is_ranked(visit: Visit) -> None:
    page = visit("/?target=chestxray14")

    expect(page.locator(".answer")).to_contain_text("no run can be ranked")
    expect(page.locator("td strong")).to_have_count(0)


def test_an_empty_store_says_what_to_run(empty_app: App, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(empty_app.address)
    settle(page)

    expect(page.get_by_text("cxr demo")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
    page.close()


def test_pictures_that_no_store_lists_are_refused(app: App, browser: Browser) -> None:
    page = browser.new_page()
    run_id = quote(next(app.store.joinpath("results/runs").iterdir()).name, safe="")

    for path in (
        f"/images/phantom-north/{run_id}/..%2F..%2F..%2Frun.json.png",
        f"/images/..%2Fphantom-north/{run_id}/phantom-north-0000.png.png",
        f"/maps/phantom-north/{run_id}/Edema/nobody.png",
    ):
        assert page.request.get(f"{app.address}{path}").status in (400, 404)
    page.close()


def test_a_run_leads_to_its_record(visit: Visit) -> None:
    page = visit("/runs?target=phantom-north")

    page.get_by_role("link", name="ViT-B/16").click()

    expect(page.locator("h2 ~ p code").first).to_contain_text("vit_base_patch16_224-bce")
    assert "target=phantom-north" in page.url


def test_a_data_set_shows_a_sample_of_its_images(visit: Visit) -> None:
    page = visit("/data?target=phantom-north&dataset=chestxray14")

    expect(page.locator(".answer")).to_contain_text("no patient is in more than one split")
    expect(page.locator(".strip img")).to_have_count(8)


def test_a_finding_of_the_shift_leads_to_its_page(visit: Visit) -> None:
    page = visit("/shift?target=phantom-north")

    page.get_by_role("link", name="Hernia").click()

    expect(page.locator("h2").first).to_have_text("Hernia")


@pytest.mark.parametrize(
    ("path", "button", "head"),
    [
        ("/", "CSV of leaderboard", "run,run_id,dataset"),
        ("/findings", "CSV of findings", "finding,run,run_id"),
        ("/shift", "CSV of shift", "finding,run,run_id,side"),
        ("/data", "CSV of labels", "dataset,split,finding"),
        ("/data", "CSV of groups", "dataset,split,kind"),
        ("/attention", "CSV of maps", "image_id,run,run_id"),
        ("/localisation", "CSV of localisation", "run,run_id,dataset"),
        ("/localisation", "CSV of attention shift", "run,run_id,source"),
        ("/localisation", "CSV of regions", "run,run_id,region"),
        ("/runs", "CSV of runs", "run,run_id,status"),
        ("/", "LaTeX of leaderboard", "\\begin{tabular}"),
    ],
)
def test_what_is_shown_can_be_taken_away(visit: Visit, path: str, button: str, head: str) -> None:
    page = visit(f"{path}?target=phantom-north")

    with page.expect_download() as started:
        page.get_by_role("button", name=button).click()

    text = started.value.path().read_text(encoding="utf-8")
    assert text.startswith(head)
    assert "phantom-north" in text


def test_a_figure_can_be_saved_as_png(visit: Visit) -> None:
    page = visit("/?target=phantom-north")

    page.locator(".js-plotly-plot").first.hover()
    with page.expect_download() as started:
        page.locator('[data-title*="PNG" i], [data-title*="Download" i]').first.click()

    assert started.value.path().read_bytes().startswith(b"\x89PNG")

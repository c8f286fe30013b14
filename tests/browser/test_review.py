"""Reviewers judge maps: blinded, by keyboard, several at once."""

import pytest
from playwright.sync_api import Page, expect

from core.store.notes import NoteStore
from tests.fixtures.served_app import App, Visit

pytestmark = pytest.mark.browser

REVIEW = "/review?target=phantom-north&reviewed=Edema"


def start(page: Page, reviewer: str) -> None:
    page.get_by_label("Your name or initials").fill(reviewer)
    page.keyboard.press("Enter")
    expect(page.get_by_text("0 of 44 maps judged")).to_be_visible()


def test_a_blinded_reviewer_sees_neither_model_nor_outcome(visit: Visit) -> None:
    page = visit(REVIEW)
    start(page, "Blind")

    expect(page.locator("h2").first).to_have_text("Edema")
    shown = page.get_by_test_id("stMain").inner_text()

    for hidden in ("ResNet", "EfficientNet", "ViT", "true positive", "true negative", "κ"):
        assert hidden not in shown
    expect(page.locator(".judged img")).to_have_count(3)

    page.get_by_text("Show model and outcome").click()
    expect(page.locator("h2").first).to_contain_text("frozen")


def test_two_browsers_at_once_lose_no_note(visit: Visit, app: App) -> None:
    pages = {reviewer: visit(REVIEW) for reviewer in ("First", "Second")}
    for reviewer, page in pages.items():
        start(page, reviewer)

    for done in range(1, 4):
        for page in pages.values():
            comment = page.get_by_label("Comment")
            expect(comment).to_have_value("")  # the box of the next map, not of the last one
            comment.fill(f"comment {done}")
            page.keyboard.press("Enter")
            page.get_by_role("button", name="Doubtful").click()
        for page in pages.values():
            expect(page.get_by_text(f"{done} of 44 maps judged")).to_be_visible()
            expect(page.locator(".judged img")).to_have_count(3)

    notes = NoteStore(app.store / "results").read()
    assert notes.broken == ()
    for reviewer in pages:
        own = [note for note in notes.read if note.reviewer == reviewer]
        assert [note.comment for note in own] == ["comment 1", "comment 2", "comment 3"]
        assert {note.verdict for note in own} == {"doubtful"}
        assert all(note.blinded for note in own)


def test_a_verdict_is_given_by_one_key(visit: Visit) -> None:
    page = visit(REVIEW)
    start(page, "Keys")

    page.locator("h1").click()
    page.keyboard.press("3")

    expect(page.get_by_text("1 of 44 maps judged")).to_be_visible()


def test_a_name_that_is_no_file_name_is_refused(visit: Visit) -> None:
    page = visit(REVIEW)
    start(page, "../up")

    page.get_by_role("button", name="Wrong").click()

    expect(page.get_by_text("Names have letters, digits, dots and dashes")).to_be_visible()

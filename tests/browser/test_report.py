"""A report in a real browser: no word of a plot passes the plot's frame."""

from playwright.sync_api import Browser

from core.report.paper import html
from core.report.paper.blocks import Bar, Document, Forest

WORDS_OUTSIDE = """() => [...document.querySelectorAll('svg text')].filter(word => {
  const box = word.getBoundingClientRect(), frame = word.ownerSVGElement.getBoundingClientRect();
  return box.left < frame.left || box.right > frame.right || box.bottom > frame.bottom;
}).map(word => word.textContent)"""


def test_no_word_of_a_forest_plot_is_cut_off(browser: Browser) -> None:
    names = ("R1 efficientnet_lite0 · SupCon · adapter", "U3 vit_base_patch16_224 · BCE · frozen")
    runs = tuple(Bar(name, 73.4, 69.9, 76.2) for name in names)
    gaps = (Bar("Pneumothorax", -36.2, -45.0, -27.5), Bar("Pleural thickening", 0.4, -20.4, 22.6))
    plots = (
        Forest("Runs", "runs", "macro AUROC, %", runs, 50),
        Forest("Gaps", "gaps", "difference in AUROC, percentage points", gaps, 0),
    )
    page = browser.new_page()
    page.set_content(html(Document("A report", plots)))
    assert page.locator("svg text").count() > 8
    assert page.evaluate(WORDS_OUTSIDE) == []
    page.close()

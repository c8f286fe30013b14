import tomllib
from pathlib import Path

CONFIG = tomllib.loads(
    (Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text(encoding="utf-8")
)


def test_nothing_is_reported_and_nobody_outside_can_connect() -> None:
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert CONFIG["server"]["address"] == "127.0.0.1"


def test_an_error_shows_the_reader_no_code_and_no_link() -> None:
    assert CONFIG["client"]["showErrorDetails"] == "none"
    assert CONFIG["client"]["showErrorLinks"] is False


def test_no_font_is_fetched() -> None:
    assert "fontFaces" not in CONFIG["theme"]
    assert "://" not in str(CONFIG["theme"])


def test_no_page_waits_for_a_collection_of_all_that_is_kept() -> None:
    assert CONFIG["runner"]["postScriptGC"] is False

from pathlib import Path

import pytest

from dashboard.stores import from_environment


def test_the_environment_places_both_stores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXR_DATA", "/a")
    monkeypatch.setenv("CXR_RESULTS", "/b")

    places = from_environment()

    assert (places.data.root, places.results.root) == (Path("/a"), Path("/b"))


@pytest.mark.parametrize(("value", "allowed"), [("1", True), ("0", False), ("yes", False)])
def test_restricted_images_need_an_explicit_one(
    monkeypatch: pytest.MonkeyPatch, value: str, allowed: bool
) -> None:
    monkeypatch.setenv("CXR_ALLOW_RESTRICTED", value)

    assert from_environment().allow_restricted is allowed

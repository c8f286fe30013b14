from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from dashboard.components.markup import Markup, element, joined, link, plain


class Reader(HTMLParser):
    """What a browser would make of a piece: elements, attributes and text."""

    def __init__(self, piece: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(piece)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


NAMES = st.text(st.characters(exclude_characters="\r\0", exclude_categories=["Cs"]))


@given(NAMES, NAMES)
def test_no_name_becomes_markup(content: str, attribute: str) -> None:
    read = Reader(element("td", {"title": attribute}, content))

    assert read.elements == ["td"]
    assert read.attributes == [("title", attribute)]
    assert read.text == content


def test_markup_is_not_escaped_twice() -> None:
    assert plain("p", plain("b", "a & b"), " <c>") == "<p><b>a &amp; b</b> &lt;c&gt;</p>"


def test_text_between_pieces_is_escaped_too() -> None:
    assert joined(("a", Markup("<br>")), " & ") == "a &amp; <br>"


def test_a_link_stays_in_its_tab() -> None:
    read = Reader(link("/findings?a=1&b=2", "x"))

    assert read.attributes == [("href", "/findings?a=1&b=2"), ("target", "_self")]

"""The pages, in the order of the navigation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dashboard.queries.scope import Scope
from dashboard.views import attention, findings, overview


@dataclass(frozen=True)
class View:
    """One page.

    Args:
        title: In the navigation.
        show: Renders it.
    """

    title: str
    show: Callable[[Scope], None]


VIEWS: Mapping[str, View] = {
    "overview": View("Overview", overview.show_page),
    "findings": View("Findings", findings.show_page),
    "attention": View("Attention", attention.show_page),
}
"""Path to page; the first one is also at the root."""

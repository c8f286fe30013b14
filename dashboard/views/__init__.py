"""The pages, in the order of the navigation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dashboard.queries.scope import Scope
from dashboard.stores import Stores
from dashboard.views import attention, data, findings, localisation, overview, review, runs, shift


@dataclass(frozen=True)
class View:
    """One page.

    Args:
        title: In the navigation.
        show: Renders it.
        has_figures: Whether it draws any.
        show_unscored: Renders it before anything was evaluated; None where there is nothing.
    """

    title: str
    show: Callable[[Scope], None]
    has_figures: bool = False
    show_unscored: Callable[[Stores], None] | None = None


VIEWS: Mapping[str, View] = {
    "overview": View("Overview", overview.show_page, has_figures=True),
    "findings": View("Findings", findings.show_page, has_figures=True),
    "attention": View("Attention", attention.show_page),
    "localisation": View("Localisation", localisation.show_page),
    "shift": View("Shift", shift.show_page, has_figures=True),
    "review": View("Review", review.show_page),
    "data": View("Data", data.show_page),
    "runs": View("Runs", runs.show_page, has_figures=True, show_unscored=runs.show_all),
}
"""Path to page; the first one is also at the root."""

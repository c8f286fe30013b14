"""The script of every page: the sidebar's choices first, then the page that the address names."""

from collections.abc import Callable

import streamlit as st

from core.errors import CxrError
from dashboard import stores
from dashboard.components import blank, frame, sidebar
from dashboard.queries.all_runs import all_runs
from dashboard.queries.reading import Runs
from dashboard.queries.scope import Scope
from dashboard.stores import Stores
from dashboard.views import VIEWS, View


def main() -> None:
    """Render the page that the address names."""
    st.set_page_config(page_title="cxr-bench", layout="wide")
    frame.show_style()
    places = stores.from_environment()
    runs = all_runs(places)
    # Before the page runs: choices made inside a page are forgotten when the page changes.
    scope = sidebar.choose(places, runs)
    pages = [
        st.Page(
            _bound(view, _content(view, scope, places, runs)),
            title=view.title,
            url_path=path,
            default=path == next(iter(VIEWS)),
        )
        for path, view in VIEWS.items()
    ]
    st.navigation(pages, position="top").run()
    frame.show_footer()


def _content(view: View, scope: Scope | None, places: Stores, runs: Runs) -> Callable[[], None]:
    unscored = view.show_unscored
    if scope:
        return lambda: view.show(scope)
    if unscored and (runs.every or runs.broken):
        return lambda: unscored(places)
    return lambda: blank.show_nothing_evaluated(view.title, places, runs)


def _bound(view: View, show: Callable[[], None]) -> Callable[[], None]:
    def page() -> None:
        # The one place where an error ends: what is damaged is named, the rest stays usable.
        try:
            show()
        except CxrError as error:
            blank.show_error(view.title, error)

    return page


main()

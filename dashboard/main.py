"""The script of every page: the sidebar's choices first, then the page that the address names."""

from collections.abc import Callable

import streamlit as st

from core.errors import CxrError
from dashboard import stores
from dashboard.components import blank, frame, sidebar
from dashboard.queries import reading
from dashboard.queries.scope import Scope
from dashboard.views import VIEWS, View


def main() -> None:
    """Render the page that the address names."""
    st.set_page_config(page_title="cxr-bench", layout="wide")
    frame.show_style()
    places = stores.from_environment()
    runs = reading.all_runs(places)
    # Before the page runs: choices made inside a page are forgotten when the page changes.
    scope = sidebar.choose(places, runs)
    pages = [
        st.Page(
            _bound(view, scope) if scope else lambda: blank.show_nothing_evaluated(places, runs),
            title=view.title,
            url_path=path,
            default=path == next(iter(VIEWS)),
        )
        for path, view in VIEWS.items()
    ]
    st.navigation(pages, position="top").run()
    frame.show_footer()


def _bound(view: View, scope: Scope) -> Callable[[], None]:
    def page() -> None:
        # The one place where an error ends: what is damaged is named, the rest stays usable.
        try:
            view.show(scope)
        except CxrError as error:
            blank.show_error(view.title, error)

    return page


main()

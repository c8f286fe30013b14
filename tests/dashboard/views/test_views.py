import pytest
from streamlit.testing.v1 import AppTest

from core.saliency.agreement import AGREEMENT_METRICS
from core.tables import HEATMAPS
from dashboard.queries.reading import dataset
from dashboard.stores import Stores
from dashboard.views import VIEWS
from dashboard.views.localisation import LIKENESS


def script(view: str, target: str) -> None:
    """One view on one target, without the pages around it."""
    from dashboard import stores
    from dashboard.context import Context
    from dashboard.queries.all_runs import all_runs
    from dashboard.queries.scope import Scope
    from dashboard.views import VIEWS

    places = stores.from_environment()
    context = Context(target, "test", "source-val")
    VIEWS[view].show(Scope(places, all_runs(places), context))


def shown(view: str, target: str, places: Stores, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("CXR_DATA", str(places.data.root))
    monkeypatch.setenv("CXR_RESULTS", str(places.results.root))
    return AppTest.from_function(script, args=(view, target), default_timeout=30).run()


def texts(app: AppTest) -> str:
    return "".join(str(each.proto.body) for each in app.get("html"))  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("target", ["guangzhou", "phantom-north", "chestxray14"])
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_renders_on_every_target(
    phantom: Stores, monkeypatch: pytest.MonkeyPatch, view: str, target: str
) -> None:
    app = shown(view, target, phantom, monkeypatch)

    assert not app.exception
    assert f"<h1>{VIEWS[view].title}</h1>" in texts(app)
    assert target in texts(app)


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_that_draws_figures_says_so(
    phantom: Stores, monkeypatch: pytest.MonkeyPatch, view: str
) -> None:
    app = shown(view, "phantom-north", phantom, monkeypatch)

    assert VIEWS[view].has_figures or not app.get("plotly_chart")


@pytest.mark.parametrize("view", VIEWS)
def test_a_target_without_numbers_is_said_to_have_none(
    phantom: Stores, monkeypatch: pytest.MonkeyPatch, view: str
) -> None:
    app = shown(view, "elsewhere", phantom, monkeypatch)

    assert not app.exception
    assert 'class="answer"' in texts(app)


def test_labels_that_were_mined_from_text_are_named(
    phantom: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    for view in VIEWS:
        assert "text-mined labels" in texts(shown(view, "chestxray14", phantom, monkeypatch))


def test_a_synthetic_target_is_labelled_on_every_view(
    phantom: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    for view in VIEWS:
        said = texts(shown(view, "phantom-north", phantom, monkeypatch))
        assert "synthetic phantom – not for clinical use or conclusions" in said


def test_restricted_images_are_hidden_with_a_sentence(
    own: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = dataset(own, "guangzhou")
    closed = found.record.model_copy(update={"restricted": True})
    own.data.write_dataset(closed, found.manifest, found.boxes)

    hidden = texts(shown("attention", "guangzhou", own, monkeypatch))
    monkeypatch.setenv("CXR_ALLOW_RESTRICTED", "1")
    allowed = texts(shown("attention", "guangzhou", own, monkeypatch))

    assert "CXR_ALLOW_RESTRICTED=1" in hidden
    assert "guangzhou-0" not in hidden
    assert "has maps of 24 images" in allowed


def test_a_target_without_maps_says_how_to_make_them(
    own: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    for run_id in own.results.run_ids():
        own.results.path(run_id, HEATMAPS, "guangzhou").unlink()

    said = texts(shown("attention", "guangzhou", own, monkeypatch))

    assert "cxr explain RUN --dataset guangzhou" in said


def test_likenesses_are_called_as_the_engine_calls_them() -> None:
    assert {name: metric.title for name, metric in AGREEMENT_METRICS.items()} == LIKENESS


def test_a_key_of_the_address_belongs_to_one_page(
    phantom: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Streamlit drops from the address, on a change of page, what the page before kept there."""
    found: list[str] = []
    for view in VIEWS:
        app = shown(view, "phantom-north", phantom, monkeypatch)
        widgets = (*app.selectbox, *app.button_group, *app.checkbox, *app.number_input)
        found += {each.key for each in widgets if each.key}

    assert len(found) > 10
    assert len(set(found)) == len(found)

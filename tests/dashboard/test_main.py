import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.tables import METRICS
from dashboard.stores import Stores

MAIN = Path(__file__).parents[2] / "dashboard" / "main.py"
FORBIDDEN = ("torch", "torchvision", "timm", "sklearn", "scipy", "pytorch_grad_cam")


def opened(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("CXR_DATA", str(stores.data.root))
    monkeypatch.setenv("CXR_RESULTS", str(stores.results.root))
    return AppTest.from_file(str(MAIN), default_timeout=30).run()


def texts(app: AppTest) -> str:
    return "".join(str(each.proto.body) for each in app.get("html"))  # pyright: ignore[reportAttributeAccessIssue]


def test_the_overview_opens_on_the_first_target(
    phantom: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(phantom, monkeypatch)

    assert not app.exception
    assert app.selectbox(key="target").value == "guangzhou"
    assert "the highest observed AUROC over one label (Pneumonia)" in texts(app)


def test_another_target_changes_the_answer(
    phantom: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(phantom, monkeypatch)

    app.selectbox(key="target").set_value("phantom-north").run()

    assert not app.exception
    assert "macro@14 AUROC" in texts(app)
    assert "synthetic phantom – not for clinical use or conclusions" in texts(app)


def test_an_empty_store_says_what_to_run(empty: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(empty, monkeypatch)

    assert not app.exception
    assert "cxr demo" in texts(app)
    assert "cxr data index" in texts(app)


def test_runs_that_were_never_evaluated_say_what_to_run(
    own: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    for run_id in own.results.run_ids():
        own.results.path(run_id, METRICS).unlink()

    app = opened(own, monkeypatch)

    assert not app.exception
    assert "cxr eval RUN --target NAME" in texts(app)


def test_a_damaged_run_is_named_and_the_others_are_shown(
    own: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = own.results.run_ids()[0]
    (own.results.folder(first) / "run.json").write_text("{", encoding="utf-8")

    app = opened(own, monkeypatch)

    assert not app.exception
    assert "Cannot be read" in texts(app)
    assert first in texts(app)
    assert "the highest observed" in texts(app)


def test_results_without_their_data_are_still_shown(
    own: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in own.data.names():
        (own.data.folder(name) / "manifest.parquet").unlink()

    app = opened(own, monkeypatch)

    assert not app.exception
    assert "labels as given in its table" in texts(app)


def test_a_damaged_manifest_is_named_on_the_page(
    own: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own.data.folder("guangzhou") / "manifest.parquet").write_bytes(b"nothing")

    app = opened(own, monkeypatch)

    assert not app.exception
    assert "This page cannot be shown for these choices." in texts(app)
    assert "guangzhou/manifest.parquet: this manifest table cannot be read" in texts(app)


def test_the_dashboard_runs_without_torch() -> None:
    script = (
        "import sys, dashboard.routes, dashboard.views; "
        f"print([name for name in {FORBIDDEN} if name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


def test_no_reader_meets_a_half_imported_pandas() -> None:
    script = "import dashboard.app, sys; print(hasattr(sys.modules.get('pandas'), 'Series'))"

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "True"

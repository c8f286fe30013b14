from pathlib import Path

import pytest

from cli import demonstration
from core.specs import ImageSpec
from core.store import ResultStore
from core.tables import AGREEMENT, LOCALISATION, SANITY
from tests.fixtures.pipeline import Cxr


def test_the_demo_trains_scores_and_measures_attention_and_keeps_what_is_there(
    cxr: Cxr, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demonstration, "BACKBONES", ("efficientnet_lite0",))
    monkeypatch.setattr(demonstration, "IMAGE", ImageSpec(size=64))
    monkeypatch.setattr(demonstration, "NUM_EXPLAINED", 4)
    asked = ("demo", "--no-dashboard", "--num-patients", 40, "--out", tmp_path / "demo")

    first = cxr(*asked)

    assert first.exit_code == 0, first.err
    assert "not for clinical use" in first.out
    results = ResultStore(tmp_path / "demo" / "results")
    run_ids = sorted(path.name for path in results.root.glob("runs/*"))
    assert len(run_ids) == 2
    for run_id in run_ids:
        for table in (LOCALISATION, AGREEMENT, SANITY):
            measured = results.read(run_id, table)
            assert measured["dataset"].unique().to_list() == [demonstration.TARGET]
            assert measured["value"].drop_nulls().len() > 0
    written = {path: path.stat().st_mtime_ns for path in results.root.rglob("*.parquet")}
    assert cxr(*asked).exit_code == 0
    assert written == {path: path.stat().st_mtime_ns for path in results.root.rglob("*.parquet")}

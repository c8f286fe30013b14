"""`cxr import-predictions`: a file becomes a run with a leaderboard."""

import json
from pathlib import Path

import pytest

from tests.fixtures.imported_runs import AWAY, HOME, Places, build, predictions
from tests.fixtures.pipeline import Cxr


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return build(tmp_path, 90)


def test_a_file_is_matched_scored_and_what_is_left_over_is_listed(
    cxr: Cxr, places: Places, tmp_path: Path
) -> None:
    file = tmp_path / "theirs.csv"
    theirs = predictions(places.data.dataset(AWAY).manifest, 1.5, 0)[:80]
    text = theirs.write_csv() + "other/1.png" + ",0.5" * 14 + "\n"
    file.write_text(text)
    name = ("import-predictions", file, "--name", "theirs", "--dataset", AWAY)
    done = cxr(*name, "--num-resamples", 20, *places.options)
    assert done.exit_code == 0
    assert (
        "80 rows matched images of away by image id; 14 of 14 findings are predicted." in done.err
    )
    assert "1 rows of the file are no image of it and were left out: other/1.png" in done.err
    assert "10 images of away have no prediction and are not scored: away/00080.png" in done.err
    assert done.out.startswith("away, test split: 80 images of 40 patients")
    assert "threshold 0.5" in done.out


def test_with_its_source_it_is_ranked_and_has_source_thresholds(
    cxr: Cxr, places: Places, tmp_path: Path
) -> None:
    outcomes = []
    for dataset in (HOME, AWAY):
        file = tmp_path / f"{dataset}.parquet"
        predictions(places.data.dataset(dataset).manifest, 1.5, 0).write_parquet(file)
        name = ("import-predictions", file, "--name", "theirs", "--dataset", dataset)
        done = cxr(*name, "--source", HOME, "--num-resamples", 20, "--json", *places.options)
        outcomes.append(json.loads(done.out))
    assert outcomes[0]["leaderboard"] is None
    (run,) = outcomes[1]["leaderboard"]["runs"]
    assert run["why_not_ranked"] is None
    assert {row["policy"] for row in run["transfer"]} >= {"source-val"}


def test_logits_are_refused_and_nothing_is_written(
    cxr: Cxr, places: Places, tmp_path: Path
) -> None:
    file = tmp_path / "logits.csv"
    file.write_text("image_id,Mass\naway/00000.png,-2.5\naway/00001.png,3\n")
    name = ("import-predictions", file, "--name", "theirs", "--dataset", AWAY)
    done = cxr(*name, *places.options)
    assert (done.exit_code, done.out) == (3, "")
    assert "row 2: column Mass: -2.5 is no probability, nor are 1 more rows" in done.err
    assert not places.results.root.exists()

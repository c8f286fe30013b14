"""`cxr eval`: what a leaderboard prints (over the imported runs, without an image)."""

import json

import pytest

from tests.fixtures.imported_runs import AWAY, HOME, Places, add_run, build
from tests.fixtures.pipeline import Cxr

TABLE_WIDTH = 80


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    built = build(tmp_path_factory.mktemp("evaluated"), 120)
    add_run(built, "weak", 0.6)
    add_run(built, "strong", 1.4)
    add_run(built, "stranger", 1.0, source=None, datasets=(AWAY,))
    return built


def evaluated(cxr: Cxr, places: Places, *arguments: str) -> str:
    quick = ("--no-subgroups", "--no-weightings", "--num-resamples", 20)
    done = cxr("eval", *arguments, "--target", AWAY, *quick, *places.options)
    assert done.exit_code == 0, done.err
    return done.out


def tables(out: str) -> list[str]:
    """The lines of the tables: sentences are not laid out."""
    return [line for line in out.splitlines() if "  " in line]


def test_tables_fit_80_columns(cxr: Cxr, places: Places) -> None:
    for arguments in (("--all",), ("weak",)):
        rows = tables(evaluated(cxr, places, *arguments))
        assert len(rows) > 8
        assert max(map(len, rows)) <= TABLE_WIDTH


def test_runs_are_numbered_lettered_and_named_below(cxr: Cxr, places: Places) -> None:
    lines = evaluated(cxr, places, "--all").splitlines()
    assert [line.split()[:2] for line in lines if line[:2] in ("1 ", "2 ", "a ")][:3] == [
        ["1", "strong"],
        ["2", "weak"],
        ["a", "stranger"],
    ]
    assert "1 = strong" in lines
    assert any(line.startswith("a = stranger, not ranked: Imported without") for line in lines)
    assert "F1 of a at 0.5: there are no source predictions to choose on." in lines


def test_source_test_says_which_findings_it_covers(cxr: Cxr, places: Places) -> None:
    out = evaluated(cxr, places, "weak")
    assert out.startswith("away, test split: 120 images of 60 patients; macro@13:aaaa (13 of 14")
    assert "macro@14" in out


def test_a_single_run_shows_what_was_promised_and_delivered(cxr: Cxr, places: Places) -> None:
    out = evaluated(cxr, places, "weak")
    assert "promised on home (test) → delivered here" in out
    assert sum("→" in line for line in out.splitlines()) == 1 + 13


def test_json_has_runs_references_and_the_transfer(cxr: Cxr, places: Places) -> None:
    board = json.loads(evaluated(cxr, places, "--all", "--json"))
    runs = {row["run_id"]: row for row in board["runs"]}
    assert (runs["weak"]["source"], runs["weak"]["why_not_ranked"]) == (HOME, None)
    assert runs["stranger"]["transfer"] == []
    assert {row["run_id"] for row in board["references"]} >= {"all-positive", "metadata-only"}
    transfer = runs["weak"]["transfer"]
    assert {row["policy"] for row in transfer} == {"fixed-0.5", "source-val", "source-rate"}
    assert set(transfer[0]["delivered"]) == set(transfer[0]["promised"])


def test_a_wrong_policy_is_one_sentence(cxr: Cxr, places: Places) -> None:
    done = cxr("eval", "weak", "--target", AWAY, "--policies", "oracel", *places.options)
    assert (done.exit_code, done.out) == (3, "")
    assert "Unknown threshold policy 'oracel'" in done.err


def test_all_runs_are_those_that_predict_the_target(cxr: Cxr, places: Places) -> None:
    places.data.write_dataset(
        places.data.dataset(AWAY).record.model_copy(update={"name": "third"}),
        places.data.dataset(AWAY).manifest,
        places.data.dataset(AWAY).boxes,
    )
    add_run(places, "weak", 0.6, datasets=("third",))
    done = cxr("eval", "--all", "--target", "third", "--num-resamples", 0, *places.options)
    assert done.exit_code == 0
    assert [line for line in done.out.splitlines() if " = " in line] == ["1 = weak"]


def test_no_run_named_is_refused_where_there_are_imported_ones_too(
    cxr: Cxr, places: Places
) -> None:
    done = cxr("eval", "--target", AWAY, *places.options)
    assert done.exit_code == 3
    assert "Name the runs, or say --all" in done.err


def test_composites_stand_below_the_findings_where_they_are_asked_for(
    cxr: Cxr, places: Places
) -> None:
    assert "Mass or" not in evaluated(cxr, places, "weak")
    out = evaluated(cxr, places, "weak", "--composites")
    assert "Mass or" in out
    assert "composite" in out
    assert max(map(len, tables(out))) <= TABLE_WIDTH


def test_labels_of_an_overlay_are_named_and_an_unknown_one_is_refused(
    cxr: Cxr, places: Places
) -> None:
    labels = places.data.root.parent / "readers.csv"
    ids = places.data.dataset(AWAY).manifest["image_id"]
    rows = (f"{each},{number % 2}" for number, each in enumerate(ids))
    labels.write_text("\n".join(["image_id,Mass", *rows]))
    cxr("data", "overlay", AWAY, "--file", labels, *places.options[:2])
    out = evaluated(cxr, places, "weak", "--labels-from", "readers")
    assert out.startswith(f"{AWAY}@readers, test split: ")
    assert "macro@1:" in out.splitlines()[0] + out.splitlines()[1]
    compare = ("compare", "weak", "strong", "--dataset", f"{AWAY}@readers", "--num-resamples", 50)
    assert "on away@readers (test)" in cxr(*compare, *places.options).out
    done = cxr("eval", "weak", "--target", AWAY, "--labels-from", "reader", *places.options)
    assert done.exit_code == 3
    assert "Unknown overlay 'reader'" in done.err

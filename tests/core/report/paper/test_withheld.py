"""Nothing that a public report withholds can be had back from what it tells."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from core.findings import FINDINGS
from core.report import run_numbers
from core.report.paper import paper, subject
from core.report.paper.blocks import Forest, Grid, Section
from core.stages import import_predictions
from core.stages.import_predictions import ImportRequest
from core.store import DataStore, ResultStore
from core.tables import BOXES, MANIFEST
from tests.fixtures.imported_runs import AWAY, HOME, Places, predictions, record
from tests.fixtures.pipeline import Cxr

NUM_IMAGES = 360
AVERAGES = {"AUROC": 3, "AP": 4, "F1": 2}
"""Metric of a table of findings to the column of the leaderboard that averages it."""

CASES: Mapping[str, tuple[Mapping[str, int], Mapping[str, Sequence[str]]]] = {
    "one finding alone": ({"Pneumonia": 7}, {"a": ["Pneumonia"]}),
    "a run that does not predict the second": (
        {"Pneumonia": 7, "Mass": 30, "Edema": 60, "Effusion": 90},
        {
            "a": ["Pneumonia", "Mass", "Edema", "Effusion"],
            "b": ["Pneumonia", "Edema", "Effusion"],
        },
    ),
    "a finding that nobody has": (
        {"Fibrosis": 0, "Pneumonia": 7, "Mass": 30, "Edema": 60},
        {"a": ["Fibrosis", "Pneumonia", "Mass", "Edema"]},
    ),
}
"""Positive images of the target's findings, and what each run predicts."""


@pytest.mark.parametrize("case", CASES)
def test_no_withheld_value_is_an_average_less_the_others(
    case: str, cxr: Cxr, tmp_path: Path
) -> None:
    positives, runs = CASES[case]
    places = _restricted(tmp_path, positives)
    for name, findings in runs.items():
        _add(places, tmp_path, name, findings)
    quick = ("--num-resamples", 50, "--no-subgroups", "--no-weightings")
    assert cxr("eval", "--all", "--target", AWAY, *quick, *places.options).exit_code == 0
    document = paper(subject(places.data, places.results, AWAY, is_public=True))
    grids = [each for each in document.blocks if isinstance(each, Grid)]
    board = next(each for each in grids if "AUROC, source test" in each.heads)

    told = 0
    for metric, column in AVERAGES.items():
        table = next(each for each in grids if each.caption.startswith(f"{metric} of each finding"))
        for place, row in enumerate(board.rows, 3):
            averaged = _averaged(places, row[0].split()[1], metric)
            hidden = [each[0] for each in table.rows if each[place] == "withheld"]
            missing = averaged & set(hidden)
            assert "Pneumonia" in hidden
            if row[column] == "withheld":
                continue
            told += 1
            assert len(missing) >= 2, f"{metric} of {missing} follows for {row[0]}"
    assert bool(told) == (case != "one finding alone")
    assert not any("reference rows" in each.caption.lower() for each in grids)


def test_of_one_small_finding_no_difference_is_told_either(cxr: Cxr, tmp_path: Path) -> None:
    places = _restricted(tmp_path, {"Pneumonia": 7})
    for name in ("a", "b"):
        _add(places, tmp_path, name, ["Pneumonia"])
    quick = ("--num-resamples", 50, "--no-weightings")
    assert cxr("eval", "--all", "--target", AWAY, *quick, *places.options).exit_code == 0
    document = paper(subject(places.data, places.results, AWAY, is_public=True))
    assert not {Section.GAPS, Section.PAIRS} & set(document.sections)
    assert not any(isinstance(each, Forest) for each in document.blocks)
    (groups,) = (
        each for each in document.blocks if isinstance(each, Grid) and each.heads[0] == "subgroup"
    )
    assert {value for row in groups.rows for value in row[1:]} <= {"withheld", "–"}


def _averaged(places: Places, run_id: str, metric: str) -> set[str]:
    """The findings that a run's macro covers."""
    key = {"AUROC": "auroc", "AP": "average_precision", "F1": "f1"}[metric]
    policy = "source-val" if metric == "F1" else None
    numbers = run_numbers(places.results, run_id, AWAY, "test").numbers
    found = ((str(each), numbers.get((each, key, policy))) for each in FINDINGS)
    return {name for name, number in found if number and number.value is not None}


def _restricted(folder: Path, positives: Mapping[str, int]) -> Places:
    """A source and a credentialed target, an image a patient."""
    data = DataStore(folder / "data")
    for name in (HOME, AWAY):
        counts = positives if name == AWAY else dict.fromkeys(positives, 60)
        data.write_dataset(record(name, restricted=True), _manifest(name, counts), BOXES.empty())
    return Places(data, ResultStore(folder / "results"))


def _manifest(name: str, positives: Mapping[str, int]) -> pl.DataFrame:
    rng = np.random.default_rng(1)
    ids = [f"{name}-{k}" for k in range(NUM_IMAGES)]
    columns: dict[str, object] = {
        **dict.fromkeys(("image_id", "patient_id", "study_id"), ids),
        "path": [f"{each}.png" for each in ids],
        "split": np.repeat(["train", "val", "test"], NUM_IMAGES // 3)
        if name == HOME
        else ["test"] * NUM_IMAGES,
        "view": ["AP", "PA"] * (NUM_IMAGES // 2),
        "sex": ["F"] * (NUM_IMAGES // 2) + ["M"] * (NUM_IMAGES // 2),
        "age_years": rng.integers(20, 90, NUM_IMAGES).astype(np.float32),
    }
    for finding in map(str, FINDINGS):
        known = finding in positives
        places = rng.permutation(NUM_IMAGES) < positives.get(finding, 0)
        columns[finding] = places.astype(np.int8) if known else [None] * NUM_IMAGES
    return pl.DataFrame(columns, MANIFEST.schema)


def _add(places: Places, folder: Path, name: str, findings: Sequence[str]) -> None:
    for seed, dataset in enumerate((HOME, AWAY)):
        file = folder / f"{name}-{dataset}.csv"
        frame = predictions(places.data.dataset(dataset).manifest, 1.0, seed)
        frame.select("image_id", *findings).write_csv(file)
        import_predictions.run(
            ImportRequest(file, name, dataset, HOME), places.data, places.results
        )

from collections import Counter

from core.store.notes import Verdict
from dashboard.queries.export_review import kappa_frame, verdict_frame
from dashboard.queries.fleiss import AllAgree
from dashboard.queries.reading import Run
from dashboard.queries.review import Agreement


def test_verdicts_have_one_row_a_run_and_finding(run: Run) -> None:
    said = Counter({Verdict.SENSIBLE: 3, Verdict.WRONG: 1})
    counts = {(run.run_id, "Edema"): said, ("gone", "Mass"): Counter({Verdict.DOUBTFUL: 2})}

    frame = verdict_frame(counts, {run.run_id: run}, "north")

    assert frame.sort("finding").select("run", "finding", *map(str, Verdict), "n").rows() == [
        (run.look.title, "Edema", 3, 0, 1, 4),
        ("gone", "Mass", 0, 2, 0, 2),
    ]
    assert set(frame["dataset"]) == {"north"}


def test_an_undefined_kappa_stays_empty_beside_its_number_of_maps() -> None:
    pair = Agreement(("A", "B"), 4, None, None, None)
    every = AllAgree(("A", "B", "C"), 9, 0.25, 0.1, 0.4)

    frame = kappa_frame([pair], every, "north")

    assert frame.select("reviewers", "metric", "value", "n").rows() == [
        ("A, B, C", "Fleiss’s kappa", 0.25, 9),
        ("A, B", "Cohen’s kappa", None, 4),
    ]

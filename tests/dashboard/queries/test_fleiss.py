import numpy as np
import pytest
from statsmodels.stats.inter_rater import fleiss_kappa as reference

from core.store.notes import Expertise, Note, Verdict
from dashboard.queries.fleiss import all_agree

VERDICTS = list(Verdict)


def notes(codes: list[list[int]], repeated: bool = False) -> list[Note]:
    """One note a reviewer (column) and map (row)."""
    return [
        Note(
            reviewer=f"r{reviewer}",
            expertise=Expertise.RADIOLOGIST,
            dataset="north",
            image_id=f"image-{row}",
            finding="Edema",
            run_id="run",
            verdict=VERDICTS[code],
            blinded=True,
            is_repeat=repeated,
            time="2026-01-01T00:00:00+00:00",
        )
        for row, of_row in enumerate(codes)
        for reviewer, code in enumerate(of_row)
    ]


CODES = np.random.default_rng(0).integers(0, 3, (30, 4)).tolist()


def test_kappa_is_that_of_statsmodels() -> None:
    found = all_agree(notes(CODES))

    counts = np.array([[row.count(code) for code in range(3)] for row in CODES])
    assert found is not None
    assert found.kappa == pytest.approx(reference(counts))
    assert found.num_maps == 30
    assert found.low is not None
    assert found.high is not None
    assert found.low < reference(counts) < found.high


def test_only_maps_that_all_judged_count() -> None:
    found = all_agree([*notes(CODES), *notes([[1, 1], [0, 1]], repeated=True)][:-7])

    assert found is not None
    assert found.num_maps == 29


def test_two_reviewers_are_left_to_cohen() -> None:
    assert all_agree(notes([[0, 1], [1, 1]])) is None

from collections import Counter

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from core.findings import Finding
from core.store.notes import Expertise, Note, Verdict
from dashboard.queries.reading import Runs
from dashboard.queries.review import Item, agreements, queue, remaining, verdict_counts
from dashboard.stores import Stores

TARGET = "phantom-north"


def note(reviewer: str, number: int, verdict: Verdict, is_repeat: bool = False) -> Note:
    return Note(
        reviewer=reviewer,
        expertise=Expertise.STUDENT,
        dataset=TARGET,
        image_id=f"{number}.png",
        finding="Edema",
        run_id="run",
        verdict=verdict,
        blinded=True,
        is_repeat=is_repeat,
        time="2026-01-01T00:00:00Z",
    )


def maps(items: tuple[Item, ...]) -> Counter[tuple[str, str]]:
    return Counter((item.run_id, item.image_id) for item in items if not item.is_repeat)


def test_all_reviewers_judge_the_same_maps_in_orders_of_their_own(
    phantom: Stores, runs: Runs
) -> None:
    first, again, other = (
        queue(phantom, runs.read, TARGET, Finding.EDEMA, reviewer) for reviewer in ("A", "A", "B")
    )

    assert first == again
    assert maps(first) == maps(other)
    assert len(maps(first)) == 40
    assert first != other


def test_a_tenth_comes_again_after_it_was_seen(phantom: Stores, runs: Runs) -> None:
    items = queue(phantom, runs.read, TARGET, Finding.EDEMA, "A")

    repeats = [place for place, item in enumerate(items) if item.is_repeat]

    assert len(repeats) == 4
    for place in repeats:
        before = [(item.run_id, item.image_id) for item in items[:place] if not item.is_repeat]
        assert (items[place].run_id, items[place].image_id) in before


def test_what_was_judged_does_not_come_again(phantom: Stores, runs: Runs) -> None:
    items = queue(phantom, runs.read, TARGET, Finding.EDEMA, "A")
    done = note("A", 0, Verdict.WRONG).model_copy(
        update={"run_id": items[0].run_id, "image_id": items[0].image_id}
    )

    assert remaining(items, [done], "A", TARGET) == list(items[1:])
    assert remaining(items, [done], "B", TARGET) == list(items)
    assert remaining(items, [done], "A", "elsewhere") == list(items)


def test_kappa_is_over_the_maps_that_both_judged() -> None:
    verdicts = list(Verdict)
    rng = np.random.default_rng(0)
    codes = rng.integers(3, size=(2, 30))
    notes = [
        note(reviewer, number, verdicts[code])
        for reviewer, of_reviewer in zip("AB", codes, strict=True)
        for number, code in enumerate(of_reviewer)
    ]

    (found,) = agreements([*notes, note("A", 99, Verdict.WRONG)])

    assert found.readers == ("A", "B")
    assert found.num_maps == 30
    assert found.kappa == pytest.approx(cohen_kappa_score(*codes))
    assert found.low is not None
    assert found.high is not None
    assert found.low < cohen_kappa_score(*codes) < found.high


def test_a_reviewer_is_held_against_the_second_reading() -> None:
    first = [note("A", number, Verdict.WRONG) for number in (1, 2)]
    first.append(note("A", 3, Verdict.SENSIBLE))
    second = [note("A", 1, Verdict.WRONG, True), note("A", 3, Verdict.SENSIBLE, True)]

    (found,) = agreements([*first, *second])

    assert (found.readers, found.num_maps, found.kappa) == (("A", "A"), 2, 1.0)


def test_a_single_map_has_no_interval() -> None:
    (found,) = agreements([note("A", 1, Verdict.WRONG), note("B", 1, Verdict.DOUBTFUL)])

    assert (found.kappa, found.low, found.high) == (0.0, None, None)


def test_repeats_count_no_verdict_twice() -> None:
    notes = [note("A", 1, Verdict.WRONG), note("A", 1, Verdict.SENSIBLE, True)]

    assert verdict_counts(notes) == {("run", "Edema"): Counter({Verdict.WRONG: 1})}

"""Which maps a reviewer sees, in which order, and how far reviewers agree."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.findings import Finding
from core.metrics.bootstrap import PatientBootstrap, percentile_interval
from core.metrics.kappa import cohen_kappa
from core.store.notes import Note, Verdict
from dashboard.queries.pictures import maps
from dashboard.queries.reading import Run, dataset
from dashboard.stores import Stores

NUM_ITEMS = 40
REPEATED_SHARE = 0.1
NUM_RESAMPLES = 1000


@dataclass(frozen=True)
class Item:
    """One map to judge.

    Args:
        run_id: The model.
        finding: That it explains.
        image_id: The image.
        is_repeat: Whether the reviewer has seen it before.
    """

    run_id: str
    finding: Finding
    image_id: str
    is_repeat: bool = False


def queue(
    stores: Stores, runs: Sequence[Run], name: str, finding: Finding, reviewer: str
) -> tuple[Item, ...]:
    """The maps that a reviewer judges: the same for all, in an order of their own.

    A tenth comes again in the second half, to measure reviewers against themselves.

    Args:
        stores: Where to read.
        runs: Whose maps.
        name: The data set.
        finding: The finding.
        reviewer: Decides the order.

    Raises:
        CxrError: If a file is damaged.
    """
    found = [
        Item(run.run_id, finding, image_id)
        for run in runs
        for image_id in maps(stores, run.run_id, name).filter(finding=str(finding))["image_id"]
    ]
    found.sort(key=lambda item: (item.image_id, item.run_id))
    drawn = random.Random(f"{dataset(stores, name).hash}:{finding}")
    chosen = drawn.sample(found, min(NUM_ITEMS, len(found)))
    own = random.Random(f"{reviewer}:{finding}")
    own.shuffle(chosen)
    return tuple(_with_repeats(chosen, own))


def _with_repeats(items: list[Item], own: random.Random) -> list[Item]:
    half = len(items) // 2
    again = own.sample(items[:half], min(half, round(REPEATED_SHARE * len(items))))
    later = items[half:] + [
        Item(item.run_id, item.finding, item.image_id, is_repeat=True) for item in again
    ]
    own.shuffle(later)
    return items[:half] + later


def remaining(items: Sequence[Item], notes: Sequence[Note], reviewer: str, name: str) -> list[Item]:
    """What a reviewer has still to judge, in order."""
    done = {
        (note.run_id, note.finding, note.image_id, note.is_repeat)
        for note in notes
        if note.reviewer == reviewer and note.dataset == name
    }
    return [
        item
        for item in items
        if (item.run_id, item.finding, item.image_id, item.is_repeat) not in done
    ]


@dataclass(frozen=True)
class Agreement:
    """How far two readings agree.

    Args:
        readers: Two reviewers, or one reviewer twice.
        num_maps: Maps that both judged.
        kappa: Cohen's κ; None where undefined.
        low: Lower bound of the 95 % interval by image; None where there is none.
        high: Upper bound.
    """

    readers: tuple[str, str]
    num_maps: int
    kappa: float | None
    low: float | None
    high: float | None


def agreements(notes: Sequence[Note]) -> tuple[Agreement, ...]:
    """Each pair of reviewers on the maps that both judged, then each against themselves."""
    frame = ratings(notes)
    readers = sorted(set(frame["reviewer"]))
    pairs = [*combinations(readers, 2), *((reader, reader) for reader in readers)]
    return tuple(each for pair in pairs if (each := _agreement(frame, pair)).num_maps)


def ratings(notes: Sequence[Note]) -> pl.DataFrame:
    """One row a reviewer and map: the first verdict, and the one on the repeat."""
    codes = {verdict: code for code, verdict in enumerate(Verdict)}
    rows: Iterator[dict[str, object]] = (
        {
            "reviewer": note.reviewer,
            "image_id": f"{note.dataset}/{note.image_id}",
            "map": f"{note.run_id}/{note.finding}",
            "is_repeat": note.is_repeat,
            "code": codes[note.verdict],
        }
        for note in notes
    )
    schema = dict.fromkeys(("reviewer", "image_id", "map"), pl.String)
    frame = pl.DataFrame(list(rows), schema | {"is_repeat": pl.Boolean, "code": pl.Int64})
    return frame.unique(["reviewer", "image_id", "map", "is_repeat"], keep="first").sort(
        "image_id", "map"
    )


def _agreement(frame: pl.DataFrame, pair: tuple[str, str]) -> Agreement:
    is_within = pair[0] == pair[1]
    first = frame.filter(~pl.col("is_repeat"), pl.col("reviewer") == pair[0])
    second = frame.filter(pl.col("is_repeat") == is_within, pl.col("reviewer") == pair[1])
    both = first.join(second, on=["image_id", "map"], suffix="_other", maintain_order="left")
    ratings = both["code"].to_numpy(), both["code_other"].to_numpy()
    bounds = _interval(*ratings, both["image_id"].to_numpy().astype(np.str_))
    return Agreement(pair, both.height, cohen_kappa(*ratings), *bounds)


def _interval(
    first: NDArray[np.int64], second: NDArray[np.int64], image_ids: NDArray[np.str_]
) -> tuple[float | None, float | None]:
    if len(set(image_ids)) < 2:
        return (None, None)
    bootstrap = PatientBootstrap(image_ids, 0, NUM_RESAMPLES)
    drawn = [
        cohen_kappa(np.repeat(first, times), np.repeat(second, times))
        for counts in bootstrap.chunks(NUM_RESAMPLES)
        for times in bootstrap.image_weights(counts).T
    ]
    values = np.array([np.nan if value is None else value for value in drawn])
    interval = percentile_interval(values)
    return (interval.low, interval.high)


def verdict_counts(notes: Sequence[Note]) -> dict[tuple[str, str], Counter[Verdict]]:
    """Verdicts by run and finding; repeats are left out."""
    found: dict[tuple[str, str], Counter[Verdict]] = {}
    for note in notes:
        if not note.is_repeat:
            found.setdefault((note.run_id, note.finding), Counter())[note.verdict] += 1
    return found

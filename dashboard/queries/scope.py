"""What can be chosen in a store, and what a page is handed once it is chosen."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from core.records import DatasetRecord
from core.tables import HEATMAPS, METRICS
from dashboard.context import Context
from dashboard.queries.cells import Place, place
from dashboard.queries.reading import Runs, dataset
from dashboard.stores import Stores

_PREFERRED_SPLIT, _PREFERRED_POLICY = "test", "source-val"


@dataclass(frozen=True)
class Scope:
    """Everything that a page is about.

    Args:
        stores: Where to read.
        runs: The chosen runs.
        context: The choices of the sidebar.
    """

    stores: Stores
    runs: Runs
    context: Context

    @property
    def where(self) -> Place:
        """The place that the page's numbers come from."""
        return place(self.context)

    def record(self, name: str | None = None) -> DatasetRecord | None:
        """What is known of a data set, the target unless named; None if nothing.

        Results may travel without their data: the runs then say what their data sets were.
        """
        wanted = name or self.context.target
        if wanted in self.stores.data.names():
            return dataset(self.stores, wanted).record
        known = (run.record.datasets.get(wanted) for run in self.runs.every)
        return next((record for record in known if record), None)

    def mapped(self) -> frozenset[str]:
        """The runs that have maps of the target's images."""
        results, name = self.stores.results, self.where.dataset
        return frozenset(
            run.run_id for run in self.runs.every if results.has(run.run_id, HEATMAPS, name)
        )


@dataclass(frozen=True)
class Choices:
    """What the sidebar offers.

    Args:
        splits: Evaluated data set to its splits; targets before sources.
        policies: Threshold policies, the default first.
        run_ids: All runs.
    """

    splits: Mapping[str, tuple[str, ...]]
    policies: tuple[str, ...]
    run_ids: tuple[str, ...]


@lru_cache(maxsize=8)
def choices(runs: Runs) -> Choices | None:
    """What the evaluated runs of a store offer; None where nothing was evaluated yet."""
    keys = ("dataset", "split", "policy")
    metrics = pl.concat(
        [METRICS.empty().select(keys), *(run.metrics.select(keys).unique() for run in runs.every)]
    )
    if metrics.is_empty():
        return None
    sources = {run.record.source for run in runs.every}
    names = sorted(set(metrics["dataset"]), key=lambda name: (name in sources, name))
    splits = {
        name: _first(_PREFERRED_SPLIT, metrics.filter(pl.col("dataset") == name)["split"])
        for name in names
    }
    run_ids = sorted(each.run_id for each in (*runs.every, *runs.broken))
    return Choices(splits, _first(_PREFERRED_POLICY, metrics["policy"]), tuple(run_ids))


def _first(preferred: str, found: pl.Series) -> tuple[str, ...]:
    return tuple(sorted(set(found.drop_nulls()), key=lambda each: (each != preferred, each)))

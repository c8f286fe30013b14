"""What stands beside the ranked runs: rows that look at no image, and published figures."""

from functools import lru_cache
from pathlib import Path

from core.errors import CxrError
from core.records import DatasetRecord
from core.report.published import SHIPPED, PublishedRow, published_rows
from core.store.results import ResultStore
from dashboard.queries.all_runs import all_runs
from dashboard.queries.cells import Place
from dashboard.queries.reading import Broken, Runs, changed_at
from dashboard.queries.study_row import Row, row_of
from dashboard.stores import Stores


def reference_rows(stores: Stores, runs: Runs, where: Place) -> tuple[Row, ...]:
    """All positive, best constant and metadata only, for each source of the runs.

    Where none was fitted on a source, those that need no fit.
    """
    sources = dict.fromkeys(run.record.source for run in runs.every)
    fitted = [row for source in sources if source for row in _of_source(stores, source, where)]
    return tuple(fitted or _of_source(stores, None, where))


def _of_source(stores: Stores, source: str | None, where: Place) -> list[Row]:
    store = Stores(stores.data, stores.results.references(source))
    rows = (row_of(run, where) for run in all_runs(store).imported)
    return [row for row in rows if row.cells]


def published(
    stores: Stores, target: DatasetRecord | None
) -> tuple[tuple[PublishedRow, ...], tuple[Broken, ...]]:
    """What studies published for the target's release, and the tables that cannot be read."""
    if target is None or target.synthetic:
        return (), ()
    try:
        return _published(stores.results.root, target.adapter, _state(stores.results.root)), ()
    except CxrError as error:
        return (), (Broken("published", str(error)),)


def _state(root: Path) -> tuple[tuple[str, int], ...]:
    paths = [path for folder in (SHIPPED, root / "published") for path in folder.glob("*.parquet")]
    return tuple((str(path), changed_at(path)) for path in sorted(paths))


@lru_cache(maxsize=8)
def _published(
    root: Path, adapter: str, state: tuple[tuple[str, int], ...]
) -> tuple[PublishedRow, ...]:
    del state
    return published_rows(ResultStore(root), adapter)

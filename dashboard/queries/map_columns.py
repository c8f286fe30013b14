"""What the study's table says of the runs' attention maps."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from core.errors import CxrError
from core.report.attention import attention_columns
from core.store.results import ResultStore
from core.tables import AGREEMENT, LOCALISATION
from dashboard.queries.cells import Cell, Place
from dashboard.queries.reading import Broken, changed_at
from dashboard.queries.study_row import Row

HIT_RATE, ENERGY, AGREED = "Hit rate, %", "Energy in boxes, %", "Agreement of maps, %"

MapCells = Mapping[str, Mapping[str, Cell]]
"""Run id → column of the table → number; columns without a value are left out."""


def map_cells(
    results: ResultStore, rows: Sequence[Row], where: Place
) -> tuple[MapCells, tuple[Broken, ...]]:
    """Hit rate, energy in boxes and agreement of the shown runs, and what cannot be read."""
    run_ids = tuple(row.run.run_id for row in rows)
    files = (results.path(run_id, each) for run_id in run_ids for each in (LOCALISATION, AGREEMENT))
    state = tuple(map(changed_at, files))
    try:
        return _kept(results.root, run_ids, where.dataset, where.split, state), ()
    except CxrError as error:
        return {}, (Broken("attention", str(error)),)


@lru_cache(maxsize=16)
def _kept(
    root: Path, run_ids: tuple[str, ...], dataset: str, split: str, state: tuple[int, ...]
) -> MapCells:
    if not any(state):
        return {}
    frame = attention_columns(ResultStore(root), run_ids, dataset, split)
    cells: dict[str, dict[str, Cell]] = {}
    for row in frame.iter_rows(named=True):
        found = {
            HIT_RATE: _cell(
                row["hit_rate"], row["hit_rate_low"], row["hit_rate_high"], row["hit_rate_n"]
            ),
            ENERGY: _cell(row["energy"], None, None, row["hit_rate_n"]),
            AGREED: _cell(
                row["agreement"], row["agreement_low"], row["agreement_high"], row["agreement_n"]
            ),
        }
        known = {head: cell for head, cell in found.items() if cell.value is not None}
        if known:
            cells[row["run_id"]] = known
    return cells


def _cell(value: float | None, low: float | None, high: float | None, n: int | None) -> Cell:
    return Cell(value, low, high, None, None, "none", n or 0, None, None, None, None)

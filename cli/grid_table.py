"""What `cxr bench` prints: the cells of a grid as they stand, and what the rest will cost."""

from collections import Counter
from collections.abc import Mapping, Sequence

from rich.table import Table

from cli import output
from cli.leaderboard import print_leaderboard
from core.bench.cost import cell_seconds
from core.bench.plan import Cell, State, jobs
from core.bench.work import Work


def print_grid(work: Work, as_json: bool) -> None:
    """Every cell: where it stands, what is missing, how long that will take."""
    cells, seconds = work.cells, _seconds(work)
    if as_json:
        output.json_out([_as_json(cell, seconds) for cell in cells])
        return
    table = Table("backbone", "arm", "seed", "state", "missing", "cost", box=None)
    for cell in cells:
        spec = cell.spec
        resample = "" if spec.resample is None else f", resample {spec.resample}"
        cost = duration(seconds.get(spec.run_id)) if cell.missing else ""
        table.add_row(
            spec.backbone, spec.label, f"{spec.seed}{resample}", _state(cell), _missing(cell), cost
        )
    output.table(table)
    output.line(_summary(cells, seconds))


def print_results(work: Work, cells: Sequence[Cell], as_json: bool) -> None:
    """The leaderboard of each target, of the cells that are done and trained on all patients."""
    if as_json:
        output.json_out([_as_json(cell, {}) for cell in cells])
        return
    done = tuple(
        cell.spec.run_id for cell in cells if not cell.missing and cell.spec.resample is None
    )
    for target in work.request.targets if done else ():
        print_leaderboard(work.stores.results, done, target)
    num_done = sum(not cell.missing for cell in cells)
    output.note(f"{num_done} of {len(cells)} cells are done.")


def duration(seconds: float | None) -> str:
    """`12 s`, `3 min`, `5.2 h`; `unknown` where nothing like it was measured."""
    if seconds is None:
        return "unknown"
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def _seconds(work: Work) -> Mapping[str, float | None]:
    results, data = work.stores.results, work.stores.data
    records = [results.record(run_id) for run_id in results.run_ids()]
    num_images = {name: data.dataset(name).manifest.height for name in data.names()}
    return cell_seconds(work.cells, jobs(work.specs), records, num_images)


def _state(cell: Cell) -> str:
    if cell.state == State.DONE and cell.missing:
        return "trained"
    return f"{cell.state} ({cell.owner})" if cell.owner else str(cell.state)


def _missing(cell: Cell) -> str:
    stages = Counter(step.stage for step in cell.missing)
    return ", ".join(f"{stage} {num} sets" if num > 1 else stage for stage, num in stages.items())


def _summary(cells: Sequence[Cell], seconds: Mapping[str, float | None]) -> str:
    unfinished = [cell for cell in cells if cell.missing]
    known = [each for cell in unfinished if (each := seconds.get(cell.spec.run_id)) is not None]
    unknown = len(unfinished) - len(known)
    cost = f"; about {duration(sum(known))} one after the other" if known else ""
    rest = f"; of {unknown} nothing alike was measured yet" if unknown else ""
    return f"{len(cells)} cells: {len(cells) - len(unfinished)} done{cost}{rest}."


def _as_json(cell: Cell, seconds: Mapping[str, float | None]) -> dict[str, object]:
    return {
        "run_id": cell.spec.run_id,
        "label": cell.spec.label,
        "backbone": cell.spec.backbone,
        "seed": cell.spec.seed,
        "resample": cell.spec.resample,
        "state": cell.state,
        "missing": [step.name for step in cell.missing],
        "owner": cell.owner,
        "error": cell.error,
        "seconds": seconds.get(cell.spec.run_id),
    }

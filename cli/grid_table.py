"""What `cxr bench` prints: the cells of a grid as they stand, and what the rest will cost."""

from collections import Counter
from collections.abc import Mapping, Sequence

from rich.table import Table

from cli import output
from cli.leaderboard import print_leaderboard
from core.bench.cost import Basis, Cost, cell_costs
from core.bench.plan import Cell, State
from core.bench.work import Work
from core.training.pace import forward_seconds
from core.training.sharing import sharing_features


def print_grid(work: Work, as_json: bool) -> None:
    """Every cell: where it stands, what is missing, how long that will take."""
    cells = work.cells
    costs = _costs(work, cells)
    if as_json:
        output.json_out([_as_json(cell, costs.get(cell.spec.run_id)) for cell in cells])
        return
    table = Table("backbone", "arm", "seed", "state", "missing", "cost", box=None)
    for cell in cells:
        spec = cell.spec
        resample = "" if spec.resample is None else f", resample {spec.resample}"
        cost = _told(costs[spec.run_id]) if cell.missing else ""
        table.add_row(
            spec.backbone, spec.label, f"{spec.seed}{resample}", _state(cell), _missing(cell), cost
        )
    output.table(table)
    output.line(_summary(cells, costs))
    _note_resamples(cells)


def print_results(work: Work, cells: Sequence[Cell], as_json: bool) -> None:
    """The leaderboard of each target, of the cells that are done and trained on all patients."""
    if as_json:
        output.json_out([_as_json(cell, None) for cell in cells])
        return
    done = tuple(
        cell.spec.run_id for cell in cells if not cell.missing and cell.spec.resample is None
    )
    for target in work.request.targets if done else ():
        print_leaderboard(work.stores.results, done, target)
    num_done = sum(not cell.missing for cell in cells)
    output.note(f"{num_done} of {len(cells)} cells are done.")


def duration(seconds: float) -> str:
    """`12 s`, `3 min`, `5.2 h`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def _note_resamples(cells: Sequence[Cell]) -> None:
    """Say that resamples and seeds are not crossed, where a grid has both."""
    numbers = {cell.spec.resample for cell in cells} - {None}
    seeds = sorted({cell.spec.seed for cell in cells})
    if numbers and len(seeds) > 1:
        output.note(
            f"Patient resamples are trained with seed {seeds[0]} alone: "
            "seeds of a frozen head hardly differ, resampled patients are its honest spread."
        )


def _told(cost: Cost) -> str:
    at_least = "at least " if cost.basis == Basis.PASSES else ""
    return f"{at_least}{duration(cost.seconds)}"


def _costs(work: Work, cells: Sequence[Cell]) -> Mapping[str, Cost]:
    results, data = work.stores.results, work.stores.data
    records = [results.record(run_id) for run_id in results.run_ids()]
    num_images = {name: data.dataset(name).manifest.height for name in data.names()}
    jobs = sharing_features(work.specs)
    return cell_costs(cells, jobs, records, num_images, forward_seconds)


def _state(cell: Cell) -> str:
    if cell.state == State.DONE and cell.missing:
        return "trained"
    return f"{cell.state} ({cell.owner})" if cell.owner else str(cell.state)


def _missing(cell: Cell) -> str:
    stages = Counter(step.stage for step in cell.missing)
    return ", ".join(f"{stage} {num} sets" if num > 1 else stage for stage, num in stages.items())


def _summary(cells: Sequence[Cell], costs: Mapping[str, Cost]) -> str:
    num_timed = sum(cost.basis == Basis.PASSES for cost in costs.values())
    total = sum(cost.seconds for cost in costs.values())
    told = f"; about {duration(total)} one after the other" if costs else ""
    alone = f"; of {num_timed} no run alike was measured yet, so that their {Basis.PASSES} count"
    num_done = len(cells) - len(costs)
    return f"{len(cells)} cells: {num_done} done{told}{alone if num_timed else ''}."


def _as_json(cell: Cell, cost: Cost | None) -> dict[str, object]:
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
        "seconds": cost and cost.seconds,
        "seconds_from": cost and cost.basis,
    }

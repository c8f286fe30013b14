"""What a threshold promised at home, and what it delivered on the target."""

from cli import output
from core.report import RunNumbers
from core.report.transfer import PER_IMAGES, PROMISES, Delivery, threshold_transfer
from core.store import ResultStore


def print_transfer(results: ResultStore, row: RunNumbers, policy: str) -> None:
    """Promised → delivered per finding; nothing where the run was not scored at home."""
    deliveries = threshold_transfer(results, row, policy)
    if not deliveries:
        return
    output.line(
        f"Thresholds by {policy}: promised on {row.record.source} (test) → delivered here; "
        "per cent, alerts per 1,000 images."
    )
    heads = (head.removesuffix(" per 1,000") for head in PROMISES.values())
    table = output.narrow("finding", *heads)
    for each in deliveries:
        table.add_row(str(each.finding), *(_cell(each, metric) for metric in PROMISES))
    output.table(table)


def _cell(each: Delivery, metric: str) -> str:
    scale, digits = (PER_IMAGES, 0) if metric == "alert_rate" else (100, 1)
    sides = (side.get(metric) for side in (each.promised, each.delivered))
    told = (
        "–" if side is None or side.value is None else f"{scale * side.value:.{digits}f}"
        for side in sides
    )
    return " → ".join(told)


def transfer_json(results: ResultStore, row: RunNumbers) -> list[dict[str, object]]:
    """Promise and delivery under every policy that chooses nothing on the target."""
    policies = sorted({policy for _, _, policy in row.numbers if policy})
    return [
        {
            "finding": str(each.finding),
            "policy": policy,
            "promised": {metric: number.value for metric, number in each.promised.items()},
            "delivered": {metric: number.value for metric, number in each.delivered.items()},
        }
        for policy in policies
        for each in threshold_transfer(results, row, policy)
    ]

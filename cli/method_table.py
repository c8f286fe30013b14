"""`cxr compare --over`: methods by the means of their trainings."""

from cli import output
from core.report.estimates import Asked
from core.report.methods import ComparedMethods
from core.report.spread import Over
from core.written import written


def print_methods(asked: Asked, compared: ComparedMethods) -> None:
    """The mean of each method, and the difference of each pair with what it speaks of."""
    marks = {name: str(place) for place, name in enumerate(compared.trainings, 1)}
    policy = f", thresholds by {asked.policy}" if asked.policy else ""
    output.line(
        f"{asked.metric} {compared.label_set} on {asked.dataset} ({asked.split}){policy}; "
        f"per cent; means over {compared.over}; B = {compared.num_resamples:,}."
    )
    for name, trained in compared.trainings.items():
        told = _percent(compared.values[name].value)
        output.line(f"{marks[name]} = the method of {name}: {told} (S = {len(trained)})")
    heads = ("", "difference", "95 % interval", "SE patients", f"SE {compared.over}")
    table = output.narrow(*heads)
    for (a, b), each in compared.pairs.items():
        interval = f"{_signed(each.ci_low)} to {_signed(each.ci_high)}"
        parts = (_percent(each.se_patients), _percent(each.se_trainings))
        table.add_row(f"{marks[a]} − {marks[b]}", _signed(each.value), interval, *parts)
    output.table(table)
    output.line("Normal intervals, unadjusted: SE² = SE²(patients) + Σ s² / S.")
    for (a, b), each in compared.pairs.items():
        output.line(f"{marks[a]} − {marks[b]} speaks of {each.speaks_of}.")
    if compared.over == Over.SEEDS:
        output.line(
            "Seeds of a frozen head order its batches and hardly differ; --over resamples tells "
            "what other training patients would do."
        )


def methods_json(asked: Asked, compared: ComparedMethods) -> dict[str, object]:
    """The same as JSON values."""
    return {
        "dataset": asked.dataset,
        "split": str(asked.split),
        "metric": asked.metric,
        "policy": asked.policy,
        "label_set": compared.label_set,
        "num_resamples": compared.num_resamples,
        "over": str(compared.over),
        "methods": {
            name: {"trainings": trained} | vars(compared.values[name])
            for name, trained in compared.trainings.items()
        },
        "pairs": [{"a": a, "b": b} | vars(each) for (a, b), each in compared.pairs.items()],
    }


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.2f}"


def _signed(value: float | None) -> str:
    return "–" if value is None else written(100 * value, "+.2f")

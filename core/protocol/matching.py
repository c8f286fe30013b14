"""In what two runs differ, and to what a difference between them may be laid."""

from collections.abc import Iterator, Mapping

from core.records import Entry, ImportRecord, RunRecord
from core.specs import RunSpec

_CAUSES: Mapping[str, frozenset[str]] = {
    "the loss": frozenset({"loss", "contrastive"}),
    "the backbone": frozenset({"backbone", "weights"}),
    "what was tuned": frozenset({"tune", "tuning"}),
    "the seed": frozenset({"seed"}),
    "the training patients that were drawn": frozenset({"resample"}),
    "the source": frozenset({"source"}),
    "preprocessing": frozenset({"image"}),
    "the label policy": frozenset({"labels"}),
}
"""What a difference may be laid to → the fields that may differ for it, and no other."""

_NO_CAUSE = frozenset({"num_threads"})
"""Fields that change no model."""


def differing_fields(a: RunSpec, b: RunSpec) -> tuple[str, ...]:
    """The fields in which two specifications differ, as `field: this / that`."""
    one, other = a.model_dump(mode="json"), b.model_dump(mode="json")
    return tuple(
        told
        for name in one
        if one[name] != other[name] and name not in _NO_CAUSE
        for told in _told(name, one[name], other[name])
    )


def attribution(a: Entry, b: Entry) -> str:
    """What kind of statement a difference between two runs is, in one or two sentences."""
    subject = "These trained models, not the methods behind them (one training each)."
    if isinstance(a, ImportRecord) or isinstance(b, ImportRecord):
        names = " and ".join(each.run_id for each in (a, b) if isinstance(each, ImportRecord))
        return f"{subject} How {names} came to be is not known here: no cause can be named."
    return f"{subject} {_cause(a, b)}"


def _cause(a: RunRecord, b: RunRecord) -> str:
    fields = differing_fields(a.spec, b.spec)
    names = {field.partition(":")[0].partition(".")[0] for field in fields}
    if not names:
        return "They match in everything that makes a model."
    cause = next((cause for cause, allowed in _CAUSES.items() if names <= allowed), None)
    told = "; ".join(fields)
    if cause:
        return f"They otherwise match, so the difference may be laid to {cause} ({told})."
    return f"They do not otherwise match, so it cannot be laid to one cause: {told}."


def _told(name: str, one: object, other: object) -> Iterator[str]:
    """A field with both values; of nested fields only those that differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one:
            if one[key] != other.get(key):
                yield from _told(f"{name}.{key}", one[key], other.get(key))
        return
    yield f"{name}: {_short(one)} / {_short(other)}"


def _short(value: object) -> str:
    if isinstance(value, dict):
        return "given"
    return "none" if value is None else str(value)

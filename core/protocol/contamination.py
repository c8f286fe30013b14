"""Which weights have seen which data sets: a number on those is no cross-hospital number.

Weights that runs of this project tuned say in their file what trained them. Public weights are
known by name.

The words are looked for in the name of a weights file, or in the origin that the run record
keeps; a file under another name is not recognised, so the absence of a sentence proves nothing.
"""

from collections.abc import Mapping, Sequence

from core.protocol.public_weights import PUBLIC_WEIGHTS, PublicWeights
from core.records import DatasetRecord, TrainedOn

CUTS: Mapping[str, str] = {"vindr-kaggle": "vindr"}
"""Adapters of a part of a release → the adapter of the whole."""

ANYONES = "table"
"""The adapter that reads any hospital's table: no release."""


def contaminated(weights: str, dataset: str) -> str | None:
    """What makes a result on `dataset` with these weights no test of another hospital.

    Args:
        weights: Name or path of a weights file, or the origin that the run record keeps.
        dataset: Adapter of the data set (a row of `DATASETS`), not the name a user gave it.

    Returns:
        One sentence, or None where the table knows of no contact between the two.
    """
    rows = [row for row in PUBLIC_WEIGHTS.values() if _means(weights, row)]
    seen = [row for row in rows if CUTS.get(dataset, dataset) in row.seen]
    if not seen:
        return None
    titles = " or ".join(row.title for row in seen)
    have = "have seen" if any(row.confirmed for row in seen) else "have probably seen"
    return (
        f"Weights {_file_name(weights)!r} look like {titles}, which {have} images of "
        f"{dataset} ({seen[0].source}); results on it are shown, marked and never ranked."
    )


def tuned_on(trained_on: Sequence[TrainedOn], target: DatasetRecord) -> str | None:
    """What makes a result on `target` no test of another hospital, for weights of our own runs.

    Args:
        trained_on: The data sets that tuned the weights, as their file says.
        target: What is scored.

    Returns:
        One sentence, or None where the target is none of them.
    """
    if not any(_is_same(each, target) for each in trained_on):
        return None
    return (
        f"The weights it started from were tuned on {target.name}; results on it are shown, "
        "marked and never ranked."
    )


def _is_same(seen: TrainedOn, target: DatasetRecord) -> bool:
    """By name; or by the release, which may go by another name in another store."""
    is_release = not (seen.synthetic or target.synthetic or seen.adapter == ANYONES)
    releases = (CUTS.get(each, each) for each in (seen.adapter, target.adapter))
    return seen.name == target.name or (is_release and len(set(releases)) == 1)


def _means(weights: str, row: PublicWeights) -> bool:
    found = _words(_file_name(weights))
    return any(set(words.split("+")) <= found for words in row.words)


def _file_name(weights: str) -> str:
    """The file with its folder, which often carries the name (rad-dino/model.safetensors)."""
    return "/".join(weights.replace("\\", "/").removesuffix(".safetensors").split("/")[-2:])


def _words(name: str) -> set[str]:
    return set("".join(each if each.isalnum() else " " for each in name.casefold()).split())

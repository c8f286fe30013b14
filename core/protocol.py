"""The audits: what must hold between a source and a target before anything is scored."""

from collections.abc import Sequence

import polars as pl

from core.errors import ProtocolError
from core.store.data import CachedImages, Dataset

MAX_LISTED = 5


def audit_target(
    source: Dataset, target: Dataset, source_images: CachedImages, target_images: CachedImages
) -> None:
    """Check that a target is another hospital than the source, image by image.

    Args:
        source: What the run was trained on.
        target: What is to be scored.
        source_images: The source's decoded images, with the hash of each file.
        target_images: The target's.

    Raises:
        ProtocolError: If they are the same data set, or share identical files; names them.
    """
    if source.name == target.name:
        raise ProtocolError(
            f"{target.name!r} is the source of this run and cannot be its target too; its test "
            "split is scored with every evaluation as the source reference."
        )
    shared = target_images.index.join(source_images.index, on="sha256", suffix="_source")
    if shared.height:
        pairs = shared.select(pl.format("{} = {}", "image_id", "image_id_source")).to_series()
        raise ProtocolError(
            f"{shared.height} images of target {target.name!r} are byte for byte images of "
            f"source {source.name!r}: {_listed(pairs.to_list())}; take them out of one of the two."
        )


def _listed(items: Sequence[str]) -> str:
    more = len(items) - MAX_LISTED
    return ", ".join(items[:MAX_LISTED]) + (f" and {more} more" if more > 0 else "")

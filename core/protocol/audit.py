"""The audit of a source and a target: no common picture, no common patient."""

import polars as pl

from core.datasets.registry import DATASETS
from core.errors import ProtocolError
from core.imaging.perceptual import from_hex
from core.protocol.duplicates import Pictures, copies
from core.protocol.observations import Observation, Severity, listed
from core.store.data import Dataset
from core.store.pixels import CachedImages


def pictures_of(dataset: Dataset, images: CachedImages) -> Pictures:
    """The images of a data set that are in use, with the hashes of files and pixels.

    Images in quarantine, and those that were never decoded, are left out.
    """
    manifest = dataset.manifest.select(
        "split", "image_id", "patient_id", dataset=pl.lit(dataset.name), aside=dataset.set_aside
    )
    rows = manifest.join(
        images.index.select("image_id", "sha256", "perceptual_hash"),
        on="image_id",
        maintain_order="left",
    ).filter(~pl.col("aside"), pl.col("sha256").is_not_null())
    columns = ("dataset", "split", "image_id", "patient_id", "sha256")
    return Pictures(rows.select(columns), from_hex(rows["perceptual_hash"].to_list()))


def audit_pair(
    source: Dataset, target: Dataset, source_pictures: Pictures, target_pictures: Pictures
) -> tuple[Observation, ...]:
    """What two data sets share that a source and a target may not.

    Args:
        source: What is trained on.
        target: What is to be scored.
        source_pictures: The source's images, as `pictures_of` gives them.
        target_pictures: The target's.

    Returns:
        Breaches: identical files, near-identical pictures (a resized or recompressed copy), and
        patients under one id where both data sets are cuts of one published release.
    """
    copied = copies(Pictures.concatenated([source_pictures, target_pictures]))
    return audit_copies(source, target, copied)


def audit_copies(source: Dataset, target: Dataset, copied: pl.DataFrame) -> tuple[Observation, ...]:
    """As `audit_pair`, for copies (`duplicates.COPIES`) that were already looked for.

    Pictures of two phantoms may be alike without being copies: one program drew all of them.
    """
    across = copied.filter(dataset=source.name, dataset_other=target.name)
    near = across.filter(pl.col("bits").is_not_null())
    drawn = source.record.synthetic and target.record.synthetic
    return (
        *_copied(across.filter(pl.col("bits").is_null()), source.name, target.name),
        *_copied(near.clear() if drawn else near, source.name, target.name),
        *_shared(source, target),
    )


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
        ProtocolError: If they are the same data set, or share images, copies of images, or
            patients; names them.
    """
    if source.name == target.name:
        raise ProtocolError(
            f"{target.name!r} is the source of this run and cannot be its target too; its test "
            "split is scored with every evaluation as the source reference."
        )
    found = audit_pair(
        source, target, pictures_of(source, source_images), pictures_of(target, target_images)
    )
    if found:
        raise ProtocolError("\n".join(each.sentence for each in found))


def shared_patients(source: Dataset, target: Dataset) -> pl.DataFrame:
    """The source's images of patients who are in the target too.

    Ids mean the same person only within one published release, and in a phantom nobody.

    Returns:
        The manifest's rows; none where the ids do not mean the same people.
    """
    records = (source.record, target.record)
    used = [each.manifest.filter(~each.set_aside) for each in (source, target)]
    release = DATASETS.get(source.record.adapter)
    published = release is not None and release.published is not None
    synthetic = any(record.synthetic for record in records)
    if source.record.adapter != target.record.adapter or synthetic or not published:
        return used[0].clear()
    return used[0].join(used[1], on="patient_id", how="semi", maintain_order="left")


def _copied(across: pl.DataFrame, source: str, target: str) -> tuple[Observation, ...]:
    if not across.height:
        return ()
    same_bytes = across["bits"].null_count() == across.height
    files = across.unique(["sha256_other", "split_other"])
    num_images = int(files["num_images_other"].sum())
    told = "{} = {}" if same_bytes else "{} ~ {}"
    pairs = across.select(pl.format(told, "image_id_other", "image_id")).to_series().to_list()
    how = "are byte for byte images" if same_bytes else "are resized or recompressed copies"
    sentence = (
        f"{num_images} images of target {target!r} {how} of source {source!r}: "
        f"{listed(pairs)}; take them out of one of the two "
        f"(cxr data check {source} {target} --quarantine)."
    )
    kind = "identical" if same_bytes else "near-identical"
    images = tuple(f"{target}/{name}" for name in across["image_id_other"].unique().sort())
    return (Observation(kind, Severity.BREACH, sentence, num_images, images),)


def _shared(source: Dataset, target: Dataset) -> tuple[Observation, ...]:
    shared = shared_patients(source, target)
    if not shared.height:
        return ()
    patients = shared["patient_id"].unique().sort().to_list()
    sentence = (
        f"{len(patients)} patients are in source {source.name!r} and in target {target.name!r}: "
        f"{listed(patients)}; both are cuts of one release, which must be split by patient "
        f"(cxr data check {source.name} {target.name} --quarantine)."
    )
    images = tuple(f"{source.name}/{name}" for name in shared["image_id"])
    return (Observation("patients", Severity.BREACH, sentence, shared.height, images),)

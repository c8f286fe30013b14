"""The ways in which ChestX-ray14 is split: the official lists, the user's own, or not at all."""

from pathlib import Path

import polars as pl

from core.datasets.patients import VAL_TENTH, hash_split
from core.datasets.reading import note_rows, read_lines
from core.errors import ConfigError, Problems

TRAIN_VAL_LIST, TEST_LIST = "train_val_list.txt", "test_list.txt"
CHEXNET_LISTS = {"train": "train_list.txt", "val": "val_list.txt", "test": TEST_LIST}
SPLITS = ("official", "chexnet", "all")
SPLIT_NAMES = {
    "official": "official",
    "chexnet": "random (CheXNet lists)",
    "all": "all images as test",
}


def with_split(
    problems: Problems, split: str, root: Path, lists: Path | None, table: Path, rows: pl.DataFrame
) -> pl.DataFrame:
    """`rows` with their column `split`.

    Args:
        problems: Where images in no list or in two, and strangers in a list, are noted.
        split: `official` (validation is a tenth of train_val's patients, by hash), `chexnet`
            (random lists that the user gives; each line starts with an image), or `all` (every
            image is a test image, so the data set can be a target only).
        root: Folder with the official lists.
        lists: Folder with the user's lists.
        table: The table of images, for the message.
        rows: One row per image.

    Raises:
        ConfigError: If `lists` is missing where it is needed, or given where it is not.
        DataError: If a list is missing or unreadable.
    """
    if (lists is not None) != (split == "chexnet"):
        raise ConfigError(
            "--split chexnet and --lists FOLDER belong together: the folder holds "
            f"{', '.join(CHEXNET_LISTS.values())}."
        )
    if split == "all":
        return rows.with_columns(split=pl.lit("test"))
    if lists is not None:
        files = {lists / name: part for part, name in CHEXNET_LISTS.items()}
    else:
        files = {root / TRAIN_VAL_LIST: "train_val", root / TEST_LIST: "test"}
    listed = _listed(files)
    _note_misfits(problems, files, listed, table, rows)
    parts = listed.unique("image_id", keep="first", maintain_order=True)
    found = rows.join(parts.drop("list"), on="image_id", how="left", maintain_order="left")
    by_hash = hash_split(found["patient_id"].fill_null(""), VAL_TENTH)
    in_train_val = pl.col("split") == "train_val"
    return found.with_columns(pl.when(in_train_val).then(by_hash).otherwise("split").alias("split"))


def _listed(files: dict[Path, str]) -> pl.DataFrame:
    return pl.concat(
        pl.DataFrame(
            {"image_id": [line.split()[0] for line in read_lines(path)]},
            schema={"image_id": pl.String},
        ).with_columns(split=pl.lit(part), list=pl.lit(path.name))
        for path, part in files.items()
    )


def _note_misfits(
    problems: Problems,
    files: dict[Path, str],
    listed: pl.DataFrame,
    table: Path,
    rows: pl.DataFrame,
) -> None:
    names = " nor in ".join(path.name for path in files)
    unlisted = ~pl.col("image_id").is_in(listed["image_id"].implode())
    note_rows(problems, table, rows, unlisted, f"image {{image_id!r}} is neither in {names}.")
    per_image = listed.group_by("image_id").agg(pl.col("list").unique().sort())
    twice = per_image.filter(pl.col("list").list.len() > 1)
    both = rows.join(twice, on="image_id", maintain_order="left").with_columns(
        lists=pl.col("list").list.join(" and in ")
    )
    sentence = "image {image_id!r} is in both lists: in {lists}."
    note_rows(problems, table, both, pl.lit(value=True), sentence)
    for path in files:
        of_list = listed.filter(pl.col("list") == path.name)["image_id"]
        repeated = of_list.filter(of_list.is_duplicated()).unique(maintain_order=True)
        if len(repeated):
            text = f"names {len(repeated)} images more than once, first {repeated[0]!r}."
            problems.add(path, text)
        strangers = of_list.filter(~of_list.is_in(rows["image_id"].implode()))
        if len(strangers):
            text = f"names {len(strangers)} images that {table.name} lacks, first {strangers[0]!r}."
            problems.add(path, text)

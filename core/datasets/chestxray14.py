"""ChestX-ray14 as released by the NIH (Wang et al., CVPR 2017), in its own layout.

The folder holds the table of the first release (2017) or of the revision (v2020), the boxes,
both official lists (or the user's own are given), and the images in images_001/images …
images_012/images, or in images/.
"""

from pathlib import Path

import polars as pl

from core.datasets.chestxray14_splits import SPLIT_NAMES, SPLITS, with_split
from core.datasets.files import FAULT, existing_folder, relative_paths, with_faults
from core.datasets.indexed import indexed
from core.datasets.patients import note_shared_patients, note_two_sexes
from core.datasets.reading import ROW, note_duplicates, note_rows, read_csv
from core.datasets.request import IndexedTables, IndexRequest, chosen_split
from core.errors import DataError, Problems
from core.findings import FINDINGS, as_finding
from core.tables import BOXES, MAX_AGE_YEARS, VIEWS

TABLE_NAMES = ("Data_Entry_2017_v2020.csv", "Data_Entry_2017.csv")
BOX_TABLE = "BBox_List_2017.csv"
BOX_FRAME_PIXELS = 1024
"""Boxes are given in the released PNGs' frame, not in that of `OriginalImage`."""

NO_FINDING = "No Finding"
_COLUMNS = {
    "Image Index": "image_id",
    "Finding Labels": "labels",
    "Patient ID": "patient_id",
    "Follow-up #": "follow_up",
    "Patient Age": "age",
    "Patient Gender": "sex",
    "View Position": "view",
}
_BOX_COLUMNS = ("image_id", "label", "x", "y", "width", "height")
_ROUNDING_PIXELS = 1e-3


def index(request: IndexRequest) -> IndexedTables:
    """Read the release's tables and check all of them.

    Raises:
        ConfigError: If the split is unknown, or lists are missing for it.
        DataError: If anything is wrong; names every file and row.
    """
    split = chosen_split(request, SPLITS, options=("lists",))
    root = existing_folder(request.root)
    table = _find_table(root)
    entries = read_csv(table, _COLUMNS).rename(_COLUMNS)
    problems = Problems()
    _note_faulty_rows(problems, table, entries)
    entries = with_split(problems, split, root, request.lists, table, entries)
    entries = _with_paths(problems, root, table, entries, request)
    boxes = _read_boxes(problems, root / BOX_TABLE, entries)
    manifest = _manifest(entries)
    note_shared_patients(problems, table, manifest.drop_nulls("split"))
    note_two_sexes(problems, table, manifest)
    problems.raise_if_any()
    return indexed(root, manifest, boxes, SPLIT_NAMES[split], _age_notes(entries))


def _find_table(root: Path) -> Path:
    found = [root / name for name in TABLE_NAMES if (root / name).exists()]
    if not found:
        raise DataError(f"{root}: holds neither {' nor '.join(TABLE_NAMES)}.")
    return found[0]


def _note_faulty_rows(problems: Problems, table: Path, entries: pl.DataFrame) -> None:
    for column in ("image_id", "patient_id", "labels"):
        note_rows(problems, table, entries, pl.col(column).is_null(), f"{column} is blank.")
    note_duplicates(problems, table, entries.drop_nulls("image_id"), "image_id")
    known = [NO_FINDING, *FINDINGS]
    labels = entries.select(ROW, pl.col("labels").str.split("|")).explode("labels")
    strange = labels.filter(~pl.col("labels").is_in(known))
    sentence = "unknown finding {labels!r}; known are " + ", ".join(known) + "."
    note_rows(problems, table, strange, pl.lit(value=True), sentence)
    contradicting = pl.col("labels").str.contains(NO_FINDING) & (pl.col("labels") != NO_FINDING)
    note_rows(
        problems, table, entries, contradicting, "{labels!r} is No Finding and findings at once."
    )
    note_rows(problems, table, entries, ~pl.col("sex").is_in(["F", "M"]), "unknown sex {sex!r}.")
    note_rows(problems, table, entries, ~pl.col("view").is_in(VIEWS), "unknown view {view!r}.")
    note_rows(
        problems,
        table,
        entries,
        _age_years().is_null() & pl.col("age").is_not_null(),
        "age {age!r} is neither a number of years nor of the form 058Y.",
    )


def _with_paths(
    problems: Problems, root: Path, table: Path, entries: pl.DataFrame, request: IndexRequest
) -> pl.DataFrame:
    folders = [*sorted(root.glob("images_*/images")), root / "images"]
    found = {} if request.tables_only else relative_paths(problems, root, folders, "*.png")
    missing = pl.lit("images/") + pl.col("image_id")
    entries = entries.with_columns(
        path=pl.coalesce(
            pl.col("image_id").replace_strict(found, default=None, return_dtype=pl.String), missing
        )
    )
    return with_faults(problems, table, root, entries, request)


def _read_boxes(problems: Problems, path: Path, entries: pl.DataFrame) -> pl.DataFrame:
    if not path.exists():
        return BOXES.empty()
    raw = read_csv(path, _BOX_COLUMNS, header=_BOX_COLUMNS)
    sides = [pl.col(name).cast(pl.Float64, strict=False) for name in _BOX_COLUMNS[2:]]
    boxes = raw.with_columns(*sides, finding=_finding(raw["label"]))
    note_rows(problems, path, boxes, pl.col("finding").is_null(), "unknown finding {label!r}.")
    strange = ~pl.col("image_id").is_in(entries["image_id"].implode())
    note_rows(problems, path, boxes, strange, "image {image_id!r} is not in the table.")
    note_duplicates(problems, path, raw, *_BOX_COLUMNS)
    boxes = boxes.with_columns(_within_frame("x", "width"), _within_frame("y", "height"))
    inside = (
        (pl.min_horizontal("x", "y") >= 0)
        & (pl.min_horizontal("width", "height") > 0)
        & (pl.col("x") + pl.col("width") <= BOX_FRAME_PIXELS)
        & (pl.col("y") + pl.col("height") <= BOX_FRAME_PIXELS)
    ).fill_null(value=False)
    note_rows(
        problems,
        path,
        boxes,
        ~inside,
        "the box {x}, {y}, {width}, {height} is no rectangle inside the 1024 x 1024 frame.",
    )
    fractions = (pl.col(name) / BOX_FRAME_PIXELS for name in _BOX_COLUMNS[2:])
    return boxes.select("image_id", "finding", *fractions)


def _within_frame(start: str, length: str) -> pl.Expr:
    """A length that passes the frame by no more than its decimals were rounded is cut to it."""
    left = BOX_FRAME_PIXELS - pl.col(start)
    beyond = pl.col(length) - left
    return (
        pl.when(beyond.is_between(0, _ROUNDING_PIXELS, closed="right"))
        .then(left)
        .otherwise(pl.col(length))
        .alias(length)
    )


def _finding(labels: pl.Series) -> pl.Series:
    names = [as_finding(label) if label else None for label in labels]
    return pl.Series(names, dtype=pl.String)


def _age_years() -> pl.Expr:
    """In years, parts of one where the first release writes months or days: 058Y, 011M, 003D."""
    parts = pl.col("age").str.extract_groups(r"^(\d+)([YMD]?)$").struct
    per_year = parts.field("2").replace_strict(
        {"": 1.0, "Y": 1.0, "M": 12.0, "D": 365.25}, default=None
    )
    return parts.field("1").cast(pl.Float32, strict=False) / per_year


def _possible_age() -> pl.Expr:
    years = _age_years()
    return pl.when(years <= MAX_AGE_YEARS).then(years)


def _age_notes(entries: pl.DataFrame) -> tuple[str, ...]:
    impossible = entries.filter(_age_years() > MAX_AGE_YEARS).height
    note = f"{impossible} ages over {MAX_AGE_YEARS} years were set to unknown."
    return (note,) if impossible else ()


def _manifest(entries: pl.DataFrame) -> pl.DataFrame:
    labels = pl.col("labels").str.split("|")
    return entries.select(
        "image_id",
        "patient_id",
        pl.concat_str("patient_id", pl.lit("_"), pl.col("follow_up").fill_null("")).alias(
            "study_id"
        ),
        "path",
        "split",
        pl.col("view").fill_null("UNKNOWN"),
        "sex",
        _possible_age().alias("age_years"),
        *(labels.list.contains(finding).cast(pl.Int8).alias(finding) for finding in FINDINGS),
        FAULT,
    )

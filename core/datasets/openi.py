"""The Indiana University collection of Open-I (Demner-Fushman et al., JAMIA 2016).

As commonly distributed: indiana_reports.csv, indiana_projections.csv, and the PNGs beside them or
in images/, images_normalized/ or images/images_normalized/. A report is a study; the collection
took one study a patient, so it is the patient as well. Labels are the terms of the column MeSH,
"Thickening/pleura/apex": a heading with its qualifiers. They are compared whole.
"""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from core.datasets.files import FAULT, existing_folder, relative_paths, with_faults
from core.datasets.indexed import indexed
from core.datasets.labels import LabelMap, Tier, listed_labels, not_annotated
from core.datasets.patients import HASH_SPLITS, hash_split
from core.datasets.reading import ROW, note_duplicates, note_rows, read_csv
from core.datasets.request import IndexedTables, IndexRequest, chosen_split
from core.errors import Problems
from core.findings import Finding
from core.tables import BOXES

REPORTS, PROJECTIONS = "indiana_reports.csv", "indiana_projections.csv"
SPLITS = ("by-patient", "test")
SPLIT_NAMES = {"by-patient": "by patient hash", "test": "all images as test"}
_FOLDERS = (".", "images", "images_normalized", "images/images_normalized")

LABELS = LabelMap(
    same_name={
        "Pulmonary Atelectasis": Finding.ATELECTASIS,
        "Cardiomegaly": Finding.CARDIOMEGALY,
        "Consolidation": Finding.CONSOLIDATION,
        "Pulmonary Edema": Finding.EDEMA,
        "Pleural Effusion": Finding.EFFUSION,
        "Pulmonary Emphysema": Finding.EMPHYSEMA,
        "Emphysema": Finding.EMPHYSEMA,
        "Pulmonary Fibrosis": Finding.FIBROSIS,
        "Infiltrate": Finding.INFILTRATION,
        "Mass": Finding.MASS,
        "Nodule": Finding.NODULE,
        "Thickening/pleura": Finding.PLEURAL_THICKENING,
        "Pneumonia": Finding.PNEUMONIA,
        "Pneumothorax": Finding.PNEUMOTHORAX,
    },
    narrower={
        "Hernia, Hiatal": (Finding.HERNIA,),
        "Hydropneumothorax": (Finding.EFFUSION, Finding.PNEUMOTHORAX),
    },
)
"""Heading, or heading and one of its qualifiers, → finding; fibroses of other organs have their
own headings, and calcified granulomas are no nodules here."""

VIEWS: Mapping[str, str] = {"Frontal": "UNKNOWN", "Lateral": "LATERAL"}
"""Whether a frontal image is PA or AP is not released."""
_UNUSABLE = ("No Indexing", "Technical Quality of Image Unsatisfactory")


def index(request: IndexRequest) -> IndexedTables:
    """Read both tables and check all of them.

    Raises:
        ConfigError: If the split is unknown.
        DataError: If anything is wrong; names every file and row.
    """
    split = chosen_split(request, SPLITS)
    root = existing_folder(request.root)
    problems = Problems()
    reports = _reports(problems, root / REPORTS)
    projections = root / PROJECTIONS
    images = _images(problems, projections, reports)
    used = images.filter(_is_usable())
    used = _with_paths(problems, root, projections, used, request).with_columns(
        split=hash_split(used["uid"].fill_null(""), HASH_SPLITS[split])
    )
    problems.raise_if_any()
    notes = _notes(images, reports)
    return indexed(root, _manifest(used, request.tier), BOXES.empty(), SPLIT_NAMES[split], notes)


def _reports(problems: Problems, path: Path) -> pl.DataFrame:
    """One row per report: uid and its terms, null where MeSH is blank."""
    raw = read_csv(path, ("uid", "MeSH"))
    note_rows(problems, path, raw, pl.col("uid").is_null(), "uid is blank.")
    note_duplicates(problems, path, raw.drop_nulls("uid"), "uid")
    headings = pl.element().str.split("/").list.first()
    terms = pl.col("MeSH").str.split(";").list.eval(pl.element().str.strip_chars())
    reports = raw.select("uid", ROW, "MeSH", terms=terms)
    qualified = [_qualified(each) for each in reports["terms"]]
    reports = reports.with_columns(
        headings=pl.col("terms").list.eval(headings),
        labels=pl.Series(qualified, dtype=pl.List(pl.String)),
    )
    normal = pl.col("headings").list.contains("normal")
    ill = pl.any_horizontal(column == 1 for column in listed_labels(LABELS, "labels"))
    note_rows(problems, path, reports, normal & ill, "{MeSH!r} is normal and findings at once.")
    return reports.rename({ROW: "report_row"})


def _qualified(terms: pl.Series | None) -> list[str] | None:
    """Each heading alone, and with each of its qualifiers: "Thickening/pleura"."""
    if terms is None:
        return None
    labels: list[str] = []
    for term in terms:
        heading, *qualifiers = (part.strip() for part in str(term).split("/"))
        labels += [heading, *(f"{heading}/{qualifier}" for qualifier in qualifiers)]
    return labels


def _images(problems: Problems, path: Path, reports: pl.DataFrame) -> pl.DataFrame:
    raw = read_csv(path, ("uid", "filename", "projection")).select(
        ROW, "uid", "filename", "projection"
    )
    for column in ("uid", "filename"):
        note_rows(problems, path, raw, pl.col(column).is_null(), f"{column} is blank.")
    note_duplicates(problems, path, raw.drop_nulls("filename"), "filename")
    unknown_view = ~pl.col("projection").is_in(list(VIEWS)).fill_null(value=False)
    note_rows(problems, path, raw, unknown_view, "unknown view {projection!r}.")
    no_report = ~pl.col("uid").is_in(reports["uid"].implode())
    note_rows(problems, path, raw, no_report, f"uid {{uid!r}} has no report in {REPORTS}.")
    return raw.join(reports, on="uid", how="left", maintain_order="left")


def _is_usable() -> pl.Expr:
    """Reports that were never indexed, or not for their images' quality, say nothing."""
    left = pl.col("headings").list.set_difference(list(_UNUSABLE))
    return (left.list.len() > 0).fill_null(value=False)


def _with_paths(
    problems: Problems, root: Path, table: Path, rows: pl.DataFrame, request: IndexRequest
) -> pl.DataFrame:
    folders = [root / folder for folder in _FOLDERS]
    found = {} if request.tables_only else relative_paths(problems, root, folders, "*.png")
    known = pl.col("filename").replace_strict(found, default=None, return_dtype=pl.String)
    rows = rows.with_columns(path=pl.coalesce(known, "filename"))
    return with_faults(problems, table, root, rows, request)


def _manifest(rows: pl.DataFrame, tier: Tier) -> pl.DataFrame:
    return rows.select(
        pl.col("filename").alias("image_id"),
        pl.col("uid").alias("patient_id"),
        pl.col("uid").alias("study_id"),
        "path",
        "split",
        pl.col("projection").replace_strict(VIEWS).alias("view"),
        pl.lit(None, pl.String).alias("sex"),
        pl.lit(None, pl.Float32).alias("age_years"),
        *listed_labels(LABELS, "labels", tier),
        *not_annotated(LABELS.up_to(tier).findings),
        FAULT,
    )


def _notes(images: pl.DataFrame, reports: pl.DataFrame) -> tuple[str, ...]:
    unusable = images.filter(~_is_usable()).height
    imageless = reports.join(images, on="uid", how="anti").height
    counts = {
        "images whose report has no terms, or was not indexed, were left out": unusable,
        "reports have no image": imageless,
    }
    return tuple(f"{count:,} {text}." for text, count in counts.items() if count)

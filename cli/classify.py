"""`cxr predict`: a run's opinion on images without labels."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli import output
from cli.options import DATA, RESULTS, AsJson, DataDir, ResultsDir
from cli.progress import shown
from core.errors import ConfigError

if TYPE_CHECKING:
    import polars as pl

    from core.stages.classify import Classified

MAX_NAMED = 10


def classify(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="A trained run, by id.")],
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH…", help="PNG, JPEG or DICOM files, or folders.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="CSV to write; it is printed unless given.")
    ] = None,
    heatmaps: Annotated[
        Path | None, typer.Option(help="Folder for overlays of the findings that are positive.")
    ] = None,
    policy: Annotated[
        Literal["source-val", "source-rate", "fixed-0.5"], typer.Option(help="Threshold policy.")
    ] = "source-val",
    as_json: AsJson = False,
    data: DataDir = DATA,
    results: ResultsDir = RESULTS,
) -> None:
    """Probabilities and operating points of unlabelled images. Research only: no diagnosis."""
    from core.stages import classify as stage
    from core.store import DataStore, ResultStore
    from core.store.atomic import write_text

    if out is not None and not out.parent.is_dir():
        raise ConfigError(f"{out.parent}: there is no such folder for {out.name}.")
    stores = DataStore(data), ResultStore(results)
    request = stage.ClassifyRequest(tuple(paths), policy, heatmaps)
    with shown() as progress:
        classified = stage.run(run_id, request, *stores, progress)
    if as_json:
        output.json_out(_as_json(classified))
    elif out is None:
        output.line(as_csv(classified.images).rstrip())
    if out is not None:
        write_text(out, as_csv(classified.images))
        output.note(f"{classified.images.height:,} images: {out}")
    _note(classified, policy, heatmaps)


def as_csv(images: "pl.DataFrame") -> str:
    """The table as text; a path that a spreadsheet would read as a formula begins with ./ then."""
    import polars as pl

    path = pl.col("path")
    is_formula = path.str.contains(r"^[=+\-@\t\r]")
    plain = pl.when(is_formula).then(pl.lit("./") + path).otherwise(path).alias("path")
    return images.with_columns(plain).write_csv()


def _note(classified: "Classified", policy: str, heatmaps: Path | None) -> None:
    images, thresholds = classified.images, classified.thresholds
    output.note("Research only, not a medical device.")
    if thresholds.is_empty():
        output.note(
            "The run has no thresholds yet, so nothing is called positive; evaluate it first: "
            "cxr eval RUN --target NAME."
        )
    for row in thresholds.drop_nulls("value").iter_rows(named=True):
        flag = f" ({row['flag']})" if row["flag"] else ""
        output.note(
            f"{row['finding']}: positive from {row['value']:.4f}, by {policy} on {row['n']:,} "
            f"images of source validation, {row['n_positive']:,} positive{flag}."
        )
    if images["source_distance"].null_count():
        output.note(
            "Whether the images are like the source's cannot be told: its images are not in the "
            "data store."
        )
    unlike = images.drop_nulls("unlike_source")
    if unlike.height:
        output.note(
            f"Warning: {unlike.height:,} of {images.height:,} images are unlike the source:"
        )
    for row in unlike.head(MAX_NAMED).iter_rows(named=True):
        output.note(f"  {row['path']}: {row['unlike_source']}")
    if heatmaps is not None:
        output.note(f"{classified.num_heatmaps:,} overlays in {heatmaps}.")


def _as_json(classified: "Classified") -> dict[str, object]:
    return {
        "images": classified.images.to_dicts(),
        "thresholds": classified.thresholds.to_dicts(),
        "num_heatmaps": classified.num_heatmaps,
    }

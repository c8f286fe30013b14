"""The study as files for a paper."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from core.lookup import lookup
from core.report.paper import Document, html, latex, markdown, paper, subject, svg
from core.store.atomic import replacing, write_text
from core.store.data import DataStore
from core.store.results import ResultStore


class Format(NamedTuple):
    """How a report is written.

    Args:
        suffix: Of its file.
        write: A report as text.
        has_panels: Whether pictures of pixels stand in files beside it.
        has_plots: Whether forest plots do.
    """

    suffix: str
    write: Callable[[Document], str]
    has_panels: bool
    has_plots: bool


FORMATS: Mapping[str, Format] = {
    "html": Format("html", html, has_panels=False, has_plots=False),
    "latex": Format("tex", latex, has_panels=True, has_plots=False),
    "md": Format("md", markdown, has_panels=True, has_plots=True),
}


def run(
    out: Path,
    form: str,
    data: DataStore,
    results: ResultStore,
    target: str | None = None,
    is_public: bool = False,
) -> tuple[Path, ...]:
    """Write the report on a target into a folder; it needs no torch.

    Args:
        out: The folder; files of the same names are replaced.
        form: A row of `FORMATS`.
        data: Where manifests and images are read; it may lack the data sets.
        results: Where the runs are read.
        target: A data set that runs were evaluated on; None where there is one alone.
        is_public: Whether it is to leave this machine: of restricted data no small cells; images
            of restricted data are never shown.

    Returns:
        The files, the report first.

    Raises:
        ConfigError: If the format or the target is unknown, or nothing was evaluated.
        DataError: If a table or an image cache is damaged.
    """
    chosen = lookup(FORMATS, form, "report format")
    about = subject(data, results, target, is_public)
    document = paper(about)
    main = out / f"report-{about.target}.{chosen.suffix}"
    pictures = {out / "figures" / f"{each.name}.png": each.png for each in document.panels()}
    plots = {out / "figures" / f"{each.name}.svg": svg(each) for each in document.forests()}
    write_text(main, chosen.write(document))
    if chosen.has_panels:
        for path, png in pictures.items():
            with replacing(path) as temporary:
                temporary.write_bytes(png)
    if chosen.has_plots:
        for path, text in plots.items():
            write_text(path, text)
    return (main, *(pictures if chosen.has_panels else ()), *(plots if chosen.has_plots else ()))

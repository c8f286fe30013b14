"""Attention maps: several findings of one model, several models on one finding, or all of both."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import streamlit as st

from core.findings import FINDINGS, Finding
from core.saliency.agreement import NUM_PARTNERS
from dashboard.components import wording
from dashboard.components.answer import verdicts
from dashboard.components.choices import number, one, several, switch, tick
from dashboard.components.downloads import offer
from dashboard.components.frame import caption, sentences, show, show_broken, show_head
from dashboard.components.gallery import Gallery, show_gallery
from dashboard.components.markup import Markup, plain
from dashboard.queries.attention import Column, ImageRow, Mapped, gallery, grids, mapped
from dashboard.queries.export_maps import gallery_frame
from dashboard.queries.leaderboard import standing
from dashboard.queries.map_figures import MapFigures, figures
from dashboard.queries.pictures import is_hidden
from dashboard.queries.reading import dataset
from dashboard.queries.scope import Scope
from dashboard.queries.selection import ANY, ORDERS, OUTCOMES, Request, assessed, selected
from dashboard.typography import name

LAYOUTS = ("One model", "One finding", "Full grid")
MAPS_PER_COLUMN = 6
"""Rows of a page: as many images, or fewer with a row a finding each."""
MOST = 5
STUDIED = (Finding.ATELECTASIS, Finding.EDEMA, Finding.PNEUMOTHORAX)
"""The findings of the study's own figure."""


@dataclass(frozen=True)
class Layout:
    """What stands side by side.

    Args:
        bands: For each row of an image its columns.
        of_models: Whether the columns are models, or else findings of one model.
    """

    bands: tuple[tuple[Column, ...], ...]
    of_models: bool

    @property
    def columns(self) -> tuple[Column, ...]:
        """Those of every image's first row; the first one's outcome chooses the images."""
        return self.bands[0]


def show_page(scope: Scope) -> None:
    """Render the page."""
    target = scope.where.dataset
    if target not in scope.stores.data.names():
        _show_reason(f"{target} is not in this data store, so no image of it can be chosen.")
        return
    found = mapped(scope.stores, scope.runs.read, target)
    if is_hidden(scope.stores, target, [run.run_id for run in found.runs]):
        _show_reason(
            f"{target}, or a run shown with it, is restricted: its images and maps stay hidden. "
            "Whoever may see them starts the dashboard with CXR_ALLOW_RESTRICTED=1."
        )
        return
    if not found.runs:
        _show_reason(
            f"No chosen run has attention maps of {target} yet: cxr explain RUN --dataset {target}"
        )
    else:
        _show_maps(scope, found)
    show_broken((*scope.runs.broken, *found.broken))


def _show_reason(reason: str) -> None:
    show_head("Attention", plain("span", reason), ())


def _show_maps(scope: Scope, found: Mapped) -> None:
    head = st.container()
    data = dataset(scope.stores, scope.where.dataset)
    annotated = [each for each in FINDINGS if data.manifest[each].is_not_null().any()]
    layout = _layout(scope, found, annotated)
    request = _request()
    if not layout:
        show(plain("p", "Choose at least one finding."))
        return
    focus = layout.columns[0]
    candidates = assessed(scope.stores, focus.run.run_id, scope.where, focus.finding)
    boxed = data.boxes.filter(finding=str(focus.finding))["image_id"]
    image_ids = selected(candidates, request, set(boxed))
    with head:
        record = data.record
        show_head("Attention", verdicts(focus, candidates, scope.where, record.synthetic), [record])
    _show_rows(scope, layout, image_ids)
    show(_caption(scope, layout, request, len(image_ids), candidates.height))


def _show_rows(scope: Scope, layout: Layout, image_ids: Sequence[str]) -> None:
    if not image_ids:
        show(plain("p", "No image with a map answers this choice; choose another outcome."))
        return
    place = st.container()
    num_images = max(1, MAPS_PER_COLUMN // len(layout.bands))
    num_pages = -(-len(image_ids) // num_images)
    page = st.pagination(num_pages, key="page", bind="query-params") if num_pages > 1 else 1
    first = (page - 1) * num_images
    shown = _gallery(scope, layout, image_ids[first : first + num_images])
    with place:
        show_gallery(shown)
    offer(lambda: gallery_frame(shown.rows, shown.figures, scope.where), "maps")


def _gallery(scope: Scope, layout: Layout, image_ids: Sequence[str]) -> Gallery:
    bands: list[tuple[ImageRow, ...]] = []
    found: dict[tuple[str, Column], MapFigures] = {}
    for columns in layout.bands:
        rows = gallery(scope.stores, scope.where, columns, image_ids)
        found |= figures(scope.stores, scope.where, columns, rows)
        bands.append(rows)
    by_image = tuple(chain.from_iterable(zip(*bands, strict=True)))
    return Gallery(layout.columns, by_image, found, layout.of_models, len(bands) > 1)


def _layout(scope: Scope, found: Mapped, annotated: Sequence[str]) -> Layout | None:
    ordered = [run.run_id for run in standing(found.runs, scope.where)]
    by_id = {run.run_id: run for run in found.runs}
    by_id = {run_id: by_id[run_id] for run_id in dict.fromkeys((*ordered, *by_id))}
    with st.container(horizontal=True):
        kind = switch("Layout", "layout", LAYOUTS)
        with st.container(width=420):
            label = "Model" if kind == LAYOUTS[0] else "First model"
            run = by_id[one(label, "seen_by", list(by_id))]
        # Findings with labels here come first, since only they have outcomes.
        offered = sorted(found.findings[run.run_id], key=lambda each: each not in annotated)
        with st.container(width=280 if kind == LAYOUTS[1] else 460):
            if kind == LAYOUTS[1]:
                findings = (Finding(one("Finding", "seen", offered)),)
            else:
                findings = _findings(offered, annotated)
    if not findings:
        return None
    if kind == LAYOUTS[0]:
        return Layout((tuple(Column(run, finding) for finding in findings),), of_models=False)
    shown = [run, *(each for each in by_id.values() if each is not run)]
    if kind == LAYOUTS[1]:
        shown = [each for each in shown if findings[0] in found.findings[each.run_id]]
    bands = (tuple(Column(each, finding) for each in shown) for finding in findings)
    return Layout(tuple(bands), of_models=True)


def _findings(offered: Sequence[Finding], annotated: Sequence[str]) -> tuple[Finding, ...]:
    studied = [finding for finding in offered if finding in STUDIED] or list(offered[:3])
    first = [] if studied[0] in annotated else [each for each in offered if each in annotated][:1]
    label = "Findings (the first one’s outcome chooses the images)"
    default = [*first, *(each for each in studied if each not in first)]
    return tuple(Finding(each) for each in several(label, "findings", offered, default, MOST))


def _request() -> Request:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        outcome = switch("Outcome", "outcome", (ANY, *OUTCOMES))
        with st.container(width=230):
            order = one("Images", "order", ORDERS)
        with st.container(width=120):
            seed = number("Seed", "seed")
        boxed = tick("Only images with a box of it", "boxed")
    return Request(outcome, order, seed, boxed)


def _caption(
    scope: Scope, layout: Layout, request: Request, num_shown: int, num_mapped: int
) -> Markup:
    columns = layout.columns
    sources = sorted({column.run.record.spec.source for column in columns})
    native = " and ".join(grids(scope.stores, columns, scope.where.dataset))
    drawn = f"{request.order}, seed {request.seed}" if request.order == ORDERS[0] else request.order
    of_model = "model" if layout.of_models else "finding"
    said = [
        f"Grad-CAM, positive part, native grid {native} upsampled bilinearly; opacity follows the "
        "value.",
        f"Images: {drawn}; {num_shown} of {num_mapped} with a map of {name(columns[0].finding)}.",
        wording.data(scope.record(), scope.where),
        f"Outcomes: {wording.thresholds(scope.where.policy, sources)}.",
        "Magnitudes have no common unit across models: a shared scale holds within one run only.",
        "Energy in box: share of the positive part inside the finding’s boxes, on the common 7×7 "
        "grid; beside it the boxes’ area, which a map without contrast would have.",
        f"Agreement with the first {of_model}’s map of the image, beyond chance: (same − other) / "
        "(1 − other), in per cent; same is the Spearman correlation of the two signed maps on the "
        "coarser grid, other that of the first with this column’s maps of up to "
        f"{NUM_PARTNERS} images of other patients; 0 is no more alike than unrelated images. Of "
        "one image it is a description, without an interval.",
    ]
    return caption(sentences(said))

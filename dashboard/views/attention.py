"""Attention maps in two layouts: several findings of one model, several models on one finding."""

from collections.abc import Sequence

import streamlit as st

from core.findings import FINDINGS, Finding
from dashboard.components import wording
from dashboard.components.answer import verdicts
from dashboard.components.choices import number, one, several, switch, tick
from dashboard.components.frame import caption, sentences, show, show_broken, show_head
from dashboard.components.gallery import show_gallery
from dashboard.components.markup import Markup, plain
from dashboard.queries.attention import Column, Mapped, gallery, grids, mapped
from dashboard.queries.pictures import is_hidden
from dashboard.queries.reading import dataset
from dashboard.queries.scope import Scope
from dashboard.queries.selection import ANY, ORDERS, OUTCOMES, Request, assessed, selected
from dashboard.typography import name

LAYOUTS = ("One model", "One finding")
ROWS_PER_PAGE = 6
MOST = 5
STUDIED = (Finding.ATELECTASIS, Finding.EDEMA, Finding.PNEUMOTHORAX)
"""The findings of the study's own figure."""


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
    columns = _columns(found, annotated)
    request = _request()
    if not columns:
        show(plain("p", "Choose at least one finding."))
        return
    focus = columns[0]
    candidates = assessed(scope.stores, focus.run.run_id, scope.where, focus.finding)
    boxed = data.boxes.filter(finding=str(focus.finding))["image_id"]
    image_ids = selected(candidates, request, set(boxed))
    with head:
        record = data.record
        show_head("Attention", verdicts(focus, candidates, scope.where, record.synthetic), [record])
    _show_rows(scope, columns, image_ids)
    show(_caption(scope, columns, request, len(image_ids), candidates.height))


def _show_rows(scope: Scope, columns: Sequence[Column], image_ids: Sequence[str]) -> None:
    if not image_ids:
        show(plain("p", "No image with a map answers this choice; choose another outcome."))
        return
    place = st.container()
    num_pages = -(-len(image_ids) // ROWS_PER_PAGE)
    page = st.pagination(num_pages, key="page", bind="query-params") if num_pages > 1 else 1
    first = (page - 1) * ROWS_PER_PAGE
    with place:
        rows = gallery(scope.stores, scope.where, columns, image_ids[first : first + ROWS_PER_PAGE])
        show_gallery(columns, rows)


def _columns(found: Mapped, annotated: Sequence[str]) -> tuple[Column, ...]:
    by_id = {run.run_id: run for run in sorted(found.runs, key=lambda run: not run.record.ranked)}
    with st.container(horizontal=True):
        is_one_model = switch("Layout", "layout", LAYOUTS) == LAYOUTS[0]
        with st.container(width=420):
            run = by_id[one("Model" if is_one_model else "First model", "model", list(by_id))]
        # Findings with labels here come first, since only they have outcomes.
        offered = sorted(found.findings[run.run_id], key=lambda each: each not in annotated)
        with st.container(width=460 if is_one_model else 280):
            if is_one_model:
                return tuple(Column(run, finding) for finding in _findings(offered, annotated))
            finding = Finding(one("Finding", "finding", offered))
    others = [each for each in by_id.values() if each is not run]
    shown = [each for each in others if finding in found.findings[each.run_id]]
    return tuple(Column(each, finding) for each in (run, *shown))


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
    scope: Scope, columns: Sequence[Column], request: Request, num_shown: int, num_mapped: int
) -> Markup:
    sources = sorted({column.run.record.spec.source for column in columns})
    native = " and ".join(grids(scope.stores, columns, scope.where.dataset))
    drawn = f"{request.order}, seed {request.seed}" if request.order == ORDERS[0] else request.order
    said = [
        f"Grad-CAM, positive part, native grid {native} upsampled bilinearly; opacity follows the "
        "value.",
        f"Images: {drawn}; {num_shown} of {num_mapped} with a map of {name(columns[0].finding)}.",
        wording.data(scope.record(), scope.where),
        f"Outcomes: {wording.thresholds(scope.where.policy, sources)}.",
        "Magnitudes have no common unit across models: a shared scale holds within one run only.",
    ]
    return caption(sentences(said))

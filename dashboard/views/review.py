"""The review: people say whether a model looks at the right place, and how far they agree."""

from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st
from pydantic import ValidationError

from core.findings import Finding
from core.store.notes import Expertise, Note, NoteStore, Verdict
from dashboard.components import wording
from dashboard.components.choices import one, tick
from dashboard.components.downloads import offer
from dashboard.components.frame import caption, show, show_broken, show_head
from dashboard.components.markup import Markup, joined, plain
from dashboard.components.review import agreement_table, judged, verdict_table
from dashboard.queries.attention import Column, Mapped, gallery, mapped
from dashboard.queries.export_review import kappa_frame, verdict_frame
from dashboard.queries.fleiss import all_agree
from dashboard.queries.pictures import is_hidden
from dashboard.queries.reading import dataset
from dashboard.queries.review import Item, agreements, queue, remaining, verdict_counts
from dashboard.queries.scope import Scope
from dashboard.typography import plural

SHORTCUTS = {Verdict.SENSIBLE: "1", Verdict.DOUBTFUL: "2", Verdict.WRONG: "3"}


@dataclass(frozen=True)
class Session:
    """Who judges what.

    Args:
        reviewer: Name or initials; "" before they are given.
        expertise: Who they are.
        finding: Whose maps.
        is_blinded: Whether model, probability and outcome stay hidden.
    """

    reviewer: str
    expertise: Expertise
    finding: Finding
    is_blinded: bool


def show_page(scope: Scope) -> None:
    """Render the page."""
    target = scope.where.dataset
    record = scope.record()
    records = [record] if record else []
    if reason := _why_empty(scope):
        show_head("Review", plain("span", reason), records)
        return
    found = mapped(scope.stores, scope.runs.read, target)
    store = NoteStore(scope.stores.results.root)
    slot = st.container()
    session = _choices(found)
    if session.reviewer:
        _show_next(scope, found, store, session)
    else:
        show(plain("p", "Give your name or initials to start; they are stored with each note."))
    notes = store.read()
    here = [note for note in notes.read if note.dataset == target]
    with slot:
        show_head("Review", _answer(here, target), records)
    if not (session.reviewer and session.is_blinded):
        _show_notes(scope, here)
    show(
        caption(f"Grad-CAM, positive part. {wording.data(record, scope.where)}"),
        *(caption(sentence) for sentence in notes.broken),
    )
    show_broken(found.broken)


def _why_empty(scope: Scope) -> str | None:
    target = scope.where.dataset
    if target not in scope.stores.data.names():
        return f"{target} is not in this data store, so no image of it can be judged."
    found = mapped(scope.stores, scope.runs.read, target)
    if is_hidden(scope.stores, target, [run.run_id for run in found.runs]):
        return (
            f"{target}, or a run shown with it, is restricted: its images and maps stay hidden. "
            "Whoever may see them starts the dashboard with CXR_ALLOW_RESTRICTED=1."
        )
    if not found.runs:
        return f"No chosen run has attention maps of {target}: cxr explain RUN --dataset {target}"
    return None


def _choices(found: Mapped) -> Session:
    findings = dict.fromkeys(each for run in found.runs for each in found.findings[run.run_id])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=200):
            reviewer = st.text_input("Your name or initials", key="reviewer", max_chars=64)
        with st.container(width=220):
            expertise = st.selectbox("You are a", list(Expertise), key="expertise")
        with st.container(width=240):
            finding = Finding(one("Finding", "reviewed", list(findings)))
        is_blinded = not tick("Show model and outcome", "open")
    return Session(reviewer.strip(), Expertise(expertise), finding, is_blinded)


def _show_next(scope: Scope, found: Mapped, store: NoteStore, session: Session) -> None:
    finding = session.finding
    target = scope.where.dataset
    runs = [run for run in found.runs if finding in found.findings[run.run_id]]
    items = queue(scope.stores, runs, target, finding, session.reviewer)
    left = remaining(items, store.read().read, session.reviewer, target)
    done = len(items) - len(left)
    st.progress(done / len(items), text=f"{done} of {plural(len(items), 'map')} judged")
    if not left:
        show(plain("p", "Every map of this finding is judged; choose another finding."))
        return
    item = left[0]
    column = Column(next(run for run in runs if run.run_id == item.run_id), finding)
    row = gallery(scope.stores, scope.where, [column], [item.image_id])[0]
    show(judged(row, row.tiles[0], session.is_blinded))
    comment = st.text_input("Comment (kept with the verdict)", key=f"comment-{done}-{finding}")
    with st.container(horizontal=True):
        for verdict, key in SHORTCUTS.items():
            if st.button(str(verdict).capitalize(), key=f"verdict-{verdict}", shortcut=key):
                _keep(store, _note(scope, item, verdict, comment, session))
    show(caption("Does the map lie where a reader would look for the finding? Keys 1, 2 and 3."))


def _note(
    scope: Scope, item: Item, verdict: Verdict, comment: str, session: Session
) -> dict[str, object]:
    return {
        "reviewer": session.reviewer,
        "expertise": session.expertise,
        "dataset": scope.where.dataset,
        "image_id": item.image_id,
        "finding": str(item.finding),
        "run_id": item.run_id,
        "verdict": verdict,
        "comment": comment,
        "blinded": session.is_blinded,
        "is_repeat": item.is_repeat,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _keep(store: NoteStore, fields: dict[str, object]) -> None:
    try:
        store.append(Note.model_validate(fields))
    except ValidationError:
        st.error("Names have letters, digits, dots and dashes; comments at most 2,000 characters.")
    except OSError as error:
        st.error(f"The note could not be kept: {error.strerror} ({store.folder}).")
    else:
        st.rerun()


def _answer(notes: list[Note], target: str) -> Markup:
    maps = {(note.run_id, note.finding, note.image_id) for note in notes}
    if not notes:
        return joined((f"No map of {target} has been judged yet.",))
    said = plural(len(maps), "attention map")
    blinded = sum(note.blinded for note in notes)
    return joined(
        (
            f"On {target}, ",
            plain("strong", f"{plural(_num_reviewers(notes), 'reviewer')} judged {said}"),
            f"; {blinded} of {plural(len(notes), 'verdict')} blinded to the model.",
        )
    )


def _num_reviewers(notes: list[Note]) -> int:
    return len({note.reviewer for note in notes})


def _show_notes(scope: Scope, notes: list[Note]) -> None:
    if not notes:
        return
    by_id = {run.run_id: run for run in scope.runs.read}
    counts, target = verdict_counts(notes), scope.where.dataset
    show(plain("h2", "Verdicts"), verdict_table(counts, by_id, scope.context))
    show(
        caption(
            f"Verdicts on maps of {target} by {plural(_num_reviewers(notes), 'reviewer')}; those "
            "on maps that were shown again are left out."
        )
    )
    offer(lambda: verdict_frame(counts, by_id, target), "verdicts")
    found, together = agreements(notes), all_agree(notes)
    if found:
        show(
            plain("h2", "Agreement of reviewers"),
            agreement_table(found, together),
            caption(
                "κ over three verdicts: Cohen’s of two, Fleiss’ of all reviewers on the maps that "
                "each of them judged; 95 % intervals: percentile bootstrap over images, "
                f"B = 1,000. {dataset(scope.stores, scope.where.dataset).name}, all findings. "
                "“Seen again”: a tenth of the maps is shown twice."
            ),
        )
        offer(lambda: kappa_frame(found, together, target), "reviewer-agreement")

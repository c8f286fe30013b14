"""The data sets: labels per split, who is in them, leaks, terms of use, and sample images."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.records import DatasetRecord
from dashboard.components.choices import one
from dashboard.components.data_card import group_table, label_table, quarantine_list, sample_strip
from dashboard.components.downloads import offer
from dashboard.components.frame import caption, sentences, show, show_head
from dashboard.components.markup import Markup, joined, plain
from dashboard.components.run_table import fact_table
from dashboard.queries.data_card import DataCard, data_card, known_datasets, samples
from dashboard.queries.export import fact_frame, group_frame, label_frame, set_aside_frame
from dashboard.queries.scope import Scope
from dashboard.typography import count, plural


def show_page(scope: Scope) -> None:
    """Render the page."""
    slot = st.container()
    with st.container(width=320):
        name = one("Data set", "dataset", known_datasets(scope))
    if name in scope.stores.data.names():
        _show_card(scope, data_card(scope.stores, name), slot)
        return
    record = scope.record(name)
    with slot:
        reason = f"{name} is not in this data store; only what its runs recorded of it is known."
        show_head("Data", plain("span", reason), [record] if record else [])
    if record:
        show(fact_table(f"Record of {name}", _facts(record)))


def _show_card(scope: Scope, card: DataCard, slot: DeltaGenerator) -> None:
    record = card.record
    with slot:
        show_head("Data", _answer(card), [record])
    show(
        plain("h2", "Labels"),
        label_table(card),
        caption(
            sentences(
                [
                    "Images that show the finding; beside it the prevalence among labelled images "
                    "and the patients.",
                    f"{record.name}: {record.labeller}.",
                    "Uncertain labels count nowhere; findings that a report leaves out count as "
                    "absent, as in scoring.",
                ]
            )
        ),
    )
    offer(label_frame(card), "labels")
    show(
        plain("h2", "Views, sexes and ages"),
        group_table(card),
        caption(f"{record.name}: images, and their share of the split."),
    )
    offer(lambda: group_frame(card), "groups")
    facts = _facts(record) | _integrity(card)
    show(
        plain("h2", "Provenance"),
        fact_table(f"Record of {record.name}", facts),
        quarantine_list(card),
    )
    offer(lambda: fact_frame(record.name, facts), "record")
    if card.quarantine.height:
        offer(lambda: set_aside_frame(card), "images-set-aside")
    _show_samples(scope, card)


def _answer(card: DataCard) -> Markup:
    images, boxes = sum(card.num_images.values()), card.num_boxes
    boxed = f" {plural(boxes, 'box')[:-1]}es" if boxes > 1 else f" {plural(boxes, 'box')}"
    leaks = card.num_shared_patients
    return joined(
        (
            plain("strong", f"{card.record.name}: {plural(images, 'image')}"),
            f" in {plural(len(card.splits), 'split')} ({card.record.split_name}); ",
            "no patient is in more than one split"
            if leaks == 0
            else f"{plural(leaks, 'patient')} in more than one split",
            f";{boxed} on {plural(card.num_boxed_images, 'image')}." if boxes else ".",
        )
    )


def _facts(record: DatasetRecord) -> dict[str, str]:
    terms = "restricted: images and what derives from them stay on this machine"
    return {
        "Labels": record.labeller,
        "Split": record.split_name,
        "Licence": record.licence + (f" ({terms})" if record.restricted else ""),
        "Citation": record.citation,
        "Read by": record.adapter,
        "Images": "synthetic, drawn by a program" if record.synthetic else "radiographs",
    }


def _integrity(card: DataCard) -> dict[str, str]:
    return {
        "Patients in more than one split": count(card.num_shared_patients),
        "Images set aside": count(card.quarantine.height),
    }


def _show_samples(scope: Scope, card: DataCard) -> None:
    show(plain("h2", "Sample images"))
    split = card.splits[-1]
    found = samples(scope.stores, scope.runs.read, card.record.name, split)
    if found:
        show(
            sample_strip(found),
            caption(f"Drawn at random from the {split} split, the same each time."),
        )
        return
    reason = (
        "This data set, or every run shown, is restricted: its images stay hidden. Whoever may "
        "see them starts the dashboard with CXR_ALLOW_RESTRICTED=1."
        if card.record.restricted and not scope.stores.allow_restricted
        else "No image of it was decoded for a chosen run."
    )
    show(plain("p", reason))

"""A data set as tables: its labels per split in the study's form, and who is in it."""

from collections.abc import Sequence

from core.findings import FINDINGS
from dashboard.components.frame import scrolling
from dashboard.components.markup import EMPTY, Markup, element, joined, plain, styled
from dashboard.queries.data_card import DataCard, LabelCell, Sample, Share
from dashboard.typography import NOTHING, count, name, percent, plural

_KINDS = {"view": "View", "sex": "Sex", "age": "Age, years"}


def label_table(card: DataCard) -> Markup:
    """Positive images of each finding, split by split, with their patients and prevalence."""
    heads = (
        element("th", {"scope": "col", "class": "num"}, "#"),
        element("th", {"scope": "col"}, "Finding"),
        *(_split_head(card, split) for split in card.splits),
    )
    body = (
        plain(
            "tr",
            styled("td", "num muted", str(place)),
            element("th", {"scope": "row"}, name(finding)),
            *(_label_cell(card.labels[finding].get(split)) for split in card.splits),
        )
        for place, finding in enumerate(FINDINGS)
    )
    head = plain("thead", plain("tr", *heads))
    table = styled("table", "compact", head, plain("tbody", *body))
    return scrolling(f"Labels of {card.record.name} by split", table)


def _split_head(card: DataCard, split: str) -> Markup:
    size = f"{plural(card.num_images[split], 'image')}, "
    patients = plural(card.num_patients[split], "patient")
    lines = (plain("strong", split), plain("br"), size, patients)
    return element("th", {"scope": "col", "class": "num"}, *lines)


def _label_cell(cell: LabelCell | None) -> Markup:
    if cell is None or cell.n == 0:
        return styled("td", "num", NOTHING, " ", styled("span", "ci", "not annotated"))
    about = f"{percent(cell.prevalence)} % · {plural(cell.n_positive_patients, 'patient')}"
    value = styled("span", "value", count(cell.n_positive))
    return styled("td", "num", value, " ", styled("span", "ci", about))


def group_table(card: DataCard) -> Markup:
    """Images by view, sex and age, split by split."""
    splits = (element("th", {"scope": "col", "class": "num"}, each) for each in card.splits)
    head = plain("thead", plain("tr", element("th", {"scope": "col"}, "Images by"), *splits))
    body: list[Markup] = []
    for kind, title in _KINDS.items():
        shares = [share for share in card.groups if share.kind == kind]
        body += [_kind_head(title, len(card.splits)), *(_share(card, each) for each in shares)]
    return scrolling(
        f"Views, sexes and ages of {card.record.name}",
        styled("table", "compact", head, plain("tbody", *body)),
    )


def _kind_head(title: str, num_splits: int) -> Markup:
    width = {"colspan": str(num_splits + 1), "scope": "colgroup"}
    return styled("tr", "group", element("th", width, title))


def _share(card: DataCard, share: Share) -> Markup:
    cells = (
        styled(
            "td",
            "num",
            styled("span", "value", count(share.num_images.get(split, 0))),
            " ",
            styled("span", "ci", _percent_of(share.num_images.get(split, 0), card, split)),
        )
        for split in card.splits
    )
    return plain("tr", element("th", {"scope": "row"}, _group_name(share.group)), *cells)


def _group_name(group: str) -> str:
    """An age band as it is read: 18-39 → 18–39, 80- → 80 and over."""
    return f"{group[:-1]} and over" if group.endswith("-") else group.replace("-", "–")


def _percent_of(number: int, card: DataCard, split: str) -> str:
    return f"{percent(number / card.num_images[split])} %"


def quarantine_list(card: DataCard) -> Markup:
    """The images that were set aside, with the reason."""
    if card.quarantine.is_empty():
        return EMPTY
    rows = (
        plain("li", plain("code", row["image_id"]), f" {row['reason']}")
        for row in card.quarantine.iter_rows(named=True)
    )
    number = plural(card.quarantine.height, "image")
    head = plain("summary", f"{number} set aside, used by no stage")
    return plain("details", head, styled("ul", "notes", *rows))


def sample_strip(found: Sequence[Sample]) -> Markup:
    """Images side by side."""
    pictures = (
        element(
            "figure",
            {},
            element(
                "img",
                {"src": each.address, "alt": f"Radiograph {each.image_id}", "loading": "lazy"},
            ),
            plain("figcaption", each.image_id),
        )
        for each in found
    )
    return styled("div", "strip", joined(pictures))

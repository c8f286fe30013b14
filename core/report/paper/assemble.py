"""The order of a report's sections."""

from core.report.paper.attention import attention
from core.report.paper.blocks import Document, Heading
from core.report.paper.checklists import checklists
from core.report.paper.provenance import design, protocol, provenance
from core.report.paper.results import findings, results
from core.report.paper.subject import Subject
from core.report.paper.transfer import gaps, pairs, subgroups

_PARTS = (design, results, findings, gaps, subgroups, pairs, attention, protocol, provenance)


def paper(about: Subject) -> Document:
    """The whole report on a target.

    Raises:
        DataError: If a table or an image cache is damaged.
        ProtocolError: If ranked runs turn out not to answer the same question.
    """
    blocks = tuple(block for part in _PARTS for block in part(about))
    sections = frozenset(block.text for block in blocks if isinstance(block, Heading))
    title = f"Chest X-ray classifiers on {about.target}: domain generalisation"
    return Document(title, (*blocks, *checklists(sections)))

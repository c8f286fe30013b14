"""Results of many runs as rows that a table, a page or a file can show."""

from core.report.board import Apart, Board, board
from core.report.numbers import (
    POLICY,
    WITHOUT_SOURCE,
    Number,
    Question,
    RunNumbers,
    finding_questions,
    policy_of,
    run_numbers,
    study_metrics,
)
from core.report.published import PublishedRow, published_rows

__all__ = [
    "POLICY",
    "WITHOUT_SOURCE",
    "Apart",
    "Board",
    "Number",
    "PublishedRow",
    "Question",
    "RunNumbers",
    "board",
    "finding_questions",
    "policy_of",
    "published_rows",
    "run_numbers",
    "study_metrics",
]

"""Results of many runs as rows that a table, a page or a file can show."""

from core.report.board import Apart, Board, board
from core.report.numbers import (
    Number,
    Question,
    RunNumbers,
    finding_questions,
    run_numbers,
    study_metrics,
)
from core.report.published import PublishedRow, published_rows

__all__ = [
    "Apart",
    "Board",
    "Number",
    "PublishedRow",
    "Question",
    "RunNumbers",
    "board",
    "finding_questions",
    "published_rows",
    "run_numbers",
    "study_metrics",
]

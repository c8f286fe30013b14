"""What a forest plot draws, one row a run."""

import polars as pl

from dashboard.queries.leaderboard import Leaderboard

FOREST = pl.Schema(
    {
        "run_id": pl.String,
        "title": pl.String,
        "colour": pl.String,
        "symbol": pl.String,
        "is_ranked": pl.Boolean,
        "is_tied": pl.Boolean,
        "value": pl.Float64,
        "low": pl.Float64,
        "high": pl.Float64,
        "at_home": pl.Float64,
    }
)
"""Columns of a forest plot."""


def forest_frame(board: Leaderboard) -> pl.DataFrame:
    """What the forest plot draws: one row a run, ranked ones first, values 0 to 1."""
    rows = [(row, True) for row in board.ranked] + [(each.row, False) for each in board.apart]
    tied = board.tie.run_ids if board.tie and board.tie.run_ids else ()
    return pl.DataFrame(
        [
            {
                "run_id": row.run.run_id,
                "title": row.look.title,
                "colour": row.look.colour,
                "symbol": row.look.symbol,
                "is_ranked": is_ranked,
                "is_tied": row.run.run_id in tied,
                "value": row.cell.value,
                "low": row.cell.low,
                "high": row.cell.high,
                "at_home": row.at_home,
            }
            for row, is_ranked in rows
            if row.cell
        ],
        FOREST,
    )

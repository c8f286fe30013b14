"""What reviewers said as tidy frames."""

from collections import Counter
from collections.abc import Mapping, Sequence

import polars as pl

from core.store.notes import Verdict
from dashboard.queries.fleiss import AllAgree
from dashboard.queries.reading import Run
from dashboard.queries.review import Agreement
from dashboard.queries.tidy import Record, tidy


def verdict_frame(
    counts: Mapping[tuple[str, str], Counter[Verdict]], runs: Mapping[str, Run], dataset: str
) -> pl.DataFrame:
    """How often each verdict was given: one row a run and finding."""
    return tidy(
        {
            "run": runs[run_id].look.title if run_id in runs else run_id,
            "run_id": run_id,
            "dataset": dataset,
            "finding": finding,
        }
        | {str(verdict): of[verdict] for verdict in Verdict}
        | {"n": of.total()}
        for (run_id, finding), of in sorted(counts.items())
    )


def kappa_frame(
    found: Sequence[Agreement], together: AllAgree | None, dataset: str
) -> pl.DataFrame:
    """The agreement of reviewers: Fleiss' κ of all, then Cohen's of each pair."""
    rows = [_kappa("Fleiss", together.reviewers, together, dataset)] if together else []
    return tidy((*rows, *(_kappa("Cohen", each.readers, each, dataset) for each in found)))


def _kappa(
    kind: str, reviewers: Sequence[str], found: Agreement | AllAgree, dataset: str
) -> Record:
    return {
        "reviewers": ", ".join(reviewers),
        "metric": f"{kind}’s kappa",
        "dataset": dataset,
        "value": found.kappa,
        "ci_low": found.low,
        "ci_high": found.high,
        "n": found.num_maps,
    }

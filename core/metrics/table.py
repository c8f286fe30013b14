"""The metrics that a benchmark reports: one row each, and how they are averaged over findings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.metrics import operating, ranking
from core.metrics.operating import Counts
from core.metrics.ranking import Steps
from core.metrics.ratio import Values

OfRanking = Callable[[Steps], Values]
OfCounts = Callable[[Counts], Values]


@dataclass(frozen=True)
class Metric:
    """One row of `METRICS`; computed from ranks, or from the outcomes at a threshold.

    Args:
        name: As tables say it.
        label: For people.
        formula: In the terms of the outcomes TP, FP, FN, TN or of the ROC and PR curves.
        source: Where the definition stands.
        of_ranking: Cumulative weights [G, *R] to values [*R]; None if it needs a threshold.
        of_counts: Outcomes [*R] to values [*R]; None if it needs no threshold.
        higher_is_better: None where neither direction is.
        percent: Whether it is shown as a per cent.
        micro: Whether outcomes pooled over the findings give a micro average.
    """

    name: str
    label: str
    formula: str
    source: str
    of_ranking: OfRanking | None = None
    of_counts: OfCounts | None = None
    higher_is_better: bool | None = True
    percent: bool = True
    micro: bool = False

    @property
    def needs_threshold(self) -> bool:
        """Whether it is a property of an operating point."""
        return self.of_counts is not None


METRICS: Mapping[str, Metric] = {
    "auroc": Metric(
        name="auroc",
        label="AUROC",
        formula="P(score of a positive > score of a negative) + P(equal) / 2",
        source="Hanley and McNeil, Radiology 1982",
        of_ranking=ranking.auroc_of,
    ),
    "average_precision": Metric(
        name="average_precision",
        label="Average precision",
        formula="Σ (recall_k − recall_{k−1}) · precision_k over falling thresholds",
        source="scikit-learn, average_precision_score",
        of_ranking=ranking.average_precision_of,
    ),
    "f1": Metric(
        name="f1",
        label="F1",
        formula="2 TP / (2 TP + FP + FN)",
        source="van Rijsbergen, Information Retrieval 1979",
        of_counts=operating.f1,
        micro=True,
    ),
    "precision": Metric(
        name="precision",
        label="Precision (PPV)",
        formula="TP / (TP + FP)",
        source="Altman and Bland, BMJ 1994;309:102",
        of_counts=operating.precision,
        micro=True,
    ),
    "recall": Metric(
        name="recall",
        label="Recall (sensitivity)",
        formula="TP / (TP + FN)",
        source="Altman and Bland, BMJ 1994;308:1552",
        of_counts=operating.recall,
        micro=True,
    ),
    "specificity": Metric(
        name="specificity",
        label="Specificity",
        formula="TN / (TN + FP)",
        source="Altman and Bland, BMJ 1994;308:1552",
        of_counts=operating.specificity,
    ),
    "negative_predictive_value": Metric(
        name="negative_predictive_value",
        label="NPV",
        formula="TN / (TN + FN)",
        source="Altman and Bland, BMJ 1994;309:102",
        of_counts=operating.negative_predictive_value,
    ),
    "alert_rate": Metric(
        name="alert_rate",
        label="Alert rate",
        formula="(TP + FP) / N",
        source="share of images predicted positive",
        of_counts=operating.alert_rate,
        higher_is_better=None,
    ),
    "balanced_accuracy": Metric(
        name="balanced_accuracy",
        label="Balanced accuracy",
        formula="(TP / (TP + FN) + TN / (TN + FP)) / 2",
        source="Brodersen et al., ICPR 2010",
        of_counts=operating.balanced_accuracy,
    ),
}

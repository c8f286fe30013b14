"""The metrics that a benchmark reports: one row each, and how they are averaged over findings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.metrics import calibration, operating, ranking, roc_points
from core.metrics.calibration import CalibrationSums
from core.metrics.flags import NO_FIT, ZERO_DENOMINATOR
from core.metrics.operating import Counts
from core.metrics.ranking import Steps
from core.metrics.ratio import Values

OfRanking = Callable[[Steps], Values]
OfCounts = Callable[[Counts], Values]
OfProbabilities = Callable[[CalibrationSums], Values]


@dataclass(frozen=True)
class Metric:
    """One row of `METRICS`; computed from ranks, outcomes at a threshold, or probabilities.

    Args:
        name: As tables say it.
        label: For people.
        formula: In the terms of the outcomes TP, FP, FN, TN, of the ROC and PR curves, or of
            probabilities p and labels y.
        source: Where the definition stands.
        of_ranking: Cumulative weights [G, *R] to values [*R]; None if it needs a threshold.
        of_counts: Outcomes [*R] to values [*R]; None if it needs no threshold.
        of_probabilities: Sums [*R] to values [*R]; None if it needs no probabilities.
        higher_is_better: None where neither direction is.
        percent: Whether it is shown as a per cent.
        micro: Whether outcomes pooled over the findings give a micro average.
        weighted: Whether there is an average weighted by the findings' positives.
        moves_with_prevalence: Whether it is told at the source's prevalence too.
        undefined: The flag of a sample with both classes in which it has no value.
    """

    name: str
    label: str
    formula: str
    source: str
    of_ranking: OfRanking | None = None
    of_counts: OfCounts | None = None
    of_probabilities: OfProbabilities | None = None
    higher_is_better: bool | None = True
    percent: bool = True
    micro: bool = False
    weighted: bool = False
    moves_with_prevalence: bool = False
    undefined: str = ZERO_DENOMINATOR

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
        weighted=True,
    ),
    "average_precision": Metric(
        name="average_precision",
        label="Average precision",
        formula="Σ (recall_k − recall_{k−1}) · precision_k over falling thresholds",
        source="scikit-learn, average_precision_score",
        of_ranking=ranking.average_precision_of,
        moves_with_prevalence=True,
    ),
    "sensitivity_at_90_specificity": Metric(
        name="sensitivity_at_90_specificity",
        label="Sensitivity at 90 % specificity",
        formula="highest TP / (TP + FN) of a threshold with TN / (TN + FP) ≥ 0.9",
        source="Pepe, The Statistical Evaluation of Medical Tests 2003, chapter 4",
        of_ranking=roc_points.sensitivity_at_specificity_of,
    ),
    "specificity_at_90_sensitivity": Metric(
        name="specificity_at_90_sensitivity",
        label="Specificity at 90 % sensitivity",
        formula="highest TN / (TN + FP) of a threshold with TP / (TP + FN) ≥ 0.9",
        source="Pepe, The Statistical Evaluation of Medical Tests 2003, chapter 4",
        of_ranking=roc_points.specificity_at_sensitivity_of,
    ),
    "f1": Metric(
        name="f1",
        label="F1",
        formula="2 TP / (2 TP + FP + FN)",
        source="van Rijsbergen, Information Retrieval 1979",
        of_counts=operating.f1,
        moves_with_prevalence=True,
        micro=True,
    ),
    "precision": Metric(
        name="precision",
        label="Precision (PPV)",
        formula="TP / (TP + FP)",
        source="Altman and Bland, BMJ 1994;309:102",
        of_counts=operating.precision,
        moves_with_prevalence=True,
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
        moves_with_prevalence=True,
    ),
    "alert_rate": Metric(
        name="alert_rate",
        label="Alert rate",
        formula="(TP + FP) / N",
        source="share of images predicted positive",
        of_counts=operating.alert_rate,
        moves_with_prevalence=True,
        higher_is_better=None,
    ),
    "balanced_accuracy": Metric(
        name="balanced_accuracy",
        label="Balanced accuracy",
        formula="(TP / (TP + FN) + TN / (TN + FP)) / 2",
        source="Brodersen et al., ICPR 2010",
        of_counts=operating.balanced_accuracy,
    ),
    "brier": Metric(
        name="brier",
        label="Brier score",
        formula="mean of (p − y)²",
        source="Brier, Monthly Weather Review 1950",
        of_probabilities=calibration.brier,
        higher_is_better=False,
        percent=False,
    ),
    "log_loss": Metric(
        name="log_loss",
        label="Log loss",
        formula="mean of −y log p − (1 − y) log(1 − p), p cut to [2⁻²³, 1 − 2⁻²³]",
        source="Good, JRSS B 1952",
        of_probabilities=calibration.log_loss,
        higher_is_better=False,
        percent=False,
    ),
    "expected_calibration_error": Metric(
        name="expected_calibration_error",
        label="Calibration error",
        formula="Σ_b n_b / N · |mean p − mean y| over 15 bins of equal mass",
        source="Nixon et al., CVPR Workshops 2019",
        of_probabilities=calibration.expected_calibration_error,
        higher_is_better=False,
    ),
    "calibration_slope": Metric(
        name="calibration_slope",
        label="Calibration slope",
        formula="b of the maximum-likelihood fit logit P(y = 1) = a + b logit p; ideal 1",
        source="Cox, Biometrika 1958; Van Calster et al., BMC Medicine 2019",
        of_probabilities=calibration.calibration_slope,
        higher_is_better=None,
        percent=False,
        undefined=NO_FIT,
    ),
    "calibration_intercept": Metric(
        name="calibration_intercept",
        label="Calibration intercept",
        formula="a of the maximum-likelihood fit logit P(y = 1) = a + logit p; ideal 0",
        source="Van Calster et al., BMC Medicine 2019",
        of_probabilities=calibration.calibration_intercept,
        higher_is_better=None,
        percent=False,
        undefined=NO_FIT,
    ),
}

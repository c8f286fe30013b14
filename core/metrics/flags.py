"""What may be wrong with a number: short codes for tables, one sentence each for people."""

from collections.abc import Iterable, Mapping

NOT_ANNOTATED = "not-annotated"
NOT_PREDICTED = "not-predicted"
ONE_CLASS = "one-class"
NO_THRESHOLD = "no-threshold"
NO_FINDINGS = "no-findings"
ZERO_DENOMINATOR = "zero-denominator"
RATE_FALLBACK = "rate-fallback"
FEW_POSITIVES = "few-positives"
ONE_PATIENT = "one-patient"
UNDEFINED_REPLICATES = "undefined-replicates"
GIVEN_THRESHOLDS = "given-thresholds"

MIN_POSITIVE_PATIENTS = 20
MAX_UNDEFINED_SHARE = 0.01

FLAGS: Mapping[str, str] = {
    NOT_ANNOTATED: "No image of this data has a label for the finding.",
    NOT_PREDICTED: "The model makes no prediction for the finding.",
    ONE_CLASS: "The labels of the finding are all positive or all negative.",
    NO_THRESHOLD: "The policy gives the finding no threshold.",
    NO_FINDINGS: "No finding has both classes and a prediction.",
    ZERO_DENOMINATOR: "The metric is 0/0 here, such as precision where nothing is predicted.",
    RATE_FALLBACK: (
        "Fewer than 20 patients are positive in source validation, "
        "so the threshold follows their prevalence instead of F1."
    ),
    FEW_POSITIVES: (
        "Fewer than 20 patients are positive for the finding, or for one that the average covers, "
        "so the interval may be too narrow."
    ),
    ONE_PATIENT: "All images are of one patient, so there is no interval.",
    UNDEFINED_REPLICATES: "The metric is undefined in more than 1 % of the replicates.",
    GIVEN_THRESHOLDS: "The interval takes the thresholds as given.",
}

REASONS = frozenset({NOT_ANNOTATED, NOT_PREDICTED, ONE_CLASS, NO_THRESHOLD, NO_FINDINGS})
"""The flags that say why there is no value, whatever the metric."""

SEPARATOR = ", "


def codes(flag: str | None) -> tuple[str, ...]:
    """The single codes of a flag; none where there is nothing to say."""
    return tuple(flag.split(SEPARATOR)) if flag else ()


def joined(flags: Iterable[str | None]) -> str | None:
    """The flags that are set, each once, in the order of `FLAGS`; None if there are none.

    Args:
        flags: Codes, joined codes, or None.
    """
    found = {code for flag in flags for code in codes(flag)}
    return SEPARATOR.join(code for code in FLAGS if code in found) or None

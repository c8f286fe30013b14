"""What may be wrong with a number: short codes for tables, one sentence each for people."""

from collections.abc import Iterable, Mapping

NOT_ANNOTATED = "not-annotated"
NOT_PREDICTED = "not-predicted"
ONE_CLASS = "one-class"
NO_THRESHOLD = "no-threshold"
NO_FINDINGS = "no-findings"
NO_PREVALENCE = "no-prevalence"
ZERO_DENOMINATOR = "zero-denominator"
NO_FIT = "no-fit"
RATE_FALLBACK = "rate-fallback"
FEW_POSITIVES = "few-positives"
THIN_POSITIVES = "thin-positives"
ONE_PATIENT = "one-patient"
UNDEFINED_REPLICATES = "undefined-replicates"
BIASED_REPLICATES = "biased-replicates"
GIVEN_THRESHOLDS = "given-thresholds"
COMPOSITE = "composite"
UNCALIBRATED_LOSS = "uncalibrated-loss"

MIN_POSITIVE_PATIENTS = 20
MIN_EFFECTIVE_PATIENTS = 100
"""Of positives: with fewer, simulated intervals of AUROC held less than 93 % of the time."""

MAX_UNDEFINED_SHARE = 0.01

FLAGS: Mapping[str, str] = {
    NOT_ANNOTATED: "No image of this data has a label for the finding.",
    NOT_PREDICTED: "The model makes no prediction for the finding.",
    ONE_CLASS: "The labels of the finding are all positive or all negative.",
    NO_THRESHOLD: "The policy gives the finding no threshold.",
    NO_FINDINGS: "No finding has both classes and a prediction.",
    NO_PREVALENCE: "The source has no share of positives to weight these images to.",
    ZERO_DENOMINATOR: "The metric is 0/0 here, such as precision where nothing is predicted.",
    NO_FIT: "Recalibration has no finite fit: some score separates the classes.",
    RATE_FALLBACK: (
        "Fewer than 20 patients are positive in source validation, "
        "so the threshold follows their prevalence instead of F1."
    ),
    FEW_POSITIVES: (
        "Fewer than 20 patients are positive for the finding, or for one that the average covers, "
        "so the interval may be too narrow."
    ),
    THIN_POSITIVES: (
        "The positive images weigh like those of fewer than 100 patients, for the finding or for "
        "one that the average covers; such 95 % intervals of AUROC held 86 to 97 % of the time "
        "in simulations."
    ),
    ONE_PATIENT: "All images are of one patient, so there is no interval.",
    UNDEFINED_REPLICATES: "The metric is undefined in more than 1 % of the replicates.",
    BIASED_REPLICATES: (
        "The value lies outside its interval: replicates repeat patients, which biases this metric."
    ),
    GIVEN_THRESHOLDS: "The interval takes the thresholds as given.",
    COMPOSITE: "The label means one finding or another: the larger of their scores is scored.",
    UNCALIBRATED_LOSS: (
        "The loss moves probabilities away from frequencies by design, "
        "and so everything that is derived from them."
    ),
}

REASONS = frozenset(
    {NOT_ANNOTATED, NOT_PREDICTED, ONE_CLASS, NO_THRESHOLD, NO_FINDINGS, NO_PREVALENCE}
)
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


def missing_flag(flags: str | None, undefined: str) -> str | None:
    """What is said where there is no value: nothing of intervals, but always a reason.

    Args:
        flags: What is known of the number.
        undefined: The reason where none is among them.
    """
    kept = [code for code in codes(flags) if code != GIVEN_THRESHOLDS]
    return joined(kept if REASONS.intersection(kept) else [*kept, undefined])

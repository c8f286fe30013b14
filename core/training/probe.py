"""Linear heads on the features of a frozen backbone: many at once, the best of each request.

Shapes: H heads, N images, D features, F = 14 findings.
"""

from collections.abc import Iterator, Sequence
from itertools import count, groupby

import torch

from core.errors import CxrError, DataError, ProtocolError
from core.findings import NUM_FINDINGS
from core.losses.spec import LossSpec
from core.progress import Progress, silent
from core.roles import Examples, SourceTrain, SourceVal, require_role
from core.specs import RunSpec
from core.training.device import best_device
from core.training.head import Standardisation
from core.training.probe_sample import Sample, resample, with_both_classes
from core.training.probe_selection import Contest, HeadRequest, Selected
from core.training.probe_stack import HeadStack, rate_and_decay
from core.training.probe_validation import Validation

__all__ = ["HeadRequest", "Selected", "fit", "fit_all", "fit_each"]

STACK_WEIGHTS, STACK_HEADS = 2**20, 64
"""Most weights and heads of a stack: with AdamW's moments and the gradient the weights should stay
in a CPU's cache, and so many heads fill its products.

Seen on one core: AdamW 0.4 ms a step for 30 heads on 2,048 features, and 1.7 ms for 75.
"""


def fit(
    train: Examples,
    val: Examples,
    loss: LossSpec,
    spec: RunSpec,
    progress: Progress = silent,
) -> Selected:
    """The head of one run: `fit_all` for a single request.

    Raises:
        ProtocolError: If `train` or `val` is anything else, or no finding has both classes in
            both.
        DataError: If a feature is not finite.
    """
    return fit_all(train, val, [HeadRequest.of(loss, spec)], progress)[0]


def fit_all(
    train: Examples,
    val: Examples,
    requests: Sequence[HeadRequest],
    progress: Progress = silent,
) -> list[Selected]:
    """`fit_each` where every request has to come out.

    Raises:
        ProtocolError: If `train` or `val` is anything else, or a request has no finding with
            both classes in both.
        DataError: If a feature or a logit is not finite.
    """
    selected: list[Selected] = []
    for outcome in fit_each(train, val, requests, progress):
        if isinstance(outcome, CxrError):
            raise outcome
        selected.append(outcome)
    return selected


def fit_each(
    train: Examples,
    val: Examples,
    requests: Sequence[HeadRequest],
    progress: Progress = silent,
) -> list[Selected | CxrError]:
    """Train the candidates of all requests together, and choose each request's best.

    Features are standardised by source train, resampled or not. Of a request's candidates and
    epochs the one with the highest mean average precision on source validation wins; on ties
    the earlier epoch, then the earlier candidate. Each head is what it would be alone; on a CPU
    with one thread it was seen to be so to the bit.

    Args:
        train: Source train: features float [N, D] and labels by the training policy.
        val: Source validation: features and labels by the scoring policy.
        requests: What is wanted.
        progress: Told after each epoch.

    Returns:
        One per request, in their order: the head; or why there is none, which is no other
        request's concern. A `ProtocolError` says that no finding has both classes in both, a
        `DataError` that a candidate diverged.

    Raises:
        ProtocolError: If `train` or `val` is anything else.
        DataError: If a feature is not finite.
    """
    train = require_role(train, SourceTrain, "Fitting")
    val = require_role(val, SourceVal, "Model selection")
    contests = _contests(train, val, requests)
    device = best_device()
    standardisation = Standardisation.of(train.values)
    sample = Sample.of(train, standardisation, device)
    validation = Validation.of(val, standardisation, device)
    can_fit = [contest for contest in contests if contest.failure is None]
    stacks = list(_stacks(can_fit, sample.features.shape[1]))
    num_epochs = sum(together[0].request.epochs for together in stacks)
    done = count(1)
    for together in stacks:
        for _ in _epochs(together, sample, validation):
            progress("training heads", next(done), num_epochs)
    return [contest.failure or contest.selected(standardisation) for contest in contests]


def _contests(train: SourceTrain, val: SourceVal, requests: Sequence[HeadRequest]) -> list[Contest]:
    in_val = with_both_classes(val)
    numbers = {request.resample for request in requests}
    resamples = {number: resample(train, number) for number in numbers}
    contests = [Contest(request, resamples[request.resample], in_val) for request in requests]
    for contest in contests:
        if not contest.judged.any():
            number = contest.request.resample
            where = "" if number is None else f" (resample {number})"
            contest.failure = ProtocolError(
                f"Source {train.dataset!r}{where} has no finding with both classes in train and "
                "validation; nothing can be fitted and selected on it."
            )
    return contests


def _stacks(contests: Sequence[Contest], num_features: int) -> Iterator[list[Contest]]:
    """The requests that see the same batches, as many at a time as a stack holds, or one."""
    most_heads = min(STACK_WEIGHTS // (NUM_FINDINGS * num_features), STACK_HEADS)
    by_batches = sorted(contests, key=_batches)
    for _, same_batches in groupby(by_batches, _batches):
        together: list[Contest] = []
        num_heads = 0
        for contest in same_batches:
            num_heads += len(contest.candidates)
            if together and num_heads > most_heads:
                yield together
                together, num_heads = [], len(contest.candidates)
            together.append(contest)
        yield together


def _batches(contest: Contest) -> tuple[int, int, int]:
    request = contest.request
    return request.seed, request.batch_size, request.epochs


def _epochs(together: Sequence[Contest], sample: Sample, validation: Validation) -> Iterator[None]:
    """Train a stack and let each request look at it after every epoch."""
    candidates = [candidate for contest in together for candidate in contest.candidates]
    candidates.sort(key=rate_and_decay)
    row_of = {candidate: row for row, candidate in enumerate(candidates)}
    request = together[0].request
    stack = HeadStack(sample, candidates, request.seed, request.batch_size)
    for epoch in range(1, request.epochs + 1):
        losses = stack.train_one_epoch()
        logits = stack.logits(validation.features)
        is_finite = torch.isfinite(logits).flatten(1).all(1)
        ranking = validation.rank(logits.where(is_finite[:, None, None], 0))
        for contest in together:
            rows = [row_of[candidate] for candidate in contest.candidates]
            if is_finite[rows].all():
                contest.enter(epoch, stack, rows, losses, ranking)
            elif contest.failure is None:
                contest.failure = _diverged(contest, is_finite[rows].tolist(), epoch)
        yield


def _diverged(contest: Contest, is_finite: Sequence[bool], epoch: int) -> DataError:
    pairs = zip(contest.candidates, is_finite, strict=True)
    rates = {f"{candidate.learning_rate:g}" for candidate, finite in pairs if not finite}
    return DataError(
        f"Heads with learning rate {', '.join(sorted(rates))} gave scores that are not finite "
        f"after epoch {epoch}; try lower rates."
    )

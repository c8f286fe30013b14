"""What is measured on each split that a run is scored on, and at which thresholds."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from core.datasets.examples import resolve, select
from core.datasets.registered import subgroup_columns
from core.datasets.subgroups import strata, subgroups
from core.metrics.flags import UNCALIBRATED_LOSS, joined
from core.metrics.slices import Slice
from core.metrics.table import METRICS
from core.metrics.thresholds import POLICIES, Basis, choose_thresholds
from core.protocol.composite import composite_places
from core.protocol.measuring import Conditions, Measured, Thresholds, measure
from core.protocol.scored import Scored
from core.protocol.weighted import matchings, prevalences, prior_shifted, weightings
from core.roles import SourceVal, Split
from core.specs import SCORING
from core.store.data import DataStore

REPORTED = ("fixed-0.5", "source-val", "source-rate")
"""The policies that are evaluated unless others are named: those that leave the target alone."""

_WITHOUT_VAL = (Basis.NOTHING, Basis.EVALUATED)


@dataclass(frozen=True)
class EvaluateRequest:
    """What is computed.

    Args:
        policies: Rows of `POLICIES`; those that need the target are applied to it alone.
        subgroups: Whether views, sexes, age bands and overlay columns are measured apart too.
        intersections: Whether pairs of these are, where they are large enough.
        weightings: Whether the target is also measured at source test's prevalence and mix of
            views, sexes and ages, and its probabilities at its own prevalence.
        composites: Whether composite labels are scored too, apart from the findings.
    """

    policies: tuple[str, ...] = REPORTED
    subgroups: bool = True
    intersections: bool = False
    weightings: bool = True
    composites: bool = False


BY_DEFAULT = EvaluateRequest()


@dataclass(frozen=True, eq=False)
class Places:
    """The splits that a run is scored on.

    Args:
        each: Source validation and source test where there are predictions of them, and the
            target last.
        val: Source validation, which thresholds are chosen on; None where there is none.
    """

    each: tuple[Scored, ...]
    val: SourceVal | None

    @property
    def target(self) -> Scored:
        """The target."""
        return self.each[-1]

    @property
    def source_test(self) -> Scored | None:
        """The reference of every gap; None where the source is not predicted."""
        return self.each[-2] if len(self.each) > 1 else None


def thresholds_of(place: Scored, policies: Iterable[str], val: SourceVal | None) -> Thresholds:
    """Those that a place can have: without source validation none that are chosen on it.

    Policies that use the evaluated data are applied to the target, not to the source.
    """
    is_source = val is not None and place.dataset.name == val.source
    return {
        name: choose_thresholds(name, val, place.examples)
        for name in policies
        if val or POLICIES[name].basis in _WITHOUT_VAL
        if POLICIES[name].target_use == "none" or not is_source
    }


def measured(
    places: Places,
    data: DataStore,
    request: EvaluateRequest,
    num_resamples: int,
    *,
    calibrated: bool = True,
) -> Iterator[tuple[Scored, list[Measured]]]:
    """Everything that is asked, split by split.

    Args:
        places: Where the run is scored.
        data: Holds overlays and composite labels.
        request: What is asked.
        num_resamples: B.
        calibrated: Whether the run's loss estimates probabilities; where not, what is told of
            them is flagged.
    """
    composites = list(composite_places(places.each, data)) if request.composites else []
    for number, place in enumerate(places.each):
        found = _measured(places, number, data, request, num_resamples)
        if place is places.target and places.source_test and request.weightings:
            train = select(places.source_test.dataset, Split.TRAIN).manifest
            conditions = Conditions({}, None, num_resamples)
            shares = prevalences(resolve(train, SCORING))
            found += prior_shifted(place, shares, conditions)
        for composite in composites:
            alone = Places(composite.places, _validation(composite.places, places.val))
            found += composite.named(_measured(alone, number, data, request, num_resamples))
        yield place, found if calibrated else [_marked(each) for each in found]


def _validation(places: Sequence[Scored], val: SourceVal | None) -> SourceVal | None:
    examples = places[0].examples
    return examples if val is not None and isinstance(examples, SourceVal) else None


def _measured(
    places: Places, number: int, data: DataStore, request: EvaluateRequest, num_resamples: int
) -> list[Measured]:
    """A split and its subgroups; of the target its weightings to source test too."""
    place = places.each[number]
    slices = (
        _subgroups(place, data, intersections=request.intersections) if request.subgroups else ()
    )
    if place is places.target and places.source_test and request.weightings:
        matched = matchings(place, places.source_test)
        slices += weightings(places.source_test, matched)
    thresholds = thresholds_of(place, request.policies, places.val)
    return measure(place, Conditions(thresholds, places.val, num_resamples), slices)


def _marked(each: Measured) -> Measured:
    if METRICS[each.row.metric].of_probabilities is None or each.row.value is None:
        return each
    return replace(each, row=replace(each.row, flag=joined((each.row.flag, UNCALIBRATED_LOSS))))


def _subgroups(place: Scored, data: DataStore, *, intersections: bool) -> tuple[Slice, ...]:
    """Who is measured apart; on source validation, which chose the thresholds, nobody."""
    if place.examples.split == Split.VAL:
        return ()
    examples = place.examples
    found = subgroups(
        strata(
            place.selection.manifest,
            subgroup_columns(place.dataset, data)[place.selection.rows],
        ),
        examples.patient_ids[(examples.labels == 1).any(axis=1)],
        examples.patient_ids,
        intersections=intersections,
    )
    return tuple(Slice(subgroup=each.name, images=each.images) for each in found)

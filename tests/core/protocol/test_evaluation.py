"""What a loss that is not meant to give probabilities does to the numbers about them."""

from pathlib import Path

from core.metrics.flags import UNCALIBRATED_LOSS, codes
from core.metrics.table import METRICS
from core.protocol.evaluation import EvaluateRequest, Places, measured
from core.protocol.scored import scored, source_validation
from core.roles import Split
from tests.fixtures.imported_runs import AWAY, HOME, add_run, build


def test_what_is_told_of_probabilities_is_flagged_where_the_loss_gives_none(
    tmp_path: Path,
) -> None:
    stores = build(tmp_path, 120)
    entry = stores.results.entry(add_run(stores, "run", 1.0))
    home, away = (stores.data.dataset(name) for name in (HOME, AWAY))
    each = (
        *(scored(stores.results, entry, home, split) for split in (Split.VAL, Split.TEST)),
        scored(stores.results, entry, away, Split.TEST),
    )
    places = Places(each, source_validation(stores.results, entry, home))
    request = EvaluateRequest(("fixed-0.5",), subgroups=False)
    told = dict(
        (place.name + place.examples.split, rows)
        for place, rows in measured(places, stores.data, request, 5, calibrated=False)
    )
    rows = [each for found in told.values() for each in found if each.row.value is not None]
    flagged = [each for each in rows if UNCALIBRATED_LOSS in codes(each.row.flag)]
    assert {each.row.metric for each in flagged} == {
        name for name, metric in METRICS.items() if metric.of_probabilities
    }
    assert len(flagged) == sum(bool(METRICS[each.row.metric].of_probabilities) for each in rows)
    assert {"prior-shift:estimated", "prior-shift:true"} <= {each.weighting for each in flagged}
    plain = measured(places, stores.data, request, 5)
    flags = {each.row.flag for _, found in plain for each in found}
    assert not any(UNCALIBRATED_LOSS in codes(flag) for flag in flags)

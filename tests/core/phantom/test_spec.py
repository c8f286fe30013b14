from typing import Any

import pytest

from core.errors import ConfigError
from core.phantom.spec import PhantomSpec


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"num_patients": 0}, "num_patients"),
        ({"size": 63}, "size"),
        ({"size": 101}, "even"),
        ({"size": 4096}, "size"),
        ({"seed": -1}, "seed"),
        ({"shortcut_strength": 1.5}, "shortcut_strength"),
        ({"missed_share": 1.0}, "missed_share"),
        ({"false_positive_share": float("nan")}, "false_positive_share"),
        ({"prevalence": "common"}, "enriched, natural"),
    ],
)
def test_values_out_of_range_are_refused_by_name(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named) as caught:
        PhantomSpec(**wrong)
    assert "\n" not in str(caught.value)

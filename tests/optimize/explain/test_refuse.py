"""Which faults of a power cap are answered by how much it is too low, and which by what the reader says."""

from __future__ import annotations

import pytest

from twin.core.faults import Fault, ScenarioFaults
from twin.optimize.explain.refuse import PLACE, only_the_cap


@pytest.mark.parametrize(
    ("values", "answered"),
    [(("34 kW",), True), (("'0 kW'", "0 kW"), False), (("5 apples",), False), (("-3 kW",), False)],
)
def test_only_a_cap_that_is_one_is_answered(values: tuple[str, ...], answered: bool) -> None:
    """Proves: a cap below the base load is explained; 0 kW, which the reader refuses beside it, is left to the reader.

    Sensitivity: its quoted value was parsed as a power and ended in a traceback.
    """
    faults = ScenarioFaults(
        [Fault("a.yaml", 1, 1, PLACE, "too low", value, "a higher cap", "error") for value in values]
    )
    assert (only_the_cap(faults) is not None) == answered

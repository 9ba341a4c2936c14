"""A furnace's cycle: worked out once for equal furnaces, and the same whatever was asked before."""

from __future__ import annotations

import pytest

from tests.support import ROOT
from twin.models.furnace import InductionFurnace
from twin.optimize.derive.heat_cycle import Cycle, cycle_of, gaps_of
from twin.scenario.scenario import read


@pytest.fixture(scope="module")
def kind() -> InductionFurnace:
    """A furnace of 420 kW."""
    found = read(ROOT / "tests" / "data" / "infeasible" / "due-date.yaml").stations["melt"]
    assert isinstance(found, InductionFurnace)
    return found


def test_equal_furnaces_share_a_cycle(kind: InductionFurnace) -> None:
    """Proves: an equal furnace is not worked out again, one of half the power is, and takes longer."""
    equal = kind.model_copy(deep=True)
    weak = kind.model_copy(update={"power": kind.power.model_copy(update={"rated_kw": kind.power.rated_kw / 2.0})})
    assert cycle_of(equal) is cycle_of(kind)
    assert cycle_of(weak) is not cycle_of(kind)
    assert cycle_of(weak).heat(900.0).duration_s > 1.5 * cycle_of(kind).heat(900.0).duration_s


def test_what_was_asked_before_changes_nothing(kind: InductionFurnace) -> None:
    """Proves: heats are equal to the last bit in either order: none leaves a trace in the furnace that the next begins from.

    Sensitivity: were the furnace's state changed in place, a heat after a cold one would begin from a hot lining.
    """
    typical = [gap.typical_s for gap in gaps_of(kind)]
    first, last = Cycle(kind), Cycle(kind)
    forward = {gap: first.heat(gap) for gap in typical}
    holding, idle = last.holding_kw(), last.idle_kw()
    backward = {gap: last.heat(gap) for gap in reversed(typical)}
    assert repr(forward) == repr({gap: backward[gap] for gap in typical})
    assert (first.holding_kw(), first.idle_kw()) == (holding, idle)
    assert len({heat.kwh for heat in forward.values()}) == len(typical)

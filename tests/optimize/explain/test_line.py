"""Lines without a plan say why."""

from __future__ import annotations

import numpy as np
import pytest

from tests.optimize.shop_day import two_furnaces
from twin.core.faults import Infeasible
from twin.optimize.derive.shop import Line, derive_shop
from twin.optimize.derive.shop_feedback import LineFeedback
from twin.optimize.explain.line import needed_h, refuse_line
from twin.optimize.problem.grid import slots_of
from twin.optimize.problem.shop_state import line_state


def _line(**changes: object) -> Line:
    scenario = two_furnaces(**changes)
    slots = slots_of(scenario)
    return derive_shop(
        scenario, slots, line_state(scenario, slots.start_s, slots.end_s), LineFeedback(np.full(slots.count, 10.0))
    )


def test_lots_without_a_place_are_counted() -> None:
    """Proves: three times the lots do not fit one day; the furnace that is shortest is named. Sensitivity: 'no plan was found'."""
    with pytest.raises(Infeasible, match=r"\d+ of 24 lots find no place .* temper is shortest"):
        refuse_line(_line(orders__pin__quantity=4800))


def test_hours_needed_and_there() -> None:
    """Proves: four loads of two hours against the shift of 16 h less two of start-up. Sensitivity: breaks taken off."""
    need_h, have_h = needed_h(_line().shop, "harden")
    assert need_h == pytest.approx(4 * 2.0)
    assert have_h == pytest.approx(14.0)


def test_a_cap_that_cannot_be_kept_is_named() -> None:
    """Proves: an emission cap below what the base load alone emits is named. Sensitivity: a search that gives up."""
    with pytest.raises(Infeasible, match="emission"):
        refuse_line(_line(plan__emission_cap="50 kgCO2e"))


def test_a_line_that_fits_is_not_refused() -> None:
    """Proves: lots that a plain dispatch finds no place for are left to the search. Sensitivity: refusing what fits."""
    assert len(refuse_line(_line())) in (12, 14, 16)

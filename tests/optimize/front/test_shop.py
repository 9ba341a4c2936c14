"""Fronts of lines by their own search: no worse than by the general one, within the limits, bounded from below."""

from __future__ import annotations

import numpy as np
import pytest

from tests.optimize.line import line, way
from twin.optimize.front.epsilon import Front
from twin.optimize.front.measure import Axis
from twin.optimize.front.shop import front_of_shop
from twin.optimize.insertion.search import dispatch_shop
from twin.optimize.plan.decode_shop import starts_of
from twin.optimize.problem.network import Carbon
from twin.optimize.problem.shop import Group, Operation, Shop


def _shop() -> Shop:
    """Two jobs of an hour at 100 kW on two machines; cheap hours emit most."""
    two = Group("m", 2, np.ones(3, dtype=bool))
    return line(
        [1.0, 2.0, 4.0],
        [(0, None), (0, None)],
        [Operation("o", {"m": way(1, 100.0)})],
        groups=[two],
        carbon=Carbon(np.array([0.9, 0.5, 0.1])),
    )


def _front(axis: Axis, points: int) -> Front:
    shop = _shop()
    return front_of_shop(shop, axis, starts_of(shop, dispatch_shop(shop)), points=points, iterations=3)


def test_cost_against_carbon_by_hand() -> None:
    """Proves: both in the first hour 200 KRW and 180 kg, both in the last 800 KRW and 20 kg, and points between; each proven.

    Sensitivity: carbon priced as well as limited would leave the cheapest end out.
    """
    found = [(round(p.value), round(p.cost_krw), round(p.gap, 6)) for p in _front("carbon", 5).points]
    assert found[0] == (20, 800, 0.0)
    assert found[-1] == (180, 200, 0.0)
    assert (100, 400, 0.0) in found or (100, 500, 0.0) in found


def test_cost_against_peak_by_hand() -> None:
    """Proves: one after the other 100 kW and 300 KRW, together 200 kW and 200 KRW."""
    assert [(round(p.value), round(p.cost_krw)) for p in _front("peak", 2).points] == [(100, 300), (200, 200)]


@pytest.mark.parametrize("axis", ["carbon", "peak", "lateness"])
def test_as_good_as_the_general_search(axis: Axis, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: on a line that the general search proves, the line's own finds the same points, and no bound above the least proven."""
    general = _front(axis, 3)
    monkeypatch.setattr("twin.optimize.front.shop.FEW_INTEGERS", 0)
    own = _front(axis, 3)
    assert [p.cost_krw for p in own.points] == pytest.approx([p.cost_krw for p in general.points])
    assert own.least <= general.least + 1e-6

"""Fronts of hand-sized problems: ends, points between, bounds, marginal costs, duals."""

from __future__ import annotations

import numpy as np
import pytest

from tests.optimize.tiny import one_machine, series
from twin.optimize.front.epsilon import Front, front_of
from twin.optimize.problem.network import Carbon, Due


def rows(front: Front) -> list[tuple[float, float]]:
    """Value and cost of each point."""
    return [(round(point.value, 6), round(point.cost_krw, 6)) for point in front.points]


def test_carbon_front_by_hand() -> None:
    """Proves: two lots of 100 kWh; slots cost 1, 2, 4 KRW and emit 9, 5, 1 kg a 10 kWh. Cheapest {0, 1}: 300 KRW, 140 kg; {0, 2}: 500 KRW,
    100 kg; cleanest {1, 2}: 600 KRW, 60 kg. Between the ends 5 KRW/kg, then 2.5. Sensitivity: with the carbon price of 7 KRW/kg left in the
    cost, the cheapest end would be {1, 2}.
    """
    carbon = Carbon(series(0.9, 0.5, 0.1), price_krw_per_kg=7.0)
    front = front_of(one_machine(series(1, 2, 4), lots=2, carbon=carbon), "carbon", points=3, iterations=3)
    assert rows(front) == [(60.0, 600.0), (100.0, 500.0), (140.0, 300.0)]
    assert [point.marginal_krw for point in front.points] == [pytest.approx(2.5), pytest.approx(5.0), None]
    assert all(point.gap < 1e-6 for point in front.points)
    assert front.least == pytest.approx(60.0)


def test_constant_factor_leaves_nothing_to_shift() -> None:
    """Proves: with one factor for all hours and nothing but lots, the front is a single point: kWh are the same wherever they are drawn."""
    front = front_of(one_machine(series(1, 2, 4), lots=2, carbon=Carbon(np.full(3, 0.4))), "carbon", iterations=3)
    assert rows(front) == [(80.0, 300.0)]


def test_lateness_front_by_hand() -> None:
    """Proves: one lot due by the end of slot 0, slots at 5, 3, 1 KRW/kWh: each hour late saves 200 KRW; the price of lateness is left out.

    Sensitivity: lateness counted from the slot after would give 0 h to the second slot.
    """
    due = Due("done", np.ones(3), 1e5, 1.0, 1e6)
    front = front_of(one_machine(series(5, 3, 1), dues=(due,)), "lateness", points=3, iterations=3)
    assert rows(front) == [(0.0, 500.0), (1.0, 300.0), (2.0, 100.0)]
    assert [point.marginal_krw for point in front.points] == [pytest.approx(200.0), pytest.approx(200.0), None]


def test_peak_front_by_hand() -> None:
    """Proves: three lots on three machines, slots at 1, 2, 6 KRW/kWh: 300 kW at once cost 300; 200 kW 400; 100 kW one by one 900."""
    front = front_of(one_machine(series(1, 2, 6), lots=3, units=3), "peak", points=3, iterations=3)
    assert rows(front) == [(100.0, 900.0), (200.0, 400.0), (300.0, 300.0)]
    assert [point.marginal_krw for point in front.points] == [pytest.approx(5.0), pytest.approx(1.0), None]


def test_shadow_price_is_the_relaxations_slope() -> None:
    """Proves: at a limit of 100 kg the relaxation trades slot 0 (1 KRW, 0.9 kg) against slot 2 (4 KRW, 0.1 kg) beside a whole lot in
    slot 1: 3 KRW for 0.8 kg, 3.75 KRW/kg. Sensitivity: the dual of another row, or with another sign, is not 3.75.
    """
    carbon = Carbon(series(0.9, 0.5, 0.1))
    front = front_of(one_machine(series(1, 2, 4), lots=2, carbon=carbon), "carbon", points=5, iterations=3)
    by_limit = {round(point.limit): point for point in front.points}
    assert by_limit[100].shadow_krw == pytest.approx(3.75, rel=1e-4)


def test_every_point_is_bounded_and_tighter_is_never_cheaper() -> None:
    """Proves: costs fall and bounds do not rise from tight to loose limits, and each bound is below its cost; a start is not needed."""
    carbon = Carbon(series(0.9, 0.5, 0.1, 0.6, 0.2))
    problem = one_machine(series(1, 2, 4, 1.5, 3), lots=3, carbon=carbon)
    front = front_of(problem, "carbon", points=6, iterations=3)
    costs, bounds = ([getattr(point, name) for point in front.points] for name in ("cost_krw", "bound_krw"))
    assert costs == sorted(costs, reverse=True)
    assert bounds == sorted(bounds, reverse=True)
    assert all(bound <= cost for bound, cost in zip(bounds, costs, strict=True))
    assert all(point.value <= point.limit + 1e-4 for point in front.points)


def test_a_front_of_one_point_is_refused() -> None:
    """Proves: fewer than two points are told."""
    with pytest.raises(ValueError, match="two ends"):
        front_of(one_machine(series(1, 2)), "peak", points=1)

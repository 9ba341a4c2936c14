"""Insertion again from a good plan: by hand, over a peak that one job alone does not pay for, and in the second process."""

from __future__ import annotations

import pickle
import time
from pathlib import Path

import numpy as np
import pytest

from tests.optimize.line import line, random_shop, way, whole_plan
from twin.optimize.check.shop_cost import shop_figures
from twin.optimize.insertion.search import dispatch_shop, estimate_krw, insert, with_peaks_paid
from twin.optimize.problem.network import DemandMonth
from twin.optimize.problem.shop import Operation, Placed, Shop
from twin.optimize.search.shop_again import TURNS, insert_again
from twin.optimize.search.shop_worker import Asked, insert_beside


def two_cheap_slots(rate_krw_per_kw: float) -> Shop:
    """Two jobs of 100 kW for an hour; power at 30 KRW/kWh in slots 0 and 1 and at 10 in 2 and 3, where 100 kW are drawn already."""
    month = DemandMonth("m", np.ones(4, dtype=bool), 0.0, rate_krw_per_kw)
    base_kw = np.array([0.0, 0.0, 100.0, 100.0])
    return line(
        [30, 30, 10, 10], [(0, None)] * 2, [Operation("w", {"m": way(1, 100)})], base_kw=base_kw, months=(month,)
    )


def slots_of(placed: tuple[Placed, ...]) -> list[int]:
    return sorted(one.start for one in placed)


def test_two_jobs_pay_for_a_peak_that_one_does_not() -> None:
    """Proves: with the peak paid for up to twice its height both jobs move to cheap slots: 2 · 2,000 KRW less energy, 3,000 more demand.

    Sensitivity: at the true price the first to move would save 2,000 and pay 3,000, so both stay.
    """
    shop = two_cheap_slots(30.0)
    start = dispatch_shop(shop)
    assert (slots_of(start), estimate_krw(shop, start)) == ([0, 1], pytest.approx(11_000.0))
    assert slots_of(insert(shop, start, iterations=100)) == [0, 1]
    moved = insert(with_peaks_paid(shop, start, 1.0), start, iterations=100)
    assert (slots_of(moved), estimate_krw(shop, moved)) == ([2, 3], pytest.approx(10_000.0))


def test_a_peak_is_paid_for_up_to_what_is_said() -> None:
    """Proves: the floor is the start's peak, 100 kW, and the share on top; a higher floor of the month's own stays."""
    shop = two_cheap_slots(30.0)
    start = dispatch_shop(shop)
    assert with_peaks_paid(shop, start, 0.25).months[0].floor_kw == pytest.approx(125.0)
    again = with_peaks_paid(shop, start, 1.0)
    assert with_peaks_paid(again, start, 0.25).months[0].floor_kw == pytest.approx(250.0)


def test_turns_differ_and_say_what_they_are() -> None:
    """Proves: turns go round, each told in words; where nothing is raised, what comes out is never worse."""
    shop = random_shop(3)
    start = dispatch_shop(shop)
    told = [insert_again(shop, start, turn, seconds=0.02, seed=1)[1] for turn in range(len(TURNS) + 1)]
    assert len(set(told)) == len(TURNS)
    assert told[0] == told[-1] == "insertion again, heat 0.3, peak +6%"
    plain = next(turn for turn, (_, raised) in enumerate(TURNS) if not raised)
    found, _ = insert_again(shop, start, plain, seconds=0.1, seed=1)
    assert estimate_krw(shop, found) <= estimate_krw(shop, start)


def test_the_second_process_goes_on_from_the_best_plan(tmp_path: Path) -> None:
    """Proves: offered a plan that pays for a peak, insertion beside the search leaves a plan of every job that breaks no rule and costs
    no more. Sensitivity: begun from the dispatch it would leave the jobs in the dear slots, 11,000 KRW.
    """
    shop = two_cheap_slots(30.0)
    best = insert(with_peaks_paid(shop, dispatch_shop(shop), 1.0), dispatch_shop(shop), iterations=100)
    later = tuple(one if one.job == "0" else Placed(one.job, 0, "m", 0, 1, one.load) for one in best)
    (tmp_path / "best.pkl").write_bytes(pickle.dumps(later))
    insert_beside(tmp_path, shop, Asked(time.time() + 1.0, 3.0, 5, False))
    placed = pickle.loads((tmp_path / "placed.pkl").read_bytes())  # noqa: S301 – written above
    assert not shop_figures(shop, whole_plan(shop, placed)).broken
    assert estimate_krw(shop, placed) == pytest.approx(10_000.0)

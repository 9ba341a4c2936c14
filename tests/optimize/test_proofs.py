"""Problems that a person can solve: each test says what it proves and what the answer would be without the thing proved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.optimize.tiny import one_machine, series
from twin.optimize.problem.network import (
    BatteryData,
    Capacity,
    Carbon,
    Change,
    DemandMonth,
    Due,
    Problem,
    Stock,
    Targets,
    Task,
)
from twin.optimize.search.anytime import Solution, search


def solve(problem: Problem) -> Solution:
    """Solved to the end."""
    solution = search(problem, [], iterations=3)
    assert solution.status == "optimal"
    assert solution.bound_krw == pytest.approx(solution.objective_krw, rel=1e-5)
    return solution


def when(solution: Solution, task: str = "lot") -> list[int]:
    """Slots in which a task starts, repeated when several do."""
    return sorted(slot for (name, slot), count in solution.starts.items() if name == task for _ in range(round(count)))


def month(
    horizon: int, floor_kw: float, rate_krw_per_kw: float, carry_krw_per_kw: float = 0.0, counts: tuple[int, ...] = ()
) -> DemandMonth:
    """A demand month that counts in all slots, or in those given."""
    mask = np.ones(horizon, dtype=bool) if not counts else np.isin(np.arange(horizon), counts)
    return DemandMonth("2026-07", mask, floor_kw, rate_krw_per_kw, carry_krw_per_kw)


def test_cheapest_hour() -> None:
    """Proves: one lot of 100 kW goes to the cheapest hour: 500. Sensitivity: at the first hour it would be 1000."""
    solution = solve(one_machine(series(10, 5, 7, 20)))
    assert when(solution) == [1]
    assert solution.objective_krw == pytest.approx(500)


def test_demand_charge_avoids_the_peak() -> None:
    """Proves: two units could run both lots in hour 1 (2 × 500); 20 KRW/kW makes one peak of 100 kW and a second hour cheaper:
    500 + 700 + 2000 = 3200. Sensitivity: without the demand charge both run in hour 1 for 1000; both together cost 1000 + 4000."""
    plain = solve(one_machine(series(10, 5, 7, 20), lots=2, units=2))
    priced = solve(one_machine(series(10, 5, 7, 20), lots=2, units=2, months=(month(4, 0.0, 20.0),)))
    assert (when(plain), plain.objective_krw) == ([1, 1], pytest.approx(1000))
    assert (when(priced), priced.objective_krw) == ([1, 2], pytest.approx(3200))


def test_ratchet_floor_makes_the_peak_free() -> None:
    """Proves: with 200 kW billed anyway both lots share the cheapest hour: 1000 + 20·200 = 5000. Sensitivity: with a floor of 100 kW
    the second hour is used: 1200 + 2000 = 3200."""
    high = solve(one_machine(series(10, 5, 7, 20), lots=2, units=2, months=(month(4, 200.0, 20.0),)))
    low = solve(one_machine(series(10, 5, 7, 20), lots=2, units=2, months=(month(4, 100.0, 20.0),)))
    assert (when(high), high.objective_krw) == ([1, 1], pytest.approx(5000))
    assert (when(low), low.objective_krw) == ([1, 2], pytest.approx(3200))


def test_a_new_peak_costs_the_months_that_it_binds() -> None:
    """Proves: above the floor a kW costs this month's share and the carry: 1 KRW/kW now is less than the 200 KRW that sharing hour 1
    saves, but with 3 KRW/kW in later months it is not. Sensitivity: carry 0 puts both lots in hour 1 (1000 + 200 = 1200)."""
    prices = series(10, 5, 7, 20)
    now = solve(one_machine(prices, lots=2, units=2, months=(month(4, 100.0, 1.0),)))
    later = solve(one_machine(prices, lots=2, units=2, months=(month(4, 100.0, 1.0, 3.0),)))
    assert (when(now), now.objective_krw) == ([1, 1], pytest.approx(1000 + 200))
    assert (when(later), later.objective_krw) == ([1, 2], pytest.approx(1200 + 100))


def test_demand_counts_only_in_its_hours() -> None:
    """Proves: demand off-peak is not billed, so both lots run in hour 0, which does not count, at 600 each. Sensitivity: counted
    everywhere, they are spread: 500 + 600 + 20·100."""
    prices = series(6, 5, 7, 20)
    free = solve(one_machine(prices, lots=2, units=2, months=(month(4, 0.0, 20.0, counts=(1, 2, 3)),)))
    counted = solve(one_machine(prices, lots=2, units=2, months=(month(4, 0.0, 20.0),)))
    assert (when(free), free.objective_krw) == ([0, 0], pytest.approx(1200))
    assert (when(counted), counted.objective_krw) == ([0, 1], pytest.approx(1100 + 2000))


def test_night_premium_beats_the_off_peak_price() -> None:
    """Proves: 100 kWh at night save 100·(15 − 5) = 1000 KRW, one person on overtime there costs 1500: the lot runs by day.
    Sensitivity: with an overtime of 900 KRW it runs at night for 500 + 900."""

    def plant(overtime_krw: float) -> Problem:
        crew = Capacity("crew", series(0, 1), series(1, 0), series(overtime_krw, 0))
        problem = one_machine(series(5, 15), capacities={"crew": crew})
        return replace(problem, tasks={"lot": replace(problem.tasks["lot"], uses={"crew": 1.0})})

    dear, cheap = solve(plant(1500.0)), solve(plant(900.0))
    assert (when(dear), dear.objective_krw) == ([1], pytest.approx(1500))
    assert (when(cheap), cheap.objective_krw) == ([0], pytest.approx(500 + 900))


def test_rostered_hours_are_sunk() -> None:
    """Proves: people who are paid anyway do not keep a lot from the cheap hour. Sensitivity: their wage never enters the objective."""
    crew = Capacity("crew", series(1, 1))
    problem = one_machine(series(5, 15), capacities={"crew": crew})
    solution = solve(replace(problem, tasks={"lot": replace(problem.tasks["lot"], uses={"crew": 1.0})}))
    assert (when(solution), solution.objective_krw) == ([0], pytest.approx(500))


def test_nobody_there_no_work() -> None:
    """Proves: with one person two lots cannot run at once though two units are free. Sensitivity: with two people both run in hour 1."""

    def plant(people: float) -> Problem:
        problem = one_machine(
            series(10, 5, 7, 20), lots=2, units=2, capacities={"crew": Capacity("crew", np.full(4, people))}
        )
        return replace(problem, tasks={"lot": replace(problem.tasks["lot"], uses={"crew": 1.0})})

    assert when(solve(plant(1.0))) == [1, 2]
    assert when(solve(plant(2.0))) == [1, 1]


def test_power_cap() -> None:
    """Proves: 150 kW at the meter, base load 20 kW: only one lot of 100 kW at a time. Sensitivity: without the cap both in hour 1."""
    base = np.full(4, 20.0)
    capped = solve(one_machine(series(10, 5, 7, 20), lots=2, units=2, base_kw=base, cap_kw=np.full(4, 150.0)))
    free = solve(one_machine(series(10, 5, 7, 20), lots=2, units=2, base_kw=base))
    assert (when(capped), when(free)) == ([1, 2], [1, 1])


def heat_then_cast(hold_kw: float) -> Problem:
    """A heat gives 100 kg, the cell takes them in hour 3 only; metal that waits draws ``hold_kw`` per 100 kg."""
    stocks = {
        "furnace": Stock("furnace", 1.0, high=1.0),
        "metal": Stock("metal", 0.0, high=100.0, hold_kw=hold_kw / 100.0),
        "done": Stock("done", 0.0, high=1.0),
    }
    heat = Task(
        "heat",
        "heat",
        "melt",
        1,
        series(100.0),
        np.ones(4, dtype=bool),
        (Change("furnace", 0, -1.0), Change("furnace", 1, 1.0), Change("metal", 1, 100.0)),
    )
    lot = Task(
        "lot",
        "lot",
        "cell",
        1,
        series(0.0),
        np.array([False, False, False, True]),
        (Change("metal", 0, -100.0), Change("done", 0, 1.0)),
    )
    return Problem(
        4,
        1.0,
        stocks,
        {"heat": heat, "lot": lot},
        np.zeros(4),
        series(10, 5, 6, 20),
        Carbon(np.zeros(4)),
        dues=(Due("done", np.zeros(4), 0.0, 1.0, 1e6),),
    )


def test_holding_metal_is_weighed_against_the_price() -> None:
    """Proves: melting at hour 1 saves 100 KRW against hour 2 but holds 100 kg through hour 2 at 6 KRW/kWh. At 10 kW that is 60: hour 1.
    At 30 kW it is 180: hour 2. Sensitivity: without holding it is always hour 1."""
    assert when(solve(heat_then_cast(10.0)), "heat") == [1]
    assert when(solve(heat_then_cast(30.0)), "heat") == [2]
    assert solve(heat_then_cast(10.0)).objective_krw == pytest.approx(500 + 60)


def test_metal_cannot_wait_longer_than_it_may() -> None:
    """Proves: metal that may not wait is melted in the hour before it is cast. Sensitivity: with a wait of one slot, an hour earlier."""
    problem = heat_then_cast(0.0)

    def limited(slots: int) -> Problem:
        metal = replace(problem.stocks["metal"], longest_wait_slots=slots)
        return replace(problem, stocks={**problem.stocks, "metal": metal})

    assert when(solve(limited(1)), "heat") == [1]
    solution = solve(
        replace(
            limited(1),
            tasks={**problem.tasks, "lot": replace(problem.tasks["lot"], allowed=np.array([False, True, True, True]))},
        )
    )
    assert when(solution, "heat") == [1]
    wide = replace(problem, price_krw_per_kwh=series(1, 5, 6, 20))
    tight = replace(wide, stocks={**wide.stocks, "metal": replace(wide.stocks["metal"], longest_wait_slots=1)})
    assert when(solve(wide), "heat") == [0]
    assert when(solve(tight), "heat") == [1]


def test_carbon_price_moves_the_lot() -> None:
    """Proves: hour 1 is 200 KRW cheaper but 0.4 kg/kWh dirtier: 40 kg; at 10 KRW/kg the lot moves to hour 2. Sensitivity: at 4 KRW/kg
    it stays."""
    intensity = series(0.5, 0.8, 0.4, 0.5)

    def plant(price: float) -> Problem:
        return one_machine(series(10, 5, 7, 20), carbon=Carbon(intensity, price_krw_per_kg=price))

    dear, cheap = solve(plant(10.0)), solve(plant(4.0))
    assert (when(dear), dear.objective_krw) == ([2], pytest.approx(700 + 400))
    assert (when(cheap), cheap.objective_krw) == ([1], pytest.approx(500 + 320))


def test_emission_cap_moves_the_lot() -> None:
    """Proves: a cap of 45 kg forbids hour 1 (80 kg) and hour 0 (50 kg). Sensitivity: a cap of 80 kg keeps hour 1."""
    intensity = series(0.5, 0.8, 0.4, 0.5)
    capped = solve(one_machine(series(10, 5, 7, 20), carbon=Carbon(intensity, cap_kg=45.0)))
    loose = solve(one_machine(series(10, 5, 7, 20), carbon=Carbon(intensity, cap_kg=80.0)))
    assert (when(capped), when(loose)) == ([2], [1])


def test_tardiness_is_weighed_against_the_price() -> None:
    """Proves: due by the end of hour 0; waiting for hour 1 saves 500 KRW and costs one late slot. Sensitivity: at 400 KRW per slot it
    waits, at 600 it does not."""

    def plant(late_krw: float) -> Problem:
        return one_machine(series(10, 5, 7, 20), dues=(Due("done", np.ones(4), late_krw, 1.0, 1e6),))

    patient, prompt = solve(plant(400.0)), solve(plant(600.0))
    assert (when(patient), patient.objective_krw) == ([1], pytest.approx(500 + 400))
    assert (when(prompt), prompt.objective_krw) == ([0], pytest.approx(1000))


def test_photovoltaics_draw_the_lot() -> None:
    """Proves: 80 kW of sun in hour 2 leave 20 kWh at 7 KRW. Sensitivity: without sun the lot runs in hour 1 for 500."""
    solution = solve(one_machine(series(10, 5, 7, 20), pv_kw=series(0, 0, 80, 0)))
    assert (when(solution), solution.objective_krw) == ([2], pytest.approx(140))


def test_battery_moves_energy() -> None:
    """Proves: with 80 % round trip 100 kWh of base load in the dear hour are bought as 125 kWh in the cheap one: 625 instead of 2000.
    Sensitivity: with prices 5 and 6 the losses cost more than the spread and nothing is moved."""
    battery = BatteryData(energy_kwh=200.0, power_kw=200.0, one_way=0.8**0.5, initial_kwh=0.0)
    base = series(0, 100)

    def plant(dear: float) -> Problem:
        return replace(one_machine(series(5, dear), lots=0, battery=battery, base_kw=base), dues=())

    assert solve(plant(20.0)).objective_krw == pytest.approx(625)
    assert solve(plant(6.0)).objective_krw == pytest.approx(600)


def two_products(setup_kw: float, gap_price: float) -> Problem:
    """One cell, made ready for product a; two lots of a and one of b; a change of product takes a slot."""
    horizon, always = 5, np.ones(5, dtype=bool)
    stocks = {
        "ready a": Stock("ready a", 1.0, 1.0),
        "ready b": Stock("ready b", 0.0, 1.0),
        "done a": Stock("done a", 0.0, 2.0),
        "done b": Stock("done b", 0.0, 1.0),
    }

    def lot(p: str) -> Task:
        return Task(
            f"lot {p}",
            "lot",
            "cell",
            1,
            series(10.0),
            always,
            (Change(f"ready {p}", 0, -1.0), Change(f"ready {p}", 1, 1.0), Change(f"done {p}", 0, 1.0)),
        )

    def change(p: str, q: str) -> Task:
        return Task(
            f"{p} to {q}",
            "setup",
            "cell",
            1,
            series(setup_kw),
            always,
            (Change(f"ready {p}", 0, -1.0), Change(f"ready {q}", 1, 1.0)),
        )

    dues = (Due("done a", np.zeros(5), 0.0, 2.0, 1e6), Due("done b", np.zeros(5), 0.0, 1.0, 1e6))
    return Problem(
        horizon,
        1.0,
        stocks,
        {"lot a": lot("a"), "lot b": lot("b"), "a to b": change("a", "b"), "b to a": change("b", "a")},
        np.zeros(5),
        series(1, 1, gap_price, 1, 1),
        Carbon(np.zeros(5)),
        dues=dues,
    )


def test_a_change_of_product_takes_time_and_happens_once() -> None:
    """Proves: both lots of a, one change, then b: 3 lots and 1 set-up in 5 slots, the dear slot left out. Sensitivity: without the
    set-up task b could not be made at all, because no cell is ready for it."""
    solution = solve(two_products(5.0, 100.0))
    assert len(when(solution, "a to b")) == 1
    assert when(solution, "b to a") == []
    assert when(solution, "lot b")[0] > when(solution, "a to b")[0]
    assert solution.objective_krw == pytest.approx(3 * 10 + 5)
    without = two_products(5.0, 100.0)
    stuck = search(
        replace(without, tasks={n: t for n, t in without.tasks.items() if t.role == "lot"}), [], iterations=3
    )
    assert stuck.objective_krw >= 1e6


def test_start_up_is_weighed_against_standby() -> None:
    """Proves: between two lots an idle unit at 10 kW costs 2 × 10 = 20; switching off and on costs 30: it stays on. With idle at 40 kW it
    is switched off. Sensitivity: without the state `off` the second case would cost 80 instead of 30."""
    always, ends = np.ones(4, dtype=bool), np.array([True, False, False, True])

    def plant(idle_kw: float) -> Problem:
        stocks = {
            "on": Stock("on", 1.0, 1.0, hold_kw=idle_kw),
            "off": Stock("off", 0.0, 1.0),
            "done": Stock("done", 0.0, 2.0),
        }
        tasks = {
            "lot": Task(
                "lot",
                "lot",
                "m",
                1,
                series(10.0),
                ends,
                (Change("on", 0, -1.0), Change("on", 1, 1.0), Change("done", 0, 1.0)),
            ),
            "shutdown": Task(
                "shutdown", "shutdown", "m", 0, series(), always, (Change("on", 0, -1.0), Change("off", 0, 1.0))
            ),
            "startup": Task(
                "startup", "startup", "m", 1, series(30.0), always, (Change("off", 0, -1.0), Change("on", 1, 1.0))
            ),
        }
        return Problem(
            4,
            1.0,
            stocks,
            tasks,
            np.zeros(4),
            np.ones(4),
            Carbon(np.zeros(4)),
            dues=(Due("done", np.zeros(4), 0.0, 2.0, 1e6),),
        )

    stays, leaves = solve(plant(10.0)), solve(plant(40.0))
    assert (when(stays, "startup"), stays.objective_krw) == ([], pytest.approx(20 + 20))
    assert (len(when(leaves, "startup")), leaves.objective_krw) == (1, pytest.approx(20 + 30))


def test_a_gap_cools_the_lining() -> None:
    """Proves: a heat within one slot of the last is hot (100 kWh), later it is cold (130 kWh). The second heat waits for the cheap
    hour although it is cold there: 100·10 + 130·5. Sensitivity: with the cheap hour at 9 it stays hot, soon after the first."""
    always = np.ones(5, dtype=bool)

    def plant(cheap: float) -> Problem:
        stocks = {
            "hot": Stock("hot", 1.0, 1.0, longest_wait_slots=1),
            "cold": Stock("cold", 0.0, 1.0),
            "done": Stock("done", 0.0, 2.0),
        }

        def heat(kind: str, kwh: float) -> Task:
            return Task(
                f"heat {kind}",
                "heat",
                "melt",
                1,
                series(kwh),
                always,
                (Change(kind, 0, -1.0), Change("hot", 1, 1.0), Change("done", 0, 1.0)),
            )

        cool = Task(
            "cool",
            "cool",
            "melt",
            0,
            series(),
            always,
            (Change("hot", 0, -1.0), Change("cold", 0, 1.0)),
            continuous=True,
        )
        return Problem(
            5,
            1.0,
            stocks,
            {"hot": heat("hot", 100.0), "cold": heat("cold", 130.0), "cool": cool},
            np.zeros(5),
            series(10, 10, 10, 10, cheap),
            Carbon(np.zeros(5)),
            dues=(Due("done", np.zeros(5), 0.0, 2.0, 1e6),),
        )

    waits, follows = solve(plant(5.0)), solve(plant(9.0))
    assert when(waits, "cold") == [4]
    assert waits.objective_krw == pytest.approx(1000 + 650)
    assert len(when(follows, "hot")) == 2
    assert follows.objective_krw == pytest.approx(1000 + 1000)


def targeted(targets: Targets, *prices: float) -> Problem:
    """One lot of 100 kW and 50 kg of good castings, due by the end of hour 0, lateness unpriced; 0.5 kg of CO2e a kWh, 0.4 in hour 2."""
    carbon = Carbon(series(0.5, 0.5, 0.4, 0.5))
    due = Due("done", np.ones(4), 0.0, 1.0, 1e6)
    return one_machine(series(*prices), dues=(due,), carbon=carbon, targets=targets, goods_kg={"done": 50.0})


def test_a_target_of_lateness_is_kept_at_any_price() -> None:
    """Proves: an hour late is allowed, so hour 1 (500) and not hour 3 (200). Sensitivity: without the target hour 3 it is."""
    kept, free = (solve(targeted(targets, 10, 5, 7, 2)) for targets in (Targets(lateness_h=1.0), Targets()))
    assert (when(kept), kept.objective_krw) == ([1], pytest.approx(500))
    assert (when(free), free.objective_krw) == ([3], pytest.approx(200))


def test_a_target_of_output_makes_the_lot() -> None:
    """Proves: with no price on a lot left out nothing would be made; 30 kg asked for cost the cheapest hour, 200."""
    due = Due("done", np.zeros(4), 0.0, 0.0, 0.0)
    idle, made = (
        solve(replace(targeted(targets, 10, 5, 7, 2), dues=(due,))) for targets in (Targets(), Targets(output_kg=30.0))
    )
    assert (when(idle), idle.objective_krw) == ([], pytest.approx(0.0))
    assert (when(made), made.objective_krw) == ([3], pytest.approx(200))


def test_a_target_of_intensity_moves_the_lot() -> None:
    """Proves: 50 kg of CO2e over 50 kg are 1,000 kg a tonne; 900 leaves hour 2 alone (40 kg, 800). Sensitivity: 1,000 keeps hour 3."""
    strict, loose = (solve(targeted(Targets(intensity_kg_per_kg=limit), 10, 5, 7, 2)) for limit in (0.9, 1.0))
    assert (when(strict), when(loose)) == ([2], [3])


def test_a_reduction_is_measured_by_what_is_operated() -> None:
    """Proves: a fifth less than 50 kg is 40: hour 2. Sensitivity: less than 60 kg by a sixth is 50, and hour 3 stays."""
    strict = solve(targeted(Targets(reduction=0.2, as_operated_kg=50.0), 10, 5, 7, 2))
    loose = solve(targeted(Targets(reduction=1 / 6, as_operated_kg=60.0), 10, 5, 7, 2))
    assert (when(strict), when(loose)) == ([2], [3])


def test_a_battery_burns_no_energy_that_is_paid_for() -> None:
    """Proves: at −10 KRW/kWh the battery takes what it can hold, 100 kWh from 125: −1250, and gives 80 of base load at 20 back.

    Sensitivity: charging and discharging 200 kW at once would burn energy for money.
    """
    battery = BatteryData(energy_kwh=100.0, power_kw=200.0, one_way=0.8, initial_kwh=0.0)
    solution = solve(replace(one_machine(series(-10, 20), lots=0, battery=battery, base_kw=series(0, 80)), dues=()))
    assert solution.objective_krw == pytest.approx(-1250.0)
    assert min(solution.values["charge", 0], solution.values["discharge", 0]) == pytest.approx(0.0, abs=1e-9)

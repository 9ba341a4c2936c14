"""A problem of a real week's shape without a scenario: one furnace whose lining cools, two cells, two products, shifts, a tariff."""

from __future__ import annotations

import numpy as np

from twin.optimize.problem.network import Carbon, Change, DemandMonth, Due, Flags, Floats, Problem, Stock, Task

PER_DAY = 96


def clock(days: int) -> Floats:
    """Hour of the day at the start of each slot."""
    return np.tile(np.arange(PER_DAY) / 4.0, days)


def shifts(days: int) -> Flags:
    """Working slots: 8-12 and 13-17 on five days, 20-24 and 1-5 after four of them."""
    hour, day = clock(days), np.arange(days * PER_DAY) // PER_DAY % 7
    by_day = ((hour >= 8) & (hour < 12) | (hour >= 13) & (hour < 17)) & (day < 5)
    by_night = (hour >= 20) & (day < 4) | (hour >= 1) & (hour < 5) & (day >= 1) & (day < 5)
    return by_day | by_night


def prices(days: int) -> Floats:
    """Summer prices of the large-industry tariff of 2026, high voltage A, option 2, KRW/kWh."""
    hour, day = clock(days), np.arange(days * PER_DAY) // PER_DAY % 7
    price = np.where((hour >= 22) | (hour < 8), 116.0, np.where((hour >= 15) & (hour < 21), 229.0, 163.8))
    return np.where(day == 6, 116.0, np.where((day == 5) & (price > 200), 163.8, price))


def fitting(open_slots: Flags, slots: int) -> Flags:
    """Slots from which ``slots`` slots are all open."""
    padded = np.concatenate([open_slots, np.zeros(slots, dtype=bool)])
    return np.array([bool(padded[t : t + slots].all()) for t in range(len(open_slots))])


def workshop(days: int = 7, heats_kg: float = 500.0, lots: tuple[int, int] = (50, 32)) -> Problem:
    """The problem; ``lots`` of products a (3 slots, 217 kg) and b (5 slots, 206 kg), due at 17:00 of the fifth day."""
    horizon = days * PER_DAY
    open_slots, always = shifts(days), np.ones(horizon, dtype=bool)
    stocks = {
        "hot": Stock("hot", 0.0, 1.0, longest_wait_slots=4),
        "warm": Stock("warm", 0.0, 1.0, longest_wait_slots=12),
        "cold": Stock("cold", 1.0, 1.0),
        "full": Stock("full", 0.0, 1.0, hold_kw=40.0),
        "metal": Stock("metal", 0.0, 900.0),
        "ready a": Stock("ready a", 1.0, 2.0, hold_kw=14.0),
        "ready b": Stock("ready b", 1.0, 2.0, hold_kw=14.0),
        "done a": Stock("done a", 0.0, float(lots[0])),
        "done b": Stock("done b", 0.0, float(lots[1])),
    }
    tasks = {
        t.name: t
        for t in [
            *(
                Task(
                    f"heat {kind}",
                    "heat",
                    "melt",
                    slots,
                    np.full(slots, kw),
                    fitting(open_slots, slots),
                    (Change(kind, 0, -1.0), Change("full", slots, 1.0)),
                )
                for kind, slots, kw in (("hot", 7, 170.0), ("warm", 7, 180.0), ("cold", 8, 185.0))
            ),
            Task(
                "tap",
                "tap",
                "melt",
                0,
                np.zeros(0),
                open_slots,
                (Change("full", 0, -1.0), Change("hot", 0, 1.0), Change("metal", 0, heats_kg)),
            ),
            Task(
                "cool hot",
                "cool",
                "melt",
                0,
                np.zeros(0),
                always,
                (Change("hot", 0, -1.0), Change("warm", 0, 1.0)),
                continuous=True,
            ),
            Task(
                "cool warm",
                "cool",
                "melt",
                0,
                np.zeros(0),
                always,
                (Change("warm", 0, -1.0), Change("cold", 0, 1.0)),
                continuous=True,
            ),
            *(
                Task(
                    f"lot {p}",
                    "lot",
                    "cast",
                    slots,
                    np.full(slots, 48.0),
                    fitting(open_slots, slots),
                    (
                        Change(f"ready {p}", 0, -1.0),
                        Change(f"ready {p}", slots, 1.0),
                        Change("metal", 0, -kg),
                        Change(f"done {p}", slots - 1, 1.0),
                    ),
                    product=p,
                )
                for p, slots, kg in (("a", 3, 217.0), ("b", 5, 206.0))
            ),
            *(
                Task(
                    f"{p} to {q}",
                    "setup",
                    "cast",
                    3,
                    np.full(3, 14.0),
                    fitting(open_slots, 3),
                    (Change(f"ready {p}", 0, -1.0), Change(f"ready {q}", 3, 1.0)),
                    product=q,
                )
                for p, q in (("a", "b"), ("b", "a"))
            ),
        ]
    }
    friday = np.where(np.arange(horizon) >= min(4 * PER_DAY + 67, horizon - 1), 1.0, 0.0)
    dues = tuple(Due(f"done {p}", n * friday, 12500.0, float(n), 5e5) for p, n in zip("ab", lots, strict=True))
    price = prices(days)
    month = DemandMonth("2026-07", price > 120.0, 300.0, 8320.0 * days / 31, 0.0)
    return Problem(
        horizon,
        0.25,
        stocks,
        tasks,
        np.full(horizon, 60.0),
        price,
        Carbon(np.full(horizon, 0.42), 12.75),
        dues=dues,
        months=(month,),
    )

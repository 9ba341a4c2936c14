"""A problem of a real week's shape without a scenario: one furnace whose lining cools, two cells, two products, shifts, a tariff."""

from __future__ import annotations

import numpy as np

from twin.optimize.problem.network import Carbon, Change, DemandMonth, Due, Flags, Floats, Problem, Role, Stock, Task

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


def furnace(days: int, heats_kg: float) -> list[Task]:
    """Heats in a hot, a warm and a cold lining, tapped into the metal; the lining cools when it has waited too long."""
    open_slots, always = shifts(days), np.ones(days * PER_DAY, dtype=bool)

    def at_once(name: str, role: Role, when: Flags, *changes: Change, continuous: bool = False) -> Task:
        return Task(name, role, "melt", 0, np.zeros(0), when, changes, continuous=continuous)

    def heat(kind: str, slots: int, kw: float) -> Task:
        changes = (Change(kind, 0, -1.0), Change("full", slots, 1.0))
        return Task(f"heat {kind}", "heat", "melt", slots, np.full(slots, kw), fitting(open_slots, slots), changes)

    tapped = (Change("full", 0, -1.0), Change("hot", 0, 1.0), Change("metal", 0, heats_kg))
    return [
        *(heat(kind, slots, kw) for kind, slots, kw in (("hot", 7, 170.0), ("warm", 7, 180.0), ("cold", 8, 185.0))),
        at_once("tap", "tap", open_slots, *tapped),
        at_once("cool hot", "cool", always, Change("hot", 0, -1.0), Change("warm", 0, 1.0), continuous=True),
        at_once("cool warm", "cool", always, Change("warm", 0, -1.0), Change("cold", 0, 1.0), continuous=True),
    ]


def cells(days: int) -> list[Task]:
    """Lots of both products, and set-ups from one to the other."""
    open_slots = shifts(days)

    def lot(p: str, slots: int, kg: float) -> Task:
        ready = (Change(f"ready {p}", 0, -1.0), Change(f"ready {p}", slots, 1.0))
        changes = (*ready, Change("metal", 0, -kg), Change(f"done {p}", slots - 1, 1.0))
        when = fitting(open_slots, slots)
        return Task(f"lot {p}", "lot", "cast", slots, np.full(slots, 48.0), when, changes, product=p)

    def setup(p: str, q: str) -> Task:
        changes = (Change(f"ready {p}", 0, -1.0), Change(f"ready {q}", 3, 1.0))
        return Task(f"{p} to {q}", "setup", "cast", 3, np.full(3, 14.0), fitting(open_slots, 3), changes, product=q)

    return [lot("a", 3, 217.0), lot("b", 5, 206.0), setup("a", "b"), setup("b", "a")]


def workshop(days: int = 7, heats_kg: float = 500.0, lots: tuple[int, int] = (50, 32)) -> Problem:
    """The problem; ``lots`` of products a (3 slots, 217 kg) and b (5 slots, 206 kg), due at 17:00 of the fifth day."""
    horizon = days * PER_DAY
    stocks = [
        Stock("hot", 0.0, 1.0, longest_wait_slots=4),
        Stock("warm", 0.0, 1.0, longest_wait_slots=12),
        Stock("cold", 1.0, 1.0),
        Stock("full", 0.0, 1.0, hold_kw=40.0),
        Stock("metal", 0.0, 900.0),
        Stock("ready a", 1.0, 2.0, hold_kw=14.0),
        Stock("ready b", 1.0, 2.0, hold_kw=14.0),
        Stock("done a", 0.0, float(lots[0])),
        Stock("done b", 0.0, float(lots[1])),
    ]
    friday = np.where(np.arange(horizon) >= min(4 * PER_DAY + 67, horizon - 1), 1.0, 0.0)
    price = prices(days)
    return Problem(
        horizon,
        0.25,
        {stock.name: stock for stock in stocks},
        {task.name: task for task in [*furnace(days, heats_kg), *cells(days)]},
        np.full(horizon, 60.0),
        price,
        Carbon(np.full(horizon, 0.42), 12.75),
        dues=tuple(Due(f"done {p}", n * friday, 12500.0, float(n), 5e5) for p, n in zip("ab", lots, strict=True)),
        months=(DemandMonth("2026-07", price > 120.0, 300.0, 8320.0 * days / 31, 0.0),),
    )

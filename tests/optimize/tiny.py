"""Hand-sized problems: one machine, one product, a few slots."""

from __future__ import annotations

import numpy as np

from twin.optimize.problem.network import Carbon, Change, Due, Floats, Problem, Stock, Task

FREE = Carbon(intensity_kg_per_kwh=np.zeros(0))


def series(*values: float) -> Floats:
    """A series of floats."""
    return np.array(values, dtype=float)


def one_machine(
    prices: Floats, *, lots: int = 1, slots: int = 1, power_kw: float = 100.0, units: int = 1, **more: object
) -> Problem:
    """``lots`` lots of ``slots`` slots at ``power_kw`` on ``units`` machines, slots of one hour, all required by the end."""
    horizon = len(prices)
    stocks = {
        "units": Stock("units", initial=float(units), high=float(units)),
        "todo": Stock("todo", initial=float(lots)),
        "done": Stock("done", initial=0.0),
    }
    lot = Task(
        "lot",
        "lot",
        "machine",
        slots,
        np.full(slots, power_kw),
        np.ones(horizon, dtype=bool),
        (
            Change("units", 0, -1.0),
            Change("units", slots, 1.0),
            Change("todo", 0, -1.0),
            Change("done", slots - 1, 1.0),
        ),
    )
    due = Due("done", np.zeros(horizon), 0.0, float(lots), 1e6)
    settings: dict[str, object] = {
        "base_kw": np.zeros(horizon),
        "carbon": Carbon(np.zeros(horizon)),
        "dues": (due,),
        "stocks": stocks,
        "tasks": {"lot": lot},
    }
    return Problem(slots=horizon, slot_h=1.0, price_krw_per_kwh=prices, **(settings | more))  # type: ignore[arg-type]

"""People who stay with a load: in their crew's hours they are paid already, outside of them (breaks, the end of a shift) it is overtime."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from twin.ledger.wages import premia_of
from twin.models.batches import BatchProcess
from twin.optimize.problem.grid import Slots
from twin.optimize.problem.network import Capacity
from twin.scenario.calendar import local_datetime, windows

if TYPE_CHECKING:
    from twin.optimize.check.shop_reading import Reading
    from twin.scenario.scenario import Scenario

STAY = "stay."


def stay_of(crew: str) -> str:
    """Name of the capacity of people of a crew who stay with loads."""
    return STAY + crew


def stays(scenario: Scenario, slots: Slots, kinds: Mapping[str, BatchProcess]) -> dict[str, Capacity]:
    """People of each crew whose stations ask for operators, as many as all their units take: in their hours, at overtime pay outside."""
    crews: dict[str, float] = {}
    for kind in kinds.values():
        if kind.crew is not None and kind.operators:
            crews[kind.crew] = crews.get(kind.crew, 0.0) + float(kind.units * kind.operators)
    return {stay_of(crew): _stay(scenario, slots, crew, most) for crew, most in crews.items()}


def _stay(scenario: Scenario, slots: Slots, crew: str, most: float) -> Capacity:
    there = slots.share(windows(scenario, scenario.spec.crews[crew].shifts, slots.start_s, slots.end_s)) > 1.0 - 1e-9
    premia, wage = premia_of(scenario), scenario.spec.crews[crew].wage_krw_per_h
    hours = np.array([local_datetime(scenario, slots.time(k)).hour for k in range(slots.count)])
    night = (hours >= premia.night_from_hour) | (hours < premia.night_to_hour)
    pay = wage * slots.hours * (1.0 + premia.overtime_share + premia.night_share * night)
    return Capacity(stay_of(crew), np.where(there, most, 0.0), np.where(there, 0.0, most), np.where(there, 0.0, pay))


def overtime_of(reading: Reading, slots: Slots) -> list[tuple[str, float, float, float]]:
    """Overtime of a schedule as rows: crew, from, to (s), people; a row a slot and load."""
    rows = []
    for inside in reading.loads.values():
        one, way = inside[0]
        for name, people in way.uses.items():
            if not name.startswith(STAY):
                continue
            there = reading.shop.capacities[name].available
            rows += [
                (name.removeprefix(STAY), slots.time(t), slots.time(t + 1), people)
                for t in range(one.start, one.start + way.slots)
                if not there[t]
            ]
    return rows

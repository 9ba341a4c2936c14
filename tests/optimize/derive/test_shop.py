"""A line of loads from a scenario: lots, rooms, lengths, powers, people, starts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.optimize.shop_day import planned, two_furnaces
from twin.core.faults import InputFault
from twin.models.batches import BatchLot
from twin.models.heat_treatment import BoxFurnace
from twin.optimize.derive.lines import is_line
from twin.optimize.derive.load_power import load_use, use_of
from twin.optimize.derive.people import stay_of
from twin.optimize.derive.shop import Line, derive_shop
from twin.optimize.derive.shop_feedback import LineFeedback
from twin.optimize.problem.grid import Slots, slots_of
from twin.optimize.problem.shop_state import line_state
from twin.scenario.scenario import Scenario, read


def _line(**changes: Any) -> tuple[Scenario, Slots, Line]:
    scenario = two_furnaces(**changes)
    slots = slots_of(scenario)
    return (
        scenario,
        slots,
        derive_shop(
            scenario, slots, line_state(scenario, slots.start_s, slots.end_s), LineFeedback(np.zeros(slots.count))
        ),
    )


def test_lots_take_their_share_of_a_load() -> None:
    """Proves: a lot of 200 kg takes half of a furnace for 400 kg and a quarter of one for 800 kg. Sensitivity: counting lots."""
    _, _, line = _line()
    (family,) = line.shop.families.values()
    rooms = [way.room for operation in family.operations for way in operation.ways.values()]
    assert rooms == pytest.approx([50.0, 25.0])
    assert [group.room for group in line.shop.groups.values()] == [100.0, 100.0]
    assert len(line.shop.jobs) == 8


def test_a_full_load_takes_what_the_furnace_says() -> None:
    """Proves: load and lots together are the energy of a full load of the furnace's own physics. Sensitivity: the lot part left out."""
    scenario, slots, line = _line()
    (family,) = line.shop.families.values()
    way = family.operations[0].ways["harden"]
    kind = scenario.stations["harden"]
    assert isinstance(kind, BoxFurnace)
    full = load_use(kind, "harden", [BatchLot("a", "pin", 200, 200.0)] * 2, slots.slot_s)
    assert way.job_kw is not None
    planned_kwh = float((way.load_kw + 2 * way.job_kw).sum()) * slots.hours
    assert planned_kwh == pytest.approx(float(full.power_kw.sum()) * slots.hours, rel=1e-9)
    assert way.slots == slots.whole(full.duration_s)


def test_power_by_slot_keeps_the_energy() -> None:
    """Proves: slot means of phases sum to the phases' own energy. Sensitivity: a slot edge inside a phase lost."""
    kind = two_furnaces().stations["harden"]
    assert isinstance(kind, BoxFurnace)
    state = kind.start()
    phases = kind.rest(5000.0, "startup", state)
    exact = sum(f.amount(p.duration_s) for p in phases for f in p.flows if f.carrier == "electricity")
    assert float(use_of(phases, 900.0).power_kw.sum()) * 0.25 == pytest.approx(exact, rel=1e-9)


def test_loads_begin_while_people_are_there_and_run_through_breaks() -> None:
    """Proves: 12:00 to 12:30 nobody begins a load, but one may run; whoever stays is paid extra. Sensitivity: breaks as gaps."""
    _, _, line = _line()
    group, noon = line.shop.groups["harden"], 48
    assert group.begins is not None
    assert not group.begins[noon]
    assert group.begins[noon - 1]
    assert group.available[noon]
    stay = line.shop.capacities[stay_of("heat")]
    assert stay.overtime_krw is not None
    assert stay.overtime_krw[noon] == pytest.approx(15000.0 * 0.25 * 1.5)
    assert stay.overtime_krw[noon - 1] == 0.0
    (family,) = line.shop.families.values()
    assert family.operations[0].ways["harden"].uses == {stay_of("heat"): 1.0}
    assert family.operations[1].ways["temper"].uses == {}


def test_furnaces_begin_cold_and_take_their_startup() -> None:
    """Proves: on Monday no furnace is on and the box furnace takes eight slots of start-up. Sensitivity: on at the start."""
    _, _, line = _line()
    states = line.shop.groups["harden"].states
    assert states is not None
    assert (states.on_at_start, states.startup_slots) == (0, 8)


def test_what_is_a_line() -> None:
    """Proves: furnaces on routes are a line, foundries are not. Sensitivity: a foundry's heat treatment read as one."""
    assert is_line(two_furnaces())
    assert not is_line(read("scenarios/aluminium-foundry.yaml"))


def test_orders_at_random_are_refused() -> None:
    """Proves: lots that nobody knows cannot be planned. Sensitivity: planning the mean."""
    scenario = two_furnaces(orders__pin__every={"exponential": {"mean": "10 h"}}, orders__pin__due=None)
    slots = slots_of(scenario)
    with pytest.raises(InputFault, match="random"):
        derive_shop(
            scenario, slots, line_state(scenario, slots.start_s, slots.end_s), LineFeedback(np.zeros(slots.count))
        )


def test_the_plan_says_all() -> None:
    """Proves: every lot is in one load of each furnace, loads are full, each furnace ends off. Sensitivity: a lot or command lost."""
    _, _, found = planned()
    for station, many in (("harden", 2), ("temper", 4)):
        batches = [b for b in found.plan.batches if b.equipment == f"{station}.1"]
        assert len({b.job for b in batches}) == len(batches) == 8
        assert len({b.load for b in batches}) == 8 // many
        assert [c.state for c in found.plan.commands if c.equipment == f"{station}.1"][-1] == "off"

"""A run that begins with liquid metal in the plant, or with repairs under way, goes on as one long run."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.workshop import workshop
from tests.support import ROOT
from twin.core.faults import InputFault
from twin.experiment.draws import AddressedDraws
from twin.ledger.balance import residuals_of_trace
from twin.ledger.energy import quarter_hour_kwh
from twin.ledger.laws import laws
from twin.ledger.trace import ROLES, Trace
from twin.models.plant import simulate, simulate_to_state
from twin.scenario.plan import PlantState
from twin.scenario.scenario import Scenario, read

DAY_S = 86_400.0
DAYS = ["mon", "tue", "wed", "thu", "fri"]
BREAKS_OFTEN = {"every": {"exponential": {"mean": "2 h"}}, "repair": "25 min"}
PLANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "iron": (
        "iron-foundry",
        {
            "stations.mould.failures": BREAKS_OFTEN,
            "site.power_cap": "1700 kW",
            "stations.melt.charge.spread": "3 %",
            "calendar.startup": None,
            "calendar.shifts": {
                "early": {"days": DAYS, "from": "00:00", "to": "12:00"},
                "late": {"days": DAYS, "from": "12:00", "to": "24:00"},
            },
        },
    ),
    "crane": (
        "iron-foundry",
        {
            "resources": {"crane": {"units": 1}},
            "stations.melt.needs": {"crane": {"during": "loading"}},
            "stations.mould.needs": {"crane": 1},
            "stations.mould.failures": BREAKS_OFTEN,
        },
    ),
    "tapping": (
        "iron-foundry",
        {"resources": {"crane": {"units": 1}}, "stations.melt.needs": {"crane": {"during": "unloading"}}},
    ),
    "aluminium": ("aluminium-foundry", {"stations.cast.failures": BREAKS_OFTEN}),
}


def _plant(name: str) -> Scenario:
    file, changes = PLANTS[name]
    run = {"run.warmup": "0 s", "run.duration": "1 week"}
    return read(ROOT / "scenarios" / f"{file}.yaml").changed(run | changes)


def _workshop() -> Scenario:
    """Three machines that break down often, mended by one fitter who also sets up the last of them."""
    broken = {"every": {"exponential": {"mean": "5 h"}}, "repair": "70 min", "repair_crew": "fitter"}
    machine = {"kind": "machine", "cycle": "6 min", "power": {"processing": "20 kW", "standby": "3 kW"}}
    stations = {
        "saw": machine | {"failures": broken, "units": 2},
        "turn": machine
        | {"cycle": "4 min", "failures": broken, "needs": {"hoist": {"during": "transfer", "for": "5 min"}}},
        "test": machine
        | {
            "cycle": "3 min",
            "setup": {"between_products": "20 min"},
            "needs": {"fitter": {"during": "setup"}, "hoist": 1},
            "buffer_before": 20,
        },
        "fire": {
            "kind": "batch_machine",
            "cycle": "50 min",
            "units": 2,
            "load": {"places": 20, "minimum": "60 %", "max_wait": "3 h"},
            "needs": {"hoist": {"during": "unloading", "for": "8 min"}, "hook": {"during": "loading", "for": "9 min"}},
            "power": {"processing": "50 kW"},
        },
        "dry": machine | {"failures": {"every": "7 h", "repair": "1 h", "clock": "calendar"}, "cycle": "3 min"},
    }
    products = {name: {"lot": 10, "route": ["saw", "turn", "test", "fire", "dry"]} for name in ("a", "b")}
    orders = {
        f"o{name}": {"product": name, "quantity": 700, "every": "week", "due": {"day": "sat", "at": "12:00"}}
        for name in products
    }
    shifts = {"all": {"days": [*DAYS, "sat", "sun"], "from": "00:00", "to": "24:00"}}
    return workshop(
        stations,
        products,
        orders,
        calendar={"holidays": None, "shifts": shifts},
        crews={"fitter": {"people": 1, "shifts": ["all"], "wage": "15000 KRW/h"}},
        resources={"hoist": {"units": 1}, "hook": {"units": 1}},
    )


@cache
def _whole(name: str, days: int) -> tuple[Scenario, Trace]:
    scenario = _workshop() if name == "workshop" else _plant(name)
    return scenario, simulate(scenario, AddressedDraws(5, 0), t_to=days * DAY_S)


def _moves(trace: Trace, from_s: float) -> list[tuple[object, ...]]:
    """Equipment, operation, start, end and leaving of lots begun after ``from_s``, counted from there, to a tenth of a millisecond."""
    m, names = trace.moves, trace.names.equipment
    kept = [k for k in range(len(m)) if m["started"][k] >= from_s + 1e-6 and m["left"][k] < trace.duration_s - 1e-6]
    times = ("started", "ended", "left")
    found: list[tuple[object, ...]] = [
        (names[int(m["equipment"][k])], int(m["operation"][k]), *(round(float(m[t][k]) - from_s, 4) for t in times))
        for k in kept
    ]
    return sorted(found, key=str)


def _kwh(trace: Trace, from_s: float, to_s: float) -> dict[str, np.ndarray]:
    by = quarter_hour_kwh(trace.flows, "electricity", from_s, to_s, by="equipment")
    assert isinstance(by, dict)
    return {trace.names.equipment[code]: amounts for code, amounts in by.items()}


def _goes_on(name: str, days: int, at_h: float) -> tuple[PlantState, Trace]:
    """Cut a run at an hour, go on from the state, compare what comes after midnight with the run that was not cut."""
    scenario, whole = _whole(name, days)
    _, state = simulate_to_state(scenario, AddressedDraws(5, 0), t_to=at_h * 3600.0)
    day = -int(-at_h // 24)
    begins_s = day * DAY_S
    later = scenario.changed({"run.start": str(scenario.spec.run.start + dt.timedelta(days=day))})
    again = PlantState.from_json(state.to_json())
    rest = simulate(later, AddressedDraws(5, 0), t_to=days * DAY_S - begins_s, state=again)
    assert {rule: r for rule, r in (residuals_of_trace(rest) | laws(rest)).items() if not r <= 1e-9} == {}
    assert _moves(rest, 0.0) == _moves(whole, begins_s)
    expected, found = _kwh(whole, begins_s, days * DAY_S), _kwh(rest, 0.0, days * DAY_S - begins_s)
    for equipment, amounts in expected.items():
        np.testing.assert_allclose(found[equipment], amounts, rtol=1e-9, atol=1e-9, err_msg=equipment)
    return state, rest


@pytest.mark.parametrize(("name", "at_h"), [("crane", 13.2), ("crane", 16.55), ("tapping", 10.1), ("tapping", 16.0)])
def test_a_foundry_with_one_crane_goes_on(name: str, at_h: float) -> None:
    """Proves: cut while one crane charges, carries ladles or is waited for, what follows is as if it had not been.

    Sensitivity: a crane that is free after the cut charges the next furnace sooner.
    """
    _goes_on(name, 2, at_h)


def _stock_kg(trace: Trace, role: str) -> float:
    rows = trace.material.where(trace.material["role"] == ROLES.index(role))
    return float(rows["kg"].sum())


@pytest.mark.parametrize(("at_h", "phase"), [(24.0, "tapping"), (13.2, "waiting"), (17.7, "pouring")])
def test_an_iron_foundry_goes_on_with_its_metal(at_h: float, phase: str) -> None:
    """Proves: cut in the midst of heats, of a tap, of pouring, of a wait for metal after a breakdown half-way through a lot, under a power
    cap and with weighed charges that scatter, every later lot begins, ends and leaves at the same time and every machine takes the same
    energy in every quarter-hour; the rest keeps invariants and laws.

    Sensitivity: forgotten metal, a ladle on its way, a granted power, the count of the day's heats each move what comes after.
    """
    state, rest = _goes_on("iron", 2, at_h)
    furnaces = {kept["state"] for kept in state.units.values() if "charged_kg" in kept}
    line = state.units["mould.1"]
    assert "heating" in furnaces
    assert {"tapping": "tapping" in furnaces, "waiting": line["rest"] < 1.0, "pouring": line["drawn"][0] > 0.0}[phase]
    assert len(_moves(rest, 0.0)) > 100


def test_stocks_are_handed_over() -> None:
    """Proves: what a run closes with in furnaces, ladles, moulds and lots is what the next one opens with, kg for kg.

    Sensitivity: metal that is laid in twice, or not at all, would still balance within the second run.
    """
    scenario, _ = _whole("iron", 2)
    first, state = simulate_to_state(scenario, AddressedDraws(5, 0), t_to=DAY_S)
    later = scenario.changed({"run.start": str(scenario.spec.run.start + dt.timedelta(days=1))})
    rest = simulate(later, AddressedDraws(5, 0), t_to=3600.0 * 20, state=state)
    assert _stock_kg(rest, "stock_open") == pytest.approx(_stock_kg(first, "stock_close"), rel=1e-12)
    assert _stock_kg(rest, "stock_open") > 3000.0


@pytest.mark.parametrize("at_h", [23.5, 9.3])
def test_an_aluminium_foundry_goes_on_with_its_metal(at_h: float) -> None:
    """Proves: as of the iron foundry, with dosing furnaces and long cells; the second run is counted from midnight on.

    Sensitivity: a dosing furnace that begins half full draws other power; a phase over midnight that is not cut there is lost.
    """
    state, _ = _goes_on("aluminium", 2, at_h)
    assert any(kept.get("state") == "heating" for kept in state.units.values())


@given(st.integers(3600, 70 * 3600))
@settings(max_examples=12, deadline=None)
def test_repairs_and_who_waits_for_people_go_on(at_s: int) -> None:
    """Proves: wherever a line is cut whose one fitter mends three machines and sets a fourth up, and whose one hoist carries, what follows
    is as if it had not been: repairs under way, machines that wait for the fitter, lots that wait for the hoist, breakdowns by calendar.

    Sensitivity: a fitter who is free after the cut mends sooner.
    """
    _goes_on("workshop", 4, at_s / 3600.0)


def test_a_state_tells_who_is_mended_and_who_waits() -> None:
    """Proves: the states of that line hold machines under repair, machines and lots that ask for the one fitter and the one hoist."""
    scenario, _ = _whole("workshop", 4)
    seen: set[str] = set()
    for hour in range(3, 60, 3):
        _, state = simulate_to_state(scenario, AddressedDraws(5, 0), t_to=hour * 3600.0)
        repairs = [kept["repair"] for kept in state.units.values() if kept.get("repair") is not None]
        seen |= {"mended" for one in repairs if one["at_work"]}
        seen |= {"waits" for one in repairs if one["down_s"] is not None and not one["at_work"]}
        seen |= {"asks" for kept in state.units.values() if kept.get("awaited")}
        assert sum(one["at_work"] for one in repairs) <= 1
    assert seen == {"mended", "waits", "asks"}


def test_metal_that_does_not_go_in_is_refused() -> None:
    """Proves: more metal than a furnace or ladle holds, a heat without its temperatures, in one sentence each."""
    scenario, _ = _whole("iron", 2)
    _, state = simulate_to_state(scenario, AddressedDraws(5, 0), t_to=DAY_S)
    later = scenario.changed({"run.start": str(scenario.spec.run.start + dt.timedelta(days=1))})
    melt = dict(state.units["melt.1"])

    def begin(units: dict[str, Any]) -> None:
        changed = PlantState(state.at, state.jobs, dict(state.units) | units, state.melting, state.asking)
        simulate(later, AddressedDraws(5, 0), t_to=60.0, state=changed)

    with pytest.raises(InputFault, match=r"melt\.1 would hold 1900\.0 kg of metal, 1650\.0 kg go in"):
        begin({"melt.1": melt | {"metal": [1900.0, 0.0, 1490.0]}})
    with pytest.raises(InputFault, match=r"what is kept of 'melt\.1' is damaged"):
        begin({"melt.1": melt | {"nodes_c": [20.0]}})

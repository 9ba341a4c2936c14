"""A run that begins where another ended is the same as one long run; states that do not fit are refused."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.workshop import WEEK_S, workshop
from tests.support import ROOT
from twin.core.faults import InputFault, ScenarioFaults
from twin.experiment.draws import AddressedDraws
from twin.ledger.balance import residuals_of_trace
from twin.ledger.energy import quarter_hour_kwh
from twin.ledger.laws import laws
from twin.ledger.trace import Trace
from twin.models.kept import kept_phases
from twin.models.phases import Phase
from twin.models.plant import simulate, simulate_to_state
from twin.scenario.plan import PlantState
from twin.scenario.scenario import Scenario, read

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat"]
CALENDAR = {"holidays": None, "shifts": {"day": {"days": DAYS, "from": "06:00", "to": "23:30"}}}
STATIONS: dict[str, Any] = {
    "cut": {
        "kind": "machine",
        "cycle": {"lognormal": {"mean": "12 min", "sd": "8 min"}},
        "units": 2,
        "failures": {"every": {"exponential": {"mean": "9 h"}}, "repair": "50 min"},
        "setup": {"between_products": "7 min"},
        "shifts": ["day"],
        "power": {"processing": "20 kW", "standby": "3 kW"},
    },
    "oven": {
        "kind": "batch_machine",
        "cycle": "3 h",
        "load": {"places": 40, "minimum": "80 %", "max_wait": "5 h"},
        "power": {"processing": "60 kW", "standby": "9 kW"},
        "maintenance": [{"every_cycles": 5, "for": "1 h"}],
    },
    "cool": {"kind": "cooling", "time": "150 min", "places": 6},
    "blast": {
        "kind": "shot_blast",
        "batch": 20,
        "cycle": "70 min",
        "buffer_before": 30,
        "power": {"processing": "30 kW"},
    },
    "pack": {
        "kind": "machine",
        "cycle": "9 min",
        "buffer_before": 10,
        "needs": {"hoist": 1},
        "dispatch": "setup_avoiding",
    },
    "ship": {"kind": "machine", "cycle": "2 min", "buffer_before": 0, "needs": {"hoist": 1}},
}
ROUTE = ["cut", "oven", "cool", "blast", "pack", "ship"]
PRODUCTS = {"a": {"lot": 10, "route": ROUTE, "recipe": "hot"}, "b": {"lot": 10, "route": ROUTE, "recipe": "mild"}}
ORDERS = {
    "oa": {"product": "a", "quantity": 600, "every": "week"},
    "ob": {"product": "b", "quantity": 500, "every": "week"},
}


def _shop(start: str, weeks: int, **more: Any) -> Scenario:
    run = {"start": start, "duration": f"{weeks} weeks", "warmup": "0 s"} | more.pop("run", {})
    keys = {"calendar": CALENDAR, "run": run, "resources": {"hoist": {"units": 1}}} | more
    return workshop(
        more.pop("stations", STATIONS), PRODUCTS, ORDERS, **{k: v for k, v in keys.items() if k != "stations"}
    )


def _rows(trace: Trace, from_s: float, shift_s: float) -> list[tuple[str, int, float, float, float]]:
    """Equipment, operation, start, end, leaving of lots begun after ``from_s``, shifted, rounded to the millisecond."""
    m = trace.moves
    kept = [k for k in range(len(m)) if m["started"][k] >= from_s + 1e-6 and m["left"][k] < trace.duration_s - 1e-6]
    return sorted(
        (
            trace.names.equipment[int(m["equipment"][k])],
            int(m["operation"][k]),
            *(round(float(m[name][k]) - shift_s, 3) for name in ("started", "ended", "left")),
        )
        for k in kept
    )


def test_a_run_from_a_state_goes_on_as_one_long_run() -> None:
    """Proves: two weeks in one against one and one: every lot of the second week begins, ends and leaves at the same time, through
    set-ups, breakdowns, batches, cooling, blocking, a shared hoist and the crew's hours; both halves keep every invariant and law.

    Sensitivity: anything forgotten (a set-up, hours to the next breakdown, a blocked lot) moves what comes after.
    """
    whole = simulate(_shop("2026-07-06", 2), AddressedDraws(5, 0))
    first, state = simulate_to_state(_shop("2026-07-06", 1), AddressedDraws(5, 0))
    second = simulate(_shop("2026-07-13", 1), AddressedDraws(5, 0), state=PlantState.from_json(state.to_json()))
    assert len(state.jobs) > 5
    assert {job.station for job in state.jobs} > {""}
    assert _rows(second, 0.0, 0.0) == _rows(whole, WEEK_S, WEEK_S)
    assert len(_rows(second, 0.0, 0.0)) > 100
    for trace in (first, second):
        broken = {name: r for name, r in (residuals_of_trace(trace) | laws(trace)).items() if not r <= 1e-9}
        assert broken == {}


@given(st.integers(0, 6), st.integers(1, 160), st.sampled_from([None, "shortest_processing_time", "fifo"]))
@settings(max_examples=8, deadline=None)
def test_nothing_is_lost_wherever_a_run_is_cut(replication: int, hours: int, rule: str | None) -> None:
    """Proves: jobs done before the cut + jobs in the state = jobs released, and those done after it come out of the state or are new.

    Sensitivity: a lot at a unit that is neither queued nor held.
    """
    scenario = _shop("2026-07-06", 1, **({"dispatch": {"rule": rule}} if rule else {}))
    trace, state = simulate_to_state(scenario, AddressedDraws(8, replication), t_to=hours * 3600.0)
    done = round(trace.facts.get("good_pieces", 0.0) / 10.0)
    assert done + len(state.jobs) == 110
    assert len({job.job for job in state.jobs}) == len(state.jobs)
    assert state == PlantState.from_json(state.to_json())


def test_a_scenario_names_the_state_that_it_begins_from(tmp_path: Path) -> None:
    """Proves: run.state in a file gives the same run as the state handed over; it travels with the scenario's payload.

    Sensitivity: a file that is read but not used.
    """
    first = _shop("2026-07-06", 1)
    _, state = simulate_to_state(first, AddressedDraws(5, 0))
    (tmp_path / "state.json").write_text(state.to_json(), encoding="utf-8")
    tree = dict(_shop("2026-07-13", 1).tree)
    tree["run"] = {**tree["run"], "state": {"file": "state.json"}}
    second = Scenario.from_tree(tree, tmp_path)
    again = Scenario.from_payload(second.payload())
    expected = _rows(simulate(_shop("2026-07-13", 1), AddressedDraws(5, 0), state=state), 0.0, 0.0)
    assert _rows(simulate(again, AddressedDraws(5, 0)), 0.0, 0.0) == expected


def test_a_state_of_another_plant_or_time_is_refused(tmp_path: Path) -> None:
    """Proves: by the time, by equipment, by product; a file that is no state; a warm-up before a state."""
    _, state = simulate_to_state(_shop("2026-07-06", 1), AddressedDraws(5, 0))
    with pytest.raises(InputFault, match="the run begins at 2026-07-20"):
        simulate(_shop("2026-07-20", 1), AddressedDraws(5, 0), state=state)
    fewer = {name: keys if name != "cut" else keys | {"units": 1} for name, keys in STATIONS.items()}
    with pytest.raises(InputFault, match=r"no equipment 'cut\.2'"):
        simulate(_shop("2026-07-13", 1, stations=fewer), AddressedDraws(5, 0), state=state)
    (tmp_path / "state.json").write_text("[]", encoding="utf-8")
    tree = dict(_shop("2026-07-13", 1).tree)
    tree["run"] = {**tree["run"], "warmup": "1 week", "state": {"file": "state.json"}}
    with pytest.raises(ScenarioFaults) as caught:
        Scenario.from_tree(tree, tmp_path)
    assert {fault.place for fault in caught.value.faults} == {"run.state.file", "run.state"}


def test_hot_furnaces_stay_hot() -> None:
    """Proves: the second of two weeks of heat treatment takes the same electricity and gas, furnace by furnace, from the state after the
    first: walls, loads under way and idle times are kept.

    Sensitivity: cold furnaces would take more on the first day.
    """

    def kwh(trace: Trace, from_s: float) -> dict[tuple[str, str], float]:
        found = {}
        for carrier in ("electricity", "natural_gas"):
            by = quarter_hour_kwh(trace.flows, carrier, from_s, from_s + WEEK_S, by="equipment")
            assert isinstance(by, dict)
            found |= {(trace.names.equipment[code], carrier): float(amounts.sum()) for code, amounts in by.items()}
        return {key: value for key, value in found.items() if key[0].split(".")[0] in stations}

    shop = read(ROOT / "scenarios" / "heat-treatment.yaml").changed({"run.warmup": "0 s", "run.duration": "2 weeks"})
    start, stations = shop.spec.run.start, set(shop.stations)
    begin, after = str(start), str(start + dt.timedelta(days=7))
    whole = simulate(shop, AddressedDraws(5, 0))
    first = shop.changed({"run.start": begin, "run.duration": "1 week"})
    _, state = simulate_to_state(first, AddressedDraws(5, 0))
    second = shop.changed({"run.start": after, "run.duration": "1 week"})
    hot = kwh(simulate(second, AddressedDraws(5, 0), state=PlantState.from_json(state.to_json())), 0.0)
    assert hot == pytest.approx(kwh(whole, WEEK_S), rel=1e-9)
    assert sum(hot.values()) != pytest.approx(sum(kwh(simulate(second, AddressedDraws(5, 0)), 0.0).values()), rel=1e-3)


def test_a_batch_that_outlasts_two_runs_keeps_the_phases_to_come() -> None:
    """Proves: of a batch begun at t = -100 whose state was taken at 0 only the phases after 0 are known; of these a second state, taken
    at 60, keeps the one that begins then. Sensitivity: laid out from the batch's begin, none would be kept.
    """
    phases = [Phase(60.0, "processing"), Phase(40.0, "holding")]
    assert [kept["state"] for kept in kept_phases(phases, 100.0, 60.0)] == ["holding"]
    assert [kept["state"] for kept in kept_phases(phases, 100.0, 0.0)] == ["processing", "holding"]

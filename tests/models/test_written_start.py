"""A plant begins with the metal and the repairs that a person wrote into the scenario file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.models.workshop import moves, seconds, week, workshop
from tests.support import ROOT
from twin.core.faults import ScenarioFaults
from twin.experiment.draws import MeanDraws
from twin.ledger.balance import residuals_of_trace
from twin.ledger.laws import laws
from twin.ledger.trace import ROLES, STATE, Trace
from twin.models.metals import alloy
from twin.models.plant import simulate
from twin.scenario.scenario import Scenario, read

IRON = ROOT / "scenarios" / "iron-foundry.yaml"
HOUR_S = 3600.0
MACHINE = {"kind": "machine", "cycle": "6 min", "power": {"processing": "20 kW", "standby": "3 kW"}}


def _foundry(**metal: Any) -> Scenario:
    state = {"run.warmup": "0 s", "run.duration": "1 week", "run.state": {"metal": metal} if metal else None}
    return read(IRON).changed(state)


def _kg(trace: Trace, role: str, equipment: str | None = None) -> float:
    rows = trace.material.where(trace.material["role"] == ROLES.index(role))
    if equipment is not None:
        rows = rows.where(rows["equipment"] == trace.names.equipment.index(equipment))
    return float(rows["kg"].sum())


def _run(scenario: Scenario) -> Trace:
    trace = simulate(scenario, MeanDraws(), t_to=86_400.0)
    assert {rule: r for rule, r in (residuals_of_trace(trace) | laws(trace)).items() if not r <= 1e-9} == {}
    return trace


def test_metal_that_is_there_is_not_melted_again() -> None:
    """Proves: 1,500 kg at tapping temperature in one furnace stand in stock_open; that furnace is not charged before moulders take them,
    which it is where the plant begins empty; mass balances.

    Sensitivity: metal that is only booked, not laid in, would not be poured.
    """
    cold, warm = _run(_foundry()), _run(_foundry(melt=[{"unit": 1, "mass": "1500 kg", "temperature": "1490 degC"}]))
    assert _kg(cold, "stock_open") == 0.0
    assert _kg(warm, "stock_open") == _kg(warm, "stock_open", "melt.1") == 1500.0
    assert _charged_kg(cold, "melt.1") > 1000.0
    assert _charged_kg(warm, "melt.1") == 0.0


def _charged_kg(trace: Trace, equipment: str) -> float:
    """What is charged before the moulders come at 06:00."""
    rows = trace.material.where(trace.material["equipment"] == trace.names.equipment.index(equipment))
    rows = rows.where((rows["t"] < 6 * HOUR_S) & (rows["role"] == ROLES.index("in")))
    return float(rows["kg"].sum())


def test_a_bath_below_tapping_temperature_is_brought_there() -> None:
    """Proves: 1,500 kg of grey iron at 1,300 degC take at least the enthalpy up to 1,490 degC at the furnace's efficiency before anything
    is tapped: the furnace is at work from the first second, for that energy over 900 kW at the least.

    Sensitivity: metal that counted as ready would be held instead.
    """
    trace = _run(_foundry(melt=[{"mass": "1500 kg", "temperature": "1300 degC"}]))
    iron = alloy("grey_iron")
    heat_kwh = 1500.0 * (iron.enthalpy_kwh_per_kg(1490.0) - iron.enthalpy_kwh_per_kg(1300.0))
    states, code = trace.states, trace.names.equipment.index("melt.1")
    mine = [k for k in range(len(states)) if states["equipment"][k] == code and states["t0"][k] < HOUR_S]
    worked_s = sum(float(states["t1"][k] - states["t0"][k]) for k in mine if states["state"][k] == STATE["processing"])
    assert heat_kwh / 0.76 / 900.0 * HOUR_S < worked_s < 1.3 * heat_kwh / 0.76 / 900.0 * HOUR_S


def test_a_ladle_that_nobody_pours_in_time_is_pigged() -> None:
    """Proves: 400 kg in the ladle at the line at midnight, when no moulder is there, come back as returns when its window is over.

    Sensitivity: without the window the metal would wait for the morning.
    """
    trace = _run(_foundry(mould=[{"mass": "400 kg", "temperature": "1400 degC", "window_left": "10 min"}]))
    rows = trace.material.where(trace.material["role"] == ROLES.index("returns"))
    assert (float(rows["t"][0]), float(rows["kg"][0])) == (600.0, 400.0)


def _line(down: list[dict[str, Any]], **keys: Any) -> Scenario:
    """Two saws, lots of one hour each, one fitter by day and night."""
    shifts = {"all": {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "00:00", "to": "24:00"}}
    run = {"start": "2026-07-06", "duration": "1 week", "warmup": "0 s", "state": {"down": {"saw": down}}}
    return workshop(
        {"saw": MACHINE | {"units": 2} | keys},
        {"a": {"lot": 10, "route": ["saw"]}},
        {"o": {"product": "a", "quantity": 100}},
        calendar={"holidays": None, "shifts": shifts},
        crews={"fitter": {"people": 1, "shifts": ["all"], "wage": "15000 KRW/h"}},
        run=run,
    )


def test_units_under_repair_begin_when_they_are_mended() -> None:
    """Proves: of two saws one is 2 h from being mended, the other waits 3 h of work for the same fitter: their first lots begin after
    2 h and after 5 h; till then they are down and draw nothing.

    Sensitivity: with a fitter for each the second would begin after 3 h.
    """
    waits = {"unit": 1, "repair": "3 h", "crew": "fitter", "waiting": True}
    mended = {"unit": 2, "repair": "2 h", "crew": "fitter"}
    trace = week(_line([waits, mended]))
    assert moves(trace, "saw.2")[0][1] == 2 * HOUR_S
    assert moves(trace, "saw.1")[0][1] == 5 * HOUR_S
    assert seconds(trace, "saw.1")["down"] == pytest.approx(5 * HOUR_S)
    assert seconds(trace, "saw.2")["down"] == pytest.approx(2 * HOUR_S)
    alone = week(_line([waits | {"waiting": False}]))
    assert moves(alone, "saw.1")[0][1] == 3 * HOUR_S


def test_a_busy_fitter_is_missing_elsewhere() -> None:
    """Proves: a lot that needs the fitter waits until the repair that he is at when the run begins is done.

    Sensitivity: people who are busy in words only would set up at once.
    """
    trace = week(_line([{"unit": 2, "repair": "2 h", "crew": "fitter"}], needs={"fitter": 1}))
    assert min(row[1] for row in moves(trace, "saw.1")) == 2 * HOUR_S


FAULTS = """\
extends: {base}
run:
  warmup: 0 s
  state:
    metal:
      melt: [{{mass: 2000 kg, temperature: 1490 degC}}, {{unit: 2, mass: 100 kg, temperature: 1100 degC}}]
      mould: [{{mass: 100 kg, temperature: 1400 degC, alloy: grey_irn}}, {{unit: 2, mass: 1 kg, temperature: 1400 degC}}]
      blast: [{{mass: 5 kg, temperature: 1400 degC}}]
    down:
      mould: [{{repair: 2 h, crew: fitters}}]
      melt: [{{repair: 2 h}}]
"""


def test_faults_of_a_written_state_stand_where_it_is_written(tmp_path: Path) -> None:
    """Proves: more metal than goes in, too cold, an unknown alloy, a unit and a crew that do not exist, a station that holds no metal and
    one that has no breakdowns: each with its line and column.
    """
    (tmp_path / "base.yaml").write_text(IRON.read_text(encoding="utf-8"), encoding="utf-8")
    text = FAULTS.format(base="base.yaml")
    (tmp_path / "day.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioFaults) as caught:
        read(tmp_path / "day.yaml")
    told = {fault.place: (fault.line, fault.problem) for fault in caught.value.faults}
    assert told["run.state.metal.mould.1.unit"] == (7, "mould has 1 units")
    assert told["run.state.down.mould.0.crew"] == (10, "no such resource or crew")
    (tmp_path / "day.yaml").write_text(text.replace("unit: 2, mass: 1 kg", "mass: 1 kg").replace(", crew: fitters", ""))
    with pytest.raises(ScenarioFaults) as caught:
        read(tmp_path / "day.yaml")
    assert {fault.place for fault in caught.value.faults} == {"run.state.metal.mould.1"}
    fewer = text.replace(", {unit: 2, mass: 1 kg, temperature: 1400 degC}", "").replace(", crew: fitters", "")
    (tmp_path / "day.yaml").write_text(fewer)
    with pytest.raises(ScenarioFaults) as caught:
        read(tmp_path / "day.yaml")
    told = {fault.place: (fault.line, fault.problem) for fault in caught.value.faults}
    assert told == {
        "run.state.metal.melt.0.mass": (6, "melt holds 1650 kg"),
        "run.state.metal.melt.1.temperature": (6, "grey_iron is liquid only above 1190 degC"),
        "run.state.metal.mould.0.alloy": (7, "the metal of mould is grey_iron"),
        "run.state.metal.blast": (8, "holds no liquid metal"),
        "run.state.down.melt": (11, "induction_furnace has no breakdowns"),
    }
    assert all(fault.column > 0 and fault.file == "day.yaml" for fault in caught.value.faults)

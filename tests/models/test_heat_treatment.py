"""Heat-treatment furnaces as stations: programs, history, switching down, continuous passage, faults; every invariant on the trace."""

from __future__ import annotations

from typing import Any

import pytest

from tests.models.kilns import FIBRE, GAS, PLAIN, batch, furnace, gas_fired, heat, kwh
from tests.models.workshop import moves, seconds, week, workshop
from twin.core.faults import RunFailed, ScenarioFaults
from twin.ledger.losses import loss_factors
from twin.models.batches import Batch, BatchLot
from twin.models.heat_treatment import BeltFurnace, ContinuousFurnace, PusherFurnace, estimate
from twin.models.kiln import stream_of
from twin.models.metals import alloy
from twin.models.treatment import AtmosphereUse, carburising_s
from twin.scenario.kinds import kind_class
from twin.scenario.scenario import Scenario

GAS_SITE = {"contract_power": "900 kW", "tariff": "kepco/industrial-b/hv-a/2@2026-06-01", "gas_price": "21 KRW/MJ"}
SHAFT = {"shaft": {"mass": "2 kg", "lot": 200, "route": ["furnace"], "recipe": "harden"}}
BELT: dict[str, Any] = {
    "kind": "belt_furnace",
    "load": {"capacity": "200 kg"},
    "elements": {"rated": "160 kW"},
    "walls": [{"area": "16 m2", "layers": FIBRE}],
    "inner": "0.15 kWh/K",
    "opening": {"width": "0.6 m", "height": "0.12 m", "depth": "0.3 m"},
    "conveyor": {"mass_flow": "60 kg/h"},
    "recipes": {"harden": {"steps": [{"to": "860 degC"}]}},
    "idle": {"hold": "860 degC"},
    "throughput": "300 kg/h",
    "way": "45 min",
}


def shop(station: dict[str, Any] = PLAIN, pieces: int = 2000, **more: Any) -> Scenario:
    """One furnace and one order."""
    orders = {"a": {"product": "shaft", "quantity": pieces}}
    return workshop({"furnace": station}, SHAFT, orders, site=GAS_SITE, **more)


def test_week_of_a_box_furnace_balances() -> None:
    """Proves: five batches, each invariant and law on the trace, and the loss factors name every term that this furnace has."""
    trace = week(shop())
    assert trace.facts["batches/furnace"] == 2000 * 2 / 800  # lots of 400 kg, two in a load of 1,000 kg
    terms = {factor.term for factor in loss_factors(trace)}
    assert terms >= {
        "charge_sensible",
        "fixture",
        "wall_conduction",
        "wall_storage",
        "opening",
        "leakage",
        "atmosphere",
    }
    assert set(seconds(trace, "furnace.1")) == {"setup", "processing", "holding"}


def test_batch_across_the_horizons_ends() -> None:
    """Proves: a batch under way at both ends is cut there: random runs with warm-up balance, states cover the horizon exactly."""
    scenario = shop(PLAIN, 60_000, run={"start": "2026-07-06", "duration": "1 week", "warmup": "1 week"})
    trace = week(scenario, replication=0)
    assert sum(seconds(trace, "furnace.1").values()) == pytest.approx(604_800.0)


def test_gas_and_electric_trace() -> None:
    """Proves: burners draw gas and the flue takes its share; fan and nitrogen are drawn beside; elements draw electricity only."""
    station = {key: value for key, value in PLAIN.items() if key != "elements"}
    found = {f.term: f.share for f in loss_factors(week(shop({**station, "burners": {**GAS, "fan": "2 kW"}})))}
    assert 0.15 < found["flue"] < 0.45
    assert "auxiliary" in found
    electric = {f.term for f in loss_factors(week(shop()))}
    assert "flue" not in electric


def test_longer_load_longer_cycle() -> None:
    """Proves: a heavier load takes longer and more, but less per kilogram. Sensitivity: a cycle that ignored the load would tie."""
    kind = furnace()
    phases = {kg: estimate(kind, batch(kg)) for kg in (200.0, 900.0)}
    lengths = {kg: sum(p.duration_s for p in made) for kg, made in phases.items()}
    assert lengths[900.0] > 1.4 * lengths[200.0]
    assert kwh(phases[900.0]) > 2.0 * kwh(phases[200.0])
    assert kwh(phases[900.0]) / 900.0 < kwh(phases[200.0]) / 200.0


def test_soak_by_section_time_and_case() -> None:
    """Proves: the soak is the longest of time, section and case depth; the thickest product of a batch counts."""
    steps = [{"to": "850 degC", "soak": "20 min", "per_thickness": "1 min/mm"}]
    thickness = {"shaft": "30 mm", "pin": "10 mm"}
    kind = furnace(recipes={"harden": {"steps": steps, "thickness": thickness}})
    both = Batch((BatchLot("a", "pin", 10, 400.0), BatchLot("b", "shaft", 10, 400.0)), "harden")
    pins = Batch((BatchLot("a", "pin", 10, 800.0),), "harden")
    longer_s = sum(p.duration_s for p in estimate(kind, both)) - sum(p.duration_s for p in estimate(kind, pins))
    assert longer_s == pytest.approx(600.0, abs=1e-6)
    assert carburising_s(1.0, 925.0) / carburising_s(0.5, 925.0) == pytest.approx(4.0)
    assert carburising_s(0.8, 950.0) < carburising_s(0.8, 925.0)
    assert carburising_s(0.0, 925.0) == 0.0


def test_cooling_in_the_furnace() -> None:
    """Proves: a step below the one before lets furnace and load cool without input until the load is there."""
    steps = [{"to": "900 degC", "soak": "10 min"}, {"to": "700 degC", "soak": "10 min"}]
    kiln = (kind := furnace(recipes={"harden": {"steps": steps}})).start()
    kiln.now = kiln.chamber.soaked(900.0)
    phases = kind.begin(batch(), kiln)
    idle = [p for p in phases if p.state == "processing" and not p.flows]
    assert sum(p.duration_s for p in idle) > 600.0
    gain_kwh = 800.0 * (
        alloy("carbon_steel").enthalpy_kwh_per_kg(700.0) - alloy("carbon_steel").enthalpy_kwh_per_kg(25.0)
    )
    assert heat(phases)["charge_sensible"] == pytest.approx(gain_kwh, rel=0.03)  # within 10 K of the set point


def test_quench_inside_and_preheating() -> None:
    """Proves: a quench inside takes its time and power while the empty chamber is held; a cold furnace is heated
    before loading if asked.
    """
    recipe = {"steps": [{"to": "850 degC"}], "quench": {"medium": "oil", "time": "15 min", "power": "8 kW"}}
    with_quench, without = furnace(recipes={"harden": recipe}), furnace(recipes={"harden": {"steps": recipe["steps"]}})
    lengths = [sum(p.duration_s for p in estimate(kind, batch())) for kind in (with_quench, without)]
    assert lengths[0] - lengths[1] == pytest.approx(900.0)
    assert (
        heat(estimate(with_quench, batch()))["auxiliary"] > heat(estimate(without, batch()))["auxiliary"] + 2.0 - 1e-9
    )
    first = furnace(charge_above="700 degC")
    phases = estimate(first, batch(), hot=False)
    assert phases[0].state == "startup"
    assert sum(p.duration_s for p in phases) > sum(p.duration_s for p in estimate(first, batch()))


def test_rest_by_duty() -> None:
    """Proves: off draws nothing; waiting is held at the set point and switched down after the delay; over weekends
    off or set back as said.
    """
    idle = {"hold": "850 degC", "after": "2 h", "setback": "600 degC", "closed": "400 degC"}
    kind = furnace(idle=idle, walls=[{"area": "14 m2", "layers": FIBRE}])
    kiln = kind.start()
    kiln.now = kiln.chamber.soaked(850.0)
    first = kind.rest(3600.0, "starved", kiln)
    assert {p.state for p in first} == {"holding"}
    later = kind.rest(5 * 3600.0, "starved", kiln)
    held_s = sum(p.duration_s for p in later if p.state == "holding")
    assert held_s == pytest.approx(3600.0)  # of the two hours one was left
    assert kiln.chamber_c == pytest.approx(600.0)
    kind.rest(20 * 3600.0, "off", kiln)
    assert kiln.chamber_c == pytest.approx(400.0)
    off = furnace()
    cold = off.start()
    cold.now = cold.chamber.soaked(850.0)
    phases = off.rest(3600.0, "off", cold)
    assert kwh(phases) == 0.0
    assert sum(p.duration_s for p in phases) == pytest.approx(3600.0)
    kind.rest(3600.0, "startup", kiln)
    assert kiln.chamber_c > 800.0


def test_endothermic_gas_is_booked_twice() -> None:
    """Proves: the gas that is made of fuel enters as fuel and leaves as heat at generator and vent; generator and
    enrichment are counted.
    """
    stream = stream_of(AtmosphereUse(gas="endothermic", flow="10 Nm3/h", making="0.5 kWh/Nm3", enrichment="5 %"))
    rates = dict(stream.rates)
    assert rates["electricity"] == pytest.approx(5.0)
    assert rates["natural_gas"] + rates["electricity"] == pytest.approx(stream.heat_kw, rel=1e-12)
    assert 20.0 < rates["natural_gas"] < 30.0
    nitrogen = dict(stream_of(AtmosphereUse(gas="nitrogen", flow="10 Nm3/h")).rates)
    assert nitrogen == {"shielding_gas": pytest.approx(12.504 / 3600.0)}


def test_lots_follow_on_a_belt() -> None:
    """Proves: the first lot takes the way through besides its mass over the throughput, those that follow only the
    latter; week balances.
    """
    trace = week(shop({**BELT, "load": {"capacity": "400 kg"}}, 600))
    found = moves(trace, "furnace.1")
    warm_s = seconds(trace, "furnace.1")["startup"]
    lengths = [ended - started for _, started, ended, _ in found]
    assert lengths[0] == pytest.approx(warm_s + 4800.0 + 2700.0)
    assert lengths[1:] == pytest.approx([4800.0, 4800.0])
    shares = {f.term: f.kwh for f in loss_factors(trace)}
    assert shares["charge_sensible"] == pytest.approx(
        1200.0 * (alloy("carbon_steel").enthalpy_kwh_per_kg(860.0) - alloy("carbon_steel").enthalpy_kwh_per_kg(25.0))
    )


def test_trays_and_belts_take_heat() -> None:
    """Proves: trays are heated with the charge, in proportion to it; a belt takes its heat as long as the furnace is on, load or none."""
    tree = {**BELT, "kind": "pusher_furnace", "conveyor": {"per_kg": 0.6}}
    carried = PusherFurnace.model_validate(tree).carried_kwh(500.0, 860.0)
    assert carried["fixture"] == pytest.approx(300.0 * 620.0 * 800.0 / 3.6e6)
    kind = BeltFurnace.model_validate(BELT)
    kiln = kind.start()
    kiln.now = kiln.chamber.soaked(860.0)
    waiting = heat(kind.rest(3600.0, "starved", kiln))
    assert waiting["fixture"] == pytest.approx(60.0 * 620.0 * 800.0 / 3.6e6)
    assert "fixture" not in heat(kind.rest(3600.0, "off", kiln))


@pytest.mark.parametrize(
    ("change", "place", "problem"),
    [
        ({"burners": GAS}, "elements", "exactly one"),
        ({"elements": None}, "elements", "exactly one"),
        ({"walls": [{"area": "14 m2", "layers": [{"thickness": "10 cm"}]}]}, "layers", "needs a material"),
        (
            {"recipes": {"harden": {"atmosphere": "endo", "steps": [{"to": "850 degC"}]}}},
            "atmosphere",
            "no such atmosphere",
        ),
        ({"idle": {"hold": "850 degC", "atmosphere": "endo"}}, "idle.atmosphere", "no such atmosphere"),
        ({"idle": {"hold": "30 degC"}}, "idle.hold", "not between"),
        ({"alloy": "aluminium"}, "steps.0.to", "melts at"),
        ({"elements": {"rated": "9 kW"}}, "steps.0.to", "kW of 9 kW"),
        ({"alloy": "steeel"}, "alloy", "no such alloy"),
        ({"recipes": {"anneal": {"steps": [{"to": "850 degC"}]}}}, "recipe", "no recipe"),
    ],
)
def test_faults(change: dict[str, Any], place: str, problem: str) -> None:
    """Proves: what contradicts itself is a fault at its place."""
    station = {key: value for key, value in {**PLAIN, **change}.items() if value is not None}
    with pytest.raises(ScenarioFaults) as caught:
        shop(station)
    assert any(place in fault.place and problem in fault.problem for fault in caught.value.faults), str(caught.value)


def test_belt_that_is_too_weak_is_a_fault() -> None:
    """Proves: a throughput that the heating cannot carry is told with the arithmetic, and two set points are refused."""
    with pytest.raises(ScenarioFaults, match=r"take .* kW of 60 kW"):
        shop({**BELT, "elements": {"rated": "60 kW"}})
    with pytest.raises(ScenarioFaults, match="one set point"):
        shop({**BELT, "recipes": {"harden": {"steps": [{"to": "860 degC"}, {"to": "500 degC"}]}}})


def test_power_that_never_suffices_fails_the_run() -> None:
    """Proves: a furnace whose losses eat its power says so instead of running for ever."""
    with pytest.raises(RunFailed, match="never"):
        estimate(furnace(elements={"rated": "9 kW"}), batch(), hot=False)


def test_all_kinds_are_found() -> None:
    """Proves: the six kinds are registered, batch kinds know their recipes, and a power cap reserves the connected power."""
    for name in ("box_furnace", "pit_furnace", "bell_furnace", "belt_furnace", "pusher_furnace", "roller_furnace"):
        kind = kind_class(name)
        tree = {**(BELT if issubclass(kind, ContinuousFurnace) else PLAIN), "kind": name}
        assert kind.model_validate(tree).recipes() == ["harden"]
    assert furnace(auxiliaries="5 kW").reserved_kw() == pytest.approx(125.0)
    assert gas_fired(fan="2 kW").reserved_kw() == pytest.approx(2.0)

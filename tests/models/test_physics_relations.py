"""Physics metamorphic relations: what must follow when one thing of a furnace is changed, whatever the rest. Bounded
examples, each a whole batch.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.kilns import BRICK, FIBRE, batch, furnace, gas_fired, heat, kwh
from twin.models import thermal
from twin.models.heat_treatment import BeltFurnace, BoxFurnace, estimate
from twin.models.kiln import Kiln

FEW = settings(max_examples=12, deadline=None)
SOME = settings(max_examples=30, deadline=None)
FUEL = thermal.natural_gas()
SETS = st.floats(300.0, 1000.0)
MASSES = st.floats(50.0, 1000.0)
MM = st.floats(100.0, 350.0)
NOISE = 1.0 + 1e-9

BELT: dict[str, Any] = {
    "kind": "belt_furnace",
    "load": {"capacity": "5000 kg"},
    "elements": {"rated": "400 kW"},
    "walls": [{"area": "16 m2", "layers": FIBRE}],
    "inner": "0.15 kWh/K",
    "recipes": {"harden": {"steps": [{"to": "860 degC"}]}},
    "idle": {"hold": "860 degC"},
    "throughput": "300 kg/h",
    "way": "45 min",
}


def soaked(kind: BoxFurnace) -> Kiln:
    """A furnace that has been at its set point for long."""
    kiln = kind.start()
    kiln.now = kiln.chamber.soaked(kind.idle.hold_c)
    return kiln


def holding_kw(kind: BoxFurnace, set_c: float) -> float:
    """Steady input that holds the furnace empty."""
    return kind.start().chamber.holding_kw(set_c, "closed/nitrogen")


def lined(mm: float, material: str = "insulating_brick", area: str = "14 m2") -> BoxFurnace:
    """A furnace with one layer of a thickness."""
    return furnace(walls=[{"area": area, "layers": [{"thickness": f"{mm:.3f} mm", "material": material}]}])


def after_weekend_kwh(kind: BoxFurnace, hours: float) -> float:
    """Energy that brings a furnace, soaked before, back to its set point and its walls to rest after ``hours`` off."""
    kiln = soaked(kind)
    kind.rest(hours * 3600.0, "off", kiln)
    return kwh(kind.rest(100.0 * 3600.0, "startup", kiln)) - holding_kw_of(kiln) * 100.0


def holding_kw_of(kiln: Kiln) -> float:
    """Steady input at the set point in the mode in which an idle furnace is."""
    return kiln.chamber.holding_kw(kiln.kind.idle.hold_c, "closed/air")


# --- holding


@SOME
@given(MM, st.floats(1.0, 200.0), SETS)
def test_more_insulation_never_raises_holding_loss(mm: float, more: float, set_c: float) -> None:
    """Proves: a thicker lining holds with less. Sensitivity: resistance and thickness the wrong way round."""
    assert holding_kw(lined(mm + more), set_c) < holding_kw(lined(mm), set_c) * NOISE


@SOME
@given(MM, SETS, st.floats(1.0, 150.0))
def test_hotter_furnace_loses_more(mm: float, set_c: float, more: float) -> None:
    """Proves: holding power rises with the set point."""
    kind = lined(mm)
    assert holding_kw(kind, set_c + more) > holding_kw(kind, set_c)


@SOME
@given(MM, SETS, st.floats(1.01, 3.0))
def test_holding_loss_of_walls_goes_with_area(mm: float, set_c: float, factor: float) -> None:
    """Proves: walls of k times the area conduct k times as much; the rest of the loss stays."""
    small, large = lined(mm), lined(mm, area=f"{14.0 * factor:.9f} m2")
    plain = furnace(walls=[{"area": "14 m2", "layers": [{"thickness": "1000 m", "material": "mineral_wool"}]}])
    rest_kw = holding_kw(plain, set_c)
    assert holding_kw(large, set_c) - rest_kw == pytest.approx(factor * (holding_kw(small, set_c) - rest_kw), rel=1e-3)


@SOME
@given(st.floats(0.5, 20.0), st.floats(0.1, 20.0), SETS)
def test_wider_gap_or_more_atmosphere_never_helps(cm2: float, more: float, set_c: float) -> None:
    """Proves: a larger leak and a larger flow of atmosphere each raise the holding power."""
    base = furnace(leakage={"area": f"{cm2} cm2", "overpressure": "10 Pa"})
    wide = furnace(leakage={"area": f"{cm2 + more} cm2", "overpressure": "10 Pa"})
    assert holding_kw(wide, set_c) > holding_kw(base, set_c)
    flow = {"nitrogen": {"gas": "nitrogen", "flow": f"{6.0 + more} Nm3/h"}}
    assert holding_kw(furnace(atmospheres=flow), set_c) > holding_kw(furnace(), set_c)


# --- combustion


@SOME
@given(st.floats(200.0, 1200.0), st.floats(0.0, 1.5), st.floats(1.0, 300.0), st.floats(0.01, 1.0))
def test_hotter_flue_or_more_excess_air_never_lowers_fuel(c: float, excess: float, hotter: float, more: float) -> None:
    """Proves: available heat falls with flue temperature and with excess air."""
    base = thermal.available_heat(FUEL, c, excess)
    assert thermal.available_heat(FUEL, c + hotter, excess) < base
    assert thermal.available_heat(FUEL, c, excess + more) < base


@SOME
@given(st.floats(400.0, 1200.0), st.floats(0.0, 0.8), st.floats(0.0, 0.7), st.floats(0.01, 0.2), st.floats(0.22, 0.9))
def test_preheat_and_oxygen_never_raise_fuel(c: float, excess: float, eff: float, more: float, oxygen: float) -> None:
    """Proves: a better recuperator and oxygen in the air each raise the available heat."""
    weak = thermal.recuperator(FUEL, c, excess, effectiveness=eff)
    strong = thermal.recuperator(FUEL, c, excess, effectiveness=eff + more)
    assert strong.available_heat > weak.available_heat
    assert strong.flue_out_c < weak.flue_out_c
    enriched = thermal.available_heat(FUEL, c, excess, oxidiser=thermal.enriched(oxygen))
    assert enriched > thermal.available_heat(FUEL, c, excess)


@FEW
@given(st.floats(0.5, 8.0), st.floats(0.5, 4.0), MASSES)
def test_a_batch_burns_more_with_more_oxygen_in_the_flue(percent: float, more: float, kg: float) -> None:
    """Proves: the relation holds for a whole batch, whose heat is the same but for the longer time that it takes."""
    lean, rich = gas_fired(flue_o2=f"{percent + more} %"), gas_fired(flue_o2=f"{percent} %")
    assert kwh(estimate(lean, batch(kg))) > kwh(estimate(rich, batch(kg)))


# --- batches


@FEW
@given(st.floats(0.0, 400.0), st.floats(1.0, 300.0), MASSES)
def test_heavier_fixture_never_lowers_energy(fixture: float, more: float, kg: float) -> None:
    """Proves: baskets cost energy, and nearly what they store: the difference is at least 90 % of m c dT."""
    light, heavy = (furnace(fixture={"mass": f"{m:.6f} kg"}) for m in (fixture, fixture + more))
    extra = kwh(estimate(heavy, batch(kg))) - kwh(estimate(light, batch(kg)))
    assert extra > 0.9 * more * 620.0 * 800.0 / 3.6e6


@FEW
@given(st.floats(50.0, 900.0), st.floats(1.0, 100.0))
def test_more_charge_more_energy_less_per_tonne(kg: float, more: float) -> None:
    """Proves: a fuller furnace takes more in all and less per tonne."""
    kind = furnace()
    part, full = kwh(estimate(kind, batch(kg))), kwh(estimate(kind, batch(kg + more)))
    assert full > part
    assert full / (kg + more) < part / kg


@FEW
@given(st.floats(60.0, 400.0), st.floats(1.05, 3.0), MASSES)
def test_more_power_never_takes_longer(rated: float, factor: float, kg: float) -> None:
    """Proves: with more power the batch is done no later, and no flow ever exceeds what is connected."""
    weak, strong = (furnace(elements={"rated": f"{kw:.6f} kW"}) for kw in (rated, rated * factor))
    slow, fast = estimate(weak, batch(kg)), estimate(strong, batch(kg))
    assert sum(p.duration_s for p in fast) <= sum(p.duration_s for p in slow) * NOISE
    for phases, most in ((slow, rated), (fast, rated * factor)):
        assert all(
            f.at(t) <= most + 1e-5
            for p in phases
            for f in p.flows
            if f.carrier == "electricity"
            for t in (0.0, p.duration_s)
        )


@FEW
@given(st.floats(0.0, 20.0), st.floats(0.2, 20.0), MASSES)
def test_longer_open_door_never_lowers_energy(minutes: float, more: float, kg: float) -> None:
    """Proves: each minute of open door costs energy until the next batch too: counted over two batches."""

    def two(loading: float) -> float:
        door = {"width": "0.9 m", "height": "0.8 m", "loading": f"{loading:.6f} min", "unloading": "3 min"}
        kind = furnace(door=door)
        kiln = soaked(kind)
        return kwh(kind.begin(batch(kg), kiln)) + kwh(kind.begin(batch(kg), kiln))

    assert two(minutes + more) > two(minutes)


@FEW
@given(MASSES, st.sampled_from([BRICK, FIBRE]), st.booleans())
def test_colder_start_never_takes_less(kg: float, lining: list[dict[str, str]], gas: bool) -> None:
    """Proves: cold, cooled over an hour, and hot come in this order in energy and in time."""
    walls = [{"area": "14 m2", "layers": lining}]
    kind = furnace(walls=walls) if not gas else gas_fired().model_copy(update={"walls": furnace(walls=walls).walls})
    found = []
    for hours in (0.0, 1.0, 400.0):
        kiln = soaked(kind)
        kind.rest(hours * 3600.0, "off", kiln)
        phases = kind.begin(batch(kg), kiln)
        found.append((kwh(phases), sum(p.duration_s for p in phases)))
    assert found == sorted(found)


@FEW
@given(st.floats(1.0, 60.0), st.floats(0.5, 60.0), st.sampled_from([BRICK, FIBRE]))
def test_longer_weekend_costs_a_longer_heat_up(hours: float, more: float, lining: list[dict[str, str]]) -> None:
    """Proves: the heat-up after a longer stop takes more energy, never more than from cold."""
    kind = furnace(walls=[{"area": "14 m2", "layers": lining}])
    short, long = after_weekend_kwh(kind, hours), after_weekend_kwh(kind, hours + more)
    cold = after_weekend_kwh(kind, 5000.0)
    assert short <= long * NOISE + 1e-6
    assert long <= cold * NOISE + 1e-6


@pytest.mark.parametrize("lining", [BRICK, FIBRE], ids=["brick", "fibre"])
def test_heat_up_saturates_with_the_linings_time_constants(lining: list[dict[str, str]]) -> None:
    """Proves: after five of the slowest time constants a longer stop costs no more (99 % of cold); after a fifth of one, under half.

    Brick: some 60 h, so that even a weekend is not the whole of it; fibre: a night is most of it.
    """
    kind = furnace(walls=[{"area": "14 m2", "layers": lining}])
    slowest_h = 1.0 / min(kind.start().chamber.diagonal((0.0, 0.0, 0.0, 0.0)).decays) / 3600.0
    cold = after_weekend_kwh(kind, 5000.0)
    assert after_weekend_kwh(kind, 5.0 * slowest_h) > 0.99 * cold
    assert after_weekend_kwh(kind, 0.2 * slowest_h) < 0.5 * cold
    assert (slowest_h > 40.0) == (lining is BRICK)


@FEW
@given(st.floats(2.0, 30.0), st.floats(0.5, 20.0))
def test_switching_off_saves_more_the_longer(hours: float, more: float) -> None:
    """Proves: over a gap, off and heated up again never takes more than held, and saves more over a longer gap."""
    kind = furnace()

    def saved(gap: float) -> float:
        return holding_kw_of(soaked(kind)) * gap - after_weekend_kwh(kind, gap)

    assert 0.0 <= saved(hours) <= saved(hours + more) * NOISE + 1e-6


@SOME
@given(st.floats(1.0, 100_000.0), st.sampled_from(["off", "down"]))
def test_a_furnace_that_is_off_draws_nothing(seconds: float, duty: str) -> None:
    """Proves: zero flows whatever its heat; what its walls give up is what leaves them."""
    kiln = soaked(gas_fired(fan="2 kW"))
    phases = kiln.kind.rest(seconds, duty, kiln)
    assert all(not p.flows for p in phases)
    assert sum(heat(phases).values()) == pytest.approx(0.0, abs=1e-9)
    assert sum(p.duration_s for p in phases) == pytest.approx(seconds)


# --- scaling and limits


@FEW
@given(st.floats(200.0, 900.0), st.floats(1.5, 4.0))
def test_twice_the_furnace_twice_the_energy(kg: float, factor: float) -> None:
    """Proves: walls, power, load, doors and flows all k times as large take k times the energy in the same time (extensive quantities)."""

    def scaled(k: float) -> BoxFurnace:
        return furnace(
            elements={"rated": f"{120 * k:.9f} kW"},
            walls=[{"area": f"{14 * k:.9f} m2", "layers": BRICK}],
            inner=f"{0.06 * k:.9f} kWh/K",
            leakage={"area": f"{8 * k:.9f} cm2", "overpressure": "10 Pa"},
            atmospheres={"nitrogen": {"gas": "nitrogen", "flow": f"{6 * k:.9f} Nm3/h"}},
            transfer={"area": f"{4 * k:.9f} m2", "emissivity": 0.7, "film": "20 W/m2/K"},
            fixture={"mass": f"{200 * k:.9f} kg"},
            door={"width": "0.9 m", "height": "0.8 m", "loading": "0 min", "unloading": "0 min"},
        )

    small, large = estimate(scaled(1.0), batch(kg)), estimate(scaled(factor), batch(kg * factor))
    assert kwh(large) == pytest.approx(factor * kwh(small), rel=1e-6)
    assert sum(p.duration_s for p in large) == pytest.approx(sum(p.duration_s for p in small), rel=1e-6)


@FEW
@given(st.floats(20.0, 250.0), st.floats(1.1, 4.0))
def test_twice_the_throughput_twice_the_charge_heat(kg: float, factor: float) -> None:
    """Proves: on a belt the charge takes heat in proportion, walls do not: energy per kilogram falls with the lot of one belt."""
    kind = BeltFurnace.model_validate(BELT)
    small, large = (estimate(kind, batch(m)) for m in (kg, kg * factor))
    assert heat(large)["charge_sensible"] == pytest.approx(factor * heat(small)["charge_sensible"], rel=1e-9)
    assert kwh(large) / (kg * factor) < kwh(small) / kg


@FEW
@given(st.floats(30.0, 90.0), MASSES)
def test_a_power_limit_is_kept(limit: float, kg: float) -> None:
    """Proves: held back to a limit, the chamber never draws more, and a batch still ends, later."""
    kind = furnace()
    kiln = soaked(kind)
    chamber = kiln.chamber
    kind._put_in(batch(kg), kiln)
    free = chamber.control(kiln.now, 850.0, 1e7, "closed/nitrogen", until_load_c=840.0)
    held = chamber.control(kiln.now, 850.0, 1e7, "closed/nitrogen", until_load_c=840.0, most_kw=limit)
    assert held.ended_by == free.ended_by == "load"
    assert held.duration_s >= free.duration_s * (1.0 - 1e-9)
    peaks = [segment.base_kw + sum(a for a, _ in segment.exponentials) for segment in held.segments]
    assert max(peaks) <= limit + 1e-6


@FEW
@given(MASSES, st.floats(0.0, 1.0))
def test_splitting_time_changes_nothing(kg: float, share: float) -> None:
    """Proves: a batch cut at any instant (as the horizon cuts it) takes the same energy: advancing is exact, not stepped."""
    kind = furnace()
    whole = estimate(kind, batch(kg))
    at = share * sum(p.duration_s for p in whole)
    cut = estimate(kind, batch(kg, cuts_s=(at,)))
    assert kwh(cut) == pytest.approx(kwh(whole), rel=1e-9)
    edges, t = [0.0], 0.0
    for phase in cut:
        t += phase.duration_s
        edges.append(t)
    assert min(abs(edge - at) for edge in edges) < 1e-6


@SOME
@given(st.floats(0.1, 2.0), st.floats(0.1, 2.0), st.floats(0.01, 1.0), st.floats(1.01, 3.0))
def test_deeper_opening_radiates_less(a: float, b: float, depth: float, factor: float) -> None:
    """Proves: behind a thicker wall the same door lets less out."""
    shallow, deep = (thermal.opening_kw(a, b, 850.0, depth_m=d) for d in (depth, depth * factor))
    assert deep < shallow

"""The thermal network against closed forms, and its properties."""

from __future__ import annotations

from math import exp, expm1, inf, log

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from twin.models.courses import Course, State
from twin.models.metals import Alloy, alloy, simple_alloy
from twin.models.network import Chain, Network, Surface, chain_from_layers, chain_from_totals
from twin.models.thermal import Furnace

WATERLIKE = simple_alloy(
    "waterlike", solid_j_per_kg_k=3600, latent_kj_per_kg=100, liquid_j_per_kg_k=3600, solidus_c=2000, liquidus_c=2010
)
BARE = {"only": Surface()}


def one_wall(inner: float, outer: float, capacity: float, **more: float) -> Network:
    """A single wall node between bath and outside."""
    return Network((Chain("wall", (inner, outer), (capacity,), **more),), BARE)


def test_wall_alone_is_one_exponential() -> None:
    """Proves: with the bath held at 100 °C a wall node of 2 kWh/K between 1 and 1 kW/K rises as 1 - exp(-t/tau), tau
    = C/(2 G) = 1 h, to 60 °C, and the holding power falls from 80 to 40 kW with it. Sensitivity: without the wall's
    capacity the power would be 40 kW from the start."""
    furnace = Furnace(one_wall(1.0, 1.0, 2.0))
    start = furnace.add(furnace.cold(WATERLIKE, 0.0, 20.0), 100.0, WATERLIKE.enthalpy_kwh_per_kg(100.0))
    course = furnace.hold(start, 100.0, 3600.0)
    assert course.state.nodes_c[1] == pytest.approx(20.0 + 40.0 * -expm1(-1.0), rel=1e-13)
    ((at, duration, base, terms),) = course.power_rows()
    assert (at, duration) == (0.0, 3600.0)
    assert base == pytest.approx(40.0, rel=1e-13)
    assert terms[0] == pytest.approx((40.0, 3600.0), rel=1e-13)
    assert course.energy_kwh == pytest.approx(40.0 + 40.0 * -expm1(-1.0), rel=1e-13)
    assert course.heat_kwh["storage"] == pytest.approx(80.0 * -expm1(-1.0), rel=1e-13)


def test_bath_against_convection_is_one_exponential() -> None:
    """Proves: a bath of 1 kWh/K losing 0.5 kW/K to 20 °C (its wall adiabatic and tiny) cools with tau = 2 h and needs
    2 h ln 2 to halve."""
    network = Network((Chain("w", (1e3, 0.0), (1e-9,)),), {"only": Surface(convection_kw_per_k=0.5)})
    furnace = Furnace(network)
    hot = furnace.soaked(WATERLIKE, 100.0, 1000.0)
    assert furnace.cool(hot, 3600.0).state.bath_c == pytest.approx(20.0 + 80.0 * exp(-0.5), rel=1e-9)
    assert furnace.time_to_temperature_s(hot, 0.0, 60.0) == pytest.approx(7200.0 * log(2.0), rel=1e-8)


def test_two_nodes_against_the_quadratic() -> None:
    """Proves: bath (1 kWh/K) and wall (2 kWh/K), 1 kW/K between and 0.5 kW/K outwards, follow the roots of the
    characteristic equation lambda^2 - 1.75 lambda + 0.25 = 0 per hour."""
    furnace = Furnace(one_wall(1.0, 0.5, 2.0, outside_c=0.0))
    start = furnace.cold(WATERLIKE, 1000.0, 100.0)
    after = furnace.cool(start, 5400.0).state
    a = np.array([[-1.0, 1.0], [0.5, -0.75]])
    fast, slow = np.linalg.eigvals(a)
    vectors = np.linalg.eig(a)[1]
    weights = np.linalg.solve(vectors, [100.0, 100.0])
    expected = vectors @ (weights * np.exp(np.array([fast, slow]) * 1.5))
    assert after.nodes_c == pytest.approx(expected, rel=1e-12)


def test_steady_power_is_series_resistance() -> None:
    """Proves: after long holding the power is (T - Tout)/(sum of d/(kA) + 1/(hA)) plus radiation: 1 m2 of 0.2 m brick
    (k = 1) and a film of 10."""
    chain = chain_from_layers(1.0, [(0.2, 1.0, 2000.0, 1000.0)], nodes=5, outside_w_per_m2k=10.0)
    surface = Surface(0.1, 0.8, exact_at_c=(820.0,))
    furnace = Furnace(Network((chain,), {"lid": surface}))
    course = furnace.hold(furnace.soaked(WATERLIKE, 820.0, 10.0), 820.0, 3600.0)
    wall_kw = 800.0 / (0.2 + 0.1) / 1000.0
    assert chain.steady_conductance_kw_per_k == pytest.approx(wall_kw / 800.0, rel=1e-13)
    assert course.energy_kwh == pytest.approx(wall_kw + surface.radiation_kw(820.0), rel=1e-12)
    assert furnace.holding_power_kw(820.0, alloy=WATERLIKE) == pytest.approx(course.energy_kwh, rel=1e-12)


def test_melting_without_losses_takes_the_enthalpy() -> None:
    """Proves: in a furnace that hardly loses or stores, 1,000 kg to 1,500 °C at 500 kW takes the metal's enthalpy,
    split as the alloy splits it."""
    iron = alloy("grey_iron")
    furnace = Furnace(Network((Chain("w", (1e-9, 0.0), (1e-6,)),), BARE))
    course = furnace.heat_to(furnace.cold(iron, 1000.0), 500.0, 1500.0)
    assert course.energy_kwh == pytest.approx(1000.0 * iron.enthalpy_kwh_per_kg(1500.0), rel=1e-8)
    parts = iron.split(20.0, 1500.0)
    assert course.heat_kwh["latent"] == pytest.approx(1000.0 * parts.latent_kwh_per_kg, rel=1e-9)
    assert course.heat_kwh["superheat"] == pytest.approx(1000.0 * parts.superheat_kwh_per_kg, rel=1e-9)
    assert len(course.power_rows()) == 1


def test_hot_walls_float_the_bath() -> None:
    """Proves: 100 kg of fresh metal at 600 °C in a lining soaked at 900 °C needs no power at first, floats above the
    set point, then holds."""
    furnace = Furnace(one_wall(0.5, 0.05, 1.0))
    soaked = furnace.soaked(WATERLIKE, 900.0)
    fresh = furnace.add(soaked, 100.0, WATERLIKE.enthalpy_kwh_per_kg(600.0))
    course = furnace.hold(fresh, 600.0, 48 * 3600.0)
    rows = course.power_rows()
    assert rows[0][2] == 0.0
    assert furnace.hold(fresh, 600.0, 1800.0).state.bath_c > 650.0
    need_on_return = rows[1][2] + sum(amp for amp, _ in rows[1][3])
    assert 0.0 < need_on_return < furnace.holding_power_kw(600.0, alloy=WATERLIKE)
    assert course.state.bath_c == 600.0
    assert course.residual < 1e-12


def test_power_limited_hold_sags_and_recovers() -> None:
    """Proves: a hold limited to 45 kW in front of a cold wall that needs 80 kW lets the bath sag at exactly 45 kW,
    then meets the set point."""
    furnace = Furnace(one_wall(1.0, 1.0, 2.0))
    start = furnace.add(furnace.cold(WATERLIKE), 200.0, WATERLIKE.enthalpy_kwh_per_kg(100.0))
    course = furnace.hold(start, 100.0, 20 * 3600.0, max_power_kw=45.0)
    rows = course.power_rows()
    assert rows[0][2:] == (45.0, ())
    assert furnace.hold(start, 100.0, 1800.0, max_power_kw=45.0).state.bath_c < 95.0
    assert rows[1][2] == pytest.approx(40.0, rel=1e-12)
    assert course.state.bath_c == 100.0
    assert furnace.hold(start, 100.0, 3600.0, max_power_kw=30.0).state.bath_c < 85.0


def test_unreachable_target_is_infinite() -> None:
    """Proves: 30 kW cannot bring a bath that loses 0.5 kW/K above 80 °C: 81 °C takes for ever, 79 °C does not."""
    furnace = Furnace(one_wall(1.0, 1.0, 2.0))
    start = furnace.cold(WATERLIKE, 100.0)
    assert furnace.time_to_temperature_s(start, 30.0, 81.0) == inf
    assert furnace.time_to_temperature_s(start, 30.0, 79.0) < inf
    assert furnace.heat_to(start, 30.0, 81.0).ended_by == "never"


def test_empty_furnace_radiates_from_its_lining() -> None:
    """Proves: an emptied hot furnace left open gives what its walls lose to the opening and the outside, and cools
    faster than closed; the chamber's temperature is where both heat flows meet."""
    chain = chain_from_totals(0.05, 3.0, nodes=6)
    lids = {"closed": Surface(), "open": Surface(0.5, 0.85)}
    furnace = Furnace(Network((chain,), lids))
    hot = furnace.soaked(alloy("grey_iron"), 1450.0)
    opened, closed = (furnace.cool(hot, 6 * 3600.0, mode=mode) for mode in ("open", "closed"))
    assert opened.residual < 1e-12
    assert opened.state.nodes_c[1] < closed.state.nodes_c[1]
    inflow = chain.conductance_kw_per_k[0] * (opened.state.nodes_c[1] - opened.state.bath_c)
    assert inflow == pytest.approx(lids["open"].radiation_kw(opened.state.bath_c), rel=0.03)
    assert opened.heat_kwh["opening"] + opened.heat_kwh["wall"] == pytest.approx(-opened.heat_kwh["storage"], rel=1e-12)
    assert {opened.heat_kwh[term] for term in ("sensible", "latent", "superheat")} == {0.0}


def test_adding_and_tapping_keep_energy_and_mass() -> None:
    """Proves: cold charge into a heel mixes by enthalpy, chamber included, and tapping takes metal at the bath's
    temperature only."""
    iron = alloy("grey_iron")
    furnace = Furnace(Network((chain_from_totals(0.05, 3.0),), BARE, chamber_kwh_per_k=0.02))
    heel = furnace.soaked(iron, 1450.0, 500.0)
    mixed = furnace.add(heel, 300.0, heat_kwh=-4.0)
    before = heel.enthalpy_kwh + furnace.stored_kwh(heel)
    assert mixed.enthalpy_kwh + furnace.stored_kwh(mixed) == pytest.approx(before - 4.0, rel=1e-12)
    tapped = furnace.remove(mixed, 200.0)
    assert tapped.mass_kg == pytest.approx(600.0)
    assert tapped.bath_c == mixed.bath_c
    assert mixed.enthalpy_kwh - tapped.enthalpy_kwh == pytest.approx(
        200.0 * iron.enthalpy_kwh_per_kg(mixed.bath_c), rel=1e-12
    )
    assert furnace.remove(tapped, 600.0).mass_kg == 0.0
    with pytest.raises(ValueError, match="cannot be taken"):
        furnace.remove(tapped, 601.0)


def test_preheating_an_empty_lining() -> None:
    """Proves: an emptied furnace with a cold lining is brought to 1,000 °C empty: the power feeds lining and losses
    alone, the chamber arrives there from below although the metal left it hotter, and it can be held there."""
    chain = chain_from_totals(0.05, 3.0, nodes=6)
    furnace = Furnace(Network((chain,), {"lid": Surface(0.5, 0.85, 0.1)}))
    emptied = furnace.remove(furnace.add(furnace.cold(WATERLIKE), 100.0, WATERLIKE.enthalpy_kwh_per_kg(1450.0)), 100.0)
    assert emptied.bath_c == pytest.approx(1450.0)
    heated = furnace.heat_to(emptied, 200.0, 1000.0)
    assert heated.ended_by == "target"
    assert heated.state.bath_c == pytest.approx(1000.0, abs=1e-6)
    assert heated.residual < 1e-12
    held = furnace.hold(heated.state, 1000.0, 3600.0, max_power_kw=200.0)
    assert held.state.bath_c == pytest.approx(1000.0, abs=1e-6)
    assert held.residual < 1e-12


def test_weeks_of_heats_close_to_1e_9() -> None:
    """Proves: over four weeks of heats, holds, taps to a heel and weekends the sum of all power equals the sum of all
    heat terms to 1e-11: nothing drifts."""
    iron = alloy("grey_iron")
    coil = {"outside_w_per_m2k": 400.0, "outside_c": 40.0, "term": "water"}
    chain = chain_from_layers(4.0, [(0.09, 2.2, 2900.0, 1050.0), (0.02, 0.3, 1200.0, 1000.0)], **coil)
    lids = {
        "closed": Surface(0.6, 0.85, 0.1, 0.008, exact_at_c=(1480.0,)),
        "open": Surface(0.6, 0.85, exact_at_c=(1480.0,)),
    }
    furnace = Furnace(Network((chain,), lids))
    state = start = furnace.cold(iron)
    supplied = spent = tapped_kwh = 0.0
    for day in range(28):
        for heat in range(4 if day % 7 < 5 else 0):
            state = furnace.add(state, 1700.0 + 10.0 * heat + day)
            courses = [furnace.heat_to(state, 1100.0, 1480.0)]
            courses.append(furnace.hold(courses[-1].state, 1480.0, 1200.0 + 60.0 * heat, max_power_kw=1100.0))
            courses.append(furnace.hold(courses[-1].state, 1480.0, 300.0, max_power_kw=1100.0, mode="open"))
            state = courses[-1].state
            left = 200.0 if heat < 3 else 0.0
            tapped_kwh += (state.mass_kg - left) * iron.enthalpy_kwh_per_kg(state.bath_c)
            state = furnace.remove(state, state.mass_kg - left)
            supplied += sum(course.energy_kwh for course in courses)
            spent += sum(sum(course.heat_kwh.values()) for course in courses)
        idle = furnace.cool(state, 12 * 3600.0)
        state, spent = idle.state, spent + sum(idle.heat_kwh.values())
    assert supplied > 60_000.0
    assert spent == pytest.approx(supplied, rel=1e-11)
    assert state.mass_kg == 0.0
    assert tapped_kwh < supplied
    assert furnace.stored_kwh(state) > furnace.stored_kwh(start)


def test_one_lump_errs_by_half_in_the_first_hour() -> None:
    """Proves: holding in front of cold dense brick, one lump gives less than half of the first hour's heat of a fine
    chain; 4 nodes are within 8 %, 8 within 2 %, since the slices are thin at the hot face. (0.3 m brick, k = 2, rho c
    = 3 MJ/(m3 K), bath at 1,450 °C.) Sensitivity: 4 equal slices err by 18 %."""
    energy = {}
    for nodes in (1, 4, 8, 120):
        chain = chain_from_layers(1.0, [(0.3, 2.0, 3000.0, 1000.0)], nodes=nodes, growth=1.0 if nodes == 120 else 1.4)
        furnace = Furnace(Network((chain,), BARE))
        state = furnace.add(furnace.cold(WATERLIKE), 100.0, WATERLIKE.enthalpy_kwh_per_kg(1450.0))
        energy[nodes] = furnace.hold(state, 1450.0, 3600.0).energy_kwh
    assert energy[1] < 0.5 * energy[120]
    assert energy[4] == pytest.approx(energy[120], rel=0.08)
    assert energy[8] == pytest.approx(energy[120], rel=0.02)


def test_lines_of_radiation_are_exact_at_set_points_and_unbiased() -> None:
    """Proves: the lines for T^4 meet the curve at ambient and at the set point, stay within 0.3 % of the hottest flux
    of it, and their integral over the whole range is right to 0.1 %. Sensitivity: plain chords are 0.9 % high in that
    integral."""
    surface = Surface(1.0, 0.85, exact_at_c=(1480.0,))
    furnace = Furnace(Network((chain_from_totals(0.1, 1.0),), {"open": surface}))
    table = furnace.network.table(WATERLIKE, "open")
    for t in (20.0, 1480.0):
        assert table.surface_kw(table.index(t), t) == pytest.approx(surface.radiation_kw(t), abs=1e-9)
    grid = np.linspace(20.0, 1480.0, 5001)
    lines = np.array([table.surface_kw(table.index(t), t) for t in grid])
    true = np.array([surface.radiation_kw(t) for t in grid])
    assert np.abs(lines - true).max() < 0.003 * surface.radiation_kw(1600.0)
    assert lines.mean() == pytest.approx(true.mean(), rel=1e-3)
    assert (np.diff(lines) > 0.0).all()


def test_inputs_out_of_range_are_refused() -> None:
    """Proves: negative conductances, missing chains and a hold that would need unlimited power are refused with the
    reason."""
    with pytest.raises(ValueError, match="positive"):
        Chain("w", (1.0, -1.0), (1.0,))
    with pytest.raises(ValueError, match="n \\+ 1"):
        Chain("w", (1.0,), (1.0,))
    with pytest.raises(ValueError, match="at least one chain"):
        Network((), BARE)
    furnace = Furnace(one_wall(1.0, 1.0, 1.0))
    with pytest.raises(ValueError, match="finite max_power_kw"):
        furnace.hold(furnace.cold(WATERLIKE, 1.0), 500.0, 10.0)


# -- properties ---

METALS = st.sampled_from([alloy("grey_iron"), alloy("alsi12"), alloy("aluminium"), alloy("steel")])
MASSES = st.one_of(st.just(0.0), st.floats(1.0, 3000.0))


@st.composite
def furnaces(draw: st.DrawFn) -> Furnace:
    """Random networks: one or two walls from fibre to thick brick, lids open and closed, with and without a
    crucible."""
    conductance, capacity = st.floats(0.002, 0.5), st.floats(0.01, 10.0)
    chains = [
        chain_from_totals(
            draw(conductance),
            draw(capacity),
            draw(st.integers(1, 6)),
            name=f"w{i}",
            outside_c=draw(st.floats(0.0, 60.0)),
            term=t,
        )
        for i, t in enumerate(("wall", "water")[: draw(st.integers(1, 2))])
    ]
    lids = {
        "closed": Surface(draw(st.floats(0.0, 0.2)), 0.8, convection_kw_per_k=draw(st.floats(0.0, 0.05))),
        "open": Surface(draw(st.floats(0.1, 1.0)), 0.85, convection_kw_per_k=draw(st.floats(0.0, 0.05))),
    }
    return Furnace(Network(tuple(chains), lids, chamber_kwh_per_k=draw(st.sampled_from([0.0, 0.05]))))


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["advance", "hold", "cool", "add", "remove", "heat_to"]),
        st.floats(0.0, 1500.0),
        st.floats(0.01, 200.0).map(lambda hours: 3.6 * hours**2),
        st.sampled_from(["closed", "open"]),
    ),
    min_size=1,
    max_size=6,
)


def perform(furnace: Furnace, state: State, step: tuple[str, float, float, str]) -> tuple[State, Course | None]:
    """One random operation."""
    name, x, duration, mode = step
    if name == "add":
        return furnace.add(state, 10.0 + x), None
    if name == "remove":
        return furnace.remove(state, state.mass_kg * min(1.0, x / 1200.0)), None
    if name == "hold":
        course = furnace.hold(state, 300.0 + 0.8 * x, duration, max_power_kw=400.0, mode=mode)
    elif name == "heat_to":
        course = furnace.heat_to(state, 300.0, 100.0 + x, limit_s=duration, mode=mode)
    else:
        course = furnace.advance(state, x / 2 if name == "advance" else 0.0, duration, mode=mode)
    return course.state, course


@settings(max_examples=60, deadline=None)
@given(furnace=furnaces(), metal=METALS, steps=STEPS, mass_kg=MASSES, start_c=st.floats(20.0, 1500.0))
def test_energy_closes(
    furnace: Furnace, metal: Alloy, steps: list[tuple[str, float, float, str]], mass_kg: float, start_c: float
) -> None:
    """Proves: for random furnaces and operations the integral of the power rows equals the heat terms to 1e-9, course
    by course, and the bath's three terms equal the change of the metal's enthalpy. Sensitivity: dropping any one term
    breaks it (next test)."""
    state = furnace.soaked(metal, start_c, mass_kg)
    for step in steps:
        before = state
        state, course = perform(furnace, state, step)
        if course is None:
            continue
        heat = course.heat_kwh
        throughput = abs(course.energy_kwh) + sum(abs(kwh) for kwh in heat.values())
        assert abs(course.energy_kwh - sum(heat.values())) < 1e-9 * max(throughput, 1e-4)
        scale = throughput + before.enthalpy_kwh + 1.0
        bath = heat.get("sensible", 0.0) + heat.get("latent", 0.0) + heat.get("superheat", 0.0)
        assert bath == pytest.approx(state.enthalpy_kwh - before.enthalpy_kwh, abs=1e-9 * scale)
        if state.mass_kg > 0.0:
            assert heat.get("storage", 0.0) == pytest.approx(
                furnace.stored_kwh(state) - furnace.stored_kwh(before), abs=1e-9 * scale
            )
        assert (
            course.ended_by != "time" or step[0] == "heat_to" or course.duration_s == pytest.approx(step[2], rel=1e-12)
        )


def test_dropping_or_doubling_a_term_breaks_the_balance() -> None:
    """Proves: the balance is a test: without any one heat term, or with it twice, the residual is far above 1e-9."""
    chain = chain_from_layers(4.0, [(0.1, 2.2, 2900.0, 1050.0)], outside_w_per_m2k=400.0, term="water")
    furnace = Furnace(Network((chain,), {"lid": Surface(0.5, 0.85, 0.3, 0.01)}))
    course = furnace.heat_to(furnace.cold(alloy("grey_iron"), 2000.0), 1100.0, 1480.0)
    for term, kwh in course.heat_kwh.items():
        assert abs(course.energy_kwh - sum(course.heat_kwh.values()) + kwh) > 1e-4 * course.energy_kwh, term


@settings(max_examples=60, deadline=None)
@given(
    furnace=furnaces(),
    metal=METALS,
    mass_kg=MASSES,
    start_c=st.floats(20.0, 1400.0),
    power=st.floats(0.0, 800.0),
    hours=st.floats(0.01, 40.0),
    share=st.floats(0.05, 0.95),
    held=st.booleans(),
)
def test_splitting_a_time_changes_nothing(
    furnace: Furnace, metal: Alloy, mass_kg: float, start_c: float, power: float, hours: float, share: float, held: bool
) -> None:
    """Proves: two steps of a and b hours lead where one step of a + b hours leads, at constant power and in a
    power-limited hold."""
    start = furnace.soaked(metal, start_c, mass_kg)

    def run(state: State, seconds: float) -> State:
        if held:
            return furnace.hold(state, 900.0, seconds, max_power_kw=power).state
        return furnace.advance(state, power, seconds).state

    whole = run(start, 3600.0 * hours)
    parts = run(run(start, 3600.0 * hours * share), 3600.0 * hours * (1.0 - share))
    assert whole.nodes_c == pytest.approx(parts.nodes_c, abs=1e-6, rel=1e-9)


@given(
    g=st.floats(0.001, 0.5),
    more=st.floats(1.001, 3.0),
    capacity=st.floats(0.1, 5.0),
    set_c=st.floats(200.0, 1500.0),
    hours=st.floats(0.1, 100.0),
)
@settings(max_examples=40, deadline=None)
def test_more_conductance_never_lowers_holding_energy(
    g: float, more: float, capacity: float, set_c: float, hours: float
) -> None:
    """Proves: a better conducting wall, everything else equal and started soaked, takes at least as much holding
    energy."""
    needs = []
    for conductance in (g, g * more):
        furnace = Furnace(Network((chain_from_totals(conductance, capacity),), BARE))
        start = furnace.soaked(WATERLIKE, set_c, 100.0)
        needs.append(furnace.hold(start, set_c, 3600.0 * hours).energy_kwh)
    assert needs[1] >= needs[0]


@given(
    furnace=furnaces(),
    metal=METALS,
    power=st.floats(50.0, 900.0),
    target=st.floats(100.0, 1500.0),
    mass_kg=st.floats(1.0, 3000.0),
)
@settings(max_examples=40, deadline=None)
def test_time_to_temperature_is_where_advance_arrives(
    furnace: Furnace, metal: Alloy, power: float, target: float, mass_kg: float
) -> None:
    """Proves: advancing for the time that the target takes ends at the target, and just before it the bath is still
    below."""
    start = furnace.cold(metal, mass_kg)
    seconds = furnace.time_to_temperature_s(start, power, target)
    assume(seconds < inf)
    assert furnace.advance(start, power, seconds).state.bath_c == pytest.approx(target, abs=1e-6)
    assert furnace.advance(start, power, 0.999 * seconds).state.bath_c < target

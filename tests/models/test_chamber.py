"""The heated chamber: exact against closed forms, against the furnace without load, and against the full non-linear equations."""

from __future__ import annotations

from math import exp, inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.kilns import BRICK, FIBRE, GAS, Reference, batch, furnace, gas_fired, heat, kwh
from twin.models.chamber import Body, Chamber, ChamberState, Link, Load, Loss, Mode, Supply
from twin.models.chords import Chords, constant, drawn
from twin.models.kiln import cold_kiln
from twin.models.metals import alloy, simple_alloy
from twin.models.network import Network
from twin.models.surfaces import Surface
from twin.models.thermal import Furnace
from twin.models.walls import Chain, chain_from_layers

LUMP = Chain("wall", (1e9, 1e-12), (0.2,), 20.0)
PLAIN = simple_alloy(
    "plain",
    solid_j_per_kg_k=600.0,
    latent_kj_per_kg=200.0,
    liquid_j_per_kg_k=700.0,
    solidus_c=1500.0,
    liquidus_c=1510.0,
)
WALL = chain_from_layers(10.0, [(0.23, 1.2, 2000.0, 1000.0)])


def test_film_heating_is_one_exponential() -> None:
    """Proves: a load behind a film alone, in a chamber held at 500 °C, follows 500 - 480 exp(-t h A/C). Sensitivity: half the film, twice
    the time."""
    chamber = Chamber(Body((LUMP,), 1e3, {"closed": Mode()}, Supply(1e6)))
    link = Link(Surface(), 0.5)
    state = chamber.charged(chamber.soaked(500.0), Load(PLAIN, 3600.0, 0.0, link), 20.0)
    passage = chamber.control(state, 500.0, 1800.0, "closed")
    capacity_kj_per_k = 3600.0 * 0.6
    assert passage.state.load_c == pytest.approx(500.0 - 480.0 * exp(-1800.0 * 0.5 / capacity_kj_per_k), abs=1e-8)
    assert passage.energy_kwh == pytest.approx(0.6 * (passage.state.load_c - 20.0), rel=1e-9)


def test_input_share_bends_the_heating() -> None:
    """Proves: with a share falling in a straight line, a - b T, and no losses, C dT/dt = P (a - b T): the closed form to 1e-9."""
    chamber = Chamber(
        Body(
            (Chain("wall", (1e-15, 1e-15), (1.0,), 20.0),),
            1.0,
            {"m": Mode()},
            Supply(100.0, Chords((0.0, 1000.0), (0.8, 0.3))),
        )
    )
    passage = chamber.advance(chamber.cold(20.0), 100.0, 7200.0, "m")
    b = 100.0 * 0.0005 / 3600.0
    expected = 1600.0 - 1580.0 * exp(-b * 7200.0)
    assert passage.state.chamber_c == pytest.approx(expected, abs=1e-7)
    assert passage.heat_kwh["flue"] == pytest.approx(200.0 - (expected - 20.0) * 1.0, rel=1e-9)


def test_empty_chamber_is_the_furnace_without_metal() -> None:
    """Proves: a chamber without load and flue is the network of twin.models.thermal with the same walls, opening and heat capacity."""
    opening = Surface(0.3, 0.9, 0.7, 0.0, 20.0, (900.0,))
    chamber = Chamber(Body((WALL,), 0.1, {"m": Mode(opening)}, Supply(150.0)))
    other = Furnace(Network((WALL,), {"m": opening}, 0.1))
    mine = chamber.control(chamber.cold(20.0), 900.0, 8 * 3600.0, "m")
    theirs = other.hold(other.cold(alloy("steel"), 0.0, 20.0), 900.0, 8 * 3600.0, max_power_kw=150.0)
    assert mine.energy_kwh == pytest.approx(theirs.energy_kwh, rel=2e-4)  # the furnace has the metal's bands besides
    assert np.allclose(mine.state.nodes_c, theirs.state.nodes_c, atol=0.05)


@pytest.mark.parametrize("lining", [BRICK, FIBRE], ids=["brick", "fibre"])
@pytest.mark.parametrize("start", ["cold", "hot"])
@pytest.mark.parametrize("heated", ["electric", "gas"])
def test_batch_against_the_full_equations(lining: list[dict[str, str]], start: str, heated: str) -> None:
    """Proves: a batch's energy is within 0.5 % of solve_ivp on T^4, flue gas and c_p as they are (0.1 % found), its length within 0.5 %."""
    walls = [{"area": "14 m2", "layers": lining}]
    kind = furnace(walls=walls) if heated == "electric" else furnace(walls=walls, elements=None, burners=GAS)
    kiln = kind.start()
    if start == "hot":
        kiln.now = kiln.chamber.soaked(850.0)
    took_s, end, reference_kwh = Reference(kind, "closed/nitrogen", 800.0).batch(kiln.now, kiln.chamber)
    phases = kind.begin(batch(), kiln)
    carrier = "electricity" if heated == "electric" else "natural_gas"
    assert kwh(phases, (carrier,)) == pytest.approx(reference_kwh, rel=0.005)
    assert sum(p.duration_s for p in phases) - kind.door.unloading_s == pytest.approx(took_s, rel=0.005)
    assert end[0] == pytest.approx(850.0)


def test_repeated_batches_remember_the_lining() -> None:
    """Proves: of three batches in a cold furnace each takes less than the one before, and heat in = heat out to 1e-9 in each."""
    kiln, kind = cold_kiln(gas_fired()), gas_fired()
    taken = []
    for _ in range(3):
        phases = kind.begin(batch(), kiln)
        taken.append(kwh(phases))
        assert sum(heat(phases).values()) == pytest.approx(taken[-1], rel=1e-9)
    assert taken[0] > 1.5 * taken[1] > 1.5 * taken[2]


STATES = st.tuples(st.floats(20.0, 1000.0), st.floats(20.0, 1000.0), st.floats(20.0, 1000.0))


@settings(max_examples=60, deadline=None)
@given(
    STATES,
    st.floats(60.0, 1100.0),
    st.floats(0.0, 3000.0),
    st.floats(10.0, 500.0),
    st.floats(60.0, 40_000.0),
    st.booleans(),
)
def test_any_control_keeps_energy(
    start: tuple[float, float, float], set_c: float, kg: float, most_kw: float, seconds: float, gas: bool
) -> None:
    """Proves: whatever the start, set point, load and power, the course ends on time, input = sum of heat terms,
    power stays within limits.
    """
    share = drawn(lambda c: 0.9 - 0.0004 * c, [0.0, 400.0, 800.0, 1300.0]) if gas else constant(0.95)
    opening = Surface(0.2, 0.9, 0.7, 0.0, 20.0, (set_c,))
    chamber = Chamber(Body((WALL,), 0.05, {"m": Mode(opening, (Loss("leakage", 0.004),))}, Supply(most_kw, share)))
    state = chamber.soaked(start[0])
    nodes = state.nodes_c.copy()
    nodes[0], nodes[1:4] = start[1], start[2]
    state = type(state)(nodes)
    link = Link(Surface(3.0, 0.7, 1.0, 0.0, 20.0, (set_c,)), 0.06)
    if kg > 1.0:
        state = chamber.charged(state, Load(alloy("carbon_steel"), kg, 0.02, link), 0.5 * (start[0] + start[2]))
    passage = chamber.control(state, set_c, seconds, "m")
    assert passage.duration_s == pytest.approx(seconds, rel=1e-9)
    assert passage.residual < 1e-9
    for segment in passage.segments:
        for t in (0.0, segment.duration_s):
            power = segment.base_kw + sum(a * exp(-t / tau) for a, tau in segment.exponentials)
            assert -1e-6 <= power <= most_kw + 1e-6


MAYBE_SET = st.one_of(st.floats(20.0, 1000.0), st.none())


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(MAYBE_SET, MAYBE_SET, MAYBE_SET),
    st.sampled_from([180.0, 560.0, 850.0]),
    st.floats(1.0, 3000.0),
    st.lists(st.floats(1.0, 40_000.0), min_size=2, max_size=3),
    st.floats(15.0, 400.0),
)
def test_starts_that_stand_on_an_edge(
    start: tuple[float | None, float | None, float | None], set_c: float, kg: float, legs: list[float], most_kw: float
) -> None:
    """Proves: chamber, load or walls exactly at the set point, where every line bends, with heats that balance, do not stop the clock.

    Sensitivity: without remembering which way an edge was left, one start in sixty stood still.
    """
    walls_c, chamber_c, load_c = (set_c if c is None else c for c in start)
    modes = {"m": Mode(losses=(Loss("leakage", 0.004),)), "open": Mode(Surface(1.0, 0.95, 0.8, 0.0, 20.0, (set_c,)))}
    chamber = Chamber(Body((WALL,), 0.05, modes, Supply(most_kw)))
    nodes = chamber.soaked(walls_c).nodes_c.copy()
    nodes[0] = chamber_c
    link = Link(Surface(3.0, 0.7, 1.0, 0.0, 20.0, (set_c,)), 0.06)
    state = chamber.charged(ChamberState(nodes), Load(alloy("carbon_steel"), kg, 0.02, link), load_c)
    for leg, seconds in enumerate(legs):
        passage = (
            chamber.advance(state, 0.0, seconds, "open") if leg % 2 else chamber.control(state, set_c, seconds, "m")
        )
        assert passage.duration_s == pytest.approx(seconds, rel=1e-9)
        assert passage.residual < 1e-9
        state = passage.state


def test_load_that_never_gets_there() -> None:
    """Proves: a goal beyond reach ends with time, one that power cannot reach is told at once where time is endless."""
    chamber = Chamber(Body((WALL,), 0.05, {"m": Mode()}, Supply(5.0)))
    state = chamber.charged(chamber.cold(), Load(alloy("carbon_steel"), 500.0, 0.0, Link(Surface(3.0, 0.7), 0.05)))
    assert chamber.control(state, 900.0, 3600.0, "m", until_load_c=890.0).ended_by == "time"
    assert chamber.control(state, 900.0, inf, "m", until_load_c=890.0).ended_by == "never"


def test_what_makes_no_chamber_is_refused() -> None:
    """Proves: no heat capacity, no way to the load, two loads at once and chords that go back are refused with a reason."""
    with pytest.raises(ValueError, match="heat capacity"):
        Body((WALL,), 0.0, {"m": Mode()}, Supply(5.0))
    with pytest.raises(ValueError, match="neither"):
        Link(Surface(), 0.0)
    with pytest.raises(ValueError, match="ascend"):
        Chords((1.0, 0.5), (0.0, 1.0))
    chamber = Chamber(Body((WALL,), 0.1, {"m": Mode()}, Supply(5.0)))
    load = Load(alloy("carbon_steel"), 5.0, 0.0, Link(Surface(), 0.1))
    with pytest.raises(ValueError, match="holds a load"):
        chamber.charged(chamber.charged(chamber.cold(), load), load)

"""The exact network of bands against the full non-linear equations, integrated by scipy: T^4 radiation, Shomate heat
capacities, walls as they are.

The reference shares with the model only the wall chains and the elements' Shomate equations (written out again here);
it knows no bands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from twin.models.courses import State
from twin.models.metals import alloy
from twin.models.network import Chain, Network, Surface, chain_from_layers, chain_from_totals
from twin.models.thermal import Furnace

SIGMA_KW = 5.670374419e-11
Array = NDArray[np.float64]
TOLERANCE = 0.005

# Fe by ranges (K) and Al, Si, C: NIST WebBook; J/(mol K), t = K/1000
SHOMATE: dict[str, tuple[float, list[tuple[float, ...]]]] = {
    "Fe": (
        55.845,
        [
            (700, 18.42868, 24.64301, -8.913720, 9.664706, -0.012643),
            (1042, -57767.65, 137919.7, -122773.2, 38682.42, 3993.080),
            (1100, -325.8859, 28.92876, 0, 0, 411.9629),
            (1184.8, -776.7387, 919.4005, -383.7184, 57.08148, 242.1369),
            (1e9, 23.97449, 8.367750, 0.000277, -0.000086, -0.000005),
        ],
    ),
    "Al": (26.9815, [(1e9, 28.08920, -5.414849, 8.560423, 3.427370, -0.277375)]),
    "Si": (28.0855, [(1e9, 22.81719, 3.899510, -0.082885, 0.042111, -0.354063)]),
    "C": (12.011, [(1100, -0.632808, 38.25739, -31.94505, 10.68137, 0), (1e9, 21.47547, -0.197081, 0.014875, 0, 0)]),
}


def solid_j_per_kg_k(element: str, kelvin: Array) -> Array:
    mass, ranges = SHOMATE[element]
    t = kelvin / 1000.0
    cp = np.full_like(t, np.nan)
    for top, a, b, c, d, e in reversed(ranges):
        cp = np.where(kelvin <= top, a + b * t + c * t**2 + d * t**3 + e / t**2, cp)
    return 1000.0 * cp / mass


def enthalpy_table(
    fractions: dict[str, float], solidus: float, liquidus: float, latent: float, liquid: float
) -> tuple[Array, Array]:
    """T (°C) and h (kJ/kg) on a grid of 0.25 K: smooth heat capacities, the two iron transitions as narrow peaks,
    latent heat over the range."""
    grid = np.arange(0.0, 1750.0, 0.25)
    mid = 0.5 * (grid[1:] + grid[:-1])
    cp = sum(x * solid_j_per_kg_k(e, mid + 273.15) for e, x in fractions.items()) / 1000.0
    if "Fe" in fractions:
        cp = cp + fractions["Fe"] * 1013.0 / 55.845 * np.exp(-0.5 * ((mid - 911.65) / 3.0) ** 2) / (
            3.0 * np.sqrt(2 * np.pi)
        )
    inside = np.clip((grid - solidus) / (liquidus - solidus), 0.0, 1.0)
    cp = np.where(mid > liquidus, liquid, np.where(mid > solidus, 0.5 * (cp + liquid), cp))
    return grid, np.concatenate(([0.0], np.cumsum(cp * 0.25))) + latent * inside


@dataclass
class Reference:
    """The furnace again, non-linear: bath enthalpy (kJ) and wall temperatures as unknowns."""

    chain: Chain
    surface: Surface
    table: tuple[Array, Array]

    def slopes(self, bath_c: float, walls: Array) -> tuple[float, Array]:
        g, c = np.array(self.chain.conductance_kw_per_k), 3600.0 * np.array(self.chain.capacity_kwh_per_k)
        line = np.concatenate(([bath_c], walls, [self.chain.outside_c]))
        flow = g * -np.diff(line)
        return -float(flow[0]) - self.surface_kw(bath_c), -np.diff(flow) / c

    def surface_kw(self, bath_c: float) -> float:
        s = self.surface
        fourth = (bath_c + 273.15) ** 4 - (s.ambient_c + 273.15) ** 4
        return SIGMA_KW * s.emissivity * s.view_factor * s.area_m2 * fourth + s.convection_kw_per_k * (
            bath_c - s.ambient_c
        )

    def bath_c(self, kj: float, mass_kg: float) -> float:
        return float(np.interp(kj / mass_kg, self.table[1], self.table[0]))

    def kj(self, bath_c: float, mass_kg: float) -> float:
        return mass_kg * float(np.interp(bath_c, *self.table))

    def advance(
        self, bath_c: float, walls: Array, mass_kg: float, power_kw: float, seconds: float, until_c: float | None = None
    ) -> tuple[float, float, Array]:
        """Seconds taken, bath and walls after constant power (until a temperature, if given)."""

        def f(_: float, y: Array) -> Array:
            loss, walls_rate = self.slopes(self.bath_c(y[0], mass_kg), y[1:])
            return np.concatenate(([power_kw + loss], walls_rate))

        events: list[Callable[..., float]] = []
        if until_c is not None:
            goal = self.kj(until_c, mass_kg)

            def arrive(_: float, y: Array) -> float:
                return float(y[0] - goal)

            arrive.terminal = True  # type: ignore[attr-defined]
            events.append(arrive)
        y0 = np.concatenate(([self.kj(bath_c, mass_kg)], walls))
        run = integrate(f, seconds, y0, events)
        return float(run.t[-1]), self.bath_c(run.y[0, -1], mass_kg), run.y[1:, -1]

    def hold_kwh(self, set_c: float, walls: Array, seconds: float) -> float:
        """Energy that a clamped bath takes."""

        def f(_: float, y: Array) -> Array:
            loss, walls_rate = self.slopes(set_c, y[1:])
            return np.concatenate(([-loss], walls_rate))

        return float(integrate(f, seconds, np.concatenate(([0.0], walls)), []).y[0, -1]) / 3600.0

    def empty(self, walls: Array, seconds: float) -> Array:
        """Walls after an empty time: the hot face radiates what reaches it."""

        def face_c(hot_node: float) -> float:
            low, high = -50.0, 2000.0
            g = self.chain.conductance_kw_per_k[0]
            for _ in range(60):
                mid = 0.5 * (low + high)
                low, high = (mid, high) if g * (hot_node - mid) > self.surface_kw(mid) else (low, mid)
            return 0.5 * (low + high)

        def f(_: float, y: Array) -> Array:
            return self.slopes(face_c(y[0]), y)[1]

        after: Array = integrate(f, seconds, walls, []).y[:, -1]
        return after


def integrate(f: Callable[[float, Array], Array], seconds: float, y0: Array, events: list[Callable[..., float]]) -> Any:
    run = solve_ivp(f, (0.0, seconds), y0, method="LSODA", rtol=1e-7, atol=1e-5, events=events or None)
    assert run.success
    return run


IRON = enthalpy_table({"Fe": 0.945, "C": 0.034, "Si": 0.021}, 1140.0, 1190.0, 280.0, 0.859)
ALUMINIUM = enthalpy_table({"Al": 0.88, "Si": 0.12}, 575.0, 582.0, 529.7, 1.152)
COIL = {"outside_w_per_m2k": 400.0, "outside_c": 40.0}
LINING = [(0.09, 2.2, 2900.0, 1050.0), (0.02, 0.3, 1200.0, 1000.0)]  # rammed silica or alumina, coil grout


def iron_furnace(mode: str, nodes: int = 8, growth: float = 1.4) -> tuple[Furnace, Reference]:
    """A brick-lined coreless furnace for 2 t of iron with its lid closed or open."""
    lids = {
        "closed": Surface(0.6, 0.85, 0.1, 0.008, exact_at_c=(1480.0,)),
        "open": Surface(0.6, 0.85, exact_at_c=(1480.0,)),
    }
    chain = chain_from_layers(4.0, LINING, nodes=nodes, growth=growth, **COIL)
    return Furnace(Network((chain,), lids)), Reference(chain, lids[mode], IRON)


def iron_state(furnace: Furnace, walls: Array, mass_kg: float, bath_c: float) -> State:
    nodes = np.concatenate(([bath_c], walls))
    return State(nodes, mass_kg, alloy("grey_iron"))


@pytest.mark.parametrize("mode", ["closed", "open"])
def test_cold_start_to_tap(mode: str) -> None:
    """Proves: a cold start of a brick-lined coreless furnace, 2 t of iron to 1,480 °C at 1,100 kW, takes the
    reference's energy within 0.5 %, also with the lid open. Sensitivity: leaving the lining's storage out would miss
    18 % of it."""
    furnace, reference = iron_furnace(mode)
    walls = np.full(furnace.network.size - 1, 20.0)
    course = furnace.heat_to(furnace.cold(alloy("grey_iron"), 2000.0), 1100.0, 1480.0, mode=mode)
    seconds, _, after = reference.advance(20.0, walls, 2000.0, 1100.0, 20_000.0, until_c=1480.0)
    assert course.energy_kwh == pytest.approx(1100.0 * seconds / 3600.0, rel=TOLERANCE)
    assert course.state.nodes_c[1:] == pytest.approx(after, abs=5.0)
    assert course.heat_kwh["storage"] > 0.15 * course.energy_kwh


def test_eight_nodes_against_a_finely_cut_wall() -> None:
    """Proves: the same cold start against the reference with 40 equal slices of lining: 8 graded nodes cost less than
    0.3 % of the batch. Sensitivity: with 4 nodes it is 0.9 %."""
    furnace, _ = iron_furnace("closed")
    fine, reference = iron_furnace("closed", nodes=40, growth=1.0)
    seconds, _, _ = reference.advance(
        20.0, np.full(fine.network.size - 1, 20.0), 2000.0, 1100.0, 20_000.0, until_c=1480.0
    )
    course = furnace.heat_to(furnace.cold(alloy("grey_iron"), 2000.0), 1100.0, 1480.0)
    assert course.energy_kwh == pytest.approx(1100.0 * seconds / 3600.0, rel=0.003)


def test_holding_for_hours() -> None:
    """Proves: four hours at 1,480 °C from a half-warm lining take the reference's energy within 0.5 % (here exactly
    the chord's set point)."""
    furnace, reference = iron_furnace("closed")
    walls = 0.7 * np.array(furnace.network.chains[0].steady_profile_c(1480.0))
    course = furnace.hold(iron_state(furnace, walls, 2000.0, 1480.0), 1480.0, 4 * 3600.0)
    assert course.energy_kwh == pytest.approx(reference.hold_kwh(1480.0, walls, 4 * 3600.0), rel=TOLERANCE)


def test_weekend_and_monday() -> None:
    """Proves: emptied on Friday, open for three hours and closed for the rest of 60, charged on Monday: the first
    batch's energy is the reference's within 0.5 %, and the lining's temperatures on the way are within 1.5 % of its
    fall."""
    furnace, opened = iron_furnace("open")
    _, closed = iron_furnace("closed")
    walls = np.array(furnace.network.chains[0].steady_profile_c(1480.0))
    state = iron_state(furnace, walls, 0.0, 1480.0)
    evening = furnace.cool(state, 3 * 3600.0, mode="open").state
    reference_evening = opened.empty(walls, 3 * 3600.0)
    assert evening.nodes_c[1:] == pytest.approx(reference_evening, abs=0.015 * 1400.0)
    monday = furnace.cool(evening, 57 * 3600.0, mode="closed").state
    reference_monday = closed.empty(reference_evening, 57 * 3600.0)
    first = furnace.heat_to(furnace.add(monday, 2000.0), 1100.0, 1480.0)
    seconds, _, _ = closed.advance(20.0, reference_monday, 2000.0, 1100.0, 20_000.0, until_c=1480.0)
    assert first.energy_kwh == pytest.approx(1100.0 * seconds / 3600.0, rel=TOLERANCE)


def test_short_stop_of_a_hot_furnace() -> None:
    """Proves: after an hour empty and open the next 2 t take the reference's energy within 0.5 %, and less than a
    cold start."""
    furnace, opened = iron_furnace("open")
    _, closed = iron_furnace("closed")
    walls = np.array(furnace.network.chains[0].steady_profile_c(1480.0))
    warm = furnace.cool(iron_state(furnace, walls, 0.0, 1480.0), 3600.0, mode="open").state
    course = furnace.heat_to(furnace.add(warm, 2000.0), 1100.0, 1480.0)
    seconds, _, _ = closed.advance(20.0, opened.empty(walls, 3600.0), 2000.0, 1100.0, 20_000.0, until_c=1480.0)
    assert course.energy_kwh == pytest.approx(1100.0 * seconds / 3600.0, rel=TOLERANCE)
    assert (
        course.energy_kwh < furnace.heat_to(furnace.cold(alloy("grey_iron"), 2000.0), 1100.0, 1480.0).energy_kwh - 50.0
    )


def test_fibre_lined_holding_furnace() -> None:
    """Proves: a fibre-lined furnace (one node) with 450 kg of AlSi12 left without power for eight hours freezes and
    is brought back to 690 °C at 45 kW with the reference's energy within 0.5 %."""
    chain = chain_from_totals(0.006, 0.08, nodes=1)
    lid = Surface(0.15, 0.3, exact_at_c=(690.0,), top_c=900.0, convection_kw_per_k=0.001)
    furnace, reference = Furnace(Network((chain,), {"lid": lid})), Reference(chain, lid, ALUMINIUM)
    start = furnace.soaked(alloy("alsi12"), 690.0, 450.0)
    cooled = furnace.cool(start, 8 * 3600.0).state
    _, bath_c, walls = reference.advance(690.0, np.array(chain.steady_profile_c(690.0)), 450.0, 0.0, 8 * 3600.0)
    course = furnace.heat_to(cooled, 45.0, 690.0)
    seconds, _, _ = reference.advance(bath_c, walls, 450.0, 45.0, 36_000.0, until_c=690.0)
    assert cooled.bath_c < 582.0
    assert course.energy_kwh == pytest.approx(45.0 * seconds / 3600.0, rel=TOLERANCE)

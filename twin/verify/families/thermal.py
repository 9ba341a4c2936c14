"""The thermal network that furnaces run on, against closed forms and against the full non-linear equations integrated by scipy.

Without chance. A linear network must agree to rounding; where T4 radiation or a wall's nodes come in, within 0.5 %.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np

from twin.models.metals import alloy
from twin.models.network import KJ_PER_KWH, Chain, Network, Surface, chain_from_layers
from twin.models.surfaces import STEFAN_BOLTZMANN_KW
from twin.models.thermal import Furnace, State
from twin.verify.case import Figure, Model
from twin.verify.theory import walls as theory

LINEAR, BANDED = 1e-8, 0.005
SOLVED = "full non-linear equations by scipy.integrate.solve_ivp (LSODA, 1e-8)"
HOUR, METAL = 3600.0, "alsi12"
OPEN = Surface(0.2, 0.85, exact_at_c=(750.0,), top_c=1000.0)


def model(
    name: str,
    source: str,
    figures: Sequence[Figure],
    exact: Callable[[], Sequence[float]],
    ours: Callable[[], Sequence[float]],
) -> Model:
    """A model without chance; ``ours`` is what the network says."""
    return Model(name, "thermal", source, tuple(figures), exact, lambda _seed, _replication: ours(), 1, 1.0)


def chamber(chain: Chain, surface: Surface, kwh_per_k: float) -> Furnace:
    """An empty chamber with a heat capacity of its own behind a wall."""
    return Furnace(Network((chain,), {"only": surface}, kwh_per_k))


def at(bath_c: float, walls_c: Sequence[float], kg: float = 0.0) -> State:
    """A state by its temperatures."""
    return State(np.array([bath_c, *walls_c]), kg, alloy(METAL))


def nonlinear(chain: Chain, surface: Surface, kwh_per_k: float, kg: float = 0.0) -> theory.Walled:
    """The same furnace for the reference: its own T4, its own integration; the metal's enthalpy curve is shared."""
    metal = alloy(METAL)
    curve = (lambda c: KJ_PER_KWH * metal.enthalpy_kwh_per_kg(c)) if kg else None
    return theory.Walled(
        KJ_PER_KWH * kwh_per_k,
        tuple(KJ_PER_KWH * c for c in chain.capacity_kwh_per_k),
        chain.conductance_kw_per_k,
        chain.outside_c,
        surface.area_m2 * surface.emissivity * surface.view_factor,
        surface.convection_kw_per_k,
        surface.ambient_c,
        kg,
        curve,
    )


FIBRE = Chain("fibre", (0.02, 0.005), (0.1,))
BRICK = chain_from_layers(3.0, [(0.23, 1.2, 2100.0, 1000.0), (0.05, 0.2, 600.0, 900.0)])
CLOSED = Surface(0.0, 0.0, convection_kw_per_k=0.0)


def cooling() -> Model:
    """Chamber of 0.05 kWh/K and one wall node, from 800 and 500 °C, six hours without power."""

    def exact() -> list[float]:
        kj = (KJ_PER_KWH * 0.05, KJ_PER_KWH * 0.1)
        return [float(c) for c in theory.two_node_cooling(kj, (0.02, 0.005), (800.0, 500.0), 20.0, 6 * HOUR)]

    def ours() -> list[float]:
        furnace = chamber(FIBRE, CLOSED, 0.05)
        return [float(c) for c in furnace.cool(at(800.0, [500.0]), 6 * HOUR).state.nodes_c]

    figures = [Figure("chamber", "temperature", "degC", LINEAR), Figure("wall", "temperature", "degC", LINEAR)]
    return model("two nodes cooling", "matrix exponential", figures, exact, ours)


def single_node() -> Model:
    """A chamber of 0.08 kWh/K whose wall holds next to nothing, heated at 20 kW: T = Ta + P/G (1 - exp(-t/tau)), and back."""
    thin = Chain("thin", (0.04, 0.04), (1e-9,))
    rise = 20.0 / 0.02 * -np.expm1(-2 * HOUR * 0.02 / (KJ_PER_KWH * 0.08))

    def ours() -> list[float]:
        furnace = chamber(thin, CLOSED, 0.08)
        return [furnace.advance(at(20.0, [20.0]), 20.0, 2 * HOUR).state.bath_c]

    return model(
        "single node heated",
        "first-order step response",
        [Figure("chamber", "temperature", "degC", 1e-6)],
        lambda: [20.0 + float(rise)],
        ours,
    )


def holding_from_cold() -> Model:
    """A wall of one node from 20 °C behind a chamber held at 750 °C for five hours."""

    def ours() -> list[float]:
        furnace = chamber(FIBRE, CLOSED, 0.05)
        return [furnace.hold(at(750.0, [20.0]), 750.0, 5 * HOUR).energy_kwh]

    return model(
        "holding while a wall warms up",
        "one exponential",
        [Figure("energy", "energy", "kWh", LINEAR)],
        lambda: [theory.one_node_holding_kwh(KJ_PER_KWH * 0.1, (0.02, 0.005), 20.0, 750.0, 20.0, 5 * HOUR)],
        ours,
    )


def slab(fourier: float) -> Model:
    """A slab of 0.2 m, insulated outside, behind a chamber that jumps to 1,000 °C: the heat that it has taken at a Fourier number.

    Cut into 40 slices: 0.1 %. The eight graded nodes that furnaces use take 1 % less.
    """
    length, conductivity, density, heat = 0.2, 1.5, 2000.0, 1000.0
    seconds = fourier * length**2 * density * heat / conductivity
    chain = chain_from_layers(
        1.0, [(length, conductivity, density, heat)], nodes=40, growth=1.0, outside_w_per_m2k=1e-12
    )
    final_kwh = length * density * heat * 980.0 / 3.6e6

    def ours() -> list[float]:
        furnace = Furnace(Network((chain,), {"only": CLOSED}, 0.01))
        return [furnace.hold(at(1000.0, [20.0] * len(chain.capacity_kwh_per_k)), 1000.0, seconds).energy_kwh]

    return model(
        f"slab at Fourier {fourier:g}",
        "Carslaw & Jaeger (1959), section 3.3: Fourier series",
        [Figure("heat taken", "energy", "kWh", 0.002)],
        lambda: [final_kwh * theory.slab_taken_share(fourier)],
        ours,
    )


def soaked_power() -> Model:
    """Steady power at 750 °C: walls in series, radiation by T4."""
    resistances = sum(1.0 / g for g in BRICK.conductance_kw_per_k)
    kw = 730.0 / resistances + STEFAN_BOLTZMANN_KW * 0.2 * 0.85 * ((750.0 + 273.15) ** 4 - 293.15**4)

    def ours() -> list[float]:
        furnace = chamber(BRICK, OPEN, 0.05)
        hold = furnace.hold(furnace.soaked(alloy(METAL), 750.0), 750.0, HOUR)
        return [furnace.holding_power_kw(750.0, alloy=alloy(METAL)), hold.energy_kwh]

    figures = [Figure("power", "power", "kW", LINEAR), Figure("energy of an hour", "energy", "kWh", LINEAR)]
    return model("holding a soaked furnace", "resistances in series; Stefan-Boltzmann", figures, lambda: [kw, kw], ours)


def cold_start() -> Model:
    """A brick-lined chamber with an open door, from cold to 750 °C at 60 kW."""
    cold = [20.0] * len(BRICK.capacity_kwh_per_k)

    def exact() -> list[float]:
        seconds, _ = nonlinear(BRICK, OPEN, 0.05).heated_s(60.0, cold, 20.0, 750.0)
        return [60.0 * seconds / HOUR]

    def ours() -> list[float]:
        furnace = chamber(BRICK, OPEN, 0.05)
        return [furnace.heat_to(at(20.0, cold), 60.0, 750.0).energy_kwh]

    return model("cold start with an open door", SOLVED, [Figure("energy", "energy", "kWh", BANDED)], exact, ours)


def melting() -> Model:
    """450 kg of AlSi12 from solid at 20 °C to 720 °C at 80 kW in a soaked fibre-lined furnace: sensible, latent, superheat."""
    wall = FIBRE.steady_profile_c(720.0)
    lid = Surface(0.3, 0.3, exact_at_c=(720.0,), top_c=900.0, convection_kw_per_k=0.002)

    def exact() -> list[float]:
        seconds, _ = nonlinear(FIBRE, lid, 0.0, 450.0).heated_s(80.0, wall, 20.0, 720.0)
        return [80.0 * seconds / HOUR]

    def ours() -> list[float]:
        furnace = Furnace(Network((FIBRE,), {"only": lid}))
        return [furnace.heat_to(at(20.0, wall, 450.0), 80.0, 720.0).energy_kwh]

    return model("melting aluminium", SOLVED, [Figure("energy", "energy", "kWh", BANDED)], exact, ours)


def week(name: str, chain: Chain, hours_on: float, *, face: bool = False) -> Model:
    """Five days, each heated to 750 °C at 60 kW and held for ``hours_on`` in all, then without power; the weekend off; from cold.

    ``face``: also the hot face of the wall after the weekend.
    """

    @functools.cache
    def exact() -> list[float]:
        reference, bath, walls, kwh = (
            nonlinear(chain, OPEN, 0.05),
            20.0,
            np.full(len(chain.capacity_kwh_per_k), 20.0),
            0.0,
        )
        for _ in range(5):
            seconds, walls = reference.heated_s(60.0, walls.tolist(), bath, 750.0)
            held, walls = reference.held_kwh(750.0, walls.tolist(), hours_on * HOUR - seconds)
            bath, walls = reference.cooled(750.0, walls.tolist(), (24.0 - hours_on) * HOUR)
            kwh += 60.0 * seconds / HOUR + held
        bath, walls = reference.cooled(bath, walls.tolist(), 48.0 * HOUR)
        return [kwh, float(walls[0])]

    def ours() -> list[float]:
        furnace = chamber(chain, OPEN, 0.05)
        state, kwh = at(20.0, [20.0] * len(chain.capacity_kwh_per_k)), 0.0
        for _ in range(5):
            heated = furnace.heat_to(state, 60.0, 750.0)
            held = furnace.hold(heated.state, 750.0, hours_on * HOUR - heated.duration_s)
            state = furnace.cool(held.state, (24.0 - hours_on) * HOUR).state
            kwh += heated.energy_kwh + held.energy_kwh
        return [kwh, float(furnace.cool(state, 48.0 * HOUR).state.nodes_c[1])]

    figures = [
        Figure("energy of a week", "energy", "kWh", BANDED),
        Figure("hot face on Monday", "temperature", "degC", BANDED),
    ]
    figures = figures if face else figures[:1]
    return model(name, SOLVED, figures, exact, ours)


MODELS = (
    single_node(),
    cooling(),
    holding_from_cold(),
    slab(0.1),
    slab(0.5),
    soaked_power(),
    cold_start(),
    melting(),
    week("week of one shift, fibre", FIBRE, 9.0),
    week("week of three shifts, brick", BRICK, 23.0, face=True),
)

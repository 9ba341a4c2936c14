"""Heat-treatment furnaces for tests: one box furnace in two linings, changed as a user would; and the same furnace
as full non-linear equations.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from twin.models.batches import Batch, BatchLot
from twin.models.chamber import Chamber, ChamberState
from twin.models.firing import AMBIENT_C, Burners
from twin.models.heat_treatment import BoxFurnace
from twin.models.kiln import body_of, link_of

Array = NDArray[np.float64]
SIGMA_KW = 5.670374419e-11
BRICK = [
    {"thickness": "230 mm", "material": "dense_firebrick"},
    {"thickness": "115 mm", "material": "insulating_brick"},
]
FIBRE = [{"thickness": "250 mm", "material": "ceramic_fibre"}]
GAS = {"rated": "240 kW", "flue_o2": "4 %", "flue_above": "60 K", "preheat": "recuperator", "effectiveness": "40 %"}
ELECTRIC = {"rated": "120 kW", "efficiency": "96 %"}

PLAIN: dict[str, Any] = {
    "kind": "box_furnace",
    "load": {"capacity": "1000 kg"},
    "elements": ELECTRIC,
    "walls": [{"area": "14 m2", "layers": BRICK}],
    "inner": "0.06 kWh/K",
    "door": {"width": "0.9 m", "height": "0.8 m", "depth": "0.3 m", "loading": "4 min", "unloading": "3 min"},
    "leakage": {"area": "8 cm2", "overpressure": "10 Pa"},
    "atmospheres": {"nitrogen": {"gas": "nitrogen", "flow": "6 Nm3/h"}},
    "transfer": {"area": "4 m2", "emissivity": 0.7, "film": "20 W/m2/K"},
    "fixture": {"mass": "200 kg"},
    "recipes": {"harden": {"atmosphere": "nitrogen", "steps": [{"to": "850 degC", "soak": "45 min"}]}},
    "idle": {"hold": "850 degC", "after": "2 h"},
}


def furnace(**changes: Any) -> BoxFurnace:
    """The box furnace with keys changed as a user writes them; None leaves a key out."""
    tree = {key: value for key, value in {**PLAIN, **changes}.items() if value is not None}
    return BoxFurnace.model_validate(tree)


def gas_fired(**burners: Any) -> BoxFurnace:
    """The same with burners."""
    return furnace(elements=None, burners={**GAS, **burners})


def batch(kg: float = 800.0, recipe: str = "harden", **more: Any) -> Batch:
    """A batch of one lot."""
    return Batch((BatchLot("a/0/0", "shaft", kg / 2.0, kg),), recipe, **more)


def kwh(phases: Any, carriers: tuple[str, ...] = ("electricity", "natural_gas", "lpg")) -> float:
    """Energy of phases from their flows."""
    return sum(f.amount(p.duration_s) for p in phases for f in p.flows if f.carrier in carriers)


def heat(phases: Any) -> dict[str, float]:
    """Heat terms of phases, summed."""
    total: dict[str, float] = {}
    for phase in phases:
        for term, value in phase.heat_kwh.items():
            total[term] = total.get(term, 0.0) + value
    return total


class Reference:
    """The furnace again: T^4, flue gas, enthalpy of the load by temperature; only the wall chains are shared."""

    def __init__(self, kind: BoxFurnace, mode: str, mass_kg: float) -> None:
        self.kind, self.mode = kind, body_of(kind).modes[mode]
        self.body = body_of(kind)
        self.mass_kg = mass_kg
        self.link = link_of(kind.transfer, kind.set_points_c())
        fixture = kind.fixture
        self.fixture_kj = 0.0 if fixture is None else fixture.mass_kg * fixture.heat_capacity_j_per_kg_k / 1000.0
        self.grid, self.metal_kj_per_kg = steel_table()

    def share(self, chamber_c: float) -> float:
        if isinstance(self.kind.heating, Burners):
            return self.kind.heating.share(chamber_c)
        return self.kind.heating.efficiency

    def lost_kw(self, c: float) -> float:
        opening = self.mode.opening
        fourth = (c + 273.15) ** 4 - (opening.ambient_c + 273.15) ** 4
        radiated = SIGMA_KW * opening.emissivity * opening.view_factor * opening.area_m2 * fourth
        return radiated + sum(loss.kw_per_k * (c - loss.from_c) for loss in self.mode.losses)

    def into_load_kw(self, c: float, load_c: float) -> float:
        surface = self.link.surface
        fourth = (c + 273.15) ** 4 - (load_c + 273.15) ** 4
        return SIGMA_KW * surface.emissivity * surface.area_m2 * fourth + self.link.film_kw_per_k * (c - load_c)

    def load_kj(self, load_c: float) -> float:
        return self.mass_kg * float(np.interp(load_c, self.grid, self.metal_kj_per_kg)) + self.fixture_kj * load_c

    def load_c(self, kj: float) -> float:
        return float(np.interp(kj, self.mass_kg * self.metal_kj_per_kg + self.fixture_kj * self.grid, self.grid))

    def walls(self, c: float, nodes: Array) -> tuple[float, Array]:
        """Heat into the walls, and their slopes."""
        into, slopes, start = 0.0, np.empty_like(nodes), 0
        for chain in self.body.chains:
            g, cap = np.array(chain.conductance_kw_per_k), 3600.0 * np.array(chain.capacity_kwh_per_k)
            line = np.concatenate(([c], nodes[start : start + len(cap)], [chain.outside_c]))
            flow = g * -np.diff(line)
            into, slopes[start : start + len(cap)] = into + float(flow[0]), -np.diff(flow) / cap
            start += len(cap)
        return into, slopes

    def need_kw(self, c: float, walls: Array, load_kj: float) -> tuple[float, float, Array]:
        """Heat that keeps the chamber where it is, heat into the load, slopes of the walls."""
        into_walls, slopes = self.walls(c, walls)
        into = self.into_load_kw(c, self.load_c(load_kj)) if self.mass_kg else 0.0
        return into_walls + self.lost_kw(c) + into, into, slopes

    def free(self, y: Array, input_kw: float, seconds: float, until_c: float = np.inf) -> tuple[float, Array]:
        """``y``: chamber °C, walls °C, load kJ, input kWh so far. Constant input; returns seconds taken and the end."""

        def slopes(_: float, at: Array) -> Array:
            need, into, walls = self.need_kw(at[0], at[1:-2], at[-2])
            chamber = (input_kw * self.share(at[0]) - need) / (3600.0 * self.body.capacity_kwh_per_k)
            return np.concatenate(([chamber], walls, [into, input_kw / 3600.0]))

        def met(_: float, at: Array) -> float:
            return float(at[0] - until_c) if np.isfinite(until_c) else -1.0

        met.terminal, met.direction = True, 1.0  # type: ignore[attr-defined]
        run = solve_ivp(slopes, (0.0, seconds), y, method="LSODA", rtol=1e-7, atol=1e-5, events=met)
        return float(run.t[-1]), run.y[:, -1]

    def held(self, y: Array, set_c: float, seconds: float, until_load_c: float = np.inf) -> tuple[float, Array]:
        """The chamber clamped at its set point."""

        def slopes(_: float, at: Array) -> Array:
            need, into, walls = self.need_kw(set_c, at[1:-2], at[-2])
            return np.concatenate(([0.0], walls, [into, need / self.share(set_c) / 3600.0]))

        goal = self.load_kj(until_load_c) if np.isfinite(until_load_c) else np.inf

        def met(_: float, at: Array) -> float:
            return float(at[-2] - goal) if np.isfinite(goal) else -1.0

        met.terminal = True  # type: ignore[attr-defined]
        run = solve_ivp(slopes, (0.0, seconds), y, method="LSODA", rtol=1e-7, atol=1e-5, events=met)
        return float(run.t[-1]), run.y[:, -1]

    def batch(self, state: ChamberState, chamber: Chamber) -> tuple[float, Array, float]:
        """Doors open, heat to 850 °C, soak: duration s, the end, kWh. ``chamber`` only says what the state means."""
        kind, most = self.kind, self.body.supply.most_kw
        step = kind.treatments["harden"].steps[0]
        assert chamber.network.size == len(state.nodes_c)
        y = np.concatenate((state.nodes_c, [self.load_kj(AMBIENT_C), 0.0]))
        opened = Reference(kind, "open/nitrogen", self.mass_kg)
        _, y = opened.free(y, 0.0, kind.door.loading_s)
        took = kind.door.loading_s
        heated, y = self.free(y, most, 1e6, step.to_c)
        left, y = self.held(y, step.to_c, 1e6, step.to_c - step.within_k)
        _, y = self.held(y, step.to_c, step.soak_s)
        took += heated + left + step.soak_s
        return took, y, float(y[-1])


def steel_table() -> tuple[Array, Array]:
    """°C and kJ/kg above 0 °C by the formulas of EN 1993-1-2, on a grid of 0.05 K; the model knows twelve bands of it."""
    grid = np.arange(0.0, 1300.0, 0.05)
    t = 0.5 * (grid[1:] + grid[:-1])
    warm = 425.0 + 0.773 * t - 1.69e-3 * t**2 + 2.22e-6 * t**3
    hot = np.where(t < 735.0, 666.0 + 13002.0 / (738.0 - t), 545.0 + 17820.0 / (t - 731.0))
    cp = np.where(t < 600.0, warm, np.where(t < 900.0, hot, 650.0))
    return grid, np.concatenate(([0.0], np.cumsum(cp * 0.05))) / 1000.0


Operation = tuple[str, float]
"""``batch`` (0: begin at once) or ``off`` with its seconds"""
SHIFTS = {"one-shift": (8.0, 16.0), "three-shift": (0.0, 24.0)}


class Week:
    """A furnace worked Monday to Friday in one or three shifts with batches of 800 kg, off at all other times, by the model."""

    def __init__(self, kind: BoxFurnace, shifts: str) -> None:
        self.kind, self.shifts = kind, shifts
        self.kiln = kind.start()
        self._run()  # a week before, so that walls are as they are in any week
        self.first: ChamberState = self.kiln.now
        self.kwh, self.heat, self.operations = self._run()
        self.batches = sum(name == "batch" for name, _ in self.operations)

    def _run(self) -> tuple[float, dict[str, float], list[Operation]]:
        opens_h, closes_h = SHIFTS[self.shifts]
        total, terms, done, t = 0.0, dict[str, float](), list[Operation](), 0.0
        for day in range(5):
            opens, closes = 3600.0 * (24.0 * day + opens_h), 3600.0 * (24.0 * day + closes_h)
            if opens > t:
                done.append(("off", opens - t))
                self.kind.rest(opens - t, "off", self.kiln)
                t = opens
            while t < closes - 2 * 3600.0:
                phases = self.kind.begin(batch(), self.kiln)
                done.append(("batch", 0.0))
                total, t = total + kwh(phases), t + sum(p.duration_s for p in phases)
                for term, value in heat(phases).items():
                    terms[term] = terms.get(term, 0.0) + value
        done.append(("off", 604_800.0 - t))
        self.kind.rest(604_800.0 - t, "off", self.kiln)
        return total, terms, done

    @property
    def kwh_per_tonne(self) -> float:
        """Energy of the week over its charge."""
        return self.kwh / (self.batches * 0.8)

    def share(self, *terms: str) -> float:
        """Loss factor of the batches (nothing is drawn between them): the sum of terms over the input."""
        return sum(self.heat.get(term, 0.0) for term in terms) / self.kwh

    def reference_kwh(self) -> float:
        """The same operations from the same walls by the full non-linear equations."""
        loaded, unloaded = (Reference(self.kind, mode, kg) for mode, kg in (("closed/nitrogen", 800.0), ("off", 0.0)))
        opened = Reference(self.kind, "open/nitrogen", 0.0)
        nodes, total = self.first.nodes_c, 0.0
        for name, duration_s in self.operations:
            if name == "off":
                _, y = unloaded.free(np.concatenate((nodes, [0.0, 0.0])), 0.0, duration_s)
            else:
                _, y, taken = loaded.batch(ChamberState(nodes), self.kiln.chamber)
                total += taken
                _, y = opened.free(np.concatenate((y[:-2], [0.0, 0.0])), 0.0, self.kind.door.unloading_s)
            nodes = y[:-2]
        return total

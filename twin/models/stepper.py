"""Between a furnace's network and the inner loop that may be compiled: lays out matrices and tables once, fills in systems when asked for.

Everything that the loop reads stands in flat sequences of floats, see :mod:`twin.models.recursion`.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.models import recursion
from twin.models.compiling import available, loop
from twin.models.network import KJ_PER_KWH, Drive, Modes, Network, Vector
from twin.models.recursion import Asked, Systems
from twin.models.surfaces import BandTable

ROWS = 64
"""pieces of time that fit before the loop comes back"""
KEPT = 256
"""masses whose systems are kept"""


class ThermalError(RuntimeError):
    """The network could not be advanced (a power limit that contradicts itself)."""


class Laid:
    """Walls and bands: one array where the loop is compiled, and as lists."""

    def __init__(self, data: Vector, n: int, chains: int, bands: int) -> None:
        self.data, self.chains, self.count = data, chains, bands
        self.walls = recursion.walls_in(data.tolist(), n, chains)
        self.bands = recursion.bands_in(data.tolist(), n, chains, bands)


class Filled:
    """Systems of some bands: one array where the loop is compiled, else lists."""

    def __init__(self, n: int, k: int, bands: int) -> None:
        self.data = np.zeros(bands * (1 + k + 2 * n * k))
        flat: Any = self.data
        plain = recursion.systems_in(flat, n, k, bands)
        self.systems = plain if available() else Systems(*(np.asarray(part).tolist() for part in plain))

    def put(self, band: int, modes: Modes) -> None:
        """Write the diagonalised system of a band."""
        n, k = modes.shape.shape
        of, size = self.systems, n * k
        of.decays[band * k : (band + 1) * k] = modes.decays
        of.shapes[band * size : (band + 1) * size] = modes.shape.ravel().tolist()
        of.injects[band * size : (band + 1) * size] = modes.inject.ravel().tolist()
        of.known[band] = 1.0


class Room:
    """Room for the loop to work in, and its calls."""

    def __init__(self, n: int, k: int, out: int) -> None:
        self.n, self.k, self.compiled = n, k, available()
        self.data = np.zeros(4 * n + 5 * k + out)
        scratch: Any = self.data if self.compiled else self.data.tolist()
        self.nodes, self.out = scratch[:n], scratch[4 * n + 5 * k :]
        self.moving = recursion.room_in(scratch, n, k)

    def enter(self, nodes_c: Vector) -> None:
        """Temperatures to begin with."""
        self.nodes[:] = nodes_c if self.compiled else nodes_c.tolist()

    def run(self, laid: Laid, filled: Filled, asked: Asked) -> tuple[int, int, int, float]:
        """As :func:`twin.models.recursion.run_bands`."""
        if self.compiled:
            sizes = (self.n, self.k, laid.chains, laid.count)
            found: tuple[int, int, int, float] = loop().step_in(
                laid.data, filled.data, self.data, sizes, tuple(map(float, asked))
            )
            return found
        return recursion.run_bands(self.nodes, asked, laid.walls, laid.bands, filled.systems, self.moving, self.out)

    def hold(self, laid: Laid, filled: Filled, asked: Asked) -> tuple[int, int, float, float]:
        """As :func:`twin.models.recursion.hold_bath`."""
        if self.compiled:
            sizes = (self.n, self.k, laid.chains, laid.count)
            found: tuple[int, int, float, float] = loop().hold_in(
                laid.data, filled.data, self.data, sizes, tuple(asked)
            )
            return found
        return recursion.hold_bath(self.nodes, asked, laid.walls, laid.bands, filled.systems, self.moving, self.out)

    def found(self) -> tuple[list[float], list[float]]:
        """Rates and decays of the last piece of time."""
        rates, decays = self.moving.rates, self.moving.decays
        return [float(x) for x in rates], [float(x) for x in decays]

    def rows(self, count: int, width: int) -> list[list[float]]:
        """The first rows of the output, as plain numbers."""
        written = self.out[: count * width]
        flat: list[float] = written.tolist() if self.compiled else written
        return [flat[at : at + width] for at in range(0, len(flat), width)]


@dataclass(frozen=True, slots=True)
class Stretch:
    """What the loop did: rows of ``width`` numbers each, temperatures at the end, why it ended, seconds left."""

    rows: list[list[float]]
    nodes_c: Vector
    ended_by: int
    left_s: float


@dataclass(frozen=True, slots=True)
class Held:
    """What holding did: its row, temperatures at the end, the power at the start and its modes' rates kW/s and decays 1/s.

    ``way``: how the power left its range.
    """

    row: list[float]
    nodes_c: Vector
    need_kw: float
    rates: list[float]
    decays: list[float]
    way: int


class Stepper:
    """The loop of one network. Where it is compiled, everything that it reads stands in three arrays; else in lists."""

    def __init__(self, network: Network) -> None:
        self.network = network
        n = self.n = network.size
        ends = zip(network.last_nodes, network.chains, strict=True)
        chains = [(last, chain.conductance_kw_per_k[-1], chain.outside_c) for last, chain in ends]
        self.chamber_kj_per_k = KJ_PER_KWH * network.chamber_kwh_per_k
        columns = (network.conductance, network.source, network.coupling, network.wall_kj_per_k, chains)
        self._walls = np.concatenate(
            [*(np.asarray(column, np.float64).ravel() for column in columns), [self.chamber_kj_per_k]]
        )
        self.chains, self.width = len(chains), recursion.WIDTH + len(chains)
        self._laid: dict[int, tuple[BandTable, Laid]] = {}
        self._systems: OrderedDict[tuple[int, float], Filled] = OrderedDict()
        self._clamped: Filled | None = None
        self._rooms = {k: Room(n, k, ROWS * self.width) for k in (n, n - 1)}

    def _laid_out(self, table: BandTable) -> Laid:
        found = self._laid.get(id(table))
        if found is None:
            capacities = np.column_stack([table.capacity, table.sensible]).ravel()
            radiation = np.column_stack([table.radiation_slope, table.radiation_level]).ravel()
            liquid = [float(kind == "liquid") for kind in table.kind]
            last = [table.convection_slope, table.ambient_c]
            data = np.concatenate([self._walls, table.edges, capacities, liquid, radiation, last])
            found = self._laid[id(table)] = (table, Laid(data, self.n, self.chains, len(table.capacity)))
        return found[1]  # the table is kept beside, so that its id stays its own

    def _filled(self, table: BandTable, mass_kg: float, k: int) -> Filled:
        key = (id(table), mass_kg)
        found = self._systems.get(key)
        if found is None:
            if len(self._systems) >= KEPT:
                self._systems.popitem(last=False)
            found = self._systems[key] = Filled(self.n, k, len(table.capacity))
        else:
            self._systems.move_to_end(key)
        return found

    def _fill(self, filled: Filled, band: int, table: BandTable, mass_kg: float, drive: Drive) -> None:
        """Diagonalise the system of a band."""
        slope = table.radiation_slope[band] + table.convection_slope
        capacity = self.chamber_kj_per_k + KJ_PER_KWH * mass_kg * table.capacity[band]
        filled.put(band, self.network.modes(drive, capacity, slope))

    def run(self, nodes_c: Vector, table: BandTable, asked: Asked) -> Stretch:
        """Constant power through as many bands as it takes. Raises ThermalError where nothing moves."""
        weightless = asked.mass_kg == 0.0 and self.chamber_kj_per_k == 0.0
        k = self.n - 1 if weightless else self.n
        laid, filled, room = self._laid_out(table), self._filled(table, asked.mass_kg, k), self._rooms[k]
        room.enter(nodes_c)
        rows = list[list[float]]()
        while True:
            why, band, count, left_s = room.run(laid, filled, asked)
            rows += room.rows(count, self.width)
            if why == recursion.LACKS_SYSTEM:
                self._fill(filled, band, table, asked.mass_kg, "massless" if weightless else "free")
            elif why == recursion.STALLED:
                problem = f"no progress at {room.nodes[0]} °C and {asked.power_kw} kW"
                raise ThermalError(problem)
            elif why != recursion.FULL:
                return Stretch(rows, np.array(room.nodes), why, left_s)
            asked = asked._replace(left_s=left_s)

    def hold(self, nodes_c: Vector, table: BandTable, asked: Asked) -> Held | int:
        """The bath kept where it is; ``TOO_LITTLE`` or ``TOO_HOT`` where the power asked for does not do that."""
        k = self.n - 1
        if self._clamped is None:
            self._clamped = Filled(self.n, k, 1)
            self._clamped.put(0, self.network.modes("clamped", 0.0, 0.0))
        room = self._rooms[k]
        room.enter(nodes_c)
        what, way, need_kw, _ = room.hold(self._laid_out(table), self._clamped, asked)
        if what != recursion.HELD:
            return int(what)
        rates, decays = room.found()
        return Held(room.rows(1, self.width)[0], np.array(room.nodes), need_kw, rates, decays, way)

    def balanced(self, nodes_c: Vector, table: BandTable, power_kw: float) -> Vector:
        """Temperatures with a chamber without heat capacity where its balance puts it."""
        laid, nodes = self._laid_out(table), nodes_c.tolist()
        recursion.balance(nodes, laid.walls, laid.bands, power_kw)
        return np.array(nodes)

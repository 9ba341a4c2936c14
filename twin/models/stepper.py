"""Between a furnace's network and the inner loop that may be compiled: lays out matrices and tables once, fills in systems when asked for.

Everything that the loop reads stands in flat sequences of floats, see :mod:`twin.models.recursion`.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from twin.models import recursion
from twin.models.compiling import floats, loop
from twin.models.network import KJ_PER_KWH, Drive, Modes, Network, Vector
from twin.models.recursion import Asked, Bands, Moving, Systems, Walls
from twin.models.surfaces import BandTable

ROWS = 64
"""pieces of time that fit before the loop comes back"""
KEPT = 256
"""masses whose systems are kept"""


class ThermalError(RuntimeError):
    """The network could not be advanced (a power limit that contradicts itself)."""


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
    """The loop of one network."""

    def __init__(self, network: Network) -> None:
        self.network = network
        n = network.size
        ends = zip(network.last_nodes, network.chains, strict=True)
        chains = [(last, chain.conductance_kw_per_k[-1], chain.outside_c) for last, chain in ends]
        chamber = KJ_PER_KWH * network.chamber_kwh_per_k
        columns = (network.conductance, network.source, network.coupling, network.wall_kj_per_k, chains)
        self.walls = Walls(*map(floats, columns), chamber)
        self.width = recursion.WIDTH + len(chains)
        self.out = floats(np.zeros(ROWS * self.width))
        self.rooms = {k: self._room(n, k) for k in (n, n - 1)}
        self._bands: dict[int, tuple[BandTable, Bands]] = {}
        self._systems: OrderedDict[tuple[int, float], Systems] = OrderedDict()
        self._clamped: Systems | None = None

    @staticmethod
    def _room(n: int, k: int) -> Moving:
        sizes = (k, k, k, k, k, n, 2 * n)
        return Moving(*(floats(np.zeros(size)) for size in sizes))

    def _bands_of(self, table: BandTable) -> Bands:
        found = self._bands.get(id(table))
        if found is None:
            capacities = np.column_stack([table.capacity, table.sensible])
            radiation = np.column_stack([table.radiation_slope, table.radiation_level])
            liquid = [float(kind == "liquid") for kind in table.kind]
            columns = (table.edges, capacities, liquid, radiation)
            made = Bands(*map(floats, columns), float(table.convection_slope), float(table.ambient_c))
            found = self._bands[id(table)] = (table, made)  # the table is kept, so that its id stays its own
        return found[1]

    def _systems_of(self, table: BandTable, mass_kg: float, k: int) -> Systems:
        key = (id(table), mass_kg)
        found = self._systems.get(key)
        if found is None:
            n, count = self.network.size, len(table.capacity)
            found = Systems(*(floats(np.zeros(count * size)) for size in (1, k, n * k, n * k)))
            if len(self._systems) >= KEPT:
                self._systems.popitem(last=False)
            self._systems[key] = found
        else:
            self._systems.move_to_end(key)
        return found

    def _fill(self, systems: Systems, band: int, table: BandTable, mass_kg: float, drive: Drive) -> None:
        """Diagonalise the system of a band."""
        slope = table.radiation_slope[band] + table.convection_slope
        capacity = self.walls.chamber_kj_per_k + KJ_PER_KWH * mass_kg * table.capacity[band]
        _put(systems, band, self.network.modes(drive, capacity, slope))

    def run(self, nodes_c: Vector, table: BandTable, asked: Asked) -> Stretch:
        """Constant power through as many bands as it takes. Raises ThermalError where nothing moves."""
        weightless = asked.mass_kg == 0.0 and self.walls.chamber_kj_per_k == 0.0
        n = self.network.size
        k = n - 1 if weightless else n
        bands, systems = self._bands_of(table), self._systems_of(table, asked.mass_kg, k)
        nodes, rows = floats(nodes_c), list[list[float]]()
        while True:
            why, band, count, left_s = loop().run_bands(
                nodes, asked, self.walls, bands, systems, self.rooms[k], self.out
            )
            rows += self._rows(count)
            if why == recursion.LACKS_SYSTEM:
                self._fill(systems, band, table, asked.mass_kg, "massless" if weightless else "free")
            elif why == recursion.STALLED:
                problem = f"no progress at {nodes[0]} °C and {asked.power_kw} kW"
                raise ThermalError(problem)
            elif why != recursion.FULL:
                return Stretch(rows, np.array(nodes), why, left_s)
            asked = asked._replace(left_s=left_s)

    def hold(self, nodes_c: Vector, table: BandTable, asked: Asked) -> Held | int:
        """The bath kept where it is; ``TOO_LITTLE`` or ``TOO_HOT`` where the power asked for does not do that."""
        n = self.network.size
        k = n - 1
        if self._clamped is None:
            self._clamped = Systems(*(floats(np.zeros(size)) for size in (1, k, n * k, n * k)))
            _put(self._clamped, 0, self.network.modes("clamped", 0.0, 0.0))
        nodes, room = floats(nodes_c), self.rooms[k]
        what, way, need_kw, _ = loop().hold_bath(
            nodes, asked, self.walls, self._bands_of(table), self._clamped, room, self.out
        )
        if what != recursion.HELD:
            return int(what)
        return Held(self._rows(1)[0], np.array(nodes), need_kw, list(room.rates), list(room.decays), way)

    def balanced(self, nodes_c: Vector, table: BandTable, power_kw: float) -> Vector:
        """Temperatures with a chamber without heat capacity where its balance puts it."""
        nodes = floats(nodes_c)
        loop().balance(nodes, self.walls, self._bands_of(table), power_kw)
        return np.array(nodes)

    def _rows(self, count: int) -> list[list[float]]:
        """The first rows of the loop's output, as plain numbers."""
        written = self.out[: count * self.width]
        flat: list[float] = written if isinstance(written, list) else written.tolist()
        return [flat[at : at + self.width] for at in range(0, len(flat), self.width)]


def _put(systems: Systems, band: int, modes: Modes) -> None:
    """Write a diagonalised system in its place."""
    n, k = modes.shape.shape
    systems.decays[band * k : (band + 1) * k] = modes.decays
    for place, matrix in ((systems.shapes, modes.shape), (systems.injects, modes.inject)):
        flat = matrix.ravel()
        place[band * n * k : (band + 1) * n * k] = flat.tolist() if isinstance(place, list) else flat
    systems.known[band] = 1.0

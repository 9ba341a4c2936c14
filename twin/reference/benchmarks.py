"""Specific energy of real plants as quantiles, and of processes as ranges."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from .facts import Provenance, pick, provenance, read_yaml

_FILE = "sec_benchmarks.yaml"
CARRIERS = ("electricity", "fuel", "total")


@dataclass(frozen=True)
class SectorBenchmark:
    """Site energy per tonne shipped in real plants: ``quantiles`` (shares) and values in kWh/t by carrier group."""

    sector: str
    plants: int
    quantiles: tuple[float, ...]
    kwh_per_t: Mapping[str, tuple[float, ...]]
    provenance: Provenance

    def quantile_of(self, carrier: str, kwh_per_t: float) -> tuple[float, float]:
        """Bounds (low, high) of the quantile at which a figure lies.

        (0, q) below the first value, (q, 1) above the last.
        """
        values = self.kwh_per_t[pick("carrier group", carrier, CARRIERS)]
        below = sum(value <= kwh_per_t for value in values)
        low = self.quantiles[below - 1] if below else 0.0
        return low, self.quantiles[below] if below < len(values) else 1.0


@dataclass(frozen=True)
class ProcessBenchmark:
    """A process figure with its range."""

    id: str
    name: str
    unit: str
    low: float
    typical: float | None
    high: float
    theoretical: tuple[float, float] | None
    provenance: Provenance


@functools.cache
def sector_benchmarks() -> Mapping[str, SectorBenchmark]:
    """All sectors by name, e.g. ``aluminium die casting``."""
    block = read_yaml(_FILE)["real_plants"]
    origin = provenance(block)
    return {
        entry["sector"]: SectorBenchmark(
            entry["sector"],
            entry["n"],
            tuple(block["quantiles"]),
            {name: tuple(map(float, entry[name])) for name in CARRIERS},
            origin,
        )
        for entry in block["sectors"]
    }


def sector_benchmark(sector: str) -> SectorBenchmark:
    """The row of real plants of ``sector``. Raises :class:`UnknownId`."""
    return sector_benchmarks()[pick("sector", sector, sector_benchmarks())]


@functools.cache
def process_benchmarks() -> Mapping[str, ProcessBenchmark]:
    """Process figures by id, e.g. ``induction-melting-grey-iron``."""
    return {
        entry["id"]: ProcessBenchmark(
            entry["id"],
            entry["name"],
            entry["unit"],
            entry["low"],
            entry["typical"],
            entry["high"],
            tuple(entry["theoretical"]) if entry["theoretical"] else None,
            provenance(entry),
        )
        for entry in read_yaml(_FILE)["processes"]
    }

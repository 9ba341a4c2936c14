"""Where a plant's specific energy lies among real plants of its sector, carrier by carrier, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from twin.reference.benchmarks import CARRIERS, sector_benchmark


@dataclass(frozen=True)
class Placing:
    """One figure among real plants: ``quantile`` interpolated (the outermost known one beyond it), ``bounds`` the known ones around."""

    carrier: str
    value: float
    unit: str
    quantile: float
    bounds: tuple[float, float]
    sector: str
    why: str
    source: str

    def payload(self) -> dict[str, object]:
        """As it stands in ``--json``."""
        return {
            "carrier": self.carrier,
            "value": self.value,
            "unit": self.unit,
            "quantile": self.quantile,
            "bounds": list(self.bounds),
            "sector": self.sector,
            "why": self.why,
            "source": self.source,
        }


def _between(
    value: float, bounds: tuple[float, float], quantiles: tuple[float, ...], values: tuple[float, ...]
) -> float:
    """Quantile by straight line between the known ones; outside of them the outermost known one."""
    known = dict(zip(quantiles, values, strict=True))
    low, high = bounds
    if low not in known:
        return quantiles[0]
    if high not in known:
        return quantiles[-1]
    width = known[high] - known[low]
    return low + (high - low) * ((value - known[low]) / width if width else 0.0)


def placings(sector: str | None, electricity_kwh_per_t: float | None, fuel_kwh_per_t: float | None) -> list[Placing]:
    """Electricity, fuel and total per tonne of good product among the sector's plants; empty without sector or output.

    Raises UnknownId for a sector that no row bears.
    """
    if sector is None or electricity_kwh_per_t is None or fuel_kwh_per_t is None:
        return []
    row = sector_benchmark(sector)
    values: Mapping[str, float] = {
        "electricity": electricity_kwh_per_t,
        "fuel": fuel_kwh_per_t,
        "total": electricity_kwh_per_t + fuel_kwh_per_t,
    }
    found = []
    for carrier in CARRIERS:
        bounds = row.quantile_of(carrier, values[carrier])
        quantile = _between(values[carrier], bounds, row.quantiles, row.kwh_per_t[carrier])
        why = _why(carrier, values, row.kwh_per_t, row.quantiles, row.plants)
        found.append(
            Placing(carrier, values[carrier], "kWh/t good", quantile, bounds, sector, why, row.provenance.source)
        )
    return found


def _why(
    carrier: str,
    values: Mapping[str, float],
    known: Mapping[str, tuple[float, ...]],
    quantiles: tuple[float, ...],
    plants: int,
) -> str:
    """One sentence on what the place means; an all-electric plant is compared with plants that melt with fuel."""
    median = known[carrier][quantiles.index(0.5)] if 0.5 in quantiles else known[carrier][len(quantiles) // 2]
    against = f"{values[carrier]:,.0f} kWh/t against a median of {median:,.0f} in {plants} US plants"
    if values["fuel"] < 0.01 * values["total"] and carrier != "electricity":
        fuel = known["fuel"][len(known["fuel"]) // 2]
        share = (
            "this plant burns next to no fuel: it heats by electricity, without flue losses, while the median plant burns"
            f" {fuel:,.0f} kWh/t for furnaces and space heating"
        )
        cause = "" if carrier == "fuel" else " for its technology, not for its thrift"
        return f"{against}; {share}, so it lies low in {carrier} energy{cause}"
    if carrier == "electricity" and values["fuel"] < 0.01 * values["total"]:
        return f"{against}; electricity does here what fuel does in most of these plants, yet it stands beside plants that heat with gas"
    return (
        f"{against}; product mix and space heating are inside the spread, a plausibility bound and no test of accuracy"
    )

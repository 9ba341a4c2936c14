"""Fuels: net calorific values, emission factors, GWP sets and tonnes of oil equivalent."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from .facts import Fact, Provenance, UnknownId, pick, provenance, read_yaml

_FILE = "fuels.yaml"
MJ_PER_KWH = 3.6


@dataclass(frozen=True)
class Fuel:
    """A fuel on net calorific value; factors in kg per TJ (net).

    City gas is sold by gross MJ: ``gross_mj_per_net_mj``.
    """

    id: str
    name_ko: str
    carrier: str | None
    activity_unit: str
    ncv_mj_per_unit: float
    co2_kg_per_tj: float
    ch4_kg_per_tj: float
    n2o_kg_per_tj: float
    gross_mj_per_net_mj: float | None
    provenance: Provenance

    @property
    def co2_kg_per_unit(self) -> float:
        """Mass of CO2 in kg per Nm3, kg or L (oxidation factor 1)."""
        return self.co2_kg_per_tj * self.ncv_mj_per_unit / 1e6

    def co2e_kg_per_kwh(self, gwp: Gwp) -> float:
        """Mass of CO2e in kg per kWh (net) with methane and nitrous oxide weighed by ``gwp``."""
        per_tj = self.co2_kg_per_tj + self.ch4_kg_per_tj * gwp.ch4 + self.n2o_kg_per_tj * gwp.n2o
        return per_tj * MJ_PER_KWH / 1e6

    def co2_kg_per_gross_mj(self) -> float | None:
        """Mass of CO2 in kg per MJ as billed (gross); None where the gross heat is not known."""
        return None if self.gross_mj_per_net_mj is None else self.co2_kg_per_tj / 1e6 / self.gross_mj_per_net_mj


@dataclass(frozen=True)
class Gwp:
    """Global warming potentials over 100 years."""

    id: str
    ch4: float
    n2o: float
    use: str
    provenance: Provenance


@functools.cache
def fuels() -> Mapping[str, Fuel]:
    """All fuels by id, e.g. ``kr/city-gas-lng``."""
    data = read_yaml(_FILE)
    result = {}
    for entry in data["fuels"]:
        trace = data["trace_gases"][entry["trace_gases"]]
        billing = entry.get("billing_basis")
        result[entry["id"]] = Fuel(
            entry["id"],
            entry["name_ko"],
            entry["carrier"],
            entry["activity_unit"],
            entry["ncv_mj_per_unit"],
            float(entry["co2_kg_per_tj"]),
            trace["ch4_kg_per_tj"],
            trace["n2o_kg_per_tj"],
            billing["gross_mj_per_unit"] / billing["net_mj_per_unit"] if billing else None,
            provenance(entry),
        )
    return result


def fuel(fuel_id: str) -> Fuel:
    """The fuel ``fuel_id``. Raises :class:`UnknownId`."""
    return fuels()[pick("fuel", fuel_id, fuels())]


def fuel_of_carrier(carrier: str) -> Fuel:
    """The Korean fuel that stands for a carrier of the trace (natural_gas, lpg, diesel, coke)."""
    for candidate in fuels().values():
        if candidate.carrier == carrier:
            return candidate
    known = sorted(item.carrier for item in fuels().values() if item.carrier)
    msg = f"no fuel stands for carrier '{carrier}'; known: {', '.join(known)}"
    raise UnknownId(msg)


@functools.cache
def gwp_sets() -> Mapping[str, Gwp]:
    """GWP sets by id: sar (K-ETS), ar5 (inventory, CBAM), ar6."""
    return {
        entry["id"]: Gwp(entry["id"], entry["ch4"], entry["n2o"], entry["use"], provenance(entry))
        for entry in read_yaml(_FILE)["gwp"]
    }


def gwp(gwp_id: str) -> Gwp:
    """The set ``gwp_id``. Raises :class:`UnknownId`."""
    return gwp_sets()[pick("GWP set", gwp_id, gwp_sets())]


@functools.cache
def toe_per_kwh(carrier: str) -> Fact:
    """Tonnes of oil equivalent per kWh of a carrier (fuels: per net kWh; gross heat where known)."""
    block = read_yaml(_FILE)["toe"]
    if carrier == "electricity":
        return Fact(block["electricity"]["toe_per_mwh"] / 1000, "toe/kWh", provenance(block["electricity"]))
    gross = fuel_of_carrier(carrier).gross_mj_per_net_mj or 1.0
    return Fact(MJ_PER_KWH * gross / block["mj_per_toe"], "toe/kWh", provenance(block["fuels"]))

"""What loads of batch equipment take, from the equipment's own physics: power by slot, fuels and gases, shared out to load and lots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from twin.ledger.factors import FUELS, factors_of
from twin.ledger.materials import GASES, fuel_cost_of
from twin.models.batches import Batch, BatchLot, BatchProcess
from twin.models.heat_treatment import HeatedFurnace
from twin.optimize.problem.grid import Slots, zoned_start
from twin.optimize.problem.network import Floats
from twin.reference.prices import city_gas_retail_margin, city_gas_wholesale

if TYPE_CHECKING:
    from twin.models.phases import Phase
    from twin.scenario.scenario import Scenario


@dataclass(frozen=True)
class Use:
    """What a load takes: seconds, electricity by slot from its start on (any length), kW, and fuels (kWh) and gases (kg) by carrier."""

    duration_s: float
    power_kw: Floats
    others: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Prices:
    """KRW and kg of carbon per kWh of a fuel or kg of a gas."""

    krw: Mapping[str, float]
    carbon_kg: Mapping[str, float]

    def cost_krw(self, others: Mapping[str, float]) -> float:
        """Cost of amounts by carrier."""
        return sum(self.krw.get(name, 0.0) * amount for name, amount in others.items())

    def carbon(self, others: Mapping[str, float]) -> float:
        """Emissions (kg) of amounts by carrier."""
        return sum(self.carbon_kg.get(name, 0.0) * amount for name, amount in others.items())


def prices_of(scenario: Scenario, slots: Slots) -> Prices:
    """Prices of what is not electricity, as the ledger has them."""
    start = zoned_start(scenario, slots)
    gas = None
    if scenario.spec.site.gas_price_krw_per_mj is None:
        gas = city_gas_wholesale(start.date()).value + city_gas_retail_margin().value
    krw: dict[str, float] = {}
    for fuel in FUELS:
        if fuel == "natural_gas" or fuel in scenario.spec.materials:
            krw |= {fuel: sum(line.amount_krw for line in fuel_cost_of(scenario, {fuel: 1.0}, gas))}
    krw |= {name: m.price_krw_per_kg for name, m in scenario.spec.materials.items() if name in GASES}
    factors = factors_of(scenario, start, slots.count * slots.slot_s)
    return Prices(krw, dict(factors.fuel_kg_per_kwh))


def use_of(phases: Sequence[Phase], slot_s: float) -> Use:
    """Electricity by slot, fuels and gases of consecutive phases."""
    duration_s = sum(phase.duration_s for phase in phases)
    kwh, others, t = np.zeros(int(np.ceil(duration_s / slot_s - 1e-9))), dict[str, float](), 0.0
    for phase in phases:
        for flow in phase.flows:
            if flow.carrier != "electricity":
                amount = flow.amount(phase.duration_s) * (3600.0 if flow.carrier in GASES else 1.0)
                others[flow.carrier] = others.get(flow.carrier, 0.0) + amount
                continue
            for k in range(int(t // slot_s), len(kwh)):
                a, b = max(t, k * slot_s), min(t + phase.duration_s, (k + 1) * slot_s)
                if b <= a:
                    break
                kwh[k] += flow.amount(b - t) - flow.amount(a - t)
        t += phase.duration_s
    return Use(duration_s, kwh * 3600.0 / slot_s, others)


def load_use(
    kind: BatchProcess, recipe: str, lots: Sequence[BatchLot], slot_s: float, uniform: float | None = None
) -> Use:
    """A load in equipment that is hot and soaked; durations at the quantile ``uniform`` (None: their mean)."""
    state = kind.start()
    if isinstance(kind, HeatedFurnace):
        state.now = state.chamber.soaked(kind.idle.hold_c)
    return use_of(kind.begin(Batch(tuple(lots), recipe, uniform=uniform), state), slot_s)


@dataclass(frozen=True)
class Shares:
    """A load's use in two parts: of the load itself (walls, fixture, standing time) and of each lot in it."""

    duration_s: float
    shape: Floats
    """power by slot (slots,) as shares of its sum"""
    load_kwh: float
    lot_kwh: Mapping[str, float]
    load_others: Mapping[str, float]
    lot_others: Mapping[str, Mapping[str, float]]


def shares_of(
    kind: BatchProcess, recipe: str, lots: Mapping[str, BatchLot], slot_s: float, uniform: float | None = None
) -> Shares:
    """The two parts, from a full load and a load of one lot of each product (``lots``: one whole lot of each)."""
    full, single, many = {}, {}, {}
    for product, lot in lots.items():
        many[product] = most_lots(kind, lot)
        full[product] = load_use(kind, recipe, [lot] * many[product], slot_s, uniform)
        single[product] = load_use(kind, recipe, [lot], slot_s, uniform)
    longest = max(full, key=lambda name: full[name].duration_s)
    hours = slot_s / 3600.0

    def split(of_full: float, of_single: float, count: int) -> tuple[float, float]:
        per_lot = max(0.0, (of_full - of_single) / (count - 1)) if count > 1 else 0.0
        return max(0.0, of_full - count * per_lot), per_lot

    def kwh(use: Use) -> float:
        return float(use.power_kw.sum()) * hours

    load_kwh = split(kwh(full[longest]), kwh(single[longest]), many[longest])[0]
    carriers = list(full[longest].others)
    load_others = {
        c: split(full[longest].others[c], single[longest].others.get(c, 0.0), many[longest])[0] for c in carriers
    }
    power = full[longest].power_kw
    return Shares(
        full[longest].duration_s,
        power / power.sum() if power.sum() else power,
        load_kwh,
        {name: max(0.0, (kwh(use) - load_kwh) / many[name]) for name, use in full.items()},
        load_others,
        {
            name: {c: max(0.0, (use.others.get(c, 0.0) - load_others[c]) / many[name]) for c in carriers}
            for name, use in full.items()
        },
    )


def most_lots(kind: BatchProcess, lot: BatchLot) -> int:
    """Lots of one size in a full load."""
    one = kind.load.fill(lot.kg, lot.pieces)
    return max(1, int(1.0 / one + 1e-9)) if one else 1

"""Lid discipline follows radiation: the same lid, open for the same time, on iron and on aluminium.

The law: net radiation of the open bath is ``emissivity sigma A (T^4 - Ta^4)``. At equal area and open time the effects stand as
``emissivity (T^4 - Ta^4)``: with 0.7 at 1,480 °C against 0.25 at 740 °C some 25 times. Each plant is simulated with the lid open for
much and for little of its holding; what an open hour radiates is read from the heat rows of the trace, what it costs from the counters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.campaigns.evidence import Bar, Campaign, Proof
from tests.campaigns.plants import foundry
from twin.experiment.draws import AddressedDraws
from twin.ledger.energy import energy_kwh
from twin.ledger.trace import STATE, TERM, Trace
from twin.models.plant import simulate
from twin.scenario.scenario import Scenario

KELVIN, SIGMA_KW = 273.15, 5.670374419e-11  # CODATA 2018
AREA, OPEN, SHUT = "0.29 m2", "50 %", "5 %"
PLANTS: dict[str, dict[str, str]] = {
    "iron-foundry": {"tap": "1480 degC", "lid.emissivity": "70 %"},
    "aluminium-foundry": {"tap": "740 degC", "lid.emissivity": "25 %", "ladle.loss": "20 K"},
}
"""Temperatures and emissivities of the comparison (the aluminium foundry itself taps at 950 °C)."""


@dataclass(frozen=True)
class Held:
    """Holding of all melting furnaces over some replications."""

    hours: float
    radiated_kwh: float
    electricity_kwh: float
    share: float

    @property
    def radiated_kw_open(self) -> float:
        """Radiation while the lid is open, kW."""
        return self.radiated_kwh / (self.hours * self.share)

    @property
    def mean_kw(self) -> float:
        """Electric power of holding."""
        return self.electricity_kwh / self.hours


def scenario_of(name: str, share: str) -> Scenario:
    """The plant with the common lid, open for this share of holding and tapping."""
    changed = {"lid.area": AREA, "lid.open.holding": share, "lid.open.tapping": share} | PLANTS[name]
    return foundry(name).changed({f"stations.melt.{key}": value for key, value in changed.items()})


def held(scenario: Scenario, share: float, replications: int) -> Held:
    """Simulate and add up what the trace says of holding."""
    hours = radiated = electricity = 0.0
    for k in range(replications):
        trace = simulate(scenario, AddressedDraws(scenario.spec.run.seed, k), replication=k)
        more = _holding(trace)
        hours, radiated, electricity = hours + more[0], radiated + more[1], electricity + more[2]
    return Held(hours, radiated, electricity, share)


def _holding(trace: Trace) -> tuple[float, float, float]:
    furnaces = [code for code, name in enumerate(trace.names.equipment) if name.startswith("melt.")]
    hours = radiated = 0.0
    states, heat = trace.states, trace.heat
    for code in furnaces:
        mine = (states["equipment"] == code) & (states["state"] == STATE["holding"])
        hours += float((states["t1"] - states["t0"])[mine].sum()) / 3600.0
        rows = (heat["equipment"] == code) & (heat["state"] == STATE["holding"]) & (heat["term"] == TERM["opening"])
        radiated += float(heat["kwh"][rows].sum())
    used = energy_kwh(trace, "electricity", by=("equipment", "state"))
    drawn = sum(kwh for (equipment, state), kwh in used.items() if equipment.startswith("melt.") and state == "holding")
    return hours, radiated, float(drawn)


def law_kw(scenario: Scenario) -> float:
    """What the law says the open bath radiates at tap temperature, kW."""
    melt, ambient_c = scenario.stations["melt"], 20.0
    fourth = (melt.tap_c + KELVIN) ** 4 - (ambient_c + KELVIN) ** 4  # type: ignore[attr-defined]
    return float(SIGMA_KW * melt.lid.emissivity * melt.lid.area_m2 * fourth)  # type: ignore[attr-defined]


def law_electricity_kwh(scenario: Scenario) -> float:
    """What shutting the lid for an hour saves, by hand.

    Radiation and convection of the open surface, less conduction through the lid, over the furnace's efficiency.
    """
    melt = scenario.stations["melt"]
    lid, above_k = melt.lid, melt.tap_c - 20.0  # type: ignore[attr-defined]
    film_kw = (lid.open_film_w_per_m2_k * lid.area_m2 - lid.closed_w_per_k) * above_k / 1000.0
    return float((law_kw(scenario) + film_kw) / melt.power.efficiency)  # type: ignore[attr-defined]


def measured(name: str, replications: int) -> dict[str, Any]:
    """One plant with the lid much and little open."""
    much, little = scenario_of(name, OPEN), scenario_of(name, SHUT)
    a, b = held(much, 0.5, replications), held(little, 0.05, replications)
    return {
        "law_kw": law_kw(much), "electricity_kwh_by_hand": law_electricity_kwh(much),
        "radiated_kw_per_open_hour": a.radiated_kw_open, "holding_hours": a.hours,
        "holding_kw_lid_much_open": a.mean_kw, "holding_kw_lid_little_open": b.mean_kw,
        "electricity_kwh_saved_per_open_hour_avoided": (a.mean_kw - b.mean_kw) / (a.share - b.share)}  # fmt: skip


def prove(replications: int, jobs: int) -> Proof:
    """Both plants and their ratio. ``jobs`` is not used: traces stay in this process."""
    found = {name: measured(name, replications) for name in PLANTS}
    iron, aluminium = found["iron-foundry"], found["aluminium-foundry"]

    def ratio(key: str) -> float:
        return float(iron[key] / aluminium[key])

    figures: dict[str, Any] = {**found, "ratio": {key: ratio(key) for key in (
        "law_kw", "radiated_kw_per_open_hour", "electricity_kwh_saved_per_open_hour_avoided")}}  # fmt: skip
    bars = [
        Bar(
            f"{name}: radiation in the plant against the law, %",
            100.0 * abs(one["radiated_kw_per_open_hour"] / one["law_kw"] - 1.0),
            1.0,
        )
        for name, one in found.items()
    ]
    bars += [
        Bar(
            f"{name}: electricity of an open hour against the hand calculation, %",
            100.0 * abs(one["electricity_kwh_saved_per_open_hour_avoided"] / one["electricity_kwh_by_hand"] - 1.0),
            3.0,
        )
        for name, one in found.items()
    ]
    bars += [
        Bar(
            "iron over aluminium by an open hour: ratio against the law's, %",
            100.0 * abs(ratio("radiated_kw_per_open_hour") / ratio("law_kw") - 1.0),
            1.0,
        ),
        Bar("iron over aluminium by an open hour", ratio("radiated_kw_per_open_hour"), 20.0, "at_least"),
        Bar(
            "iron over aluminium by an open hour, electricity",
            ratio("electricity_kwh_saved_per_open_hour_avoided"),
            10.0,
            "at_least",
        ),
    ]
    return Proof(foundry("iron-foundry").spec.run.seed, replications, tuple(bars), figures)


CAMPAIGN = Campaign(
    "lid_physics", "what lid discipline saves follows the radiation of the bath",
    ("twin/models/**/*.py", "twin/ledger/energy.py", "twin/ledger/trace.py"), prove, replications=2,
)  # fmt: skip

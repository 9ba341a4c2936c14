"""Whether a power cap leaves what must run enough power, with the arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twin.scenario.checks import View
    from twin.scenario.schema import ScenarioSpec, Station, Utility

_PLACE = ("site", "power_cap")


def cap_faults(
    view: View, spec: ScenarioSpec, stations: Mapping[str, Station], utilities: Mapping[str, Utility]
) -> None:
    """Faults of a cap below which something can never run, warnings of one that nothing gives way to or that binds all the working time."""
    cap_kw = spec.site.power_cap_kw
    if cap_kw is None:
        return
    terms = [("base load", spec.site.base_load_kw), ("transformer losses", _transformer_kw(spec, cap_kw))]
    terms += [(name, utility.most_kw(stations)) for name, utility in utilities.items()]
    yielding = {name: station for name, station in stations.items() if station.least_kw() is not None}
    machines = [(name, station.most_kw(stations)) for name, station in stations.items() if name not in yielding]
    always, working = sum(kw for _, kw in terms), sum(kw for _, kw in machines)
    for name, station in yielding.items():
        need = station.least_kw() or 0.0
        if cap_kw - always < need:
            view.fault(_PLACE, _sum(cap_kw, terms, name, need), f"at least {always + need:.0f} kW")
            continue
        beside = machines + [(other, one.held_kw()) for other, one in yielding.items() if other != name]
        busy = sum(kw for _, kw in beside)
        if cap_kw - always - busy < need:
            view.fault(
                _PLACE,
                f"{_sum(cap_kw, terms + beside, name, need)} while the machines work: it runs only while they rest",
                f"at least {always + busy + need:.0f} kW",
                severity="warning",
            )
    if not yielding and always + working > cap_kw:
        view.fault(
            _PLACE,
            f"{_listed(terms + machines)} make {always + working:.0f} kW and nothing gives way: the cap may be exceeded",
            f"at least {always + working:.0f} kW, or site.battery",
            severity="warning",
        )


def _transformer_kw(spec: ScenarioSpec, at_meter_kw: float) -> float:
    """Losses of the transformer at the cap."""
    one = spec.site.transformer
    if one is None:
        return 0.0
    return one.units * (one.no_load_kw + one.load_loss_kw * (at_meter_kw / one.units / one.rated_kva) ** 2)


def _listed(terms: list[tuple[str, float]]) -> str:
    return ", ".join(f"{name} {kw:.0f} kW" for name, kw in terms if kw >= 0.5)


def _sum(cap_kw: float, terms: list[tuple[str, float]], name: str, need_kw: float) -> str:
    left = cap_kw - sum(kw for _, kw in terms)
    return f"{cap_kw:.0f} kW less {_listed(terms) or 'nothing'} leaves {left:.0f} kW, {name} needs {need_kw:.0f} kW"

"""Figure cards of a result: value, unit, interval, n, scenario, version, seed, factors, data class, whether all inputs are verified."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from twin.core.cards import FigureCard
from twin.report.words import mean_of, unit_of

HEADLINES = {
    "run": (
        "electricity_kwh",
        "electricity_kwh_per_t_good",
        "carbon_kg",
        "bill_krw",
        "cash_krw",
        "peak_kw",
        "output_kg",
        "lateness_h",
        "melting_kwh_per_t_tapped",
        "all_in_kwh_per_t_tapped",
        "labour_krw",
        "material_krw",
        "toe",
        "fuel_kwh",
    )
}
_BILL = ("bill_krw",)
_CARBON = ("carbon_kg", "scope1_kg", "scope2_location_kg", "toe", "shadow_carbon_krw")


def card_of(
    name: str, figure: Mapping[str, Any] | float | None, provenance: Mapping[str, Any], *, verified: bool
) -> FigureCard | None:
    """The card of one figure of a payload; None where the figure is missing."""
    mean = mean_of(figure)
    if mean is None:
        return None
    found = figure if isinstance(figure, Mapping) else {}
    low, high = found.get("low"), found.get("high")
    return FigureCard(
        name=name,
        value=mean,
        unit=unit_of(name),
        low=low,
        high=high,
        n=found.get("n"),
        level=found.get("level"),
        scenario_sha256=str(provenance.get("scenario_sha256", "")),
        version=str(provenance.get("version", "")),
        seed=provenance.get("seed"),
        factors=tuple(provenance.get("factors", ())),
        data_class=str(provenance.get("data_class", "assumed")),
        verified=verified,
    )


def run_cards(data: Any) -> list[FigureCard]:
    """Cards of a run's headline figures; zero fuel is left out."""
    payload = data.payload()
    kpis, provenance = payload["kpis"], payload["provenance"]
    inputs = inputs_verified(data)
    found = []
    for name in HEADLINES["run"]:
        if name not in kpis or (name == "fuel_kwh" and not mean_of(kpis[name])):
            continue
        card = card_of(name, kpis[name], provenance, verified=inputs and facts_verified(data, name))
        if card is not None:
            found.append(card)
    return found


def inputs_verified(data: Any) -> bool:
    """Whether every input of the scenario that bears a mark is verified."""
    return all(entry.verified for entry in data.scenario.provenance.values())


def facts_verified(data: Any, name: str) -> bool:
    """Whether the public facts behind a figure (rates, factors) are verified."""
    accounts = data.accounts0
    if accounts is None:
        return False
    if name in _BILL or name == "cash_krw":
        return accounts.bill is not None and all(line.verified for line in accounts.bill.lines)
    return bool(accounts.emissions.verified) if name in _CARBON else True


def unverified_inputs(data: Any) -> list[dict[str, Any]]:
    """Inputs of the scenario and lines of the bill without a verified source, for the page's list."""
    rows: list[dict[str, Any]] = [
        {
            "place": path,
            "value": entry.value,
            "unit": entry.unit,
            "low": entry.low,
            "high": entry.high,
            "data_class": entry.data_class,
            "source": _source(entry.source),
        }
        for path, entry in sorted(getattr(data, "scenario", _Nothing()).provenance.items())
        if not entry.verified
    ]
    return rows + _unverified_lines(data.payload().get("bill") or {})


def _unverified_lines(bill: Mapping[str, Any]) -> list[dict[str, Any]]:
    seen: dict[str, dict[str, Any]] = {}
    lines: Sequence[Mapping[str, Any]] = bill.get("lines", ())
    for line in lines:
        if not line["verified"]:
            seen.setdefault(
                str(line["name"]),
                {
                    "place": f"bill: {line['name']}",
                    "value": line["rate"],
                    "unit": f"{bill.get('currency', 'KRW')}/{line['unit']}",
                    "low": None,
                    "high": None,
                    "data_class": "literature",
                    "source": line["source"],
                },
            )
    return list(seen.values())


def _source(source: Any) -> str:
    if source is None:
        return ""
    return "; ".join(f"{key}: {value}" for key, value in source.items()) if isinstance(source, Mapping) else str(source)


class _Nothing:
    """A result without a scenario has no inputs to list."""

    provenance: Mapping[str, Any] = {}

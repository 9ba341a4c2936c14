"""A small scenario whose names fit the synthetic traces of :mod:`tests.ledger.traces`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twin.scenario.scenario import Scenario

TREE: dict[str, Any] = {
    "schema": 1,
    "name": "one furnace, one cell",
    "sector": "aluminium die casting",
    "site": {
        "contract_power": "900 kW",
        "tariff": "kepco/industrial-b/hv-a/2",
        "demand_history": ["400 kW"] * 12,
        "power_factor": "95 %",
        "grid_factor": "kr/gir-2025-single-year",
        "carbon_price": {"value": "12750 KRW/tCO2e", "role": "shadow"},
    },
    "calendar": {
        "holidays": "KR",
        "shifts": {
            "day": {
                "days": ["mon", "tue", "wed", "thu", "fri"],
                "from": "08:00",
                "to": "17:00",
                "break": ["12:00", "13:00"],
            },
            "night": {
                "days": ["mon", "tue", "wed", "thu"],
                "from": "20:00",
                "to": "05:00",
                "break": ["00:00", "01:00"],
            },
        },
    },
    "crews": {"furnace": {"people": 2, "shifts": ["day"], "wage": "10000 KRW/h"}},
    "materials": {"ingot": {"price": "3000 KRW/kg"}, "silicon": {"price": "4000 KRW/kg"}},
    "products": {"housing": {"mass": "3.2 kg", "lot": 40, "route": ["cast"]}},
    "orders": {
        "weekly": {"product": "housing", "quantity": 2000, "every": "week", "due": {"day": "fri", "at": "17:00"}}
    },
    "stations": {
        "cast": {
            "kind": "machine",
            "cycle": "60 s",
            "power": {"processing": "48 kW", "standby": "14 kW"},
            "crew": "furnace",
        }
    },
    "run": {"start": "2026-07-06", "duration": "1 week", "warmup": "1 week", "replications": 4, "seed": 1},
    "year": {"start": "2026-07-01"},
}


def scenario(changes: Mapping[str, Any] | None = None) -> Scenario:
    """The scenario, with changes by dotted path."""
    return Scenario.from_tree(TREE).changed(changes or {})

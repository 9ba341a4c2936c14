"""A plant small enough to be simulated in tests: two machines in line, failures, a compressor; a week in some hundredths of a second."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.ledger.scenarios import TREE
from twin.scenario.scenario import Scenario


def small(changes: Mapping[str, Any] | None = None) -> Scenario:
    """The plant, with changes by dotted path."""
    tree = dict(TREE) | {
        "products": {"housing": {"mass": "3.2 kg", "lot": 40, "scrap": "4 %", "route": ["cast", "trim"]}},
        "orders": {
            "weekly": {"product": "housing", "quantity": 1000, "every": "week", "due": {"day": "fri", "at": "17:00"}}
        },
        "stations": {
            "cast": {
                "kind": "machine",
                "units": 2,
                "cycle": {"lognormal": {"mean": "60 s", "sd": "15 s"}},
                "power": {"processing": "48 kW", "standby": "14 kW"},
                "crew": "furnace",
                "failures": {
                    "every": {"exponential": {"mean": "20 h"}},
                    "repair": {"lognormal": {"mean": "1 h", "sd": "1 h"}},
                },
            },
            "trim": {
                "kind": "machine",
                "cycle": "20 s",
                "power": {"processing": "11 kW", "standby": "3 kW"},
                "crew": "furnace",
            },
        },
    }
    return Scenario.from_tree(tree).changed(changes or {})

"""A hardening shop of two electric furnaces for tests: eight lots through a box furnace and a pit furnace in one day."""

from __future__ import annotations

from functools import cache
from typing import Any

from tests.models.kilns import FIBRE, PLAIN
from twin.optimize.limit import Limit
from twin.optimize.problem.grid import slots_of
from twin.optimize.problem.shop_state import LineState, line_state
from twin.optimize.replay import replay
from twin.optimize.schedule_shop import LineSchedule, schedule_line
from twin.scenario.scenario import Scenario

HARDEN: dict[str, Any] = {
    **PLAIN,
    "crew": "heat",
    "walls": [{"area": "14 m2", "layers": FIBRE}],
    "load": {"capacity": "400 kg", "minimum": "80 %", "max_wait": "4 h"},
    "charge_above": "800 degC",
    "startup": "2 h",
    "recipes": {"harden": {"atmosphere": "nitrogen", "steps": [{"to": "850 degC", "soak": "40 min"}]}},
}
TEMPER: dict[str, Any] = {
    **PLAIN,
    "kind": "pit_furnace",
    "crew": "heat",
    "operators": 0,
    "walls": [{"area": "10 m2", "layers": FIBRE}],
    "atmospheres": None,
    "leakage": None,
    "load": {"capacity": "800 kg", "minimum": "50 %", "max_wait": "3 h"},
    "recipes": {"temper": {"steps": [{"to": "200 degC", "soak": "60 min"}]}},
    "idle": {"hold": "200 degC", "after": "1 h"},
}
TREE: dict[str, Any] = {
    "schema": 1,
    "name": "two furnaces",
    "site": {
        "contract_power": "400 kW",
        "tariff": "kepco/industrial-b/hv-a/2@2026-06-01",
        "grid_factor": "kr/gir-2025-single-year",
        "base_load": "10 kW",
    },
    "calendar": {
        "holidays": None,
        "shifts": {"day": {"days": ["mon", "tue"], "from": "06:00", "to": "22:00", "break": ["12:00", "12:30"]}},
    },
    "crews": {"heat": {"people": 2, "shifts": ["day"], "wage": "15000 KRW/h"}},
    "materials": {"shielding_gas": {"price": "350 KRW/kg"}},
    "products": {
        "pin": {
            "mass": "1 kg",
            "lot": 200,
            "route": ["harden", "temper"],
            "recipe": {"harden": "harden", "temper": "temper"},
        }
    },
    "orders": {"pin": {"product": "pin", "quantity": 1600, "every": "once", "due": {"day": "tue", "at": "22:00"}}},
    "stations": {
        "harden": {key: value for key, value in HARDEN.items() if value is not None},
        "temper": {key: value for key, value in TEMPER.items() if value is not None},
    },
    "run": {"start": "2026-07-06", "duration": "1 week", "warmup": "0 s", "randomness": "off"},
    "plan": {"horizon": "1 day", "slot": "15 min"},
}


def two_furnaces(**changes: Any) -> Scenario:
    """The shop, with dotted keys changed (dots as double underscores)."""
    scenario = Scenario.from_tree(TREE, None)
    return scenario.changed({key.replace("__", "."): value for key, value in changes.items()}) if changes else scenario


@cache
def planned() -> tuple[Scenario, LineState, LineSchedule]:
    """The shop with a plan for its day."""
    scenario = two_furnaces()
    slots = slots_of(scenario)
    state = line_state(scenario, slots.start_s, slots.end_s)
    seen = replay(scenario, slots.end_s, None).trace
    return scenario, state, schedule_line(scenario, slots, state, seen, Limit(1, None))

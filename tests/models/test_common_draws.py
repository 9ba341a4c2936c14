"""The same run twice is the same; what is added to a plant changes no draw of what was there."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.workshop import moves, week, workshop

MILL: dict[str, Any] = {
    "kind": "machine",
    "cycle": {"gamma": {"mean": "30 min", "shape": 3}},
    "failures": {
        "every": {"weibull": {"mean": "9 h", "shape": 2}},
        "repair": {"uniform": {"low": "10 min", "high": "50 min"}},
    },
    "quality": {"scrap": "5 %", "rework": {"share": "10 %", "to": "mill"}},
}
ADDED: dict[str, dict[str, Any]] = {
    "a station that nothing passes": {
        "stations": {"spare": {"kind": "machine", "cycle": "1 h", "failures": MILL["failures"]}}
    },
    "a product with a station of its own": {
        "stations": {"lathe": MILL | {"quality": {"scrap": "5 %"}}},
        "products": {"bush": {"lot": 5, "route": ["lathe"]}},
        "orders": {"bushes": {"product": "bush", "quantity": 90}},
    },
    "a resource of which there is plenty": {"resources": {"crane": {"units": 9}}, "needs": {"crane": 1}},
}


def _rows(replication: int, added: dict[str, Any]) -> list[tuple[float, float, float, float]]:
    mill = MILL | ({"needs": added["needs"]} if "needs" in added else {})
    products = {"shaft": {"lot": 4, "route": ["mill"]}} | added.get("products", {})
    orders = {"shafts": {"product": "shaft", "quantity": 160}} | added.get("orders", {})
    more = {"resources": added["resources"]} if "resources" in added else {}
    trace = week(workshop({"mill": mill} | added.get("stations", {}), products, orders, **more), replication)
    return moves(trace, "mill.1")


@pytest.mark.parametrize("what", ADDED)
def test_what_is_added_changes_no_draw_of_the_rest(what: str) -> None:
    """Proves: every lot at the mill begins and ends at the same times, lots sent back included. Sensitivity: draws consumed in order."""
    assert _rows(3, ADDED[what]) == _rows(3, {})


@given(st.integers(0, 10_000))
@settings(max_examples=6, deadline=None)
def test_the_same_run_is_the_same(replication: int) -> None:
    """Proves: twice the same rows, bit for bit, whatever the draws. Sensitivity: sets or clocks that decide the order."""
    assert _rows(replication, {}) == _rows(replication, {})

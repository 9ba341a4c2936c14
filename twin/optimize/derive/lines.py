"""Which plants are planned as a line of loads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.models.batches import BatchProcess

if TYPE_CHECKING:
    from twin.scenario.scenario import Scenario


def is_line(scenario: Scenario) -> bool:
    """Whether a scenario is a line of loads: something forms loads on a route, and nothing melts or casts."""
    kinds = scenario.stations.values()
    melts = any(hasattr(kind, "ladle") or getattr(type(kind), "metal", False) for kind in kinds)
    routed = {name for product in scenario.spec.products.values() for name in product.stations}
    return not melts and any(isinstance(scenario.stations.get(name), BatchProcess) for name in routed)

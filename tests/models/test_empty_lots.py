"""Lots of which scrap leaves no piece go through the plant without time, metal or harm."""

from __future__ import annotations

from pathlib import Path

from twin.experiment.runner import run
from twin.scenario.scenario import read

ROOT = Path(__file__).resolve().parents[2]


def test_lots_that_are_all_scrap() -> None:
    """Proves: lots of one piece at 50 % scrap: half of them reach the batch blast empty, and every balance still closes.

    Sensitivity: a share of the batch's pieces taken by 0 pieces of 0 would stop the run.
    """
    foundry = read(ROOT / "scenarios" / "aluminium-foundry.yaml").changed(
        {
            "products.housing.lot": 1,
            "products.housing.scrap": "50 %",
            "orders.weekly_housing.quantity": 60,
            "orders.weekly_bracket": None,
            "products.bracket.lot": 1,
            "run.duration": "1 week",
        }
    )
    found = run(foundry, replications=1)
    assert max(found.balance.values()) <= 1e-9
    assert 30 <= found.values("output_pieces")[0] <= 90

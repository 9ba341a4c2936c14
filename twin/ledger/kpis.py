"""Figures that a run and a composed year name alike: money, carbon, and what they sum to."""

from __future__ import annotations

from collections.abc import Sequence

from twin.ledger.carbon import Emissions
from twin.ledger.labour import LabourCost
from twin.ledger.materials import MaterialCost, PricedFlow
from twin.ledger.site_money import SiteMoney

NO_SITE_MONEY = SiteMoney()


def money_kpis(
    bill_krw: float,
    fuels: Sequence[PricedFlow],
    materials: MaterialCost,
    labour: LabourCost,
    emitted: Emissions,
    own: SiteMoney = NO_SITE_MONEY,
) -> dict[str, float]:
    """Costs and emissions by name.

    Cash is bill + fuels + material + wages + wear of the battery, less what is sold to the grid, and a carbon price only where the firm
    pays it.
    """
    fuel_krw = sum(line.amount_krw for line in fuels)
    found = {
        "bill_krw": bill_krw,
        "fuel_krw": fuel_krw,
        "material_krw": materials.total_krw,
        "melt_loss_krw": materials.melt_loss_krw,
        "labour_krw": labour.total_krw,
        "labour_premium_krw": labour.premium_krw,
        "cash_krw": bill_krw + fuel_krw + materials.total_krw + labour.total_krw + emitted.cash_krw + own.cost_krw,
        "carbon_kg": emitted.total_kg,
        "scope1_kg": emitted.scope1_kg,
        "scope2_location_kg": emitted.scope2_location_kg,
        "toe": emitted.toe,
        "shadow_carbon_krw": emitted.shadow_krw,
    }
    found |= own.kpis()
    if emitted.scope2_marginal_kg is not None:
        found["scope2_marginal_kg"] = emitted.scope2_marginal_kg
    return found

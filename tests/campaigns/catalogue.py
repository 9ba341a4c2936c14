"""All campaigns by name."""

from __future__ import annotations

from tests.campaigns import (
    broken_plans,
    composed_year,
    lid_physics,
    pairing,
    plant_schedules,
    pv_hours,
    same_bytes,
    tou_fronts,
    verify_bugs,
    verify_coverage,
)
from tests.campaigns.evidence import Campaign

CAMPAIGNS: dict[str, Campaign] = {
    module.CAMPAIGN.name: module.CAMPAIGN
    for module in (
        broken_plans,
        composed_year,
        pairing,
        pv_hours,
        lid_physics,
        same_bytes,
        verify_bugs,
        verify_coverage,
        tou_fronts,
        plant_schedules,
    )
}

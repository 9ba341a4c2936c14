"""Legal premia on the ordinary wage for night, overtime and holiday work."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from .facts import Provenance, pick, provenance, read_yaml


@dataclass(frozen=True)
class LabourPremia:
    """Fractions of the ordinary hourly wage, added on top of it; they add up.

    Night is [from, to) and wraps midnight.
    """

    id: str
    country: str
    night_from_hour: int
    night_to_hour: int
    night_share: float
    overtime_share: float
    overtime_over_hours_per_day: float
    overtime_over_hours_per_week: float
    holiday_share_within_8_h: float
    holiday_share_beyond_8_h: float
    provenance: Provenance


@functools.cache
def labour_premia_sets() -> Mapping[str, LabourPremia]:
    """All sets by id."""
    return {
        entry["id"]: LabourPremia(
            entry["id"],
            entry["country"],
            entry["night"]["from_hour"],
            entry["night"]["to_hour"],
            entry["night"]["share"],
            entry["overtime"]["share"],
            entry["overtime"]["over_hours_per_day"],
            entry["overtime"]["over_hours_per_week"],
            entry["holiday"]["share_within_8_h"],
            entry["holiday"]["share_beyond_8_h"],
            provenance(entry),
        )
        for entry in read_yaml("labour.yaml")["premia"]
    }


def labour_premia(premia_id: str = "kr/labour-standards-act") -> LabourPremia:
    """Premia of the Korean Labour Standards Act, Article 56, or another set. Raises :class:`UnknownId`."""
    return labour_premia_sets()[pick("set of labour premia", premia_id, labour_premia_sets())]

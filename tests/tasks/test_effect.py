"""The parts of an electricity effect: what the equipment did, summing to what the meter saw; shifting alone is no part and no carbon."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.ledger.year import YearAccounts
from twin.tasks.effect import parts_kwh

KWH = st.floats(0.0, 1e6)
STATES = ("processing", "holding", "startup", "standby", "starved", "setup")


def year(melt: dict[str, float], air: float, base: float, sun: float) -> YearAccounts:
    """A year of one furnace by state, a compressor, a base load, and sun that was used; gas is no electricity."""
    by_equipment = {("melt.1", state, "electricity"): kwh for state, kwh in melt.items()}
    by_equipment |= {
        ("utility.air", "processing", "electricity"): air,
        ("site.base", "processing", "electricity"): base,
        ("site.pv", "processing", "electricity"): -sun,
        ("oven.1", "processing", "natural_gas"): 123.0,
    }
    return cast("YearAccounts", SimpleNamespace(by_equipment_kwh=by_equipment, pv_used_kwh=sun))


@given(st.lists(KWH, min_size=6, max_size=6), KWH, KWH, KWH)
def test_parts_sum_to_what_the_meter_saw(melt: list[float], air: float, base: float, sun: float) -> None:
    """Proves: processing, holding, start-up, idle, utilities, base load less the sun used are the electricity bought.

    Sensitivity: a state left out, gas counted in, or the sun counted twice would leave a remainder.
    """
    parts = parts_kwh(year(dict(zip(STATES, melt, strict=True)), air, base, sun))
    assert sum(parts.values()) == pytest.approx(sum(melt) + air + base - sun, rel=1e-9, abs=1e-6)
    assert parts["holding"] == melt[1]
    assert parts["idle"] == pytest.approx(sum(melt[3:]))


def test_the_same_kwh_at_other_hours_change_no_part() -> None:
    """Proves: a furnace that melts as much by night as it did by day has changed no part, so at a constant grid factor no carbon either;
    what it no longer holds shows as holding, and as nothing else.
    """
    day = parts_kwh(year({"processing": 500.0, "holding": 90.0}, 10.0, 20.0, 0.0))
    night = parts_kwh(year({"processing": 500.0, "holding": 90.0}, 10.0, 20.0, 0.0))
    prompt = parts_kwh(year({"processing": 500.0, "holding": 30.0}, 10.0, 20.0, 0.0))
    assert night == day
    assert {name: prompt[name] - day[name] for name in day if prompt[name] != day[name]} == {"holding": -60.0}

"""Batches formed of waiting lots: by recipe, by mass and places, filled or waited for; load-dependent time and energy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.workshop import moves, seconds, week, workshop
from twin.core.faults import ScenarioFaults
from twin.ledger.trace import NONE, Trace

FEED = {"kind": "machine", "cycle": "10 min"}


def _oven(**keys: Any) -> dict[str, Any]:
    load = {"places": 4, **keys.pop("load", {})}
    return {
        "kind": "batch_machine",
        "cycle": "1 h",
        "power": {"processing": "50 kW", "standby": "2 kW"},
        "load": load,
    } | keys


def _starts(trace: Trace, equipment: str = "oven.1") -> list[float]:
    return sorted({started for _, started, _, _ in moves(trace, equipment)})


def _parts(count: int, **keys: Any) -> dict[str, Any]:
    return {"part": {"lot": 1, "route": ["feed", "oven"], **keys}}, {"parts": {"product": "part", "quantity": count}}  # type: ignore[return-value]


def test_a_batch_waits_until_it_is_full_or_until_its_first_lot_has_waited() -> None:
    """Proves: one lot every 10 min, four places, minimum 100 %, two hours at most: batches at 40 min and, because a cycle of 1 h
    leaves five lots, at 100 min; the last two of ten wait two hours from 90 min on and start at 210 min.

    Sensitivity: without max_wait the last two would never start; without a minimum the first batch would start at 10 min.
    """
    products, orders = _parts(10)
    trace = week(
        workshop({"feed": FEED, "oven": _oven(load={"minimum": "100 %", "max_wait": "2 h"})}, products, orders)
    )
    assert _starts(trace) == [2400.0, 6000.0, 12600.0]
    assert seconds(trace, "oven.1")["processing"] == 3 * 3600.0
    assert trace.facts["part_filled/oven"] == 1.0


def test_only_equal_recipes_share_a_batch() -> None:
    """Proves: products a, c of one recipe share, b of another does not, though it came between.

    Sensitivity: without recipes all three would be in the first batch.
    """
    products = {
        name: {"lot": 2, "route": ["oven"], "recipe": {"oven": recipe}}
        for name, recipe in (("a", "hot"), ("b", "cold"), ("c", "hot"))
    }
    orders = {name: {"product": name, "quantity": 2} for name in products}
    trace = week(workshop({"oven": _oven()}, products, orders))
    batches = trace.batches
    shared = {
        int(b): sorted(trace.names.product[int(p)] for p in batches["product"][batches["batch"] == b])
        for b in np.unique(batches["batch"])
    }
    assert sorted(shared.values()) == [["a", "c"], ["b"]]


def test_mass_and_places_both_limit_a_batch() -> None:
    """Proves: four places, but only 5 kg: of lots of 2 kg two fit. Sensitivity: by places alone four would."""
    products = {"part": {"mass": "2 kg", "lot": 1, "route": ["oven"]}}
    trace = week(
        workshop({"oven": _oven(load={"capacity": "5 kg"})}, products, {"all": {"product": "part", "quantity": 6}})
    )
    assert _starts(trace) == [0.0, 3600.0, 7200.0]


def test_time_and_energy_depend_on_the_load() -> None:
    """Proves: 1 h + 60 s/kg x kg; 50 kW over that + 0.5 kWh/kg. Full batch of 4 kg: 3,840 s, 50 x 3840/3600 + 2 = 55.33 kWh; half of it:
    3,720 s, 52.67 kWh. Sensitivity: energy by batch instead of by kg would be the same for both.
    """
    products = {"part": {"lot": 2, "route": ["oven"]}}
    oven = _oven(per_kg="60 s/kg", energy="0.5 kWh/kg")
    trace = week(workshop({"oven": oven}, products, {"all": {"product": "part", "quantity": 6}}))
    counters = trace.counters.where(trace.counters["batch"] != NONE)
    found = sorted(counters["kwh"].tolist())
    assert found == pytest.approx([50 * 3720 / 3600 + 1.0, 50 * 3840 / 3600 + 2.0])


def test_a_cycle_begun_is_finished_and_the_oven_goes_off_and_starts_up() -> None:
    """Proves: open Mon 08:00 to 16:00 only: lots of the next Monday wait; a cycle begun at 15:50 ends at 16:50, then it is off.

    Sensitivity: a cycle cut at the end of the shift would end at 16:00.
    """
    oven = _oven(
        shifts=["day"], power={"processing": "50 kW", "standby": "2 kW", "startup": {"value": "9 kW", "for": "30 min"}}
    )
    products = {"part": {"lot": 4, "route": ["feed", "oven"]}}
    feed = {"kind": "machine", "cycle": "14250 s"}
    trace = week(workshop({"feed": feed, "oven": oven}, products, {"all": {"product": "part", "quantity": 4}}))
    assert _starts(trace) == [4 * 14250.0]
    state = seconds(trace, "oven.1")
    assert state["startup"] == 1800.0
    assert state["processing"] == 3600.0
    assert state["off"] == pytest.approx(604800.0 - 9 * 3600.0 + 600.0)


def test_a_full_buffer_starts_a_batch_below_its_minimum() -> None:
    """Proves: nothing waits forever: with room for two before it the batch starts with two when the third is held back at 30 min.

    Sensitivity: the minimum alone would stop the line.
    """
    products, orders = _parts(3)
    stations = {"feed": FEED, "oven": _oven(buffer_before=2, load={"minimum": "100 %", "max_wait": "5 h"})}
    trace = week(workshop(stations, products, orders))
    assert _starts(trace) == [1800.0, 1800.0 + 5 * 3600.0]


def test_what_can_never_be_is_a_fault_with_its_place() -> None:
    """Proves: a lot larger than the load, a load without limits, an unknown recipe, no room for waiting lots."""
    products = {"part": {"lot": 9, "route": ["oven"], "recipe": "hot"}}
    orders = {"all": {"product": "part", "quantity": 9}}
    cases = {
        "stations.oven.load": _oven(),
        "stations.oven.buffer_before": _oven(load={"places": 9}, buffer_before=0),
        "products.part.recipe": _oven(load={"places": 9}, cycle={"cold": "1 h"}),
    }
    for place, oven in cases.items():
        with pytest.raises(ScenarioFaults) as caught:
            workshop({"oven": oven}, products, orders)
        assert [fault.place for fault in caught.value.faults] == [place]


@given(
    st.lists(st.tuples(st.integers(1, 4), st.sampled_from(["hot", "cold", ""])), min_size=1, max_size=5),
    st.integers(4, 8),
    st.floats(0.0, 1.0),
    st.integers(1, 2),
)
@settings(max_examples=25, deadline=None)
def test_no_lot_is_lost_and_no_batch_is_too_large(
    lots: list[tuple[int, str]], places: int, minimum: float, units: int
) -> None:
    """Proves: every lot leaves once, no batch exceeds the places or mixes recipes, whatever the products and the rule.

    Sensitivity: a lot forgotten in forming, or one counted twice.
    """
    products = {
        f"p{k}": {"lot": lot, "route": ["oven"], **({"recipe": recipe} if recipe else {})}
        for k, (lot, recipe) in enumerate(lots)
    }
    orders = {name: {"product": name, "quantity": 7} for name in products}
    load = {"places": places, "minimum": f"{100 * minimum:.3f} %", "max_wait": "90 min"}
    trace = week(workshop({"oven": _oven(load=load, units=units)}, products, orders))
    assert trace.facts["good_pieces"] == 7.0 * len(products)
    pieces = dict(zip(trace.jobs["job"].tolist(), trace.jobs["pieces"].tolist(), strict=True))
    for batch in np.unique(trace.batches["batch"]):
        rows = trace.batches.where(trace.batches["batch"] == batch)
        assert sum(pieces[job] for job in rows["job"].tolist()) <= places
        assert len({lots[int(p)][1] for p in rows["product"]}) == 1

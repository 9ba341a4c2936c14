"""The checker finds no fault with a good plan, and names the rule in each of more than two hundred plans with one thing wrong."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import twin.optimize
from tests.campaigns import broken_plans
from tests.optimize import iron_day
from tests.optimize.day import claim, foundry, scheduled
from twin.optimize.check.plan import RULES, Claim, check
from twin.optimize.check.site import Site, site_of
from twin.optimize.problem.state import snapshot
from twin.scenario.plan import Plan, PlannedBatch, StateCommand
from twin.scenario.scenario import Scenario

HOUR = 3600.0
LINE = {
    *("operations", "load_together", "load_recipe", "load_room", "minimum_fill", "load_long_enough", "started_up"),
    *("claimed_fuels", "shared"),
}
"""rules of lines with batch furnaces, broken in test_line; and of what lots share, in tests/optimize/derive/test_sharing.py"""
FOUNDRY = [rule for rule in RULES if rule not in LINE]
Mutant = tuple[Plan, Claim | None, Site, Scenario]


@cache
def site() -> Site:
    """What the checker reads from the scenario."""
    return site_of(foundry(), scheduled().plan, snapshot(foundry(), 0.0))


def good() -> Plan:
    """A plan without fault."""
    return scheduled().plan


def batches(kind: str) -> list[PlannedBatch]:
    """The good plan's batches of a kind."""
    return [batch for batch in good().batches if batch.kind == kind]


def with_batch(old: PlannedBatch, *new: PlannedBatch) -> Plan:
    """The good plan with one batch replaced (by nothing: taken out)."""
    kept = tuple(batch for batch in good().batches if batch is not old)
    return replace(good(), batches=kept + new)


def changed(old: PlannedBatch, **fields: Any) -> Plan:
    """The good plan with one batch changed."""
    return with_batch(old, replace(old, **fields))


def each(kind: str, *changes: Callable[[PlannedBatch], dict[str, Any]]) -> Callable[[], Iterator[Plan]]:
    """Plans in each of which one batch of a kind is changed, in each of these ways."""
    return lambda: (changed(batch, **change(batch)) for batch in batches(kind) for change in changes)


def at_hours(kind: str, *hours: float) -> Callable[[], Iterator[Plan]]:
    """Plans in each of which one batch of a kind begins at one of these hours."""
    return each(kind, *(lambda _, clock=clock: {"not_before_s": clock * HOUR} for clock in hours))


def elsewhere() -> Iterator[Plan]:
    """Batches on equipment that is not there, or cannot do them."""
    wrong = {"tap": {"key": "cast.9"}, "job": {"equipment": "melt.1"}, "heat": {"equipment": "cast.1"}}
    for batch in good().batches:
        yield changed(batch, equipment="press.1")
        yield changed(batch, **wrong[batch.kind])


def outside() -> Iterator[Plan]:
    """Batches before the horizon and after it."""
    for batch in good().batches:
        yield changed(batch, not_before_s=batch.not_before_s + 36 * HOUR)
        yield changed(batch, not_before_s=batch.not_before_s - 36 * HOUR)


def between_slots() -> Iterator[Plan]:
    """Batches seven minutes late, but for short lots, which may begin so."""
    late = [batch for batch in good().batches if batch.kind != "job" or batch.duration_s >= 900.0]
    return (changed(batch, not_before_s=batch.not_before_s + 420.0) for batch in late)


def at_once() -> Iterator[Plan]:
    """Lots and heats that begin with another on the same equipment."""
    for batch in batches("job") + batches("heat"):
        alike = (b for b in batches(batch.kind) if b.equipment == batch.equipment and b is not batch)
        yield from (changed(batch, not_before_s=other.not_before_s) for other in itertools.islice(alike, 1))


def too_short() -> Iterator[Plan]:
    """Lots with less time than they take."""
    yield from (changed(b, duration_s=b.duration_s * 0.3) for b in batches("job") if b.duration_s > 900.0)
    yield from (changed(batch, duration_s=60.0) for batch in batches("job"))


def left_in_the_furnace() -> Iterator[Plan]:
    """Ladles before the last heat left out, late, or part full."""
    last_s = max(heat.not_before_s for heat in batches("heat"))
    for tap in [tap for tap in batches("tap") if last_s - HOUR < tap.not_before_s <= last_s]:
        yield with_batch(tap)
        yield changed(tap, not_before_s=last_s + 900.0)
        yield changed(tap, mass_kg=100.0)


def never_melted() -> Iterator[Plan]:
    """Heats left out, ladles before their heats."""
    yield from (with_batch(heat) for heat in batches("heat"))
    yield from each("tap", lambda tap: {"not_before_s": tap.not_before_s - HOUR})()


def no_room() -> Iterator[Plan]:
    """Ladles to the other cell."""
    return (changed(tap, key="cast.1" if tap.key == "cast.2" else "cast.2") for tap in batches("tap")[:4])


def no_metal() -> Iterator[Plan]:
    """Early ladles left out, or all but empty."""
    yield from (with_batch(tap) for tap in batches("tap")[:4])
    yield from (changed(tap, mass_kg=5.0) for tap in batches("tap")[:4])


def told_wrongly() -> Iterator[Plan]:
    """Commands to what is not there, to no state, at no time of the plan."""
    told = [("press.1", 1.0, "off"), ("cast.1", 1.0, "asleep"), ("cast.1", 99.0, "off"), ("cast.1", -1.0, "off")]
    for name, t, state in [*told, ("melt.1", 37.0, "standby")]:
        yield replace(good(), commands=(StateCommand(name, t * HOUR, state),))


PLANS: dict[str, list[Callable[[], Iterator[Plan]]]] = {
    "known_equipment": [elsewhere],
    "inside_horizon": [outside],
    "on_slot": [between_slots],
    "one_at_a_time": [at_once],
    "working_time": [at_hours("job", 3.0, 12.0, 18.0, 29.5)],
    "crew_present": [at_hours("heat", 2.0, 16.75, 18.0, 30.0), at_hours("tap", 2.0, 18.0, 30.0)],
    "long_enough": [too_short],
    "heat_long_enough": [
        each("heat", *(lambda b, part=part: {"duration_s": b.duration_s * part} for part in (0.3, 0.6, 0.85)))
    ],
    "known_job": [each("job", lambda _: {"job": "monthly_gear/2026-07/0"})],
    "once": [lambda: (with_batch(b, b, replace(b, not_before_s=14 * HOUR)) for b in batches("job"))],
    "missing": [lambda: (with_batch(batch) for batch in batches("job"))],
    "route": [each("job", lambda b: {"product": "bracket" if b.product == "housing" else "housing"})],
    "pieces": [each("job", lambda b: {"pieces": b.pieces + 1}, lambda b: {"mass_kg": b.mass_kg * 0.98})],
    "charge": [each("heat", *(lambda _, kg=kg: {"mass_kg": kg} for kg in (0.0, -5.0, 600.0)))],
    "ladle": [each("tap", *(lambda _, kg=kg: {"mass_kg": kg} for kg in (0.0, 260.0)))],
    "furnace_empty": [left_in_the_furnace],
    "tap_metal": [never_melted],
    "feed_room": [no_room],
    "lot_metal": [no_metal],
    "command": [told_wrongly],
    "battery": [lambda: (replace(good(), battery_kw=(kw,) * 4) for kw in (0.0, 10.0, -10.0))],
}
"""plans that break a rule, by the rule"""


def pouring_mutants(rule: str) -> Iterator[Mutant]:
    """The same for a plan of furnaces that pour straight into moulds, each with its own metal."""
    plan, here = iron_day.scheduled().plan, iron_site()
    taps = [batch for batch in plan.batches if batch.kind == "tap"]
    heats = [batch for batch in plan.batches if batch.kind == "heat"]

    def swapped(old: PlannedBatch, **fields: Any) -> Plan:
        return replace(plan, batches=tuple(replace(b, **fields) if b is old else b for b in plan.batches))

    changed_plans: list[Plan] = []
    if rule == "pouring_window":
        changed_plans = [swapped(tap, not_before_s=tap.not_before_s - 900.0) for tap in taps]
    elif rule == "tap_metal":
        changed_plans = [replace(plan, batches=tuple(b for b in plan.batches if b is not heat)) for heat in heats]
        changed_plans += [swapped(heat, mass_kg=heat.mass_kg - 100.0) for heat in heats if heat.mass_kg > 600.0]
    elif rule == "lot_metal":
        changed_plans = [swapped(tap, mass_kg=tap.mass_kg - 20.0) for tap in taps]
        changed_plans += [swapped(tap, not_before_s=tap.not_before_s + 120.0) for tap in taps]
    elif rule == "known_equipment":
        changed_plans = [swapped(tap, equipment="mould.1") for tap in taps]
    for mutant in changed_plans:
        yield mutant, None, here, iron_day.foundry()


@cache
def iron_site() -> Site:
    """What the checker reads from the iron foundry."""
    scenario = iron_day.foundry()
    return site_of(scenario, iron_day.scheduled().plan, snapshot(scenario, 0.0))


def mutants(rule: str) -> Iterator[Mutant]:
    """Everything that breaks ``rule``: plans, claims, scenarios."""
    yield from pouring_mutants(rule)
    for broken in PLANS.get(rule, ()):
        yield from ((plan, None, site(), foundry()) for plan in broken())
    yield from asked_mutants(rule)
    if rule == "released":
        for batch in batches("job"):
            job = site().jobs[str(batch.job)]
            later = {**site().jobs, job.job: replace(job, release_s=batch.not_before_s + HOUR)}
            yield good(), None, replace(site(), jobs=later), foundry()
    elif rule in CLAIMS:
        for factor in (0.5, 0.9, 1.1, 2.0):
            yield good(), CLAIMS[rule](claim(), factor), site(), foundry()


def asked_mutants(rule: str) -> Iterator[Mutant]:
    """The good plan under a scenario that asks for more than it gives."""
    for change in ASKED.get(rule, ()):
        yield good(), claim(), site(), foundry().changed(change)
    if rule == "lateness_target":
        for late_h in (0.1, 5.0):
            strict = foundry().changed({"plan.targets.lateness": "0 h"})
            yield good(), replace(claim(), lateness_h=late_h), site(), strict


ASKED: dict[str, list[dict[str, str]]] = {
    "power_cap": [{"site.power_cap": f"{kw} kW"} for kw in (270, 300, 500, 630)],
    "emission_cap": [{"plan.emission_cap": f"{kg} kgCO2e"} for kg in (0, 1000, 1700, 1810)],
    "output_target": [{"plan.targets.output": text} for text in ("2 t", "900 kg")],
    "intensity_target": [{"plan.targets.intensity": text} for text in ("500 kgCO2e/t", "1 tCO2e/t")],
    "reduction_target": [{"plan.targets.reduction": text} for text in ("50 %", "100 %")],
}
CLAIMS: dict[str, Callable[[Claim, float], Claim]] = {
    "claimed_scheduled_kwh": lambda one, factor: replace(one, scheduled_kw=one.scheduled_kw * factor),
    "claimed_energy": lambda one, factor: replace(one, energy_kwh=one.energy_kwh * factor),
    "claimed_bill": lambda one, factor: replace(one, bill_krw=one.bill_krw * factor),
    "claimed_carbon": lambda one, factor: replace(one, carbon_kg=one.carbon_kg * factor),
    "claimed_lateness": lambda one, factor: replace(one, lateness_h=-factor),
}


def test_a_good_plan_has_no_violation() -> None:
    """The plan that the search gives, with what its model claims of itself."""
    assert check(foundry(), good(), claim(), site=site()) == []


@pytest.mark.parametrize("rule", FOUNDRY)
def test_each_broken_rule_is_named(rule: str) -> None:
    """Every mutant of a rule is caught under that rule's name."""
    found = 0
    for plan, said, here, scenario in mutants(rule):
        names = {violation.rule for violation in check(scenario, plan, said, site=here)}
        assert rule in names, f"mutant {found} of {rule} gives {sorted(names)}"
        found += 1
    assert found


def test_a_furnace_is_charged_only_when_it_is_empty() -> None:
    """A ladle that the plan leaves out, or fills after the furnace's next heat is begun, leaves metal in it; one that is still being filled
    then is no better. Metal of the other furnace does not help: a lot poured from a furnace that has given its metal away is named.
    """
    plan, here = iron_day.scheduled().plan, iron_site()
    again = [
        (first, second)
        for name in here.melters
        for first, second in itertools.pairwise(b for b in plan.of(name) if b.kind == "heat")
    ]
    assert again
    for first, second in again:
        between = [
            b
            for b in plan.of(first.equipment)
            if b.kind == "tap" and first.not_before_s < b.not_before_s < second.not_before_s
        ]
        gone = any(c.equipment == first.equipment and c.t_s <= second.not_before_s for c in plan.commands)
        if not between or gone or second.not_before_s - first.not_before_s > 6 * HOUR:
            continue
        without = replace(plan, batches=tuple(b for b in plan.batches if b is not between[-1]))
        late = replace(between[-1], not_before_s=second.not_before_s - 30.0)
        moved = replace(without, batches=(*without.batches, late))
        for broken in (without, moved):
            found = [v for v in check(iron_day.foundry(), broken, site=here) if v.rule == "furnace_empty"]
            assert any(v.where == first.equipment and v.t_s == second.not_before_s for v in found)
        other = next(name for name in here.melters if name != first.equipment)
        elsewhere = replace(without, batches=(*without.batches, replace(between[-1], equipment=other)))
        rules = {v.rule for v in check(iron_day.foundry(), elsewhere, site=here)}
        assert {"furnace_empty"} <= rules


def test_a_lot_poured_from_the_wrong_furnace_is_named() -> None:
    """Every ladle filled from the other furnace: some furnace then pours what it does not have, and is named for it."""
    plan, here = iron_day.scheduled().plan, iron_site()
    names = list(here.melters)
    other = dict(zip(names, reversed(names), strict=True))
    swapped = tuple(replace(b, equipment=other[b.equipment]) if b.kind == "tap" else b for b in plan.batches)
    found = [v for v in check(iron_day.foundry(), replace(plan, batches=swapped), site=here) if v.rule == "tap_metal"]
    assert found
    assert {v.where for v in found} <= set(names)


def test_a_sample_of_a_thousand_broken_plans() -> None:
    """The first plans of the campaign `broken_plans`, of both foundries: each is rejected with its rule's name, the good ones are not."""
    proof = broken_plans.prove(36, 1)
    assert proof.missed == [], proof.figures["unnamed"]


def test_there_are_more_than_two_hundred_mutants() -> None:
    """And every rule has some."""
    assert sum(1 for rule in FOUNDRY for _ in mutants(rule)) >= 200


def test_a_battery_that_is_overdrawn() -> None:
    """With a battery of 100 kWh and 50 kW: too much power, more energy than it has, and ending emptier than it began are each found."""
    scenario = foundry().changed({"site.battery": {"energy": "100 kWh", "power": "50 kW", "round_trip": "100 %"}})
    slots = round(good().horizon_s / good().slot_s)
    cases = {"too much power": [60.0, -60.0], "emptied": [50.0] * 8 + [-50.0] * 8, "ends low": [40.0, 0.0]}
    for name, kw in cases.items():
        plan = replace(good(), battery_kw=tuple(kw) + (0.0,) * (slots - len(kw)))
        assert any(v.rule == "battery" for v in check(scenario, plan, claim(), site=site())), name
    fine = replace(good(), battery_kw=(40.0, -40.0) + (0.0,) * (slots - 2))
    assert not any(v.rule == "battery" for v in check(scenario, fine, claim(), site=site()))


def test_the_checker_shares_no_code_with_the_formulation() -> None:
    """None of its modules imports the problem, its derivation, the formulation, the search or the figures."""
    folder = Path(twin.optimize.__path__[0])
    allowed = {file.stem for file in folder.glob("check_*.py")} | {"state", "shop_state"}
    for file in folder.glob("check*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("twin.optimize"):
                assert node.module.rsplit(".", 1)[-1] in allowed, f"{file.name} imports {node.module}"

"""A thousand plans with one thing wrong in each, of two foundries: the checker names the rule that was broken in every one.

Each mutant is a good plan of a day and a half (heats, ladles, lots) with one batch moved, shortened, swapped, doubled, taken out or made
another's, one figure claimed otherwise, or one requirement of the scenario raised, by amounts drawn at random.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeVar

import numpy as np

from tests.campaigns.evidence import Bar, Campaign, Proof
from tests.optimize import day, iron_day
from twin.optimize.check.plan import Claim, check
from twin.optimize.check.site import Site, site_of
from twin.optimize.problem.state import snapshot
from twin.scenario.plan import Plan, PlannedBatch, StateCommand
from twin.scenario.scenario import Scenario

SEED = 20261122
HOUR = 3600.0
MUTANTS = 1000
DAYS: dict[str, Any] = {"aluminium": day, "iron": iron_day}


@dataclass(frozen=True)
class Good:
    """A plan without fault, what its model claims, and what the checker reads from its scenario."""

    scenario: Scenario
    plan: Plan
    claim: Claim
    site: Site


@dataclass(frozen=True)
class Mutant:
    """One broken plan and the rule that it breaks."""

    rule: str
    plan: Plan
    claim: Claim
    site: Site
    scenario: Scenario


@cache
def good(name: str) -> Good:
    """The good plan of a foundry."""
    module = DAYS[name]
    scenario, plan = module.foundry(), module.scheduled().plan
    return Good(scenario, plan, module.claim(), site_of(scenario, plan, snapshot(scenario, 0.0)))


T = TypeVar("T")


class Dice:
    """Random amounts and choices from one seed."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def random(self) -> float:
        """A number from 0 to 1."""
        return float(self._rng.random())

    def uniform(self, low: float, high: float) -> float:
        """A number between two."""
        return low + (high - low) * self.random()

    def randrange(self, below: int, top: int | None = None) -> int:
        """A whole number below one, or from one to below another."""
        return int(self._rng.integers(0, below) if top is None else self._rng.integers(below, top))

    def choice(self, found: Sequence[T]) -> T:
        """One of several."""
        return found[self.randrange(len(found))]


Break = Callable[[Good, Dice], Mutant | None]


def changed(one: Good, rule: str, old: PlannedBatch, *new: PlannedBatch) -> Mutant:
    """One batch replaced: by nothing, by another, by several."""
    kept = tuple(batch for batch in one.plan.batches if batch is not old)
    return of_plan(one, rule, replace(one.plan, batches=kept + new))


def of_plan(one: Good, rule: str, plan: Plan) -> Mutant:
    """Another plan under the same scenario."""
    return Mutant(rule, plan, one.claim, one.site, one.scenario)


def picked(one: Good, dice: Dice, *kinds: str) -> PlannedBatch:
    """One batch of some kinds."""
    return dice.choice([batch for batch in one.plan.batches if batch.kind in kinds])


def moved_away(one: Good, dice: Dice) -> Mutant:
    """On equipment that cannot do it."""
    batch = picked(one, dice, "heat", "job", "tap")
    if batch.kind == "tap":
        return changed(one, "known_equipment", batch, replace(batch, key="press.9"))
    other = dice.choice(["press.1", next(iter(one.site.cells if batch.kind == "heat" else one.site.melters))])
    return changed(one, "known_equipment", batch, replace(batch, equipment=other))


def outside(one: Good, dice: Dice) -> Mutant:
    """Before the plan begins, or after it ends."""
    batch = picked(one, dice, "heat", "job", "tap")
    by_s = dice.choice((-1.0, 1.0)) * one.plan.horizon_s * dice.uniform(1.0, 3.0)
    return changed(one, "inside_horizon", batch, replace(batch, not_before_s=batch.not_before_s + by_s))


def off_slot(one: Good, dice: Dice) -> Mutant | None:
    """A few minutes beside a slot's beginning."""
    batch = picked(one, dice, "heat", "job")
    if batch.kind == "job" and (batch.duration_s < one.plan.slot_s or has_ladles(one, batch)):
        return None
    moved = replace(batch, not_before_s=batch.not_before_s + dice.uniform(120.0, 780.0))
    return changed(one, "on_slot", batch, moved)


def has_ladles(one: Good, lot: PlannedBatch) -> bool:
    """Whether a lot has ladles of its own."""
    return any(b.kind == "tap" and b.job is not None and b.job == lot.job for b in one.plan.batches)


def on_top(one: Good, dice: Dice) -> Mutant | None:
    """While the equipment does another batch."""
    batch = picked(one, dice, "heat", "job")
    others = [b for b in one.plan.batches if b.equipment == batch.equipment and b.kind == batch.kind and b is not batch]
    if not others:
        return None
    other = dice.choice(others)
    inside_s = dice.uniform(0.0, 0.5) * other.duration_s
    return changed(one, "one_at_a_time", batch, replace(batch, not_before_s=other.not_before_s + inside_s))


def at_night(one: Good, dice: Dice) -> Mutant:
    """A lot while nobody is there."""
    batch = picked(one, dice, "job")
    return changed(one, "working_time", batch, replace(batch, not_before_s=dice.uniform(0.2, 3.5) * HOUR))


def heat_at_night(one: Good, dice: Dice) -> Mutant:
    """A heat or a ladle while nobody is there."""
    batch = picked(one, dice, "heat", "tap")
    return changed(one, "crew_present", batch, replace(batch, not_before_s=dice.uniform(0.2, 2.5) * HOUR))


def too_short(one: Good, dice: Dice) -> Mutant:
    """A lot with too little time."""
    batch = picked(one, dice, "job")
    need_s = batch.pieces * 5.0
    return changed(one, "long_enough", batch, replace(batch, duration_s=dice.uniform(0.0, 0.9) * need_s))


def heat_too_short(one: Good, dice: Dice) -> Mutant:
    """A heat with too little time, and its ladles with it."""
    batch = picked(one, dice, "heat")
    share = dice.uniform(0.1, 0.4)
    mine = [b for b in one.plan.batches if b.kind == "tap" and b.equipment == batch.equipment]
    early = {id(b) for b in mine if batch.not_before_s < b.not_before_s}
    kept = tuple(b for b in one.plan.batches if b is not batch and id(b) not in early)
    plan = replace(one.plan, batches=(*kept, replace(batch, duration_s=batch.duration_s * share)))
    return of_plan(one, "heat_long_enough", plan)


def unknown(one: Good, dice: Dice) -> Mutant:
    """A lot of a job that does not exist."""
    batch = picked(one, dice, "job")
    return changed(one, "known_job", batch, replace(batch, job=f"nobody/{dice.randrange(10**6)}"))


def twice(one: Good, dice: Dice) -> Mutant:
    """A lot cast twice."""
    batch = picked(one, dice, "job")
    again = replace(batch, not_before_s=dice.randrange(140) * one.plan.slot_s)
    return changed(one, "once", batch, batch, again)


def left_out(one: Good, dice: Dice) -> Mutant | None:
    """A lot that is due and not cast."""
    batch = picked(one, dice, "job")
    job = one.site.jobs[str(batch.job)]
    return changed(one, "missing", batch) if job.due_s <= one.plan.start_s + one.plan.horizon_s else None


def too_early(one: Good, dice: Dice) -> Mutant:
    """A lot begun before it is released: the scenario releases it later."""
    batch = picked(one, dice, "job")
    job = one.site.jobs[str(batch.job)]
    later = {**one.site.jobs, job.job: replace(job, release_s=batch.not_before_s + dice.uniform(60.0, 9 * HOUR))}
    return Mutant("released", one.plan, one.claim, replace(one.site, jobs=later), one.scenario)


def wrong_product(one: Good, dice: Dice) -> Mutant:
    """A lot cast as another product."""
    batch = picked(one, dice, "job")
    other = next(name for name in one.site.products if name != batch.product)
    return changed(one, "route", batch, replace(batch, product=other))


def wrong_pieces(one: Good, dice: Dice) -> Mutant:
    """More or fewer pieces, or more or less metal, than the job has."""
    batch = picked(one, dice, "job")
    if dice.random() < 0.5:
        return changed(one, "pieces", batch, replace(batch, pieces=batch.pieces + dice.choice((-2, -1, 1, 7))))
    return changed(one, "pieces", batch, replace(batch, mass_kg=batch.mass_kg * dice.choice((0.5, 0.99, 1.01, 2.0))))


def wrong_charge(one: Good, dice: Dice) -> Mutant:
    """A heat of nothing, or of more than the furnace takes."""
    batch = picked(one, dice, "heat")
    most_kg = one.site.melters[batch.equipment].kind.charge.mass_kg
    kg = dice.choice((0.0, -dice.uniform(1.0, 100.0), most_kg + dice.uniform(0.1, 500.0)))
    return changed(one, "charge", batch, replace(batch, mass_kg=kg))


def wrong_ladle(one: Good, dice: Dice) -> Mutant:
    """A ladle of nothing, or of more than it holds."""
    batch = picked(one, dice, "tap")
    kg = dice.choice((0.0, -1.0, 601.0 + dice.uniform(0.0, 500.0)))
    return changed(one, "ladle", batch, replace(batch, mass_kg=kg))


def no_heat(one: Good, dice: Dice) -> Mutant:
    """Ladles filled with metal that was never melted."""
    return changed(one, "tap_metal", picked(one, dice, "heat"))


def no_ladle(one: Good, dice: Dice) -> Mutant | None:
    """A lot whose ladle is missing; beside a dosing furnace the first one, where nothing else is."""
    taps = sorted((b for b in one.plan.batches if b.kind == "tap"), key=lambda b: b.not_before_s)
    own = [tap for tap in taps if tap.job is not None]
    first = [next(tap for tap in taps if tap.key == name) for name in {tap.key for tap in taps}]
    return changed(one, "lot_metal", dice.choice(own or first))


def no_room(one: Good, dice: Dice) -> Mutant | None:
    """A further ladle to a dosing furnace at once after another."""
    taps = [b for b in one.plan.batches if b.kind == "tap" and b.job is None]
    if not taps:
        return None
    tap = dice.choice(taps)
    more = [replace(tap, not_before_s=tap.not_before_s + k) for k in range(1, 4)]
    return changed(one, "feed_room", tap, tap, *more)


def too_cold(one: Good, dice: Dice) -> Mutant | None:
    """A ladle filled so long before its lot that the metal is too cold."""
    taps = [b for b in one.plan.batches if b.kind == "tap" and b.job is not None]
    if not taps:
        return None
    tap = dice.choice(taps)
    moved = replace(tap, not_before_s=tap.not_before_s - dice.uniform(840.0, 3 * HOUR))
    return changed(one, "pouring_window", tap, moved)


def still_full(one: Good, dice: Dice) -> Mutant | None:
    """A heat doubled a little later, while the metal of the first is still in the furnace."""
    batch = picked(one, dice, "heat")
    taps = [b.not_before_s for b in one.plan.batches if b.kind == "tap" and b.not_before_s > batch.not_before_s]
    if not taps:
        return None
    begun_s = batch.not_before_s + batch.duration_s
    if min(taps) <= begun_s:
        return None
    again = replace(
        batch, key=f"{batch.key}/again", not_before_s=begun_s + dice.uniform(0.0, 1.0) * (min(taps) - begun_s)
    )
    return changed(one, "furnace_empty", batch, batch, again)


def bad_command(one: Good, dice: Dice) -> Mutant:
    """A command to nothing, of no state, or at no time of the plan."""
    name = dice.choice([*one.site.cells, *one.site.melters])
    wrong = dice.choice(
        (
            StateCommand("press.1", dice.uniform(0.0, 30.0) * HOUR, "off"),
            StateCommand(name, dice.uniform(0.0, 30.0) * HOUR, "asleep"),
            StateCommand(name, dice.choice((-1.0, 37.0)) * dice.uniform(1.0, 9.0) * HOUR, "standby"),
        )
    )
    return of_plan(one, "command", replace(one.plan, commands=(wrong,)))


def no_battery(one: Good, dice: Dice) -> Mutant:
    """Set points of a battery that is not there."""
    return of_plan(one, "battery", replace(one.plan, battery_kw=(dice.uniform(-50.0, 50.0),) * dice.randrange(1, 144)))


def claimed(rule: str, name: str) -> Break:
    """A figure claimed more than a tenth too high or too low."""

    def wrong(one: Good, dice: Dice) -> Mutant:
        value = getattr(one.claim, name)
        factor = dice.choice((dice.uniform(0.0, 0.89), dice.uniform(1.11, 3.0)))
        return replace(of_plan(one, rule, one.plan), claim=replace(one.claim, **{name: value * factor}))

    return wrong


def claimed_lateness(one: Good, dice: Dice) -> Mutant:
    """Less than no lateness."""
    wrong = replace(one.claim, lateness_h=-dice.uniform(0.1, 50.0))
    return replace(of_plan(one, "claimed_lateness", one.plan), claim=wrong)


def asked(rule: str, path: str, unit: str, figure: Callable[[Good, Dice], float]) -> Break:
    """A requirement of the scenario that the plan does not meet."""

    def wrong(one: Good, dice: Dice) -> Mutant:
        scenario = one.scenario.changed({path: f"{figure(one, dice):.3f} {unit}"})
        return replace(of_plan(one, rule, one.plan), scenario=scenario)

    return wrong


def late(one: Good, dice: Dice) -> Mutant:
    """Hours late where none may be."""
    scenario = one.scenario.changed({"plan.targets.lateness": "0 h"})
    wrong = replace(one.claim, lateness_h=one.claim.lateness_h + dice.uniform(0.01, 20.0))
    return Mutant("lateness_target", one.plan, wrong, one.site, scenario)


BREAKS: tuple[Break, ...] = (
    *(moved_away, outside, off_slot, on_top, at_night, heat_at_night, too_short, heat_too_short, unknown, twice),
    *(
        left_out,
        too_early,
        wrong_product,
        wrong_pieces,
        wrong_charge,
        wrong_ladle,
        no_heat,
        no_ladle,
        no_room,
        too_cold,
    ),
    *(still_full, bad_command, no_battery, claimed_lateness, late),
    claimed("claimed_scheduled_kwh", "scheduled_kw"),
    claimed("claimed_energy", "energy_kwh"),
    claimed("claimed_bill", "bill_krw"),
    claimed("claimed_carbon", "carbon_kg"),
    asked(
        "power_cap", "site.power_cap", "kW", lambda one, dice: dice.uniform(0.9, 0.999) * float(one.claim.grid_kw.max())
    ),
    asked(
        "emission_cap", "plan.emission_cap", "kgCO2e", lambda one, dice: dice.uniform(0.0, 0.999) * one.claim.carbon_kg
    ),
    asked("output_target", "plan.targets.output", "t", lambda _, dice: dice.uniform(20.0, 90.0)),
    asked("intensity_target", "plan.targets.intensity", "kgCO2e/t", lambda _, dice: dice.uniform(0.0, 300.0)),
    asked("reduction_target", "plan.targets.reduction", "%", lambda _, dice: dice.uniform(60.0, 100.0)),
)


def mutants(count: int) -> Iterator[tuple[str, Mutant]]:
    """``count`` mutants: the foundries and the ways to break a plan in turn, the rest at random."""
    dice, made = Dice(SEED), 0
    while made < count:
        for wrong in BREAKS:
            for name in DAYS:
                mutant = wrong(good(name), dice)
                if mutant is not None and made < count:
                    made += 1
                    yield name, mutant


def prove(replications: int, jobs: int) -> Proof:
    """``replications`` mutants; each must be rejected with its rule's name."""
    del jobs
    broken: Counter[str] = Counter()
    unnamed: list[str] = []
    for name, mutant in mutants(replications):
        broken[f"{name} {mutant.rule}"] += 1
        said = {v.rule for v in check(mutant.scenario, mutant.plan, mutant.claim, site=mutant.site)}
        if mutant.rule not in said:
            unnamed.append(f"{name} {mutant.rule}: {sorted(said)}")
    clean = sum(len(check(one.scenario, one.plan, one.claim, site=one.site)) for one in map(good, DAYS))
    bars = (
        Bar("broken plans not rejected with their rule's name", float(len(unnamed)), 0.0),
        Bar("violations found in the good plans", float(clean), 0.0),
        Bar("broken plans tried", float(sum(broken.values())), float(replications), "at_least"),
    )
    return Proof(SEED, replications, bars, {"broken": dict(sorted(broken.items())), "unnamed": unnamed[:20]})


CAMPAIGN = Campaign(
    name="broken_plans",
    proves="the checker rejects a thousand plans of two foundries, each with one thing wrong, by the name of the rule",
    sources=(
        "twin/optimize/check/*.py",
        "twin/optimize/problem/state.py",
        "tests/optimize/day.py",
        "tests/optimize/iron_day.py",
    ),
    prove=prove,
    replications=MUTANTS,
)

"""Tasks together: every coalition simulated, the combined effect attributed by Shapley values, interactions by Harsanyi dividends.

φ_i = Σ_S |S|! (n−|S|−1)! / n! · [v(S+i) − v(S)]; the shares sum to the combined effect (Shapley 1953). Dividends
d(S) = Σ_{T⊆S} (−1)^{|S|−|T|} v(T) (Harsanyi 1959).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence

from twin.core.faults import InputFault
from twin.experiment.statistics import interval
from twin.tasks.apply import changes
from twin.tasks.figures import Figure, effect
from twin.tasks.study import Bundle, TaskEffect
from twin.tasks.task import Task
from twin.tasks.years import Variant, Years

MOST_MEMBERS = 8
KPIS = {"carbon_kg": "carbon_kg", "energy_kwh": "energy_kwh", "cash_krw": "cash_krw"}
Coalition = frozenset[str]


def largest(effects: Sequence[TaskEffect], most: int = MOST_MEMBERS) -> list[str]:
    """Ids of the applicable tasks, those that save most carbon first, at most ``most``."""
    able = [e for e in effects if e.effects]
    return [e.id for e in sorted(able, key=lambda e: (e.effects["carbon_kg"].mean or 0.0, e.id))[:most]]


def members_of(asked: str, effects: Sequence[TaskEffect], tasks: Sequence[Task]) -> list[Task]:
    """The members of a bundle; ``"all"`` are the eight largest.

    Raises InputFault for tasks that were not evaluated or do not apply.
    """
    ids = largest(effects) if asked == "all" else [part.strip() for part in asked.split(",") if part.strip()]
    known = {task.id: task for task in tasks}
    able = {e.id for e in effects if e.effects}
    wrong = [name for name in ids if name not in able]
    if wrong or not ids:
        known_here = ", ".join(sorted(able)) or "none"
        message = (
            f"--bundle: {', '.join(wrong) or 'no task'} not evaluated here or not applicable; applicable: {known_here}"
        )
        raise InputFault(message)
    if len(ids) > MOST_MEMBERS:
        message = f"--bundle: {len(ids)} tasks; at most {MOST_MEMBERS} (every one of 2^n combinations is simulated)"
        raise InputFault(message)
    return [known[name] for name in ids]


def coalitions(base: Variant, members: Sequence[Task]) -> dict[Coalition, Variant]:
    """A variant for every set of members; the empty one is the base. Later members' changes win where two set the same value."""
    found: dict[Coalition, Variant] = {}
    for size in range(len(members) + 1):
        for chosen in itertools.combinations(members, size):
            scenario = base.scenario
            for task in chosen:
                scenario = scenario.changed(changes(base.scenario, task))
            ids = [task.id for task in chosen]
            name = base.name if not ids else base.name.removeprefix("base/") + "/" + "+".join(ids)
            found[frozenset(ids)] = Variant(name, scenario, base.replications)
    return found


def bundle_of(members: Sequence[Task], sets: Mapping[Coalition, Variant], years: Mapping[str, Years]) -> Bundle:
    """The bundle's figures from the years of every coalition."""
    ids = [task.id for task in members]
    by_set = {chosen: years[variant.name].years for chosen, variant in sets.items()}
    everything, nothing = by_set[frozenset(ids)], by_set[frozenset()]
    combined: dict[str, Figure] = {
        label: effect([y.kpis[name] for y in everything], [y.kpis[name] for y in nothing])
        for label, name in KPIS.items()
    }

    def value(name: str) -> Callable[[Coalition], float]:
        means = {chosen: interval([y.kpis[name] for y in found]).mean for chosen, found in by_set.items()}
        return lambda chosen: means[chosen] - means[frozenset()]

    values = {label: value(name) for label, name in KPIS.items()}
    shares = {label: shapley(ids, v) for label, v in values.items()}
    pairs = {label: interactions(ids, v) for label, v in values.items()}
    steps = {label: cascade(ids, v) for label, v in values.items()}
    return Bundle(
        tuple(ids),
        combined,
        {i: {label: shares[label][i] for label in KPIS} for i in ids},
        {f"{a}+{b}": {label: pairs[label][a, b] for label in KPIS} for a, b in itertools.combinations(ids, 2)},
        {i: {label: steps[label][i] for label in KPIS} for i in ids},
    )


def shapley(members: Sequence[str], value: Callable[[Coalition], float]) -> dict[str, float]:
    """Shapley value of each member of the game ``value`` (with value of the empty coalition 0)."""
    n = len(members)
    found = {}
    for member in members:
        others = [one for one in members if one != member]
        terms = []
        for size in range(n):
            weight = math.factorial(size) * math.factorial(n - size - 1) / math.factorial(n)
            terms += [
                weight * (value(frozenset({*s, member})) - value(frozenset(s)))
                for s in itertools.combinations(others, size)
            ]
        found[member] = math.fsum(terms)
    return found


def interactions(members: Sequence[str], value: Callable[[Coalition], float]) -> dict[tuple[str, str], float]:
    """Harsanyi dividend of each pair: what the two do together beyond what each does alone."""
    return {
        (a, b): value(frozenset({a, b})) - value(frozenset({a})) - value(frozenset({b}))
        for a, b in itertools.combinations(members, 2)
    }


def cascade(members: Sequence[str], value: Callable[[Coalition], float]) -> dict[str, float]:
    """What each member adds on top of those before it, in the order given."""
    return {
        member: value(frozenset(members[: k + 1])) - value(frozenset(members[:k])) for k, member in enumerate(members)
    }

"""The scheduling problem as data: a resource-task network on equal slots, derived from a scenario and never written by hand.

Form after Pantelides (1994) and Castro, Harjunkoski & Grossmann (2009), clustered: equal lots are one class and equal units one pool of
tokens, so a task's decision is *how many* start in a slot. Everything that a unit can be (off, ready for a product, hot, cooled
down, full of metal) is a token in a :class:`Stock`; everything that happens (a heat, a lot, a set-up, a start-up, a tap) is a
:class:`Task` that takes tokens and metal at its start and gives them back later.

A change at slot ``t`` happens at the slot's beginning; ``level[t]`` is what is there *during* slot ``t``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Role = Literal["heat", "tap", "empty", "pig", "lot", "setup", "startup", "shutdown", "cool"]


@dataclass(frozen=True)
class Stock:
    """Tokens (units in one condition, lots waiting or done) or metal in kg.

    ``high`` may be infinite; ``ceiling`` (slots,) lowers it in some slots. ``arrivals`` (slots,) are added from outside, e.g. released
    lots. ``hold_kw`` is drawn per token or kg present, weighted by ``hold_when`` (slots,) where given, and each costs ``hold_krw`` a slot.
    What has waited ``longest_wait_slots`` must have been taken. Furnaces that hold metal for whole lots say of which ``product`` and how
    many ``lots``.
    What ``lapses`` (places in a load that starts now) is gone if it is not taken in the slot in which it is added; it has no level.
    """

    name: str
    initial: float
    high: float = np.inf
    low: float = 0.0
    hold_kw: float = 0.0
    longest_wait_slots: int | None = None
    arrivals: Floats | None = None
    ceiling: Floats | None = None
    hold_when: Floats | None = None
    product: str | None = None
    lots: int = 0
    lapses: bool = False
    hold_krw: float = 0.0

    def high_at(self, slot: int) -> float:
        """The most that may be there in a slot."""
        return self.high if self.ceiling is None else min(self.high, float(self.ceiling[slot]))

    def hold_kw_at(self, slot: int) -> float:
        """Power per token or kg in a slot."""
        return self.hold_kw if self.hold_when is None else self.hold_kw * float(self.hold_when[slot])


@dataclass(frozen=True)
class Closing:
    """At the horizon's end the ``stocks`` together hold at least ``least``: a plan does not end by living off its stocks. What is missing
    costs ``short_krw`` each (kg or token).
    """

    name: str
    stocks: tuple[str, ...]
    least: float
    short_krw: float


@dataclass(frozen=True)
class Coupling:
    """``stock`` never exceeds ``factor`` times ``per``: metal lies only in furnaces that are loaded."""

    stock: str
    per: str
    factor: float


@dataclass(frozen=True)
class Quota:
    """Over the horizon Σ weight · starts of the named tasks reaches ``least``: what whole loads imply and fractions of loads do not."""

    name: str
    weights: Mapping[str, float]
    least: float


@dataclass(frozen=True)
class Change:
    """``amount`` added to a stock (negative: taken) ``offset`` slots after a task's start."""

    stock: str
    offset: int
    amount: float


@dataclass(frozen=True)
class Task:
    """Something that may start, any number of times, in the slots that ``allowed`` marks.

    ``profile_kw`` (any length) is the mean electric power of each slot from the start on; ``uses`` are people or other capacities
    held for ``slots`` slots. ``cost_krw`` and ``carbon_kg`` are per start, for what is not electricity. ``mass_kg`` (charged, or in a
    ladle) and ``target`` (where a ladle goes) name the start in a plan.
    """

    name: str
    role: Role
    group: str
    slots: int
    profile_kw: Floats
    allowed: Flags
    changes: tuple[Change, ...]
    uses: Mapping[str, float] = field(default_factory=dict)
    product: str | None = None
    cost_krw: float = 0.0
    carbon_kg: float = 0.0
    mass_kg: float = 0.0
    target: str | None = None
    continuous: bool = False


@dataclass(frozen=True)
class Capacity:
    """People (or any renewable resource) by slot; ``overtime`` (slots,) more may be had at ``overtime_krw`` each per slot."""

    name: str
    available: Floats
    overtime: Floats | None = None
    overtime_krw: Floats | None = None


@dataclass(frozen=True)
class Due:
    """Lots of ``done`` due by the end of each slot, cumulative (slots,); a missing lot costs ``late_krw`` per slot.

    ``required`` lots are asked for within the horizon; each one missing at its end costs ``unfinished_krw`` more.
    """

    done: str
    cumulative: Floats
    late_krw: float
    required: float
    unfinished_krw: float


@dataclass(frozen=True)
class DemandMonth:
    """A billing month's share of the horizon: the highest 15-minute mean where ``counts``, never below ``floor_kw`` (the ratchet).

    ``rate_krw_per_kw`` is the horizon's share of the month's charge; ``carry_krw_per_kw`` what a kW above the floor costs in the
    later months that it binds (zero outside the ratchet's months).
    """

    name: str
    counts: Flags
    floor_kw: float
    rate_krw_per_kw: float
    carry_krw_per_kw: float = 0.0


@dataclass(frozen=True)
class BatteryData:
    """Usable energy, AC power limit, one-way efficiency (square root of the round trip), charge at the start, in kWh."""

    energy_kwh: float
    power_kw: float
    one_way: float
    initial_kwh: float


@dataclass(frozen=True)
class Carbon:
    """Grid intensity (slots,), price per kg, and the cap on the horizon's scope 1 and 2, all optional in effect."""

    intensity_kg_per_kwh: Floats
    price_krw_per_kg: float = 0.0
    cap_kg: float | None = None
    fixed_kg: float = 0.0


@dataclass(frozen=True)
class Targets:
    """What must be reached in the horizon: hours late at most, kg of good output at least, emissions per kg of it at most, emissions
    less by a share ``reduction`` than ``as_operated_kg``; None where nothing is asked for.
    """

    lateness_h: float | None = None
    output_kg: float | None = None
    intensity_kg_per_kg: float | None = None
    reduction: float | None = None
    as_operated_kg: float = 0.0

    @property
    def any(self) -> bool:
        """Whether anything is asked for."""
        return any(v is not None for v in (self.lateness_h, self.output_kg, self.intensity_kg_per_kg, self.reduction))

    @property
    def reduced_kg(self) -> float | None:
        """Emissions at most, where they must be less than as operated."""
        return None if self.reduction is None else (1.0 - self.reduction) * self.as_operated_kg


@dataclass(frozen=True)
class Problem:
    """Everything that the formulation may know. All arrays have ``slots`` elements; power in kW as mean of the slot.

    ``goods_kg``: good mass of one token of a stock of finished lots.
    """

    slots: int
    slot_h: float
    stocks: Mapping[str, Stock]
    tasks: Mapping[str, Task]
    base_kw: Floats
    price_krw_per_kwh: Floats
    carbon: Carbon
    capacities: Mapping[str, Capacity] = field(default_factory=dict)
    couplings: tuple[Coupling, ...] = ()
    closings: tuple[Closing, ...] = ()
    quotas: tuple[Quota, ...] = ()
    dues: tuple[Due, ...] = ()
    months: tuple[DemandMonth, ...] = ()
    pv_kw: Floats | None = None
    cap_kw: Floats | None = None
    battery: BatteryData | None = None
    fixed_krw: float = 0.0
    notes: tuple[str, ...] = ()
    targets: Targets = Targets()
    goods_kg: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_references(self)
        check_lengths(self)

    def with_base(self, base_kw: Floats) -> Problem:
        """The same problem with another load of what is not decided here."""
        return replace(self, base_kw=base_kw)

    @property
    def required(self) -> bool:
        """Whether there is anything that a plan may fail to meet: a cap or a target."""
        return self.cap_kw is not None or self.carbon.cap_kg is not None or self.targets.any

    def starts(self, task: Task) -> list[int]:
        """Slots in which ``task`` may start: allowed, and ended by the horizon's end. Later changes and loads fall outside it."""
        return [int(t) for t in np.flatnonzero(task.allowed) if t + task.slots <= self.slots]


def check_references(problem: Problem) -> None:
    """Every stock and capacity that a task or a due names exists. Raises KeyError with the name."""
    for task in problem.tasks.values():
        for change in task.changes:
            if change.stock not in problem.stocks:
                msg = f"task {task.name} changes stock {change.stock!r}, which the problem does not have"
                raise KeyError(msg)
        for capacity in task.uses:
            if capacity not in problem.capacities:
                msg = f"task {task.name} uses {capacity!r}, which the problem does not have"
                raise KeyError(msg)
    named = [("a coupling", name) for pair in problem.couplings for name in (pair.stock, pair.per)]
    named += [("a closing", name) for one in problem.closings for name in one.stocks]
    named += [("a good mass", name) for name in problem.goods_kg]
    for what, name in named:
        if name not in problem.stocks:
            msg = f"{what} names stock {name!r}, which the problem does not have"
            raise KeyError(msg)
    for due in problem.dues:
        if due.done not in problem.stocks:
            msg = f"lots are due from stock {due.done!r}, which the problem does not have"
            raise KeyError(msg)


def check_lengths(problem: Problem) -> None:
    """Every series has one value a slot. Raises ValueError with its name."""
    series: dict[str, NDArray[np.generic] | None] = {
        "base_kw": problem.base_kw,
        "price_krw_per_kwh": problem.price_krw_per_kwh,
        "pv_kw": problem.pv_kw,
        "cap_kw": problem.cap_kw,
        "carbon intensity": problem.carbon.intensity_kg_per_kwh,
    }
    series |= {f"allowed of {t.name}": t.allowed for t in problem.tasks.values()}
    series |= {f"arrivals of {s.name}": s.arrivals for s in problem.stocks.values()}
    series |= {f"ceiling of {s.name}": s.ceiling for s in problem.stocks.values()}
    series |= {f"hold_when of {s.name}": s.hold_when for s in problem.stocks.values()}
    series |= {f"available {c.name}": c.available for c in problem.capacities.values()}
    series |= {f"due of {d.done}": d.cumulative for d in problem.dues}
    series |= {f"months {m.name}": m.counts for m in problem.months}
    for name, values in series.items():
        if values is not None and values.shape != (problem.slots,):
            msg = f"{name} has shape {values.shape}, not ({problem.slots},)"
            raise ValueError(msg)

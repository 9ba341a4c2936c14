"""Equipment that processes several lots together in one cycle whose length and energy depend on the load: furnaces, ovens, washers.

A kind derives from :class:`BatchProcess` and says what a batch takes (:meth:`BatchProcess.begin`) and what happens between batches
(:meth:`BatchProcess.rest`), both as phases; whatever it remembers (the heat in its walls) it keeps in a state object of its own. The
station core (:mod:`twin.models.forming`) owns the queue, the forming of batches, breakdowns, blocking and the trace.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple

from pydantic import Field

from twin.core.faults import InputFault
from twin.core.units import Fraction, Q
from twin.models.durations import mean_s, quantile_s
from twin.models.phases import Phase
from twin.scenario.features import BATCH_PROCESS
from twin.scenario.schema import Duration, Part, Problem, Product, Station

if TYPE_CHECKING:
    from twin.scenario.schema import ScenarioSpec


class BatchLot(NamedTuple):
    """One lot in a batch: its job's key, its product, pieces, mass, and how long it waited."""

    job: str
    product: str
    pieces: float
    kg: float
    waited_s: float = 0.0


class Batch:
    """What one cycle processes together.

    ``t_s``: when it begins, seconds since the horizon's start. ``gap_s``: since the batch before it ended, infinite for the first.
    ``cuts_s``: seconds from the beginning at which a phase must end (the horizon begins or ends there). ``uniform``: the batch's own
    variate in (0, 1), addressed by station and first lot; None with randomness off. Lots and variate may be given as functions: they
    are worked out when a kind asks for them. ``sums``: kg and pieces of all lots, where they are known already.
    """

    __slots__ = ("_lots", "_sums", "_uniform", "cuts_s", "gap_s", "recipe", "t_s")

    def __init__(
        self,
        lots: tuple[BatchLot, ...] | Callable[[], tuple[BatchLot, ...]],
        recipe: str,
        t_s: float = 0.0,
        gap_s: float = math.inf,
        cuts_s: tuple[float, ...] = (),
        uniform: float | Callable[[], float] | None = None,
        sums: tuple[float, float] | None = None,
    ) -> None:
        self._lots, self._uniform, self._sums = lots, uniform, sums
        self.recipe, self.t_s, self.gap_s, self.cuts_s = recipe, t_s, gap_s, cuts_s

    @property
    def lots(self) -> tuple[BatchLot, ...]:
        """The lots, in the order in which they were put together."""
        if callable(self._lots):
            self._lots = self._lots()
        return self._lots

    @property
    def uniform(self) -> float | None:
        """The batch's own variate."""
        if callable(self._uniform):
            self._uniform = self._uniform()
        return self._uniform

    @property
    def pieces(self) -> float:
        """Pieces of all lots."""
        return self._sums[1] if self._sums is not None else sum(lot.pieces for lot in self.lots)

    @property
    def kg(self) -> float:
        """Mass of all lots."""
        return self._sums[0] if self._sums is not None else sum(lot.kg for lot in self.lots)

    @property
    def products(self) -> Mapping[str, float]:
        """Pieces by product, in the order of the lots."""
        found: dict[str, float] = {}
        for lot in self.lots:
            found[lot.product] = found.get(lot.product, 0.0) + lot.pieces
        return found

    def drawn_s(self, duration: Duration) -> float:
        """A duration of this batch in seconds: drawn by its variate, the mean with randomness off."""
        if duration.constant_s is not None:
            return duration.constant_s
        uniform = self.uniform
        return mean_s(duration) if uniform is None else quantile_s(duration, uniform)


class Load(Part):
    """How lots are put together to batches. Only lots of equal recipe share one, see `products.*.recipe`."""

    capacity_kg: Annotated[float, Q("kg")] | None = Field(
        None, alias="capacity", gt=0, description="largest mass of a batch; absent: no limit by mass"
    )
    places: int | None = Field(None, gt=0, description="most pieces of a batch; absent: no limit by pieces")
    minimum: Fraction = Field(
        0.0, ge=0, le=1, description="least fill to start with: the larger of the shares of mass and of places taken"
    )
    max_wait_s: Annotated[float, Q("s")] | None = Field(
        None,
        alias="max_wait",
        ge=0,
        description="a batch is started below `minimum` once its first lot has waited so long; absent: it waits without limit",
    )

    def fill(self, kg: float, pieces: float) -> float:
        """The share of the load taken: the larger of mass over capacity and pieces over places."""
        by_mass = kg / self.capacity_kg if self.capacity_kg is not None else 0.0
        by_place = pieces / self.places if self.places is not None else 0.0
        return max(by_place, by_mass)


class BatchProcess(Station):
    """Base of kinds that process batches. Derive from it, give the phases; the station core does the rest.

    The object that :meth:`start` returns is handed to every later call for the same unit and may be changed in place. A cycle begun is
    finished, after the end of the shift if need be. Breakdowns that come due within a cycle begin when it ends.
    """

    features: ClassVar[frozenset[str]] = BATCH_PROCESS
    load: Load = Field(description="how lots are put together to batches")
    stay_on_s: Annotated[float, Q("s")] = Field(
        5400.0,
        alias="stay_on",
        ge=0,
        description="stays on (standby) over gaps between working hours up to this long; off over longer ones",
    )
    operators: int = Field(
        1, ge=0, description="people of its crew who stay when a cycle runs past the end of the shift"
    )

    def start(self) -> Any:
        """The state of a unit when the run begins: cold and empty."""
        return None

    def begin(self, batch: Batch, state: Any) -> Sequence[Phase]:
        """Phases of a batch from loading to unloading. No phase crosses one of ``batch.cuts_s``."""
        raise NotImplementedError

    def begin_within(self, batch: Batch, state: Any, most_kw: float) -> Sequence[Phase]:
        """:meth:`begin` with at most ``most_kw`` of electricity, which is never less than :meth:`slowest_kw`; under a power cap."""
        del most_kw
        return self.begin(batch, state)

    def rest(self, duration_s: float, duty: str, state: Any) -> Sequence[Phase]:
        """Phases of ``duration_s`` between batches.

        ``duty``: ``starved`` (ready, no batch), ``blocked`` (lots of the last batch still inside), ``standby`` (a short gap between working
        hours), ``off`` (a long one), ``startup`` (before working hours after a long gap), ``down`` (under repair). The phases may bear
        another state (``holding``).
        """
        del state
        return [Phase(duration_s, duty)] if duration_s > 0.0 else []

    def rest_within(self, duration_s: float, duty: str, state: Any, most_kw: float) -> Sequence[Phase]:
        """:meth:`rest` with at most ``most_kw`` of electricity, for a kind that :meth:`warms` between batches under a power cap."""
        del most_kw
        return self.rest(duration_s, duty, state)

    def warms(self, duration_s: float, duty: str, state: Any, most_kw: float) -> Sequence[Phase]:
        """What :meth:`rest_within` would give, with ``state`` left as it is; empty where it never draws more than :meth:`resting_kw`.

        A power cap asks for it, to let a unit at rest heat up with what nobody else needs.
        """
        del duration_s, duty, state, most_kw
        return ()

    def keep(self, state: Any, t_s: float) -> Any:
        """What became of a unit's state by ``t_s``, as plain values for a file; times in it from ``t_s``. Raises InputFault where that
        cannot be.
        """
        del t_s
        if state is None:
            return None
        msg = f"{self.kind}: what its walls hold cannot be kept in a file yet"
        raise InputFault(msg)

    def resume(self, kept: Any, t_s: float) -> Any:
        """The state of a unit at ``t_s`` from what :meth:`keep` gave."""
        del t_s
        return self.start() if kept is None else kept

    def startup_s(self) -> float:
        """Seconds of the start-up that comes before work after being off; it is spent in :meth:`rest` with the duty ``startup``."""
        return 0.0

    def reserved_kw(self) -> float:
        """The highest electric power that one unit draws while it is on, reserved under a power cap."""
        return 0.0

    def slowest_kw(self) -> float:
        """The electric power below which no batch is worked under a power cap; where it is less, batches are worked slower."""
        return self.reserved_kw()

    def resting_kw(self) -> float:
        """The highest electric power between batches; where it is less, a power cap holds batches back."""
        return self.reserved_kw()

    def off_kw(self) -> float:
        """The highest electric power while its hours have it off."""
        return 0.0

    def held_kw(self) -> float:
        """Of all units at rest."""
        return self.units * self.resting_kw()

    def least_kw(self) -> float | None:
        """What a batch takes beside the other units at rest, where holding it back saves power."""
        if not self.resting_kw() < self.reserved_kw():
            return None
        return self.slowest_kw() + (self.units - 1) * self.resting_kw()

    def most_kw(self, stations: Mapping[str, Station]) -> float:
        """Of all units."""
        return self.units * self.reserved_kw()

    def recipes(self) -> Sequence[str] | None:
        """The recipes that the kind knows; None where any will do."""
        return None

    def work_s(self, product_name: str, product: Product) -> float | None:
        """Mean seconds of one unit for one piece with full batches; None where the kind cannot say."""
        del product_name, product
        return None

    def problems(self, name: str, spec: ScenarioSpec) -> list[Problem]:
        """Loads without a limit, lots that never fit, recipes that the kind does not know."""
        return [
            *super().problems(name, spec),
            *(
                (f"needs.{label}", f"how long {need.during} takes is missing", f"{{during: {need.during}, for: 5 min}}")
                for label, need in self.needs.items()
                if need.during in ("loading", "unloading") and need.transfer_s is None
            ),
            *load_problems(name, spec, self.load),
            *recipe_problems(name, spec, self),
        ]

    def most_pieces(self, product: Product) -> float:
        """Pieces of one product in a full batch."""
        by_mass = math.inf if self.load.capacity_kg is None else self.load.capacity_kg / product.mass_kg
        return min(by_mass, math.inf if self.load.places is None else self.load.places)


def load_problems(name: str, spec: ScenarioSpec, load: Load) -> list[Problem]:
    """What is wrong with a load rule among the products that pass the station ``name``."""
    if load.capacity_kg is None and load.places is None:
        return [
            ("load", "neither capacity nor places: a batch would have no end", "add capacity: 800 kg, or places: 40")
        ]
    found: list[Problem] = []
    for label, product in spec.products.items():
        if name not in product.stations:
            continue
        kg = product.lot * product.mass_kg
        if load.fill(kg, product.lot) > 1 + 1e-9:
            problem = f"a lot of {label} ({product.lot} pieces, {kg:.4g} kg) never fits"
            found.append(("load", problem, f"a smaller products.{label}.lot, or a larger load"))
    before = spec.stations[name].get("buffer_before") if isinstance(spec.stations[name], Mapping) else None
    if before == 0:
        found.append(
            ("buffer_before", "a batch is formed of lots that wait, and none may", "as many pieces as a batch")
        )
    return found


def recipe_problems(name: str, spec: ScenarioSpec, kind: BatchProcess) -> list[Problem]:
    """Recipes that products ask of a station and that its kind does not know."""
    known = kind.recipes()
    if known is None:
        return []
    return [
        (
            f"/products.{label}.recipe" if product.recipe is not None else f"/products.{label}",
            f"{name} has no recipe {product.recipe_at(name)!r}",
            f"one of {', '.join(known)}",
        )
        for label, product in spec.products.items()
        if name in product.stations and product.recipe_at(name) not in known
    ]

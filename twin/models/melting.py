"""Melting furnaces at run time and the rule by which heats are begun and metal is tapped.

A melting station makes no job. A heat is begun when upcoming casting work will need its metal by the time it is ready, when the furnace
crew is there until then, and when it can be cast or kept before the casting crews leave. Ready metal is held until a feed has room for
it. Metal left over where nobody holds it is pigged: cast into ingots and booked as returns. The last lots are not left waiting for want
of a full charge: the least heat is melted for them, and what it leaves over is pigged when they are poured.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from twin.ledger.trace import NONE
from twin.models.books import Books
from twin.models.cap import NO_CAP, Grants, PowerCap, lowest
from twin.models.feed import TINY_KG, Feed, Metal
from twin.models.furnace import InductionFurnace
from twin.models.hearth import Hearth
from twin.models.metal import MetalPlace
from twin.models.phases import Draws, Phase
from twin.models.station import Floor
from twin.models.worktime import WorkTime

if TYPE_CHECKING:
    from twin.models.following import Follower
    from twin.models.handling import Hands

EMPTY, HEATING, READY, TAPPING = "empty", "heating", "ready", "tapping"
DAY_S = 86_400.0


@dataclass(frozen=True)
class Ingredient:
    """A material of the charge: code, share of the mass, carbon in it, role in the mass balance."""

    code: int
    share: float
    carbon_fraction: float
    role: str


class Ladle(NamedTuple):
    """Metal on its way from a furnace to a feed; ``due_s``: when it is drawn, or when it arrives."""

    metal: Metal
    feed: Feed
    due_s: float


@dataclass(frozen=True)
class Attendance:
    """When people are at the furnaces: ``crew`` leaves out breaks, ``shift`` does not (a heat goes on through a break)."""

    crew: WorkTime
    shift: WorkTime


class Furnace:
    """One melting furnace: empty, heating a batch, ready with metal, or tapping some."""

    def __init__(
        self,
        floor: Floor,
        books: Books,
        equipment: int,
        name: str,
        hearth: Hearth,
        charge: Sequence[Ingredient],
        alloy: int,
        draws: Draws,
    ) -> None:
        self.floor, self.books, self.equipment, self.name, self.hearth = floor, books, equipment, name, hearth
        self.kind: InductionFurnace = hearth.kind
        self.charge, self.alloy, self.draws = charge, alloy, draws
        self.state = EMPTY
        self.metal = Metal()
        self.batch = NONE
        self.since = self.ready_at = floor.now
        self.serial = 0
        self.charged_kg = 0.0
        self.granted: Grants = []
        self.refused_at = math.inf
        self.begun = 0.0
        self.tapped_kg: dict[int, float] = {}
        self.phases: Sequence[Phase] = ()
        """of the heat under way"""
        self.filling: Ladle | None = None
        """the ladle that is being tapped; its metal is in the furnace still"""
        self.hands: Hands | None = None
        """people and cranes for charging and tapping, where they are counted"""
        self.asks_kg = 0.0
        """charge for which a heat waits for them"""
        self.expected_s: dict[bool, float] = {}
        self.attendance: Attendance
        self.shop: MeltShop

    def progress(self, now: float, lid: str = "holding") -> None:
        """Bring the furnace to ``now`` and write what it did: held its metal, or cooled empty."""
        for t0, t1 in self.books.pieces(self.since, now):
            if self.metal.kg > TINY_KG:
                phases = self.hearth.hold(t1 - t0, lid)
                self.books.phases(self.equipment, NONE if self.state == EMPTY else self.batch, t0, phases)
            else:
                self._idle(t0, t1)
        self.since = now

    def _idle(self, t0: float, t1: float) -> None:
        """Empty: switched on (standby) while people are there, off otherwise."""
        while t0 < t1:
            here = self.attendance.shift.open(t0)
            change = self.attendance.shift.closes(t0) if here else self.attendance.shift.next_open(t0)
            stop = min(change, t1)
            self.books.phases(self.equipment, NONE, t0, self.hearth.rest(stop - t0, "standby" if here else "off"))
            t0 = stop

    def heat_s(self) -> float:
        """Expected time from charging to ready: that of the last such heat, or the kind's estimate."""
        return self.expected_s.get(self.hearth.cold, self.kind.estimate_s(cold=self.hearth.cold))

    def reserved_kw(self, t0: float, t1: float) -> float:
        """The most that it draws between two times to come: as its heat was granted, else what holding with the lid open takes."""
        aux_kw = self.kind.power.auxiliaries_kw
        held_kw = self.hearth.holding_from_now_kw() + aux_kw if self.metal.kg > TINY_KG else aux_kw
        if self.state != HEATING or t0 >= self.ready_at:
            return held_kw
        starts = [-math.inf, *(until for until, _ in self.granted)]
        most = [kw for (until, kw), start in zip(self.granted, starts, strict=False) if start < t1 and until > t0]
        return max(*most, self.kind.power.rated_kw if not most else 0.0, self.hearth.most_slagging_kw) + aux_kw

    def changes(self, t: float) -> Sequence[float]:
        """Times after ``t`` at which that changes."""
        return (
            [x for x in (*(until for until, _ in self.granted), self.ready_at) if x > t]
            if self.state == HEATING
            else ()
        )

    def start(self, kg: float, granted: Grants | None = None) -> None:
        """Charge and melt so that ``kg`` are in the furnace before melt loss and slag, with the power ``granted`` (None: rated)."""
        now = self.floor.now
        self.granted = [] if granted is None else granted
        self.progress(now)
        if self.state == READY:
            self.tapped_kg[self.equipment] = self.tapped_kg.get(self.equipment, 0.0) + self.available_kg()
            self.close_batch(now)
        self.batch, self.begun, self.state = self.floor.batch(), now, HEATING
        added = kg - self.metal.kg
        self.charged_kg, carbon = added, 0.0
        for part in self.charge:
            carbon += added * part.share * part.carbon_fraction
            self.books.material(
                now,
                self.equipment,
                self.batch,
                part.code,
                part.role,
                added * part.share,
                added * part.share * part.carbon_fraction,
            )
        cold = self.hearth.cold
        limits = [(until - now, kw) for until, kw in self.granted]
        self.phases = phases = self.hearth.heat(added, self.books.cuts_after(now), limits)
        self.metal.add(Metal(added, carbon, self.kind.tap_c))
        self.books.phases(self.equipment, self.batch, now, phases)
        duration_s = sum(phase.duration_s for phase in phases)
        self.expected_s[cold] = duration_s
        self.books.count("heats", 1.0, now)
        self.books.count("cold_starts", float(cold), now)
        self.ready_at = now + duration_s
        self.serial += 1
        self.floor.after(duration_s, self.ready)

    def ready(self, event: Any) -> None:
        """Melt loss and slag leave; the metal is ready."""
        now = self.floor.now
        self.since, self.state, self.phases = now, READY, ()
        melted = self.charged_kg
        for role, share in (("melt_loss", self.kind.melt_loss), ("slag", self.kind.slag.fraction)):
            lost = self.metal.take(melted * share)
            self.books.material(now, self.equipment, self.batch, self.alloy, role, lost.kg, lost.carbon_kg)
        self.hearth.set_mass(self.metal.kg)
        self.shop.look()

    @property
    def at_work(self) -> bool:
        """Whether it melts or is being tapped."""
        return self.state in (HEATING, TAPPING)

    def available_kg(self) -> float:
        """Metal that may be tapped now."""
        return max(0.0, self.metal.kg - self.kind.heel_kg) if self.state == READY else 0.0

    def expected_kg(self) -> float:
        """Metal above the heel, what is being melted less what its melting will lose."""
        lost_kg = self.charged_kg * (1.0 - self.kind.recovery) if self.state == HEATING else 0.0
        return max(0.0, self.metal.kg - lost_kg - self.kind.heel_kg)

    def tap(self, kg: float, feed: Feed) -> None:
        """Begin to fill a ladle for ``feed``."""
        now = self.floor.now
        self.progress(now)
        self.state = TAPPING
        feed.incoming_kg += kg
        self.filling = Ladle(Metal(kg), feed, math.inf)
        if self.hands is None or self.hands.ask(self.carrier_came, now, "unloading"):
            self.carrier_came(now)

    def carrier_came(self, now: float) -> None:
        """All that tapping needs is there until the ladle is at its feed."""
        if self.filling is None:
            return
        self.progress(now)
        tapping_s = self.kind.ladle.tapping_s
        self.filling = self.filling._replace(due_s=now + tapping_s)
        if self.hands is not None:
            self.hands.take("unloading")
            self.hands.back_at("unloading", now + tapping_s + self.kind.ladle.time_s)
        self.floor.after(tapping_s, self.tapped)

    def tapped(self, event: Any) -> None:
        """The ladle is full: it leaves for its feed."""
        if self.filling is None:
            return
        (metal, feed, _), now = self.filling, self.floor.now
        kg, self.filling = metal.kg, None
        self.progress(now, "tapping")
        drawn = self.metal.take(kg)
        self.tapped_kg[feed.equipment] = self.tapped_kg.get(feed.equipment, 0.0) + drawn.kg
        self.books.count("tapped_kg", drawn.kg, now)
        drawn.temperature_c = self.kind.tap_c - self.kind.ladle.loss_k
        self.shop.transit.append(Ladle(drawn, feed, now + self.kind.ladle.time_s))
        self.floor.after(self.kind.ladle.time_s, self.shop.arrive)
        self._drained(now)

    def ask_again(self) -> None:
        """A state says that it waits for people or cranes: for tapping, else for charging."""
        if self.hands is None:
            return
        if self.filling is not None:
            self.hands.lay_in(self.carrier_came, "unloading")
        elif self.asks_kg:
            self.hands.lay_in(lambda later: self.shop.loader_came(self, later), "loading")

    def _drained(self, now: float) -> None:
        """After metal left: the heat is over when only the heel remains."""
        self.hearth.set_mass(self.metal.kg)
        if self.metal.kg > self.kind.heel_kg + TINY_KG:
            self.state = READY
        elif self.state != EMPTY:
            self.close_batch(now)
            self.state = EMPTY
        self.shop.look()

    def pig(self, *, heel: bool) -> None:
        """Cast what is left (with the heel, if ``heel``) into ingots; they come back as returns."""
        now = self.floor.now
        self.progress(now)
        kg = self.metal.kg if heel else self.available_kg()
        if kg > TINY_KG:
            pigged = self.metal.take(kg)
            if self.state != EMPTY:
                self.tapped_kg[self.equipment] = self.tapped_kg.get(self.equipment, 0.0) + pigged.kg
            self.books.material(now, self.equipment, self.batch, self.alloy, "returns", pigged.kg, pigged.carbon_kg)
            self.books.count("pigged_kg", pigged.kg, now)
        self._drained(now)

    def close_batch(self, now: float) -> None:
        """Write the heat: one row for each feed that got metal of it."""
        total = sum(self.tapped_kg.values())
        if self.batch != NONE and now > 0.0:
            for stock, kg in self.tapped_kg.items() if total else ():
                self.books.recorder.add(
                    "batches",
                    self.batch,
                    self.equipment,
                    max(self.begun, 0.0),
                    min(now, self.books.end_s),
                    NONE,
                    stock,
                    NONE,
                    kg,
                    kg / total,
                )
        self.tapped_kg = {}

    def finish(self, end: float) -> None:
        """The run is over: write what is open."""
        if self.state != HEATING:
            self.progress(end)
        tapped_kg = dict(self.tapped_kg)
        if self.metal.kg > 0.0 and self.batch != NONE and self.state != EMPTY:  # a heel is of a heat that is closed
            self.tapped_kg[self.equipment] = self.tapped_kg.get(self.equipment, 0.0) + self.metal.kg
        self.close_batch(end)
        self.tapped_kg = tapped_kg


class MeltShop:
    """The furnaces of one melting station, the feeds that they supply, and the ladles between."""

    def __init__(
        self, floor: Floor, furnaces: Sequence[Furnace], feeds: Sequence[Feed], places: Sequence[MetalPlace]
    ) -> None:
        self.floor, self.furnaces, self.feeds, self.places = floor, list(furnaces), list(feeds), list(places)
        self.kind = furnaces[0].kind
        self.transit: list[Ladle] = []
        self.lead_s = self.kind.ladle.tapping_s + self.kind.ladle.time_s
        self._armed = False
        self.days_before = 0
        """days from the beginning of the first run to that of this one, where it goes on from a state"""
        self.day, self.heats_today = -math.inf, 0
        """the day of the last heat begun, counted as of the first run, and the number of its heats so far"""
        self.follower: Follower | None = None
        self.cap: PowerCap = NO_CAP
        self.supply: PowerCap = self._one_supply() if self.kind.power.shared else NO_CAP
        self.power_at = -math.inf
        """when power is looked for again"""
        self.gave_up_at = -math.inf
        self.releases: Sequence[float] = ()
        """when lots that want this metal are released, in order of time"""
        for furnace in self.furnaces:
            furnace.shop = self
        for feed in self.feeds:
            feed.unit.supplier = self
        for place in self.places:
            place.supplier = self

    def _one_supply(self) -> PowerCap:
        """One power supply for all furnaces: what one melts with is what holding may take of the others less than rated."""
        power = self.kind.power
        limit = PowerCap(power.rated_kw + len(self.furnaces) * power.auxiliaries_kw, 0.0, ())
        limit.furnaces += self.furnaces
        return limit

    def open(self) -> None:
        """Arm the alarms at the ends of shifts and look for work when they begin."""
        shift = self.furnaces[0].attendance.shift
        crew = self.furnaces[0].attendance.crew
        now = self.floor.now
        for start in crew.starts:
            if start >= now:
                self.floor.after(start - now, self._look)
        if self.follower is not None:
            self.follower.switch_off([self])
        for k, end in enumerate(shift.ends):
            following = shift.starts[k + 1] if k + 1 < len(shift.starts) else math.inf
            if end > now and following - end > self.kind.hold_through_s:
                self.floor.after(end - now, self._shut)

    def arrive(self, event: Any) -> None:
        """A ladle reaches its feed; ladles keep their order because every transfer takes the same time."""
        metal, feed, _ = self.transit.pop(0)
        feed.receive(metal, self.floor.now)
        self.look()

    def look(self) -> None:
        """Look for taps and heats to begin, once, after what happens now."""
        if not self._armed:
            self._armed = True
            self.floor.after(0.0, self._look)

    def _shut(self, event: Any) -> None:
        """The crew leaves for longer than metal is held: what is left is pigged."""
        for furnace in self.furnaces:
            if furnace.metal.kg > TINY_KG and furnace.state in (READY, EMPTY):
                furnace.pig(heel=True)

    def _look(self, event: Any) -> None:
        self._armed = False
        now = self.floor.now
        if not self.furnaces[0].attendance.crew.open(now):
            return
        feeds = sorted(self.feeds, key=self._hours_left)
        if self.follower is not None and self.follower.rules(now):
            feeds = self.follower.feed_order(self, feeds, now)
        for feed in feeds:
            self._serve(feed, now)
        lots = [feed.unit.next_job for feed in self.feeds if feed.window_s < math.inf]
        least_kg = min((job.kg for job in lots if job is not None), default=0.0)
        for furnace in self.furnaces:
            over = furnace.state == READY and (furnace.available_kg() < least_kg or self._spent(furnace, now))
            if (furnace.state == EMPTY or over) and not furnace.asks_kg:
                self._charge(furnace, now)
        if self.follower is None or not self.follower.rules(now):
            self._give_up(now)

    def _spent(self, furnace: Furnace, now: float) -> bool:
        """Whether the plan has no lot any more for what a furnace holds."""
        return self.follower is not None and self.follower.rules(now) and self.follower.ladles.spent(furnace)

    def _give_up(self, now: float) -> None:
        """Pig ready metal that nobody can keep, when no lot in sight wants it and none is released before the crew leaves."""
        if self._keeps_kg() or self.transit or self._work_kg()[0] > TINY_KG:
            return
        shift = self.furnaces[0].attendance.shift
        k = bisect_right(self.releases, now)
        if k < len(self.releases) and self.releases[k] < shift.closes(now):
            return
        if shift.next_open(shift.closes(now)) - shift.closes(now) <= self.kind.hold_through_s:
            return
        for furnace in self.furnaces:
            if furnace.state == READY and furnace.available_kg() > TINY_KG:
                furnace.pig(heel=True)

    def _keeps_kg(self) -> float:
        """Metal that the feeds can keep beyond a pouring window."""
        return sum(feed.capacity_kg - feed.residue_kg for feed in self.feeds if feed.window_s == math.inf)

    # --- tapping

    def _hours_left(self, feed: Feed) -> tuple[bool, float]:
        """Urgency: feeds whose unit waits first, then by the time that their metal lasts."""
        return feed.unit.pending is None, (feed.usable_kg + feed.incoming_kg) / feed.unit.kg_per_s

    def _serve(self, feed: Feed, now: float) -> None:
        """Tap for a feed that has room for a ladle (metal keeps in it) or that wants a ladle now."""
        ready = sorted((f for f in self.furnaces if f.available_kg() > TINY_KG), key=lambda f: f.ready_at)
        if not ready:
            return
        if feed.window_s < math.inf:
            self._serve_ladle(feed, ready, now)
            return
        furnace = ready[0]
        ladle = min(self.kind.ladle.capacity_kg, furnace.available_kg())
        if self.follower is not None and self.follower.rules(now):
            ladle = min(ladle, self.follower.ladle_kg(self, feed))
        kg = min(ladle, feed.room_kg)
        starving = feed.unit.pending is not None and feed.usable_kg + feed.incoming_kg < feed.unit.needs_kg(
            feed.unit.pending
        )
        last = self.follower is not None and self.follower.last_call(self, now)
        if kg >= ladle - TINY_KG or ((starving or last) and kg > TINY_KG):
            furnace.tap(kg, feed)
            if self.follower is not None:
                self.follower.tapped(self, feed, kg)

    def _serve_ladle(self, feed: Feed, ready: Sequence[Furnace], now: float) -> None:
        """Fill a pouring ladle with the metal of the next lot, when the line can pour it at once."""
        unit, job = feed.unit, feed.unit.next_job
        free_at = max(unit.done_at, unit.ready_at)
        if job is None or feed.incoming_kg > TINY_KG or feed.metal.kg > TINY_KG or free_at > now + self.lead_s + 1e-6:
            return
        if not unit.fits(job, max(now + self.lead_s, free_at)):
            return
        missing = unit.needs_kg(job)
        planned = self.follower is not None and self.follower.rules(now)
        if self.follower is not None and planned:
            ready = self.follower.sources(self, job, missing, ready, now)
        if sum(f.available_kg() for f in ready) < missing - TINY_KG:
            return
        for furnace in ready:
            kg = min(missing, furnace.available_kg())
            if kg > TINY_KG:
                furnace.tap(kg, feed)
                missing -= kg
        if self.follower is not None and planned:
            self.follower.ladles.fill(job.key)

    # --- heats

    def _in_furnaces_kg(self) -> float:
        """Metal melted or being melted, without heels."""
        return sum(furnace.expected_kg() for furnace in self.furnaces)

    def _work_kg(self) -> tuple[float, float]:
        """Metal that the lots in sight will take, and the part of it that is not at their feeds. What one feed has is of no use to a lot
        that waits at another.
        """
        queued = sum(place.queued_kg for place in self.places)
        work, unmet, spare = queued, 0.0, 0.0
        for feed in self.feeds:
            pending = feed.unit.needs_kg(feed.unit.pending) if feed.unit.pending is not None else 0.0
            there = feed.usable_kg + feed.incoming_kg
            work += pending
            unmet += max(0.0, pending - there)
            spare += max(0.0, there - pending)
        return work, unmet + max(0.0, queued - spare)

    def finds_room(self, furnace: Furnace, charge_kg: float, now: float) -> bool:
        """Whether a heat's metal is cast, or kept in the feeds, before the furnace crew leaves, if the units work all the time."""
        stock = (
            sum(feed.usable_kg + feed.incoming_kg for feed in self.feeds)
            + self._in_furnaces_kg()
            + charge_kg * self.kind.recovery
        )
        keeps = self._keeps_kg()
        closes = furnace.attendance.shift.closes(now)
        return (
            stock - min(sum(feed.unit.could_cast_kg(now, closes) for feed in self.feeds), self._work_kg()[0])
            <= keeps + TINY_KG
        )

    def overflows(self, charge_kg: float) -> bool:
        """Whether a heat would give metal that neither the lots in sight will take nor their feeds can keep."""
        stock = (
            sum(feed.usable_kg + feed.incoming_kg for feed in self.feeds)
            + self._in_furnaces_kg()
            + charge_kg * self.kind.recovery
        )
        keeps = self._keeps_kg()
        return stock - self._work_kg()[0] > keeps + TINY_KG

    def _charge(self, furnace: Furnace, now: float) -> None:
        """Begin a heat if the plan says so, or by rule if its metal will be wanted when it is ready."""
        kind = self.kind
        if self.follower is not None and self.follower.rules(now):
            planned_kg = self.follower.begins_heat(self, furnace, now)
            if planned_kg:
                self._start(furnace, planned_kg, now)
            if planned_kg is None or planned_kg:
                return
        at_feeds = sum(feed.usable_kg + feed.incoming_kg for feed in self.feeds)
        work, unmet = self._work_kg()
        short = unmet - self._in_furnaces_kg()
        if short <= TINY_KG:
            return
        ready_at = now + furnace.heat_s()
        closes = furnace.attendance.shift.closes(now)
        if ready_at + kind.ladle.tapping_s > closes:
            return
        kg = min(kind.charge.mass_kg, max(short / kind.recovery, kind.charge.least_kg))
        stock = at_feeds + self._in_furnaces_kg()
        keeps = self._keeps_kg()
        by_ready = sum(feed.unit.could_cast_kg(now, ready_at) for feed in self.feeds)
        by_close = sum(feed.unit.could_cast_kg(now, closes) for feed in self.feeds)
        # the last lots are not left waiting for want of a full charge: what the least heat leaves over is pigged
        over = max(0.0, kg * kind.recovery - short) if work <= by_close else 0.0
        if (
            stock + kg * kind.recovery - min(by_close, work) > max(keeps, over) + TINY_KG
            or stock - by_ready > kind.ahead_s * sum(f.unit.kg_per_s for f in self.feeds) + keeps
        ):
            return
        self._start(furnace, kg, now)

    def _start(self, furnace: Furnace, kg: float, now: float) -> None:
        """Begin a heat of about ``kg`` when there is what charging needs."""
        hands = furnace.hands
        if hands is None or not hands.needs.loading:
            self._begin(furnace, kg, now)
            return
        furnace.asks_kg = kg
        if hands.ask(lambda later: self.loader_came(furnace, later), now, "loading"):
            self.loader_came(furnace, now)

    def loader_came(self, furnace: Furnace, now: float) -> None:
        """All that charging needs is there: the heat begins, if the furnace is free and the crew stays until it is ready."""
        kg, furnace.asks_kg, hands = furnace.asks_kg, 0.0, furnace.hands
        if hands is None:
            return
        ready_at = now + furnace.heat_s() + self.kind.ladle.tapping_s
        here = furnace.attendance.crew.open(now) and ready_at <= furnace.attendance.shift.closes(now)
        if furnace.state in (EMPTY, READY) and here and self._begin(furnace, kg, now):
            hands.take("loading")
            hands.back_at("loading", now + self.kind.charge.time_s)
            return
        hands.give_up(now, "loading")
        if now > self.gave_up_at:  # looked at once more, not again and again at the same time
            self.gave_up_at = now
            self.look()

    def _begin(self, furnace: Furnace, kg: float, now: float) -> bool:
        """Begin a heat of about ``kg`` with the power that the cap grants; when it grants none, the next change is waited for."""
        granted = None
        limits = [limit for limit in (self.supply, self.cap) if limit is not NO_CAP]
        if limits:
            lasts_s = max(furnace.heat_s(), self.kind.estimate_s(cold=furnace.hearth.cold))
            aux_kw = self.kind.power.auxiliaries_kw
            rated_kw = self.kind.power.rated_kw + aux_kw
            most = lowest([limit.grants(furnace, rated_kw, now, lasts_s) for limit in limits])
            if not most:
                furnace.refused_at = min(furnace.refused_at, now)
                self._wait_for_power(now)
                return False
            granted = [(until, kw - aux_kw) for until, kw in most]
            furnace.books.count("cap_wait_h", max(now - furnace.refused_at, 0.0) / 3600.0, now)
            furnace.books.count("cap_slowed", float(granted[0][1] < self.kind.power.rated_kw - 1e-6), now)
            furnace.refused_at = math.inf
        furnace.start(min(furnace.metal.kg + self._spread(furnace, kg, now), self.kind.capacity_kg), granted)
        return True

    def _wait_for_power(self, now: float) -> None:
        """Look again when what is reserved changes."""
        change = min(self.cap.next_change(now), self.supply.next_change(now))
        if change < self.power_at or self.power_at <= now:
            self.wake_at(change)

    def wake_at(self, time_s: float) -> None:
        """Look again then, because what is reserved changes."""
        self.power_at = time_s
        self.floor.after(time_s - self.floor.now, self._look)

    def _spread(self, furnace: Furnace, kg: float, now: float) -> float:
        """The charge as weighed: up to ``spread`` above or below what was meant.

        The draw is addressed by station, day and the day's heat, not by furnace: a heat that another furnace takes, or one heat more on
        one day, moves no other day's charges.
        """
        half = self.kind.charge.spread
        if not half or furnace.draws.mean_mode:
            return kg
        day = math.floor(now / DAY_S) + self.days_before
        self.heats_today = self.heats_today + 1 if day == self.day else 0
        self.day = day
        owner = f"{furnace.name.rsplit('.', 1)[0]}/{day}"
        return kg * (1.0 + half * (2.0 * furnace.draws.uniform("charge", owner, self.heats_today) - 1.0))

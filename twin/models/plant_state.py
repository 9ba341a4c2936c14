"""A plant's state at the end of a run, and a run that begins from one.

Kept are lots in queues and at units with the time they still take, set-ups, hours to the next breakdown, blocked units, repairs under way
and who waits for people or cranes, what batches still have before them, what furnaces hold, liquid metal (:mod:`twin.models.metal_state`).
What comes after is the same as in one long run, because draws are addressed by names, not by the order in which they are asked for.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.core.faults import InputFault
from twin.ledger.trace import NONE, STATE
from twin.models.forming import FormingPlace, FormingUnit
from twin.models.handling import ClaimingBatches, ClaimingMetal
from twin.models.kept import Kept, finite, kept_phases, phase_of
from twin.models.mending import Mended
from twin.models.metal import MetalPlace, MetalUnit
from twin.models.metal_state import (
    check_metal,
    go_on_pouring,
    keep_furnace,
    keep_shop,
    keep_unit,
    resume_furnace,
    resume_shop,
    resume_unit,
    shops,
)
from twin.models.resources import Claiming
from twin.models.station import IN_PIECES, NOBODY, PIECES, PLAIN, Failing, Job, Place, Unit, pack_piece
from twin.models.together import BatchUnit, Delayed, DelayUnit, LotsUnit
from twin.models.upkeep import FailingByCycles, Several
from twin.scenario.calendar import local_datetime
from twin.scenario.plan import PlantState, StateJob

if TYPE_CHECKING:
    from twin.models.plant import Plant

_PROCESSING = STATE["processing"]


# --- writing


def state_of(plant: Plant) -> PlantState:
    """The state of a plant that has been run, at the end of its run. Raises InputFault where it cannot be kept."""
    now = plant.t_to
    held = {job.code: "" for place in plant.places.values() for unit in place.units for job in _jobs_of(unit)}
    waiting = {job.code: place.name for place in plant.places.values() for job in queue_of(place)}
    where = waiting | held
    ahead = {job.code: k for place in plant.places.values() for k, job in enumerate(queue_of(place))}
    jobs = [job for job in plant.jobs if job.code in where]
    units = {
        plant.codes.equipment[unit.equipment]: _unit(plant, unit, now)
        for place in plant.places.values()
        for unit in place.units
    }
    units |= {
        plant.codes.equipment[furnace.equipment]: keep_furnace(plant, furnace, now)
        for shop in plant.shops
        for furnace in shop.furnaces
    }
    at = local_datetime(plant.scenario, now).isoformat()
    lots = tuple(replace(_job(plant, job, where[job.code], now), ahead=ahead.get(job.code, 0)) for job in jobs)
    melting = {name: keep_shop(plant, shop, now) for name, shop in shops(plant)}
    asking = tuple(plant.codes.equipment[request.equipment] for request in plant.desk.waiting)
    return PlantState(at, lots, units, melting, asking)


def queue_of(place: Place) -> list[Job]:
    """The lots that wait at a place in the order in which they would go."""
    if place.heap is not None and not isinstance(place, FormingPlace):
        return [job for _, job in sorted(place.heap, key=lambda entry: entry[0])]
    return list(place.jobs())


def _jobs_of(unit: Unit) -> list[Job]:
    if isinstance(unit, DelayUnit):
        return [lot.job for lot in unit.inside.values()]
    if isinstance(unit, ClaimingBatches) and unit.gathered:
        return list(unit.gathered)
    if isinstance(unit, LotsUnit) and unit.lots:
        return list(unit.lots)
    return [] if unit.job is NOBODY else [unit.job]


def _job(plant: Plant, job: Job, station: str, now: float) -> StateJob:
    equipment, material = job.cast_at
    return StateJob(
        job=job.key,
        order=job.order,
        product=job.product,
        pieces=job.pieces,
        pieces_cast=job.pieces_cast,
        release_s=job.release - now,
        due_s=None if job.due == math.inf else job.due - now,
        priority=job.priority,
        step=job.step,
        queued_s=job.queued - now,
        station=station,
        poured_kg=job.kg,
        good_kg=job.good_kg,
        carbon_kg=job.carbon_kg,
        cast_by="" if equipment == NONE else plant.codes.equipment[equipment],
        material="" if material == NONE else plant.codes.material[material],
        turn=plant.inspector.turns.get(job.code, 0),
    )


def _unit(plant: Plant, unit: Unit, now: float) -> Kept:
    kept: Kept = {"tool": unit.tool, "idle_since_s": unit.idle_since - now, "failing": _counted(unit.failing)}
    kept["free"] = unit.place.free.index(unit) if unit in unit.place.free else None
    if isinstance(unit, FormingUnit):
        kept["thermal"] = unit.kind.keep(unit.state, now)
        kept["since_s"], kept["last_end_s"] = min(unit.since - now, 0.0), finite(unit.last_end, now)
        kept["repaired_s"] = finite(unit.repaired_at, now)
    kept |= _held_by(unit, now)
    clock = plant.calendar_clocks.get(unit.equipment)
    if clock is not None:
        kept["calendar"] = clock.at(now)
    if isinstance(unit, DelayUnit):
        kept["inside"] = [
            {
                "job": lot.job.key,
                "queued_s": lot.queued - now,
                "started_s": lot.started - now,
                "done_s": lot.done_at - now,
                "blocked": _stands(plant, lot),
            }
            for lot in unit.inside.values()
        ]
        return kept
    jobs = _jobs_of(unit)
    if not jobs or (isinstance(unit, ClaimingBatches) and unit.gathered):
        return kept
    kept |= {
        "jobs": [job.key for job in jobs],
        "queued_s": [job.queued - now for job in unit.lots]
        if isinstance(unit, LotsUnit) and unit.lots
        else [unit.queued - now],
        "started_s": unit.started - now,
        "done_s": finite(unit.done_at, now),
        "blocked": _stands(plant, unit) or (isinstance(unit, ClaimingBatches) and unit.ended <= now),
        "total": getattr(unit, "total", 0.0),
        "pieces": _pieces(plant, unit, now),
    }
    if isinstance(unit, Claiming):
        kept |= {"awaited": unit.awaited is not None, "held": unit.keep_held(now)}
    if isinstance(unit, Mended):
        kept["repair"] = unit.keep_repair(now)
    if isinstance(unit, FormingUnit):
        kept["phases"] = kept_phases(unit.phases, unit.done_at, now)
    return kept


def _held_by(unit: Unit, now: float) -> Kept:
    """Metal that a casting unit holds; people and cranes that are at work at a unit."""
    kept: Kept = keep_unit(unit, now) if isinstance(unit, MetalUnit) else {}
    if isinstance(unit, ClaimingMetal):
        kept["hands"] = unit.hands.keep(now)
    if isinstance(unit, ClaimingBatches):
        kept["handling"] = unit.keep_handling(now)
    return kept


def _pieces(plant: Plant, unit: Unit, now: float) -> list[list[float]]:
    """State and span of what is still to come of the lots at hand."""
    waits = isinstance(unit, MetalUnit) and unit.pending is not None
    if isinstance(unit, FormingUnit) or _stands(plant, unit):
        return []
    if unit.form == PLAIN:
        waits = waits or unit.done_at == math.inf
        return [] if waits else [[_PROCESSING, unit.started - now, unit.done_at - now]]
    rows = np.frombuffer(bytes(plant.floor.pieces), dtype=list(PIECES))
    mine = rows[(rows["batch"] == unit.batch) & (rows["equipment"] == unit.equipment) & (rows["t1"] > now)]
    return [[int(row["state"]), float(row["t0"]) - now, float(row["t1"]) - now] for row in mine]


def _stands(plant: Plant, holder: Unit | Delayed) -> bool:
    """Whether somebody stays with a lot that is done, because the next place has no room."""
    return any(holder is one for place in plant.places.values() for one in place.waiting)


def _counted(failing: Failing | None) -> list[list[float]]:
    """Serial number and what is left of each reason to stop."""
    return [[part.serial, part.left if isinstance(part, FailingByCycles) else part.left_s] for part in _parts(failing)]


def _parts(failing: Failing | None) -> Sequence[Failing]:
    if failing is None:
        return ()
    return failing.parts if isinstance(failing, Several) else (failing,)


# --- beginning from one


def check_state(plant: Plant, state: PlantState) -> None:
    """Raise InputFault where a state is not of this plant, or not of the time when the run begins."""
    begins = local_datetime(plant.scenario, plant.t_from).isoformat()
    if state.at and state.at != begins:
        msg = f"run.state: the plant's state is of {state.at}, the run begins at {begins}"
        raise InputFault(msg)
    products, places = plant.scenario.spec.products, plant.places
    known = set(plant.codes.equipment)
    for job in state.jobs:
        if job.product not in products or (job.station and job.station not in places):
            msg = f"run.state: job {job.job}: no product {job.product!r} or no station {job.station!r} in this plant"
            raise InputFault(msg)
        if job.step >= len(products[job.product].route):
            msg = f"run.state: job {job.job}: the route of {job.product} has no operation {job.step + 1}"
            raise InputFault(msg)
    for name in (*state.units, *state.asking):
        if name not in known:
            msg = f"run.state: no equipment {name!r} in this plant"
            raise InputFault(msg)
    melting = {name for name, _ in shops(plant)}
    for name in state.melting:
        if name not in melting:
            msg = f"run.state: {name!r} melts no metal in this plant"
            raise InputFault(msg)
    with _undamaged("liquid metal"):
        check_metal(plant, state.units)


def jobs_of_state(plant: Plant, state: PlantState) -> Iterator[Job]:
    """The lots of a state as jobs of a plant; their codes come first."""
    for code, kept in enumerate(state.jobs):
        due = math.inf if kept.due_s is None else plant.t_from + kept.due_s
        job = Job(code, kept.job, kept.product, kept.pieces, due, plant.route_of(kept.product))
        job.order, job.release, job.priority = kept.order, plant.t_from + kept.release_s, kept.priority
        job.pieces_cast, job.step, job.queued = kept.pieces_cast, kept.step, plant.t_from + kept.queued_s
        job.kg, job.good_kg, job.carbon_kg = kept.poured_kg, kept.good_kg, kept.carbon_kg
        if kept.cast_by:
            job.cast_at = (plant.codes.equipment.index(kept.cast_by), plant.codes.material_code(kept.material))
        if kept.turn:
            plant.inspector.turns[code] = kept.turn
        yield job


def begin_from(plant: Plant, state: PlantState) -> None:
    """Put lots into queues and units as they were. The clock stands at the beginning of the run; nothing has begun yet."""
    jobs = {job.key: job for job in plant.jobs[: len(state.jobs)]}
    blocked: list[Unit] = []
    for unit in (unit for place in plant.places.values() for unit in place.units):
        name = plant.codes.equipment[unit.equipment]
        if name in state.units:
            with _undamaged(name):
                _resume(plant, unit, state.units[name], jobs)
                if unit.job is not NOBODY and not isinstance(unit, DelayUnit) and _blocked(state.units[name]):
                    blocked.append(unit)
    for place in plant.places.values():
        place.free.sort(key=lambda unit: _turn(state.units.get(plant.codes.equipment[unit.equipment], {})))
    _resume_metal(plant, state)
    for unit in sorted(blocked, key=lambda unit: unit.done_at):
        _block(unit)
    for kept in sorted(state.jobs, key=lambda kept: kept.ahead):
        if kept.station:
            _lay(plant.places[kept.station], jobs[kept.job])
    _ask_again(plant, state.asking)


@contextmanager
def _undamaged(name: str) -> Iterator[None]:
    """What is kept of something is of the shape that was written. Raises InputFault where it is not."""
    try:
        yield
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        msg = f"run.state: what is kept of {name!r} is damaged ({error}): write the state anew"
        raise InputFault(msg) from error


def _resume_metal(plant: Plant, state: PlantState) -> None:
    """Furnaces and melt shops as they were."""
    for name, shop in shops(plant):
        for furnace in shop.furnaces:
            label = plant.codes.equipment[furnace.equipment]
            if label in state.units:
                with _undamaged(label):
                    resume_furnace(plant, furnace, state.units[label], plant.t_from)
        if name in state.melting:
            with _undamaged(name):
                resume_shop(plant, shop, state.melting[name], plant.t_from)


def _ask_again(plant: Plant, asking: Sequence[str]) -> None:
    """Who waited for people or cranes waits again, in the same order; who had no hours then asks when it has."""
    units = {plant.codes.equipment[u.equipment]: u for place in plant.places.values() for u in place.units}
    furnaces = {furnace.name: furnace for shop in plant.shops for furnace in shop.furnaces}
    for name in asking:
        unit = units.get(name)
        if name in furnaces:
            furnaces[name].ask_again()
        if isinstance(unit, ClaimingMetal) and unit.pending is not None:
            unit.asking = True
            unit.hands.lay_in(unit.pourer_came, "lot")
        if isinstance(unit, ClaimingBatches) and (wanted := unit.waits_for()) is not None:
            unit.hands.lay_in(wanted[0], *wanted[1])
        if isinstance(unit, Mended) and unit.down_at is not None:
            plant.desk.waiting.append(unit.request())
        elif isinstance(unit, Claiming) and unit.awaited is not None:
            plant.desk.waiting.append(unit.request_for(unit.awaited))
    for name, unit in units.items():
        if isinstance(unit, Claiming) and unit.awaited is not None and name not in asking:
            unit.ask_later(plant.t_from)
        if isinstance(unit, ClaimingBatches) and unit.waits_for() is not None and name not in asking:
            unit.ask_later()


def _blocked(kept: Mapping[str, Any]) -> bool:
    """Whether a unit has done its lots and stays with them."""
    return bool(kept.get("jobs")) and bool(kept["blocked"])


def _turn(kept: Mapping[str, Any]) -> float:
    """Which turn a free unit has among those of its station."""
    turn = kept.get("free")
    return float(turn) if isinstance(turn, int) else math.inf


def _lay(place: Place, job: Job) -> None:
    """Queue a lot without anybody beginning it."""
    queued, free = job.queued, place.free
    place.free = []
    supplier = place.supplier if isinstance(place, MetalPlace) else None
    if isinstance(place, MetalPlace):
        place.supplier = None  # the melt shop knew of it already
    place.put(job, place.floor.now)
    place.free, job.queued = free, queued
    if isinstance(place, MetalPlace):
        place.supplier = supplier
    if isinstance(place, FormingPlace):
        wait_s = place.load.max_wait_s
        if wait_s is not None:
            place.floor.after(max(0.0, queued + wait_s - place.floor.now), lambda _event: place.look())
        place.look()


def _block(unit: Unit) -> None:
    """A unit that is done stays with its lot until the next place takes it, or until somebody takes it out."""
    unit.ended = unit.done_at = min(unit.done_at, unit.floor.now)
    if isinstance(unit, ClaimingBatches) and not unit.unloaded:
        unit.operation += 1  # its lots have not left this step yet
        return
    job = unit.job
    job.step = unit.operation + 1
    if job.step < len(job.route):
        job.route[job.step].waiting.append(unit)


def _resume(plant: Plant, unit: Unit, kept: Mapping[str, Any], jobs: Mapping[str, Job]) -> None:
    now = plant.t_from
    if kept["tool"] is not None and not isinstance(kept["tool"], str):
        msg = "tool is no text"
        raise TypeError(msg)
    unit.tool, unit.idle_since = kept["tool"], now + kept["idle_since_s"]
    for part, (serial, left) in zip(_parts(unit.failing), kept["failing"], strict=False):
        part.serial = int(serial)
        if isinstance(part, FailingByCycles):
            part.left = left
        else:
            part.left_s = left
    if isinstance(unit.failing, Several):
        unit.failing.left_s = min(part.left_s for part in unit.failing.parts)
    if isinstance(unit, FormingUnit):
        _warm(unit, kept, now)
    _hold(unit, kept, jobs, now)
    if isinstance(unit, DelayUnit):
        _inside(unit, kept["inside"], jobs, now)
        return
    if kept.get("jobs"):
        _at_work(plant, unit, kept, jobs)


def _hold(unit: Unit, kept: Mapping[str, Any], jobs: Mapping[str, Job], now: float) -> None:
    """Give a unit the metal, people and cranes that it held."""
    if isinstance(unit, MetalUnit):
        resume_unit(unit, kept, now)
    if isinstance(unit, ClaimingMetal):
        unit.hands.resume(kept["hands"], now)
    if isinstance(unit, ClaimingBatches):
        unit.resume_handling(kept["handling"], jobs, now)


def _warm(unit: FormingUnit, kept: Mapping[str, Any], now: float) -> None:
    unit.state = unit.kind.resume(kept["thermal"], now)
    unit.last_end = -math.inf if kept["last_end_s"] is None else now + kept["last_end_s"]
    unit.repaired_at = -math.inf if kept["repaired_s"] is None else now + kept["repaired_s"]
    if unit.repaired_at > now:
        unit.floor.after(unit.repaired_at - now, unit.repaired)


def _inside(unit: DelayUnit, lots: Sequence[Mapping[str, Any]], jobs: Mapping[str, Job], now: float) -> None:
    """Lots that spend time side by side; those whose time is over wait to leave at once."""
    for kept in sorted(lots, key=lambda lot: lot["done_s"]):
        job = jobs[kept["job"]]
        job.queued = now + kept["queued_s"]
        if kept["blocked"]:
            job.step -= 1  # it stood at the next operation's door already
        lot = Delayed(unit, job, now + kept["started_s"])
        lot.done_at = now + kept["done_s"]
        unit.inside[lot.batch] = lot
        unit.floor.after(max(0.0, kept["done_s"]), lot.end)
    if len(unit.inside) >= unit.places:
        unit.place.free.remove(unit)


def _at_work(plant: Plant, unit: Unit, kept: Mapping[str, Any], jobs: Mapping[str, Job]) -> None:
    """Go on with lots at work, or keep those that are blocked or wait for metal, people or cranes."""
    now = plant.t_from
    lots = [jobs[key] for key in kept["jobs"]]
    for job, queued_s in zip(lots, kept["queued_s"], strict=True):
        job.queued = now + queued_s
    unit.place.free.remove(unit)
    unit.job, unit.queued = lots[0], lots[0].queued
    unit.batch, unit.started = unit.new_batch(), now + kept["started_s"]
    unit.done_at = math.inf if kept["done_s"] is None else now + kept["done_s"]
    unit.ended, unit.form = math.inf, PLAIN
    blocked = _blocked(kept)
    unit.operation = unit.job.step - 1 if blocked else unit.job.step
    if isinstance(unit, LotsUnit) and not kept.get("awaited"):
        unit.lots, unit.total = lots, kept["total"]
    if isinstance(unit, Claiming):
        unit.resume_held(kept["held"], now)
        if kept["awaited"]:
            unit.wait_with(unit.job, now)
            return
    if blocked:
        if isinstance(unit, FormingUnit):
            unit.total = sum(unit.forming.kg_of(job) or job.pieces for job in lots)
            unit.take_shares(lots)
        elif isinstance(unit, BatchUnit):
            unit.total = sum(job.pieces for job in lots)
        return
    if kept["pieces"]:
        unit.form = IN_PIECES
        for state, a, b in kept["pieces"]:
            plant.floor.pieces.extend(pack_piece(unit.equipment, unit.batch, int(state), now + a, now + b))
    _go_on(unit, kept, now, lots)


def _go_on(unit: Unit, kept: Mapping[str, Any], now: float, jobs: Sequence[Job]) -> None:
    """Let what a unit was at take its course."""
    if isinstance(unit, MetalUnit) and kept["pending"]:
        unit.pending, unit.done_at = unit.job, -math.inf
        unit.form = IN_PIECES if unit.prepared else PLAIN
        return
    if isinstance(unit, MetalUnit):
        go_on_pouring(unit, now)
    if isinstance(unit, Mended) and kept.get("repair") is not None:
        unit.resume_repair(kept["repair"], now)
        return
    if isinstance(unit, FormingUnit):
        unit.take_shares(jobs)
        unit.phases = [phase_of(phase) for phase in kept["phases"]]
        unit.books.phases(unit.equipment, unit.batch, now, unit.phases)
        unit.since = now
    if unit.done_at < math.inf:
        unit.alarm.set(unit.done_at - now)

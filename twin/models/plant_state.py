"""A plant's state at the end of a run, and a run that begins from one.

Kept are lots in queues and at units with the time they still take, set-ups, hours to the next breakdown, blocked units, what batches still
have before them and what furnaces hold. Not kept yet, and refused: liquid metal (melting and casting), repairs that wait for people.
What comes after is the same as in one long run, because draws are addressed by names, not by the order in which they are asked for.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.core.faults import InputFault
from twin.ledger.trace import NONE
from twin.models.forming import FormingPlace, FormingUnit
from twin.models.mending import Mended
from twin.models.phases import Flow, Phase
from twin.models.resources import Claiming
from twin.models.station import IN_PIECES, NOBODY, PIECES, PLAIN, Failing, Job, Place, Unit, pack_piece
from twin.models.together import BatchUnit, Delayed, DelayUnit
from twin.models.upkeep import FailingByCycles, Several
from twin.scenario.calendar import local_datetime
from twin.scenario.plan import PlantState, StateJob

if TYPE_CHECKING:
    from twin.models.plant import Plant

Kept = dict[str, Any]


def refuse_metal(plant: Plant) -> None:
    """Raise InputFault where the state of a plant cannot be kept yet."""
    if plant.shops or plant.feeds:
        msg = "the state of a plant with liquid metal cannot be kept yet: begin empty, with a warm-up"
        raise InputFault(msg)
    for place in plant.places.values():
        if any(isinstance(unit, Mended) for unit in place.units):
            msg = f"station {place.name}: the state of units whose repairs wait for people cannot be kept yet"
            raise InputFault(msg)


# --- writing


def state_of(plant: Plant) -> PlantState:
    """The state of a plant that has been run, at the end of its run. Raises InputFault where it cannot be kept."""
    refuse_metal(plant)
    now = plant.t_to
    held = {job.code: "" for place in plant.places.values() for unit in place.units for job in _jobs_of(unit)}
    waiting = {job.code: place.name for place in plant.places.values() for job in queue_of(place)}
    where = waiting | held
    order = {code: k for k, code in enumerate([*waiting, *held])}
    jobs = [job for job in plant.jobs if job.code in where]
    jobs.sort(key=lambda job: order[job.code])
    units = {
        plant.codes.equipment[unit.equipment]: _unit(plant, unit, now)
        for place in plant.places.values()
        for unit in place.units
    }
    at = local_datetime(plant.scenario, now).isoformat()
    return PlantState(at, tuple(_job(plant, job, where[job.code], now) for job in jobs), units)


def queue_of(place: Place) -> list[Job]:
    """The lots that wait at a place in the order in which they would go; lots that wait for resources with their unit come first."""
    first = [unit.awaited for unit in place.units if isinstance(unit, Claiming) and unit.awaited is not None]
    if place.heap is not None and not isinstance(place, FormingPlace):
        return [*first, *(job for _, job in sorted(place.heap, key=lambda entry: entry[0]))]
    return [*first, *place.jobs()]


def _jobs_of(unit: Unit) -> list[Job]:
    if isinstance(unit, DelayUnit):
        return [lot.job for lot in unit.inside.values()]
    if isinstance(unit, Claiming) and unit.awaited is not None:
        return []
    if isinstance(unit, BatchUnit | FormingUnit):
        return [job for job, _ in unit.lots]
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
    if isinstance(unit, FormingUnit):
        kept["thermal"] = unit.kind.keep(unit.state, now)
        kept["since_s"], kept["last_end_s"] = min(unit.since - now, 0.0), _past(unit.last_end - now)
        kept["repaired_s"] = _past(unit.repaired_at - now)
    if isinstance(unit, DelayUnit):
        kept["inside"] = [
            {
                "job": lot.job.key,
                "queued_s": lot.queued - now,
                "started_s": lot.started - now,
                "done_s": lot.done_at - now,
            }
            for lot in unit.inside.values()
        ]
        return kept
    jobs = _jobs_of(unit)
    if not jobs:
        return kept
    kept |= {
        "jobs": [job.key for job in jobs],
        "queued_s": [queued - now for _, queued in unit.lots]
        if isinstance(unit, BatchUnit | FormingUnit)
        else [unit.queued - now],
        "started_s": unit.started - now,
        "done_s": unit.done_at - now,
        "total": getattr(unit, "total", 0.0),
        "pieces": _pieces(plant, unit, now),
        "held": [dict(part) for part in unit.held] if isinstance(unit, Claiming) else [],
    }
    if isinstance(unit, FormingUnit):
        kept["phases"] = _phases(unit, now)
    return kept


def _past(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _pieces(plant: Plant, unit: Unit, now: float) -> list[list[float]]:
    """State and span of what is still to come of the lots at hand."""
    if isinstance(unit, FormingUnit) or unit.done_at <= now:
        return []
    if unit.form == PLAIN:
        return [[4, unit.started - now, unit.done_at - now]]
    rows = np.frombuffer(bytes(plant.floor.pieces), dtype=list(PIECES))
    mine = rows[(rows["batch"] == unit.batch) & (rows["equipment"] == unit.equipment) & (rows["t1"] > now)]
    return [[int(row["state"]), float(row["t0"]) - now, float(row["t1"]) - now] for row in mine]


def _phases(unit: FormingUnit, now: float) -> list[Kept]:
    """Phases of the batch at work that begin at the end of the run or later; one that spans it cannot be."""
    t, found = unit.done_at - sum(phase.duration_s for phase in unit.phases), list[Kept]()
    for phase in unit.phases:
        if t >= now - 1e-6:
            flows = [[flow.carrier, flow.base, [list(term) for term in flow.terms]] for flow in phase.flows]
            found.append(
                {"s": phase.duration_s, "state": phase.state, "flows": flows, "heat_kwh": dict(phase.heat_kwh)}
            )
        t += phase.duration_s
    return found


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
    refuse_metal(plant)
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
    for name in state.units:
        if name not in known:
            msg = f"run.state: no equipment {name!r} in this plant"
            raise InputFault(msg)


def jobs_of_state(plant: Plant, state: PlantState) -> Iterator[Job]:
    """The lots of a state as jobs of a plant; their codes come first."""
    for code, kept in enumerate(state.jobs):
        due = math.inf if kept.due_s is None else plant.t_from + kept.due_s
        job = Job(code, kept.job, kept.product, kept.pieces, due, plant.route_of(kept.product))
        job.order, job.release, job.priority = kept.order, plant.t_from + kept.release_s, kept.priority
        job.pieces_cast, job.step, job.queued = kept.pieces_cast, kept.step, plant.t_from + kept.queued_s
        job.kg, job.good_kg, job.carbon_kg = kept.poured_kg, kept.good_kg, kept.carbon_kg
        if kept.turn:
            plant.inspector.turns[code] = kept.turn
        yield job


def begin_from(plant: Plant, state: PlantState) -> None:
    """Put lots into queues and units as they were. The clock stands at the beginning of the run; nothing has begun yet."""
    jobs = {job.key: job for job in plant.jobs[: len(state.jobs)]}
    stations = {kept.job: kept.station for kept in state.jobs}
    for place in plant.places.values():
        for unit in place.units:
            kept = state.units.get(plant.codes.equipment[unit.equipment])
            if kept is not None:
                name = plant.codes.equipment[unit.equipment]
                try:
                    _resume(plant, unit, kept, jobs)
                except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
                    msg = f"run.state: what is kept of {name!r} is damaged ({error}): write the state anew"
                    raise InputFault(msg) from error
    blocked = sorted(
        (unit for place in plant.places.values() for unit in place.units if unit.job is not NOBODY),
        key=lambda unit: unit.done_at,
    )
    for unit in blocked:
        if unit.done_at <= plant.t_from and not isinstance(unit, DelayUnit):
            _block(unit)
    for key, station in stations.items():
        if station:
            _lay(plant.places[station], jobs[key])


def _lay(place: Place, job: Job) -> None:
    """Queue a lot without anybody beginning it."""
    queued, free = job.queued, place.free
    place.free = []
    place.put(job, place.floor.now)
    place.free, job.queued = free, queued
    if isinstance(place, FormingPlace):
        wait_s = place.load.max_wait_s
        if wait_s is not None:
            place.floor.after(max(0.0, queued + wait_s - place.floor.now), lambda _event: place.look())
        place.look()


def _block(unit: Unit) -> None:
    """A unit that is done stays with its lot until the next place takes it."""
    unit.ended = unit.done_at
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
    if isinstance(unit, DelayUnit):
        _inside(unit, kept["inside"], jobs, now)
        return
    if kept.get("jobs"):
        _at_work(plant, unit, kept, jobs)


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
        if kept["done_s"] <= 0.0:
            job.step -= 1  # it stood at the next operation's door already
        lot = Delayed(unit, job, now + kept["started_s"])
        lot.done_at = now + kept["done_s"]
        unit.inside[lot.batch] = lot
        unit.floor.after(max(0.0, kept["done_s"]), lot.end)
    if len(unit.inside) >= unit.places:
        unit.place.free.remove(unit)


def _at_work(plant: Plant, unit: Unit, kept: Mapping[str, Any], jobs: Mapping[str, Job]) -> None:
    """Go on with lots at work, or keep those that are blocked."""
    now = plant.t_from
    lots = [(jobs[key], now + queued) for key, queued in zip(kept["jobs"], kept["queued_s"], strict=True)]
    unit.place.free.remove(unit)
    unit.job, unit.queued = lots[0]
    unit.batch, unit.started, unit.done_at = unit.new_batch(), now + kept["started_s"], now + kept["done_s"]
    unit.ended, unit.form = math.inf, PLAIN
    if isinstance(unit, BatchUnit | FormingUnit):
        unit.lots, unit.total = lots, kept["total"]
    if isinstance(unit, Claiming):
        unit.held = tuple(kept["held"])
        for part in unit.held:
            unit.desk.take(part)
    blocked = unit.done_at <= now
    unit.operation = unit.job.step - 1 if blocked else unit.job.step
    if blocked:
        if isinstance(unit, FormingUnit):
            unit.total = sum(unit.forming.kg_of(job) or job.pieces for job, _ in lots)
            unit.take_shares([job for job, _ in lots])
        elif isinstance(unit, BatchUnit):
            unit.total = sum(job.pieces for job, _ in lots)
        return
    if kept["pieces"]:
        unit.form = IN_PIECES
        for state, a, b in kept["pieces"]:
            plant.floor.pieces.extend(pack_piece(unit.equipment, unit.batch, int(state), now + a, now + b))
    if isinstance(unit, FormingUnit):
        unit.take_shares([job for job, _ in lots])
        unit.phases = [_phase(phase) for phase in kept["phases"]]
        unit.books.phases(unit.equipment, unit.batch, now, unit.phases)
        unit.since = now
    unit.alarm.set(unit.done_at - now)


def _phase(kept: Mapping[str, Any]) -> Phase:
    flows = tuple(
        Flow(carrier, base, tuple((amp, tau) for amp, tau in terms)) for carrier, base, terms in kept["flows"]
    )
    return Phase(kept["s"], kept["state"], flows, kept["heat_kwh"])

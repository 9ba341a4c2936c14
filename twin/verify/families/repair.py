"""Machine repair: machines that fail at random and few crews that repair them (a finite source)."""

from __future__ import annotations

from typing import Any

from twin.experiment.draws import AddressedDraws
from twin.models.station import Job, Place
from twin.models.together import DelayUnit
from twin.verify.case import Figure, Model
from twin.verify.floors import Bench, times, working
from twin.verify.plants import (
    PER_HOUR,
    WEEK_STEPS,
    exponential,
    machine,
    per_hour,
    per_lot,
    power_kw,
    saturated,
    share,
    traced,
)
from twin.verify.theory.queues import machine_repair

BEGIN_S, LENGTH_S = 200.0, 4_000.0
SOURCE = "machine repair (finite source): Gross & Harris, section 2.7"


class Round:
    """Machines that run, fail, wait for a crew, are repaired and run again: lots going round between two places."""

    def __init__(self, bench: Bench, running: Place, machines: int) -> None:
        self.bench, self.running = bench, running
        self.back: list[float] = []
        bench.floor.finished = self.again
        for _ in range(machines):
            running.put(bench.job(), 0.0)

    def again(self, job: Job, now: float) -> None:
        """A machine is repaired and runs again."""
        self.back.append(now)
        lot = self.bench.job()
        lot.step = 0
        self.running.put(lot, now)


def simulated(
    seed: int, replication: int, machines: int, crews: int, means_s: tuple[float, float], theory: tuple[float, float]
) -> list[float]:
    """Mean wait for a crew, repairs a second, share of time that a crew works; control variate: repairs drawn less their means.

    ``means_s``: of running and repair; ``theory``: mean wait, repairs a second.
    """
    up_s, down_s = means_s
    draws = AddressedDraws(seed, replication)
    bench = Bench(draws)
    running = Place(bench.floor, "run")
    bench.places.append(running)
    up = times(draws, "run", {"exponential": {"mean": f"{up_s!r} s"}})
    DelayUnit(running, 10**6, lambda job: up(job.serial), 10**9)
    bench.place("repair", float("inf"), crews, times(draws, "repair", {"exponential": {"mean": f"{down_s!r} s"}}))
    flow = Round(bench, running, machines)
    end = BEGIN_S + LENGTH_S
    bench.floor.run(end)
    seconds = bench.seconds(BEGIN_S, end)
    waits, worked = bench.begun(1, BEGIN_S, end)
    wait = per_lot(theory[0], float(waits.sum()), len(waits), theory[1] * LENGTH_S)
    off = float((worked - down_s).sum()) / LENGTH_S
    return [wait, sum(t > BEGIN_S for t in flow.back) / LENGTH_S, working(seconds), off]


def model(machines: int, crews: int, up_s: float, down_s: float, **keys: Any) -> Model:
    """``machines`` that run ``up_s`` and are repaired in ``down_s`` on average, both exponential."""
    down = machine_repair(machines, crews, 1.0 / up_s, 1.0 / down_s)
    repairing = sum(p * min(n, crews) for n, p in enumerate(down))
    rate = repairing / down_s
    wait = sum(p * max(n - crews, 0) for n, p in enumerate(down)) / rate
    figures = (
        Figure("wait for a crew", "waiting", "s"),
        Figure("repairs", "throughput", "1/s"),
        Figure("utilisation of the crews", "utilisation", "1"),
    )
    return Model(
        f"{machines} machines, {crews} crews",
        "repair",
        SOURCE,
        figures,
        lambda: [wait, rate, repairing / crews],
        lambda seed, k: simulated(seed, k, machines, crews, (up_s, down_s), (wait, rate)),
        **keys,
    )


def people(name: str, machines: int, crews: int, up: float, down: float, size: tuple[int, float]) -> Model:
    """Machines of one station that are never starved and share ``crews`` for their repairs, as a scenario says it; cycles of a step."""
    failures = {"every": exponential(up), "repair": exponential(down), "repair_crew": "menders"}
    power = {"processing": "10 kW", "standby": "1 kW"}
    stations = {"work": machine(1.0, units=machines, failures=failures, power=power)}
    plant = saturated(stations, WEEK_STEPS * machines, resources={"menders": {"units": crews}})
    chances = machine_repair(machines, crews, 1.0 / up, 1.0 / down)
    running = sum(p * (machines - n) for n, p in enumerate(chances))
    figures = (
        Figure("throughput", "throughput", "1/h"),
        Figure("share of time down", "share", "1"),
        Figure("mean power", "power", "kW"),
    )
    exact = [PER_HOUR * running, 1.0 - running / machines, machines + 9.0 * running]

    def sample(seed: int, replication: int) -> list[float]:
        trace = traced(plant, seed, replication)
        return [per_hour(trace), share(trace, "work", ("down",)), power_kw(trace)]

    return Model(name, "repair", SOURCE, figures, lambda: exact, sample, *size)


MODELS = (
    people("4 machines, 1 mender", 4, 1, 2.0, 0.5, (48, 9.0)),
    model(6, 2, 5.0, 1.5, replications=30, seconds=2.0),
    model(4, 1, 3.0, 1.0, replications=24, seconds=1.5),
)

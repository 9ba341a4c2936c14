"""Energy by state: a machine that goes off after some time without work and starts up for the next lot; a line that is blocked."""

from __future__ import annotations

import functools
import math

from twin.verify.case import Figure, Model
from twin.verify.plants import (
    PER_HOUR,
    STEP_MIN,
    WEEK_STEPS,
    arrivals_off,
    exponential,
    flow_time_min,
    kwh_per_lot,
    machine,
    pace_off,
    power_kw,
    saturated,
    share,
    steps,
    traced,
    tree,
    work_off,
)
from twin.verify.theory.lines import exponential_line
from twin.verify.theory.queues import exceptional_first_wait

RENEWAL = "renewal argument over busy and idle periods; waits: Welch, Operations Research 12 (1964) 736"


def switched_off(name: str, arrival: float, delay: float, startup: float, replications: int, seconds: float) -> Model:
    """M/M/1 of mean service one step that goes off after ``delay`` steps idle and starts up in ``startup``; 20 kW, 6 kW, 15 kW.

    Busy share = load; the rest splits as (1 - e^-ld)/l : e^-ld / l : e^-ld s into idle, off and start-up.
    """
    power = {
        "processing": "20 kW",
        "standby": "6 kW",
        "startup": {"value": "15 kW", "for": steps(startup)},
        "off_after": steps(delay),
    }
    plant = tree({"work": machine(exponential(1.0), power=power)}, exponential(1.0 / arrival))
    off = math.exp(-arrival * delay)
    parts = [(1.0 - off) / arrival, off / arrival, off * startup]
    idle, down, starting = ((1.0 - arrival) * part / sum(parts) for part in parts)
    kw = 20.0 * arrival + 6.0 * idle + 15.0 * starting
    wait = exceptional_first_wait(arrival, 1.0, 1.0, off * startup, off * startup**2)
    figures = (
        Figure("share of time off", "share", "1"),
        Figure("mean power", "power", "kW"),
        Figure("energy of a lot", "energy", "kWh"),
        Figure("time from release to end", "waiting", "min"),
    )
    exact = [down, kw, kw / (PER_HOUR * arrival), STEP_MIN * (wait + 1.0)]

    def sample(seed: int, replication: int) -> list[float]:
        trace = traced(plant, seed, replication)
        return [
            share(trace, "work", ("off",)),
            power_kw(trace),
            kwh_per_lot(trace, exact[2], PER_HOUR * arrival),
            flow_time_min(trace, exact[3], arrival),
            arrivals_off(trace, arrival),
            pace_off(trace, {"work": 1.0}),
        ]

    return Model(name, "energy", RENEWAL, figures, lambda: exact, sample, replications, seconds)


def blocked_line(replications: int, seconds: float) -> Model:
    """Three machines without places between them; each draws 10 kW at work and 4 kW blocked or starved."""
    means = [0.8, 1.0, 1.3]
    power = {"processing": "10 kW", "standby": "4 kW"}
    stations = {f"s{k}": machine(exponential(mean), power=power, buffer_before=0) for k, mean in enumerate(means, 1)}
    del stations["s1"]["buffer_before"]
    plant = saturated(stations, WEEK_STEPS)
    solved = functools.cache(lambda: exponential_line([1.0 / mean for mean in means], [0, 0]))
    figures = (
        Figure("share of time s1 is blocked", "share", "1"),
        Figure("power of s1", "power", "kW"),
        Figure("energy of a lot", "energy", "kWh"),
    )

    def exact() -> list[float]:
        found = solved()
        kw = sum(4.0 + 6.0 * work for work in found.working)
        return [found.blocked[0], 4.0 + 6.0 * found.working[0], kw / (PER_HOUR * found.throughput)]

    def sample(seed: int, replication: int) -> list[float]:
        trace = traced(plant, seed, replication)
        return [
            share(trace, "s1", ("blocked",)),
            power_kw(trace, "s1"),
            kwh_per_lot(trace, exact()[2], PER_HOUR * solved().throughput),
            work_off(trace, dict(zip(stations, means, strict=True))),
        ]

    return Model(
        "power of a blocked line",
        "energy",
        "stationary chain of the line; powers by state",
        figures,
        exact,
        sample,
        replications,
        seconds,
    )


MODELS = (
    switched_off("switch-off after some time", 0.5, 2.0, 1.5, 60, 4.0),
    switched_off("switch-off at once", 0.4, 0.0, 1.0, 70, 4.0),
    blocked_line(40, 4.0),
)

"""Stations in series under random arrivals (a Jackson network): each is an M/M/c queue of its own, the plant's power the sum of theirs."""

from __future__ import annotations

from collections.abc import Sequence

from twin.verify.case import Figure, Model
from twin.verify.plants import (
    PER_HOUR,
    STEP_MIN,
    arrivals_off,
    exponential,
    flow_time_min,
    kwh_per_lot,
    machine,
    power_kw,
    stay_min,
    traced,
    tree,
    work_off,
)
from twin.verify.theory.queues import mmc_wait

SOURCE = "Jackson (1957); Burke (1956); Gross & Harris, chapter 4"


def tandem(
    name: str, arrival: float, stations: Sequence[tuple[float, int]], replications: int, seconds: float
) -> Model:
    """``stations``: mean steps and machines of each; every machine draws 10 kW at work and 2 kW otherwise."""
    names = [f"s{k}" for k in range(1, len(stations) + 1)]
    power = {"processing": "10 kW", "standby": "2 kW"}
    plant = tree(
        {
            s: machine(exponential(mean), units=units, power=power)
            for s, (mean, units) in zip(names, stations, strict=True)
        },
        exponential(1.0 / arrival),
    )
    waits = [mmc_wait(arrival, 1.0 / mean, units) for mean, units in stations]
    kw = sum(2.0 * units + 8.0 * arrival * mean for mean, units in stations)
    figures = (
        Figure("time from release to end", "waiting", "min"),
        Figure("mean power", "power", "kW"),
        Figure("energy of a lot", "energy", "kWh"),
    )
    exact = [STEP_MIN * (sum(waits) + sum(mean for mean, _ in stations)), kw, kw / (PER_HOUR * arrival)]

    worked = {s: mean for s, (mean, _) in zip(names, stations, strict=True)}

    def sample(seed: int, replication: int) -> list[float]:
        trace = traced(plant, seed, replication)
        found = [
            flow_time_min(trace, exact[0], arrival),
            power_kw(trace),
            kwh_per_lot(trace, exact[2], PER_HOUR * arrival),
        ]
        return [*found, arrivals_off(trace, arrival), work_off(trace, worked)]

    return Model(name, "networks", SOURCE, figures, lambda: exact, sample, replications, seconds)


def feedback(name: str, arrival: float, again: float, means: tuple[float, float], size: tuple[int, float]) -> Model:
    """Work and inspection; a share ``again`` of the lots goes back to work. By Jackson both see arrivals at ``arrival / (1 - again)``."""
    seen = arrival / (1.0 - again)
    stations = {"work": machine(exponential(means[0])), "inspect": machine(exponential(means[1]))}
    stations["inspect"]["quality"] = {"rework": {"share": f"{100.0 * again:g} %", "to": "work", "at_most": 60}}
    plant = tree(stations, exponential(1.0 / arrival))
    stay = STEP_MIN * sum(mmc_wait(seen, 1.0 / mean, 1) + mean for mean in means) / (1.0 - again)

    def sample(seed: int, replication: int) -> list[float]:
        trace = traced(plant, seed, replication)
        return [stay_min(trace, stay, arrival), work_off(trace, dict(zip(stations, means, strict=True)))]

    figures = (Figure("time from release to end", "waiting", "min"),)
    return Model(name, "networks", SOURCE, figures, lambda: [stay], sample, *size)


MODELS = (
    tandem("Jackson tandem of two", 0.6, [(1.0, 1), (1.0, 1)], 65, 5.0),
    tandem("Jackson tandem of three, one of two machines", 0.6, [(0.8, 1), (2.2, 2), (0.9, 1)], 40, 4.0),
    feedback("work and inspection with rework", 0.4, 0.2, (1.0, 0.8), (70, 7.0)),
)

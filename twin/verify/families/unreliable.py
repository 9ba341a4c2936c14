"""Machines that break down: one alone, two in line with few places between them."""

from __future__ import annotations

import functools
from typing import Any

from twin.experiment.draws import AddressedDraws
from twin.models.station import Failing
from twin.verify.case import Figure, Model
from twin.verify.floors import Bench
from twin.verify.plants import (
    PER_HOUR,
    WEEK_STEPS,
    exponential,
    kwh_per_lot,
    machine,
    pace_off,
    per_hour,
    power_kw,
    saturated,
    share,
    steps,
    traced,
)
from twin.verify.theory.lines import Unreliable, slotted_line, unreliable_exponential

RATE = Figure("throughput", "throughput", "1/h")
GERSHWIN = "Gershwin & Berman, AIIE Transactions 13 (1981) 2, solved as a chain"
SLOTTED = "Buzacott (1967); Gershwin & Schick, Operations Research 31 (1983) 354; chain and closed form agree"
POWER = {"processing": "10 kW", "standby": "2 kW"}
OPERATING = "operation-dependent failures: availability up/(up + down), Buzacott & Shanthikumar (1993), section 6.2"


def failing(up: float, down: Any) -> dict[str, Any]:
    """Failures by operating time with exponential times between them."""
    return {"every": exponential(up), "repair": down}


def alone() -> Model:
    """One machine, constant cycle of a step, 10 steps of work to a failure, lognormal repairs of 2 steps: 50 parts in 60 steps."""
    down = {"lognormal": {"mean": steps(2.0), "sd": steps(2.0)}}
    plant = saturated({"work": machine(1.0, failures=failing(10.0, down), power=POWER)}, WEEK_STEPS)
    figures = (RATE, Figure("share of time down", "share", "1"), Figure("energy of a lot", "energy", "kWh"))
    exact = [PER_HOUR / 1.2, 1.0 / 6.0, (10.0 + 2.0 * 0.2) / PER_HOUR]

    def sample(seed: int, replication: int) -> list[float]:
        trace = traced(plant, seed, replication)
        return [per_hour(trace), share(trace, "work", ("down",)), kwh_per_lot(trace, exact[2], exact[0])]

    return Model("one machine that fails", "unreliable", OPERATING, figures, lambda: exact, sample, 85, 5.0)


def exponential_pair(
    name: str, first: Unreliable, second: Unreliable, places: int, replications: int, seconds: float
) -> Model:
    """Rates are per step."""
    stations = {
        label: machine(
            exponential(1.0 / one.rate), failures=failing(1.0 / one.failure, exponential(1.0 / one.repair)), power=POWER
        )
        for label, one in (("s1", first), ("s2", second))
    }
    stations["s2"]["buffer_before"] = places
    plant = saturated(stations, WEEK_STEPS * min(first.rate, second.rate))
    solved = functools.cache(lambda: unreliable_exponential(first, second, places))

    def exact() -> list[float]:
        found = solved()
        return [PER_HOUR * found["throughput"], 4.0 + 8.0 * (found["working_1"] + found["working_2"])]

    def sample(seed: int, replication: int) -> list[float]:
        trace = traced(plant, seed, replication)
        paced = (pace_off(trace, {"s1": 1.0 / first.rate}), pace_off(trace, {"s2": 1.0 / second.rate}))
        return [per_hour(trace), power_kw(trace), *paced]

    figures = (RATE, Figure("mean power", "power", "kW"))
    return Model(name, "unreliable", GERSHWIN, figures, exact, sample, replications, seconds)


SLOTS = 5_000.0


def slotted(
    name: str, fail: tuple[float, float], repair: tuple[float, float], places: int, replications: int, seconds: float
) -> Model:
    """Both machines take one second a part; failures come after whole parts, repairs take whole seconds."""

    def sample(seed: int, replication: int) -> list[float]:
        draws = AddressedDraws(seed, replication)
        bench = Bench(draws)
        for k in range(2):
            place = bench.place(f"s{k}", places if k else 0.0, 1, lambda _: 1.0)
            place.units[0].failing = Failing(
                _geometric(draws, f"failure/{k}", fail[k]), _geometric(draws, f"repair/{k}", repair[k])
            )
        bench.places[0].source = iter(bench.job, None)
        done: list[float] = []
        bench.floor.finished = lambda _, now: done.append(now)
        bench.places[0].call(0.0)
        bench.floor.run(500.5 + SLOTS)
        return [sum(t > 500.5 for t in done) / SLOTS]

    figures = (Figure("throughput", "throughput", "1/slot"),)
    return Model(
        name,
        "unreliable",
        SLOTTED,
        figures,
        lambda: [slotted_line(fail, repair, places)],
        sample,
        replications,
        seconds,
    )


def _geometric(draws: AddressedDraws, owner: str, share: float) -> Any:
    """Function from serial number to 1, 2, …, geometric with success probability ``share``, by inverse transform."""
    from math import ceil, log, log1p

    stream = draws.stream("slots", owner)
    return lambda serial: float(max(1, ceil(log(stream.at(serial)) / log1p(-share))))


MODELS = (
    alone(),
    exponential_pair("unreliable pair, 4 places", Unreliable(1.0, 0.4, 2.0), Unreliable(1.1, 0.6, 2.4), 4, 50, 6.0),
    exponential_pair("unreliable pair, no place", Unreliable(1.0, 0.3, 1.8), Unreliable(0.9, 0.5, 2.0), 0, 44, 4.0),
    slotted("slotted pair, 6 places", (0.05, 0.08), (0.2, 0.25), 6, 95, 6.0),
)

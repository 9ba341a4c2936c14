"""Stations without room for all who come: lots that find it full are lost. Driven on the station core, since an order is never lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twin.experiment.draws import AddressedDraws
from twin.verify.case import Figure, Model
from twin.verify.floors import Bench, Loss, times, working
from twin.verify.plants import per_lot
from twin.verify.theory.queues import erlang_b, finite_queue

BEGIN_S, LENGTH_S = 100.0, 4_000.0
"""mean services before the horizon, and of it; places are few, so that a station forgets within some ten"""
LOST, RATE, BUSY = (
    Figure("share lost", "share", "1"),
    Figure("throughput", "throughput", "1/s"),
    Figure("utilisation", "utilisation", "1"),
)


def simulated(
    seed: int, replication: int, arrival: float, service: Mapping[str, Any], places: tuple[int, float], lost: float
) -> list[float]:
    """Share lost, lots a second, share of time at work; control variates: arrivals less their expectation, work drawn less its mean.

    ``places``: machines, and places in the queue; ``lost``: the share that theory says.
    """
    units, room = places
    draws = AddressedDraws(seed, replication)
    bench = Bench(draws)
    bench.place("work", room, units, times(draws, "work", service))
    flow = Loss(bench, times(draws, "arrival", {"exponential": {"mean": f"{1.0 / arrival!r} s"}}))
    end = BEGIN_S + LENGTH_S
    bench.floor.run(end)
    came, away = flow.since(BEGIN_S)
    share = per_lot(lost, away, came, arrival * LENGTH_S)
    busy = working(bench.seconds(BEGIN_S, end))
    _, worked = bench.begun(0, BEGIN_S, end)
    off = float((worked - 1.0).sum()) / LENGTH_S
    return [share, (came - away) / LENGTH_S, busy, came / (arrival * LENGTH_S) - 1.0, off]


def model(name: str, source: str, lost: float, arrival: float, service: Mapping[str, Any], **keys: Any) -> Model:
    """A station of ``units`` machines and ``places`` places in its queue; mean service 1 s."""
    units = keys.pop("units")
    places = (units, float(keys.pop("places")))
    exact = [lost, arrival * (1.0 - lost), arrival * (1.0 - lost) / units]
    return Model(
        name,
        "loss",
        source,
        (LOST, RATE, BUSY),
        lambda: exact,
        lambda seed, k: simulated(seed, k, arrival, service, places, lost),
        **keys,
    )


EXPONENTIAL = {"exponential": {"mean": "1 s"}}
MODELS = (
    model(
        "M/M/1/4",
        "Gross & Harris, section 2.5",
        finite_queue(0.8, 1.0, 4)[4],
        0.8,
        EXPONENTIAL,
        units=1,
        places=3,
        replications=34,
        seconds=1.0,
    ),
    model(
        "M/M/3/3, Erlang",
        "Erlang (1917); Gross & Harris, section 2.6",
        erlang_b(2.0, 3),
        2.0,
        EXPONENTIAL,
        units=3,
        places=0,
        replications=14,
        seconds=1.0,
    ),
    model(
        "M/G/2/2, lognormal",
        "Erlang's loss is insensitive: Gross & Harris, section 5.2.2",
        erlang_b(1.2, 2),
        1.2,
        {"lognormal": {"mean": "1 s", "sd": "1.5 s"}},
        units=2,
        places=0,
        replications=20,
        seconds=1.0,
    ),
)

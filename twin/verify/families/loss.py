"""Stations without room for all who come: lots that find it full are lost. Driven on the station core, since an order is never lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twin.experiment.draws import AddressedDraws
from twin.verify.case import Figure, Model
from twin.verify.floors import Bench, Loss, times, working
from twin.verify.theory.queues import erlang_b, finite_queue

BEGIN_S, LENGTH_S = 200.0, 20_000.0
LOST, RATE, BUSY = (
    Figure("share lost", "share", "1"),
    Figure("throughput", "throughput", "1/s"),
    Figure("utilisation", "utilisation", "1"),
)


def simulated(
    seed: int, replication: int, arrival: float, service: Mapping[str, Any], units: int, places: float
) -> list[float]:
    """Share lost, lots a second, share of time at work."""
    draws = AddressedDraws(seed, replication)
    bench = Bench(draws)
    bench.place("work", places, units, times(draws, "work", service))
    flow = Loss(bench, times(draws, "arrival", {"exponential": {"mean": f"{1.0 / arrival!r} s"}}))
    end = BEGIN_S + LENGTH_S
    bench.floor.run(end)
    seconds = bench.seconds(BEGIN_S, end)
    taken = sum(t >= BEGIN_S for t in flow.came) - sum(t >= BEGIN_S for t in flow.lost)
    return [flow.share_lost(BEGIN_S), taken / LENGTH_S, working(seconds)]


def model(name: str, source: str, lost: float, arrival: float, service: Mapping[str, Any], **keys: Any) -> Model:
    """A station of ``units`` machines and ``places`` places in its queue; mean service 1 s."""
    units, places = keys.pop("units"), float(keys.pop("places"))
    exact = [lost, arrival * (1.0 - lost), arrival * (1.0 - lost) / units]
    return Model(
        name,
        "loss",
        source,
        (LOST, RATE, BUSY),
        lambda: exact,
        lambda seed, k: simulated(seed, k, arrival, service, units, places),
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
        replications=15,
        seconds=4.0,
    ),
    model(
        "M/M/3/3, Erlang",
        "Erlang (1917); Gross & Harris, section 2.6",
        erlang_b(2.0, 3),
        2.0,
        EXPONENTIAL,
        units=3,
        places=0,
        replications=10,
        seconds=4.0,
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
        seconds=4.0,
    ),
)

"""Mean waits of single queues in closed form. ``arrival`` and ``service`` are rates in one unit of time, waits are in that unit.

Sources: D. Gross, J. Shortle, J. Thompson, C. Harris, Fundamentals of Queueing Theory, 4th ed. (2008), unless a docstring names another.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def erlang_b(offered: float, servers: int) -> float:
    """Share of arrivals lost by M/G/c/c with ``offered`` = arrival rate x mean service (section 2.6), by the stable recursion."""
    lost = 1.0
    for k in range(1, servers + 1):
        lost = offered * lost / (k + offered * lost)
    return lost


def erlang_c(offered: float, servers: int) -> float:
    """Share of arrivals that wait in M/M/c (section 2.3), from :func:`erlang_b`."""
    lost = erlang_b(offered, servers)
    return lost / (1.0 - offered / servers * (1.0 - lost))


def mmc_wait(arrival: float, service: float, servers: int) -> float:
    """Mean wait of M/M/c: C(c, a) / (c mu - lambda) (section 2.3)."""
    return erlang_c(arrival / service, servers) / (servers * service - arrival)


def mm1_longer(arrival: float, service: float, wait: float) -> float:
    """Share of lots that wait longer than ``wait`` in M/M/1 in order of arrival: rho exp(-(mu - lambda) t) (section 2.2)."""
    return arrival / service * math.exp(-(service - arrival) * wait)


def mg1_wait(arrival: float, mean_service: float, scv: float) -> float:
    """Mean wait of M/G/1, rho E[S] (1 + c2) / (2 (1 - rho)) (Pollaczek and Khinchine, section 5.1); ``scv`` = c2 = variance / mean2."""
    load = arrival * mean_service
    return load * mean_service * (1.0 + scv) / (2.0 * (1.0 - load))


def dm1_wait(gap: float, service: float) -> float:
    """Mean wait of D/M/1: sigma / (mu (1 - sigma)) with sigma = exp(-mu gap (1 - sigma)) (G/M/1, section 5.3)."""
    sigma = 0.5
    for _ in range(10_000):
        following = math.exp(-service * gap * (1.0 - sigma))
        if abs(following - sigma) < 1e-16:
            break
        sigma = following
    return sigma / (service * (1.0 - sigma))


def bulk_arrival_wait(arrival: float, service: float, size: int) -> float:
    """Mean wait of a piece in M[X]/M/1, ``size`` pieces an arrival: L = rho (size + 1) / (2 (1 - rho)) less those served (section 3.1)."""
    load = arrival * size / service
    return (load * (size + 1) / (2.0 * (1.0 - load)) - load) / (arrival * size)


def priority_waits(arrivals: Sequence[float], mean_service: float, scv: float) -> list[float]:
    """Mean waits by class, highest first, of M/G/1 with non-preemptive priorities and one law of service; ``scv`` as in :func:`mg1_wait`.

    A. Cobham, Operations Research 2 (1954) 70: W0 / ((1 - s_before) (1 - s)), W0 = lambda E[S2] / 2, s the load up to and with the class.
    """
    residual, before, waits = sum(arrivals) * mean_service**2 * (1.0 + scv) / 2.0, 0.0, []
    for rate in arrivals:
        after = before + rate * mean_service
        waits.append(residual / ((1.0 - before) * (1.0 - after)))
        before = after
    return waits


def exceptional_first_wait(
    arrival: float, mean_service: float, scv: float, delay: float, delay_squared: float
) -> float:
    """Mean wait of M/G/1 whose first customer after idleness is delayed by D, E[D] = ``delay``, E[D2] = ``delay_squared``.

    Pollaczek-Khinchine plus (2 E[D] + lambda E[D2]) / (2 (1 + lambda E[D])) (P. Welch, Operations Research 12 (1964) 736).
    """
    extra = (2.0 * delay + arrival * delay_squared) / (2.0 * (1.0 + arrival * delay))
    return mg1_wait(arrival, mean_service, scv) + extra


def finite_queue(arrival: float, service: float, room: int) -> list[float]:
    """Probabilities of 0 ... ``room`` customers in M/M/1/K (section 2.5)."""
    weights = [(arrival / service) ** n for n in range(room + 1)]
    total = sum(weights)
    return [weight / total for weight in weights]


def machine_repair(machines: int, crews: int, failure: float, repair: float) -> list[float]:
    """Probabilities of 0 ... ``machines`` machines down, each failing at rate ``failure`` while up, ``crews`` repairing (section 2.7)."""
    weights = [1.0]
    for down in range(machines):
        weights.append(weights[-1] * (machines - down) * failure / (min(down + 1, crews) * repair))
    total = sum(weights)
    return [weight / total for weight in weights]

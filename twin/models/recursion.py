"""The thermal network's inner loop as plain scalar recursion: what may be compiled, and runs as it is where nothing compiles it.

Every function takes flat sequences of floats (lists, or arrays where it is compiled) and calls only functions of this
file, so that :mod:`twin.models.compiling` can compile the same text. Compiled or not, the operations and their order
are the same, and so are the results, to the last bit. Matrices are rows after rows: entry (i, j) of an n x k matrix is
``m[i * k + j]``.

A function of time is given by its start value and the rates of its modes: ``v(t) = start + sum_i rate_i (1 - exp(-decay_i t))
/ decay_i`` (a decay of 0 is the linear mode ``rate_i t``). Written so, nothing cancels when a mode is slow. The search for
a crossing is exact: an interval is passed only when bounds prove that the function stays inside it, and a crossing is
solved only where the function is proved monotone.
"""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence
from math import expm1, inf
from typing import NamedTuple

SPLIT = 0.25  # an undecided interval is split near its start, where the fast modes live
MAX_NEWTON = 200
EDGE_TOLERANCE_K = 1e-10
POWER_TOLERANCE_KW = 1e-9
SLOPE_TOLERANCE_K_PER_S = 1e-10
MAX_STALLS = 50
ENDLESS = 60.0  # time constants of the slowest mode after which nothing moves any more
SERIES_BELOW = 1e-2
KJ_PER_KWH = 3600.0

INSIDE, MONOTONE, UNDECIDED = 0, 1, 2
TIME, TARGET, NEVER, LACKS_SYSTEM, STALLED, FULL = 0, 1, 2, 3, 4, 5
"""why :func:`run_bands` returned"""
HELD, TOO_LITTLE, TOO_HOT = 0, 1, 2
"""what :func:`hold_bath` found"""
WIDTH = 9
"""numbers of a row: duration s, from °C, to °C; heat kWh: sensible, latent, superheat, storage, opening, convection;
then one for each chain"""

Floats = Sequence[float]
Row = MutableSequence[float]


def risen(decay: float, t: float) -> float:
    """``(1 - exp(-decay t)) / decay``, s."""
    return -expm1(-decay * t) / decay if decay > 0.0 else t


def value_and_slope(start: float, rates: Floats, decays: Floats, t: float) -> tuple[float, float]:
    """The function and its first derivative (per s) at ``t`` s."""
    total, steep = start, 0.0
    for i in range(len(rates)):
        rate, decay = rates[i], decays[i]
        if decay > 0.0:
            fallen = expm1(-decay * t)
            total -= rate * fallen / decay
            steep += rate * (1.0 + fallen)
        else:
            total += rate * t
            steep += rate
    return total, steep


def first_exit(
    start: float, rates: Floats, decays: Floats, low: float, high: float, horizon_s: float, tolerance: float
) -> tuple[float, int]:
    """First time at which the function leaves ``[low, high]`` by more than ``tolerance``, and through which end.

    Returns ``(t, +1)`` or ``(t, -1)`` with v(t) on the bound, or ``(horizon_s, 0)`` when it stays inside. A start
    outside by less than the tolerance counts as on the bound.
    """
    s, pending, smallest = 0.0, [horizon_s], 1e-13 * horizon_s
    while len(pending) > 0:
        e = pending[-1]
        verdict, at_s, slope_s, at_e = judge(start, rates, decays, s, e, low - tolerance, high + tolerance)
        if verdict == UNDECIDED and e - s > smallest:
            pending.append(s + SPLIT * (e - s))
            continue
        if verdict != INSIDE:
            if at_e > high + tolerance:
                return crossing(start - high, rates, decays, s, at_s - high, slope_s, e, at_e - high), 1
            if at_e < low - tolerance:
                return crossing(start - low, rates, decays, s, at_s - low, slope_s, e, at_e - low), -1
        s = pending.pop()
    return horizon_s, 0


def judge(
    start: float, rates: Floats, decays: Floats, s: float, e: float, low: float, high: float
) -> tuple[int, float, float, float]:
    """``INSIDE`` (bounds prove it), ``MONOTONE`` or ``UNDECIDED`` for [s, e]; value and slope at s; value at e.

    Every mode, its slope and its curvature are monotone in time, so their ends bound them; near the start a Taylor
    bound about s is the sharper one.
    """
    at_s = at_e = slope_s = slope_e = 0.0
    most = least = steepest = flattest = bend_up = bend_down = 0.0
    for i in range(len(rates)):
        rate, decay = rates[i], decays[i]
        fallen_s = expm1(-decay * s) if s != 0.0 else 0.0
        fallen_e = expm1(-decay * e)
        if decay > 0.0:
            first, last = -rate * fallen_s / decay, -rate * fallen_e / decay
        else:
            first, last = rate * s, rate * e
        slope_first, slope_last = rate * (1.0 + fallen_s), rate * (1.0 + fallen_e)
        at_s, at_e, slope_s, slope_e = at_s + first, at_e + last, slope_s + slope_first, slope_e + slope_last
        if rate > 0.0:
            most, least, steepest, flattest = most + last, least + first, steepest + slope_first, flattest + slope_last
            bend_up, bend_down = bend_up - decay * slope_last, bend_down - decay * slope_first
        else:
            most, least, steepest, flattest = most + first, least + last, steepest + slope_last, flattest + slope_first
            bend_up, bend_down = bend_up - decay * slope_first, bend_down - decay * slope_last
    w = e - s
    bend_up, bend_down = max(0.0, bend_up), min(0.0, bend_down)
    top = start + min(most, at_s + (max(0.0, slope_s) + bend_up * w / 2) * w)
    bottom = start + max(least, at_s + (min(0.0, slope_s) + bend_down * w / 2) * w)
    if top <= high and bottom >= low:
        return INSIDE, start + at_s, slope_s, start + at_e
    falling = steepest <= 0.0 or slope_s + bend_up * w <= 0.0 or slope_e - bend_down * w <= 0.0
    rising = flattest >= 0.0 or slope_s + bend_down * w >= 0.0 or slope_e - bend_up * w >= 0.0
    return (MONOTONE if falling or rising else UNDECIDED), start + at_s, slope_s, start + at_e


def crossing(
    offset: float,
    rates: Floats,
    decays: Floats,
    low: float,
    at_low: float,
    slope_low: float,
    high: float,
    at_high: float,
) -> float:
    """Zero of ``offset + sum rate_i risen_i`` between two times with their values (and a slope), where it is monotone.

    Newton in a shrinking bracket.
    """
    if at_low * at_high >= 0.0:  # the start already lies on the bound, within the tolerance
        return low
    t = low - at_low / slope_low if slope_low != 0.0 else high
    if not low < t < high:
        t = low + (high - low) * at_low / (at_low - at_high)
    for _ in range(MAX_NEWTON):
        f, steep = value_and_slope(offset, rates, decays, t)
        if f == 0.0:
            break
        if (f > 0.0) == (at_high > 0.0):
            high = t
        else:
            low = t
        new = t - f / steep if steep != 0.0 else low
        newton = low < new < high
        if not newton:
            new = 0.5 * (low + high)
        # Newton converges quadratically: after a step this small the next one would be below rounding
        done = abs(new - t) <= (1e-10 if newton else 4e-16) * t
        t = new
        if done:
            break
    return t


# --- the network


class Walls(NamedTuple):
    """A furnace without its metal, n nodes.

    K (n x n) and outside heat s (n) of ``C dT/dt = s - K T``, coupling of the bath to every node (n), kW/K; heat
    capacities of the wall nodes (n - 1) and of the chamber, kJ/K; last node, conductance kW/K and outside temperature
    of each chain in turn.
    """

    conductance: Floats
    source: Floats
    coupling: Floats
    wall_kj_per_k: Floats
    chains: Floats
    chamber_kj_per_k: float


class Bands(NamedTuple):
    """Bands of bath temperature: their edges.

    Heat capacity and its sensible part of each in turn, kWh/(kg K); 1 where it is liquid; slope kW/K and level kW of
    its radiation in turn; convection kW/K to the ambient temperature.
    """

    edges: Floats
    capacities: Floats
    liquid: Floats
    radiation: Floats
    convection: float
    ambient_c: float


class Systems(NamedTuple):
    """Diagonalised systems of the bands for one mass, k modes.

    1 where a band's is filled in; decays (k), shapes (n x k), injections (k x n).
    """

    known: Row
    decays: Row
    shapes: Row
    injects: Row


class Asked(NamedTuple):
    """What :func:`run_bands` is to do: heat that reaches the bath, for how long, and the bath temperatures that end it."""

    mass_kg: float
    power_kw: float
    left_s: float
    floor_c: float
    ceiling_c: float


class Moving(NamedTuple):
    """Room for one piece of time.

    Decays, rates of the bath and strength of the modes (k each), two more rooms (k), flux (n), rise and integral of
    the temperatures (2 n).
    """

    decays: Row
    rates: Row
    modal: Row
    grown: Row
    area: Row
    flux: Row
    rise: Row


def multiply(matrix: Floats, first: int, vector: Floats, out: Row) -> None:
    """``out = M v`` for the matrix that begins at ``matrix[first]``."""
    at = first
    for i in range(len(out)):
        total = 0.0
        for j in range(len(vector)):
            total += matrix[at] * vector[j]
            at += 1
        out[i] = total


def flux_into(nodes: Floats, walls: Walls, out: Row) -> None:
    """``s - K T``, kW into each node; K couples neighbours only, but stands as a full matrix."""
    at, n = 0, len(nodes)
    for i in range(n):
        total = 0.0
        for j in range(n):
            entry = walls.conductance[at]
            if entry != 0.0:
                total += entry * nodes[j]
            at += 1
        out[i] = walls.source[i] - total


def move(t: float, shapes: Floats, first: int, nodes: Floats, room: Moving) -> None:
    """Rise of every temperature over ``t`` seconds, K, and its integral, °C s; a series where the closed form would cancel."""
    n, k = len(nodes), len(room.decays)
    for i in range(k):
        decay = room.decays[i]
        z = t * decay
        g = -expm1(-z) / decay if decay > 0.0 else t
        a = (
            t * t * (0.5 - z * (1 / 6 - z * (1 / 24 - z * (1 / 120 - z / 720))))
            if z < SERIES_BELOW
            else (t - g) / decay
        )
        room.grown[i] = room.modal[i] * g
        room.area[i] = room.modal[i] * a
    at = first
    for i in range(n):
        up = swept = 0.0
        for j in range(k):
            up += shapes[at] * room.grown[j]
            swept += shapes[at] * room.area[j]
            at += 1
        room.rise[i] = up
        room.rise[n + i] = nodes[i] * t + swept


def band_of(edges: Floats, temperature_c: float) -> int:
    """Band of a temperature; the upper one at an edge."""
    low, high = 0, len(edges)
    while low < high:
        mid = (low + high) // 2
        if temperature_c < edges[mid]:
            high = mid
        else:
            low = mid + 1
    return low


def surface_kw(bands: Bands, band: int, temperature_c: float) -> float:
    """Radiation (on the chord) and convection at a temperature of a band."""
    chord = bands.radiation[2 * band + 1] + bands.radiation[2 * band] * temperature_c
    return chord + bands.convection * (temperature_c - bands.ambient_c)


def balance(nodes: Row, walls: Walls, bands: Bands, power_kw: float) -> int:
    """Temperature of a chamber without heat capacity: what the walls give equals what the surface loses. Sets ``nodes[0]``;
    returns its band.
    """
    total, inflow = 0.0, 0.0
    for i in range(len(nodes)):
        total += walls.coupling[i]
        inflow += walls.coupling[i] * nodes[i]  # the chamber's own coupling is 0
    inflow += power_kw
    low, high = 0, len(bands.edges)
    while low < high:  # the excess falls with temperature: first edge where it is no longer positive
        mid = (low + high) // 2
        edge = bands.edges[mid]
        if inflow - total * edge - surface_kw(bands, mid, edge) > 0.0:
            low = mid + 1
        else:
            high = mid
    level = bands.radiation[2 * low + 1] - bands.convection * bands.ambient_c
    nodes[0] = (inflow - level) / (total + bands.radiation[2 * low] + bands.convection)
    return low


def arrived(at: float, trend: float, floor_c: float, ceiling_c: float) -> bool:
    """Whether the bath stands at a limit and presses on it."""
    up = at >= ceiling_c - EDGE_TOLERANCE_K and (trend > SLOPE_TOLERANCE_K_PER_S or at > ceiling_c + EDGE_TOLERANCE_K)
    down = at <= floor_c + EDGE_TOLERANCE_K and (trend < -SLOPE_TOLERANCE_K_PER_S or at < floor_c - EDGE_TOLERANCE_K)
    return up or down


def endless_s(decays: Floats) -> float:
    """A time after which nothing moves any more."""
    slowest, least = inf, inf
    for i in range(len(decays)):
        least = min(least, decays[i])
        if decays[i] > 0.0:
            slowest = min(slowest, decays[i])
    return max(ENDLESS / slowest if slowest < inf else 0.0, 1e9 if least == 0.0 else 0.0)


def heat_terms(
    t: float, mass_kg: float, band: int, walls: Walls, bands: Bands, rise: Floats, at: int, out: Row
) -> None:
    """Heat of one piece of time from temperatures alone, kWh, written from ``out[at]`` on: see :data:`WIDTH`."""
    n = len(walls.source)
    bath_k, bath_k_s = rise[0], rise[n]
    whole, plain = bands.capacities[2 * band], bands.capacities[2 * band + 1]
    sensible = mass_kg * plain * bath_k
    out[at] = 0.0 if bands.liquid[band] != 0.0 else sensible
    out[at + 1] = mass_kg * (whole - plain) * bath_k
    out[at + 2] = sensible if bands.liquid[band] != 0.0 else 0.0
    stored = 0.0
    for i in range(n - 1):
        stored += walls.wall_kj_per_k[i] * rise[i + 1]
    out[at + 3] = (stored + walls.chamber_kj_per_k * bath_k) / KJ_PER_KWH
    out[at + 4] = (bands.radiation[2 * band + 1] * t + bands.radiation[2 * band] * bath_k_s) / KJ_PER_KWH
    out[at + 5] = bands.convection * (bath_k_s - bands.ambient_c * t) / KJ_PER_KWH
    chains = walls.chains
    for c in range(len(chains) // 3):
        last, g, outside_c = int(chains[3 * c]), chains[3 * c + 1], chains[3 * c + 2]
        out[at + 6 + c] = g * (rise[n + last] - outside_c * t) / KJ_PER_KWH


def enter_band(
    nodes: Row, asked: Asked, walls: Walls, bands: Bands, systems: Systems, room: Moving
) -> tuple[int, bool, float, float, float]:
    """The band that the bath is in or about to enter, whether its system is known, its ends, and how fast the bath's temperature moves.

    Leaves decays, rates and strengths of its modes in ``room``.
    """
    n, k = len(nodes), len(room.decays)
    if asked.mass_kg == 0.0 and walls.chamber_kj_per_k == 0.0:
        band = balance(nodes, walls, bands, asked.power_kw)
    else:
        band = band_of(bands.edges, nodes[0])
    tried = band
    while True:
        low = bands.edges[band - 1] if band > 0 else -inf
        high = bands.edges[band] if band < len(bands.edges) else inf
        if systems.known[band] == 0.0:
            return band, False, low, high, 0.0
        flux_into(nodes, walls, room.flux)
        room.flux[0] += asked.power_kw - surface_kw(bands, band, nodes[0])
        multiply(systems.injects, band * k * n, room.flux, room.modal)
        trend = 0.0
        for i in range(k):
            room.decays[i] = systems.decays[band * k + i]
            room.rates[i] = systems.shapes[band * n * k + i] * room.modal[i]
            trend += room.rates[i]
        step = 0
        if trend > 0.0 and nodes[0] >= high - EDGE_TOLERANCE_K:
            step += 1
        if trend < 0.0 and nodes[0] <= low + EDGE_TOLERANCE_K:
            step -= 1
        if step == 0 or abs(band + step - tried) > 1 or band + step == tried:
            return band, True, low, high, trend
        band += step


def run_bands(
    nodes: Row, asked: Asked, walls: Walls, bands: Bands, systems: Systems, room: Moving, out: Row
) -> tuple[int, int, int, float]:
    """Constant power through as many bands as it takes; the loop of :meth:`twin.models.thermal.Furnace.advance`.

    ``nodes`` (n temperatures) is brought up to date; a row a piece of time goes to ``out``. Returns why it stopped, the
    band whose system is lacking, the rows written, the seconds left.
    """
    n, k, stalls, rows, left_s = len(nodes), len(room.decays), 0, 0, asked.left_s
    width = WIDTH + len(walls.chains) // 3
    while left_s > 0.0:
        if (rows + 1) * width > len(out):
            return FULL, 0, rows, left_s
        band, known, low, high, trend = enter_band(nodes, asked, walls, bands, systems, room)
        if not known:
            return LACKS_SYSTEM, band, rows, left_s
        if arrived(nodes[0], trend, asked.floor_c, asked.ceiling_c):
            return TARGET, band, rows, left_s
        low, high = max(low, asked.floor_c), min(high, asked.ceiling_c)
        horizon_s = left_s if left_s < inf else endless_s(room.decays)
        duration_s, way = first_exit(nodes[0], room.rates, room.decays, low, high, horizon_s, EDGE_TOLERANCE_K)
        if way == 0 and left_s == inf:
            return NEVER, band, rows, left_s
        before_c = nodes[0]
        move(duration_s, systems.shapes, band * n * k, nodes, room)
        for i in range(n):
            nodes[i] += room.rise[i]
        if way != 0:
            nodes[0] = high if way > 0 else low
        if duration_s > 0.0:
            at = rows * width
            out[at], out[at + 1], out[at + 2] = duration_s, before_c, nodes[0]
            heat_terms(duration_s, asked.mass_kg, band, walls, bands, room.rise, at + 3, out)
            rows, stalls = rows + 1, 0
        else:
            stalls += 1
            if stalls > MAX_STALLS:
                return STALLED, band, rows, left_s
        left_s = left_s - duration_s if way != 0 else 0.0
    return TIME, 0, rows, 0.0


def hold_bath(
    nodes: Row, asked: Asked, walls: Walls, bands: Bands, systems: Systems, room: Moving, out: Row
) -> tuple[int, int, float, float]:
    """The bath kept at ``nodes[0]`` while the walls move, as long as the power that it needs stays in ``[0, asked.power_kw]``.

    ``systems`` holds one system, that of a bath clamped at its temperature. Returns ``HELD`` (with the way the need left
    its range, its value at the start and its rates in ``room``; the row in ``out``), ``TOO_LITTLE`` power or
    ``TOO_HOT``, when nothing was done.
    """
    n, k, set_c, most_kw = len(nodes), len(room.decays), nodes[0], asked.power_kw
    flux_into(nodes, walls, room.flux)
    multiply(systems.injects, 0, room.flux, room.modal)
    band = band_of(bands.edges, set_c)
    need_kw = surface_kw(bands, band, set_c)
    for i in range(n):
        need_kw += walls.coupling[i] * (set_c - nodes[i])
    trend = 0.0
    for i in range(k):
        rate = 0.0
        for j in range(n):
            rate -= walls.coupling[j] * systems.shapes[j * k + i]
        room.decays[i] = systems.decays[i]
        room.rates[i] = rate * room.modal[i]
        trend += room.rates[i]
    if need_kw > most_kw + POWER_TOLERANCE_KW or (need_kw > most_kw - POWER_TOLERANCE_KW and trend > 0.0):
        return TOO_LITTLE, 0, need_kw, 0.0
    if need_kw < -POWER_TOLERANCE_KW or (need_kw < POWER_TOLERANCE_KW and trend < 0.0):
        return TOO_HOT, 0, need_kw, 0.0
    duration_s, way = first_exit(need_kw, room.rates, room.decays, 0.0, most_kw, asked.left_s, POWER_TOLERANCE_KW)
    move(duration_s, systems.shapes, 0, nodes, room)
    for i in range(1, n):
        nodes[i] += room.rise[i]
    out[0], out[1], out[2] = duration_s, set_c, set_c
    heat_terms(duration_s, asked.mass_kg, band, walls, bands, room.rise, 3, out)
    return HELD, way, need_kw, duration_s


# --- the same with everything in three arrays, because a compiled function looks at the type of every argument of every call


def walls_in(data: Floats, n: int, c: int) -> Walls:
    """The walls at the beginning of ``data``."""
    a = n * n
    b = a + 3 * n - 1 + 3 * c
    return Walls(
        data[:a], data[a : a + n], data[a + n : a + 2 * n], data[a + 2 * n : b - 3 * c], data[b - 3 * c : b], data[b]
    )


def bands_in(data: Floats, n: int, c: int, m: int) -> Bands:
    """The ``m`` bands behind the walls."""
    a = n * n + 3 * n + 3 * c
    b = a + m - 1
    edges, capacities, liquid, radiation = (
        data[a:b],
        data[b : b + 2 * m],
        data[b + 2 * m : b + 3 * m],
        data[b + 3 * m : b + 5 * m],
    )
    return Bands(edges, capacities, liquid, radiation, data[b + 5 * m], data[b + 5 * m + 1])


def systems_in(data: Row, n: int, k: int, m: int) -> Systems:
    """Systems of ``m`` bands."""
    a, b = m + m * k, m * n * k
    return Systems(data[:m], data[m:a], data[a : a + b], data[a + b : a + 2 * b])


def room_in(scratch: Row, n: int, k: int) -> Moving:
    """Room behind the ``n`` temperatures."""
    a = n + 5 * k
    return Moving(
        scratch[n : n + k],
        scratch[n + k : n + 2 * k],
        scratch[n + 2 * k : n + 3 * k],
        scratch[n + 3 * k : n + 4 * k],
        scratch[n + 4 * k : a],
        scratch[a : a + n],
        scratch[a + n : a + 3 * n],
    )


def step_in(
    data: Floats,
    systems: Row,
    scratch: Row,
    sizes: tuple[int, int, int, int],
    asked: tuple[float, float, float, float, float],
) -> tuple[int, int, int, float]:
    """:func:`run_bands` on arrays laid out as the functions above say; ``sizes``: nodes, modes, chains, bands."""
    n, k, c, m = sizes
    room, out = room_in(scratch, n, k), scratch[4 * n + 5 * k :]
    wanted = Asked(asked[0], asked[1], asked[2], asked[3], asked[4])
    return run_bands(
        scratch[:n], wanted, walls_in(data, n, c), bands_in(data, n, c, m), systems_in(systems, n, k, m), room, out
    )


def hold_in(
    data: Floats,
    systems: Row,
    scratch: Row,
    sizes: tuple[int, int, int, int],
    asked: tuple[float, float, float, float, float],
) -> tuple[int, int, float, float]:
    """:func:`hold_bath` on arrays; the one system is that of the first band."""
    n, k, c, m = sizes
    room, out = room_in(scratch, n, k), scratch[4 * n + 5 * k :]
    wanted = Asked(asked[0], asked[1], asked[2], asked[3], asked[4])
    return hold_bath(
        scratch[:n], wanted, walls_in(data, n, c), bands_in(data, n, c, m), systems_in(systems, n, k, 1), room, out
    )

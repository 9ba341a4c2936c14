"""Working time of an equipment: windows in seconds in which work goes on, and what the equipment does outside them."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from twin.ledger.trace import STATE

Window = tuple[float, float]


class WorkTime:
    """Sorted windows ``[start, end)`` in which an equipment can work."""

    __slots__ = ("ends", "starts")

    def __init__(self, windows: Iterable[Window]) -> None:
        ordered = sorted(w for w in windows if w[1] > w[0])
        self.starts = [start for start, _ in ordered]
        self.ends = [end for _, end in ordered]

    def open(self, t: float) -> bool:
        """Whether work goes on at ``t``."""
        k = bisect_right(self.starts, t) - 1
        return k >= 0 and t < self.ends[k]

    def next_open(self, t: float) -> float:
        """The first time at or after ``t`` when work goes on; infinite when there is none."""
        k = bisect_right(self.starts, t) - 1
        if k >= 0 and t < self.ends[k]:
            return t
        return self.starts[k + 1] if k + 1 < len(self.starts) else math.inf

    def opened(self, t: float) -> float:
        """Start of the window that holds ``t``; ``t`` itself outside of every window."""
        k = bisect_right(self.starts, t) - 1
        return self.starts[k] if k >= 0 and t < self.ends[k] else t

    def closes(self, t: float) -> float:
        """End of the window that holds ``t``; ``t`` itself outside of every window."""
        k = bisect_right(self.starts, t) - 1
        return self.ends[k] if k >= 0 and t < self.ends[k] else t

    def spread(self, t: float, work_s: float) -> list[Window]:
        """The pieces of time from ``t`` on in which ``work_s`` seconds of work get done; the last may end at infinity."""
        pieces: list[Window] = []
        while True:
            start = self.next_open(t)
            if start == math.inf:
                return [*pieces, (math.inf, math.inf)]
            end = self.closes(start)
            if start + work_s <= end:
                return [*pieces, (start, start + work_s)]
            pieces.append((start, end))
            work_s -= end - start
            t = end

    def before(self, t: float) -> float:
        """The last end of a window at or before ``t``; minus infinity when there is none."""
        k = bisect_right(self.ends, t) - 1
        return self.ends[k] if k >= 0 else -math.inf

    def fitting(self, t: float, work_s: float) -> float:
        """The first time at or after ``t`` from which ``work_s`` fits before a window ends; infinite when it never does."""
        k = max(bisect_right(self.starts, t) - 1, 0)
        for start, end in zip(self.starts[k:], self.ends[k:], strict=True):
            if max(start, t) + work_s <= end:
                return max(start, t)
        return math.inf

    def seconds(self, t0: float, t1: float) -> float:
        """Working seconds between ``t0`` and ``t1``."""
        k = max(bisect_right(self.starts, t0) - 1, 0)
        total = 0.0
        for start, end in zip(self.starts[k:], self.ends[k:], strict=True):
            if start >= t1:
                break
            total += max(0.0, min(end, t1) - max(start, t0))
        return total


ALWAYS = WorkTime([(-math.inf, math.inf)])

Duty = tuple[float, float, int]


def attended(
    windows: Sequence[Window], stay_on_s: float, startup_s: float, switched_on: Sequence[float], cooldown_s: float = 0.0
) -> tuple[WorkTime, list[Duty]]:
    """Working time and duties of an equipment that is switched off in long gaps.

    ``windows``: presence of its crew. A gap of at most ``stay_on_s`` is spent in ``standby``; over a longer one it is ``off``, and a
    start-up of ``startup_s`` comes before it can work again, begun at the last of ``switched_on``
    inside the gap or the window after it, else at the window's start. Before it is off it cools down for ``cooldown_s``, in state
    ``holding``, as far as the gap lets it. Returns the windows left for work and the
    duties ``(t0, t1, state)`` outside of them, sorted, without gaps inside the span of the windows.
    """
    work: list[Window] = []
    duties: list[Duty] = []
    before = -math.inf
    for start, end in sorted(windows):
        ready = start
        if start - before > stay_on_s:
            timed = [t for t in switched_on if before <= t < end]
            on = timed[-1] if timed else start
            ready = min(max(start, on + startup_s), end)
            cooled = min(before + cooldown_s, on) if before > -math.inf else before
            duties += [(before, cooled, STATE["holding"]), (cooled, on, STATE["off"])]
            if startup_s:
                duties.append((on, min(on + startup_s, end), STATE["startup"]))
            if on + startup_s < ready:
                duties.append((on + startup_s, ready, STATE["standby"]))
        else:
            duties.append((before, start, STATE["standby"]))
        if ready < end:
            work.append((ready, end))
        before = end
    cooled = before + cooldown_s if before > -math.inf else before
    duties += [(before, cooled, STATE["holding"]), (cooled, math.inf, STATE["off"])]
    return WorkTime(work), [d for d in duties if d[1] > d[0]]


def common(first: Sequence[Window], second: Sequence[Window]) -> list[Window]:
    """What lies in both of two sorted lists of windows."""
    found, k = list[Window](), 0
    for start, end in first:
        while k < len(second) and second[k][1] <= start:
            k += 1
        j = k
        while j < len(second) and second[j][0] < end:
            found.append((max(start, second[j][0]), min(end, second[j][1])))
            j += 1
    return found


def bridged(windows: Sequence[Window], gap_s: float, switched_on: Sequence[float]) -> list[Window]:
    """Windows with gaps of at most ``gap_s`` closed; after a longer one a window begins at the last time of ``switched_on`` that lies in
    the gap or in the window, where there is one.
    """
    merged: list[Window] = []
    before = -math.inf
    for start, end in sorted(windows):
        if merged and start - before <= gap_s:
            merged[-1] = (merged[-1][0], end)
        else:
            timed = [t for t in switched_on if before <= t < end] if start - before > 5400.0 else []
            merged.append((timed[-1] if timed else start, end))
        before = end
    return merged

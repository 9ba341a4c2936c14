"""Functions of temperature drawn as chords: straight lines between given temperatures, extended beyond the first and the last."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise


@dataclass(frozen=True)
class Chords:
    """A continuous function, straight between neighbours of ``breaks_c`` (ascending, at least two)."""

    breaks_c: tuple[float, ...]
    values: tuple[float, ...]
    _lines: tuple[tuple[float, float], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.breaks_c) < 2 or len(self.breaks_c) != len(self.values):
            problem = "chords need at least two temperatures, and a value for each"
            raise ValueError(problem)
        if any(b <= a for a, b in pairwise(self.breaks_c)):
            problem = "temperatures of chords must ascend"
            raise ValueError(problem)
        ends = pairwise(zip(self.breaks_c, self.values, strict=True))
        slopes = [((v1 - v0) / (t1 - t0), t0, v0) for (t0, v0), (t1, v1) in ends]
        object.__setattr__(self, "_lines", tuple((slope, v0 - slope * t0) for slope, t0, v0 in slopes))

    def line(self, temperature_c: float) -> tuple[float, float]:
        """Slope (per K) and value at 0 °C of the chord that holds a temperature; the upper one at a break."""
        i = bisect_right(self.breaks_c, temperature_c) - 1
        last = len(self._lines) - 1
        return self._lines[0 if i < 0 else min(i, last)]

    def at(self, temperature_c: float) -> float:
        """The value at a temperature."""
        slope, level = self.line(temperature_c)
        return level + slope * temperature_c

    def inner_c(self) -> tuple[float, ...]:
        """Temperatures at which the slope changes."""
        return self.breaks_c[1:-1]


def constant(value: float) -> Chords:
    """The same value at every temperature."""
    return Chords((0.0, 1.0), (value, value))


def drawn(function: Callable[[float], float], breaks_c: Sequence[float]) -> Chords:
    """Chords of a function through its values at ``breaks_c``."""
    return Chords(tuple(breaks_c), tuple(function(c) for c in breaks_c))

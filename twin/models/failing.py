"""Breakdowns counted by operating hours; their kin are in :mod:`twin.models.upkeep`."""

from __future__ import annotations

from collections.abc import Callable


class Failing:
    """Breakdowns of one unit by operating hours: failure ``n`` of an equipment always comes after the same operating time."""

    __slots__ = ("every", "left_s", "repair", "serial")

    def __init__(self, every: Callable[[int], float], repair: Callable[[int], float]) -> None:
        self.every, self.repair, self.serial = every, repair, 0
        self.left_s = every(0)

    def lot(self, work_s: float, cycles: float) -> None:
        """A lot of so many cycles begins; of no matter where operating time counts."""

    def next_repair_s(self) -> float:
        """The repair that the next breakdown will take."""
        return self.repair(self.serial)

    def worked(self, seconds: float) -> float:
        """Count operating time; returns the seconds of repair that are due now, or 0."""
        self.left_s -= seconds
        if self.left_s > 1e-9:
            return 0.0
        repair_s = self.repair(self.serial)
        self.serial += 1
        self.left_s = self.every(self.serial)
        return repair_s

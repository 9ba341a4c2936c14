"""A motor at part load: efficiency and reactive power from the load of its shaft.

Efficiency between the points of its data sheet (25, 50, 75, 100 % load) is linear in the losses. Below 25 % load the losses fall from
those at 25 % towards 80 % of them: loss(x) = loss25 (0.8 + 0.2 x / 0.25), as in ORNL's AMO-Tools-Suite (src/calculator/motor/
MotorEfficiency.cpp). Reactive power of an induction motor is magnetising power, nearly constant, and leakage that grows with the square
of the current (any text on electrical machines): Q(x) = Q0 + (Q1 - Q0) x².
"""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
from pydantic import Field

from twin.core.units import Fraction, Q
from twin.scenario.schema import Part

LOW = 0.25
"""load below which losses are extrapolated"""
NO_LOAD_SHARE = 0.8
"""loss at no load over loss at a quarter of the load"""


class Motor(Part):
    """The motor that drives a fan, pump or machine. Without one, a power in the scenario is electric power already."""

    rated_kw: Annotated[float, Q("kW")] = Field(alias="rated", gt=0, description="shaft power")
    efficiency: Fraction = Field(gt=0, le=1, description="at full load")
    efficiency_half: Fraction | None = Field(None, gt=0, le=1, description="at half load; absent: as at full load")
    efficiency_quarter: Fraction | None = Field(
        None, gt=0, le=1, description="at a quarter of the load; absent: 4 points below half load (assumed)"
    )

    def loss_kw(self, load: np.ndarray) -> np.ndarray:
        """Losses at a share of rated shaft power. Shape as given."""
        half = self.efficiency if self.efficiency_half is None else self.efficiency_half
        quarter = max(half - 0.04, 0.01) if self.efficiency_quarter is None else self.efficiency_quarter
        points = [LOW, 0.5, 1.0]
        known = [
            self.rated_kw * x * (1.0 / eta - 1.0)
            for x, eta in zip(points, (quarter, half, self.efficiency), strict=True)
        ]
        idle = NO_LOAD_SHARE * known[0]
        above = np.maximum(load - 1.0, 0.0) * (known[2] - known[1]) / 0.5  # overload: the last slope goes on
        return np.asarray(np.interp(load, [0.0, *points], [idle, *known]) + above)

    def electric_kw(self, shaft_kw: np.ndarray) -> np.ndarray:
        """Electric power for a shaft power, losses without load included. Shape as given."""
        return np.asarray(shaft_kw + self.loss_kw(shaft_kw / self.rated_kw))


def reactive_kvar(rated_kw: float, load: float, factor_full: float, factor_idle_share: float = 0.6) -> float:
    """Reactive power of an induction motor at a share of its rated electric power ``rated_kw`` (a test's second route).

    ``factor_full``: power factor at full load; ``factor_idle_share``: magnetising over full-load reactive power (0.5 to 0.7, assumed).
    """
    full = rated_kw * math.tan(math.acos(factor_full))
    return full * (factor_idle_share + (1.0 - factor_idle_share) * load**2)

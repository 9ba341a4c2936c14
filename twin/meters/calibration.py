"""The fit of a melting furnace to its meter: physics with priors, intervals, and what the data cannot tell.

Of a metered heat neither the charge nor the bath is known. But full power ends at the tap temperature. So each heat's metered ramp,
followed by
its mean power after the ramp, is run through the furnace model with the expected charge, and the time at which the bath comes to the tap
temperature is compared with the time that the melt took; the spread left is that of charges and taps. (Running the metered power to the
metered end instead would be wrong: a heavy charge makes a heat long, and the loss would be fitted to the charges.) Holds before the tap
tell, roughly, the loss at tap temperature. Heats whose charge was weighed, and dipped bath temperatures, enter beside them. Priors are
residuals like any other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from twin.meters.melt import Curve, Heats, Melter, courses_kwh, melt_in_turn, melt_until

IDENTIFIED_BELOW = 0.5  # of the prior's width: the data then say at least three times as much as the prior
JOINT_ABOVE = 0.7  # correlation from which two parameters are told together


@dataclass(frozen=True)
class Prior:
    """A normal prior within physical bounds, and where it comes from."""

    name: str
    mean: float
    sd: float
    unit: str
    least: float
    most: float
    source: str


@dataclass(frozen=True)
class ChargedHeat:
    """A heat whose charge was weighed: minute powers that add up to the logged energy, and dipped bath temperatures (minute, °C).

    ``traced``: the powers follow the heat's own program; ``date``: of its start, None where the log of heats does not say.
    """

    name: str
    mass_kg: float
    energy_kwh: float
    power_kw: np.ndarray
    dips: tuple[tuple[float, float], ...] = ()
    traced: bool = False
    date: dt.date | None = None


@dataclass(frozen=True)
class Evidence:
    """What is fitted to. ``build`` makes the furnace of a vector of parameters, whose last is the mean charge; ``heat_sd_min``: spread of
    melting times at given power; ``lowest_dip_c``: dips below it are
    taken in a bath that is not yet of one temperature and are left out. ``hold_kw``: mean metered power of holds, which meets the loss at
    tap
    temperature within ``hold_sd_kw`` of heat (the bath may cool a little meanwhile), after a heat of minute powers ``usual_kw``.
    """

    heats: Heats
    build: Callable[[np.ndarray], Melter]
    charged: tuple[ChargedHeat, ...]
    curve: Curve
    tap_c: float
    heat_sd_min: float = 5.0
    charged_sd_kwh: float = 6.0
    dip_sd_k: float = 30.0
    lowest_dip_c: float = 780.0
    hold_kw: float | None = None
    hold_sd_kw: float = 20.0
    usual_kw: np.ndarray | None = None


@dataclass(frozen=True)
class Parameter:
    """A fitted parameter; ``share_of_prior`` is its sd over the prior's, ``with_`` the parameters that it cannot be told apart from."""

    name: str
    value: float
    sd: float
    low: float
    high: float
    unit: str
    identified: bool
    share_of_prior: float
    with_: tuple[str, ...]


@dataclass(frozen=True)
class Fit:
    """The fit: parameters, their covariance, the furnace (``melter``), the spread of melting times that is left (min), and whether it
    converged.
    """

    parameters: tuple[Parameter, ...]
    covariance: np.ndarray
    vector: np.ndarray
    melter: Melter
    charge_mass_kg: float
    spread_min: float
    collinearity: float
    converged: bool
    scaled_jacobian: np.ndarray
    scaled_residuals: np.ndarray
    scaled_vector: np.ndarray
    prior_sd: np.ndarray

    def without(self, rows: slice) -> np.ndarray:
        """The vector that the fit would give without some rows of its residuals: one Gauss-Newton step from the optimum."""
        kept = np.ones(len(self.scaled_residuals), dtype=bool)
        kept[rows] = False
        jacobian, residual = self.scaled_jacobian[kept], self.scaled_residuals[kept]
        step = np.linalg.solve(jacobian.T @ jacobian, -jacobian.T @ residual)
        moved: np.ndarray = self.vector + self.prior_sd * step
        return moved


def charged_rows(evidence: Evidence, heat: int) -> slice:
    """Which residuals belong to one weighed heat."""
    first = len(evidence.heats.minutes) + (0 if evidence.hold_kw is None or evidence.usual_kw is None else 1)
    lengths = [1 + len(_usable_dips(charged, evidence)) for charged in evidence.charged]
    start = first + sum(lengths[:heat])
    return slice(start, start + lengths[heat])


def _usable_dips(heat: ChargedHeat, evidence: Evidence) -> list[tuple[float, float]]:
    return [
        (minute, celsius)
        for minute, celsius in heat.dips
        if celsius >= evidence.lowest_dip_c and minute < len(heat.power_kw) - 2
    ]


def fit(evidence: Evidence, priors: Sequence[Prior]) -> Fit:
    """Least squares of all residuals, twice: the second time with the spread of melting times that the first one left.

    95 % intervals are from the Jacobian at the optimum, cut at the physical bounds.
    """
    first = _fit_once(evidence, priors)
    return _fit_once(replace(evidence, heat_sd_min=max(first.spread_min, 0.05)), priors, first.scaled_vector)


def _fit_once(evidence: Evidence, priors: Sequence[Prior], start: np.ndarray | None = None) -> Fit:
    from scipy.optimize import least_squares

    mean, sd = np.array([p.mean for p in priors]), np.array([p.sd for p in priors])
    bounds = (np.array([p.least for p in priors]), np.array([p.most for p in priors]))

    def scaled(z: np.ndarray) -> np.ndarray:
        vector = mean + sd * z
        return np.concatenate((residuals(vector, evidence), z))

    begin = np.zeros(len(priors)) if start is None else start
    limits = ((bounds[0] - mean) / sd, (bounds[1] - mean) / sd)
    found = least_squares(
        scaled, begin, bounds=limits, diff_step=np.full(len(priors), 1e-3), ftol=1e-6, xtol=1e-6, max_nfev=20
    )
    jacobian = np.asarray(found.jac, dtype=float)
    data = jacobian[: len(found.fun) - len(priors)]
    scaled_covariance = np.linalg.inv(jacobian.T @ jacobian)
    vector = mean + sd * found.x
    covariance = scaled_covariance * np.outer(sd, sd)
    spread = float(np.std(late_min(vector, evidence)))
    return Fit(
        _parameters(priors, vector, covariance),
        covariance,
        vector,
        evidence.build(vector),
        float(vector[-1]),
        spread,
        collinearity(data),
        bool(found.success),
        jacobian,
        found.fun,
        found.x,
        sd,
    )


def residuals(vector: np.ndarray, evidence: Evidence) -> np.ndarray:
    """All residuals in units of their expected spread, without the priors."""
    return np.concatenate(
        (
            late_min(vector, evidence) / evidence.heat_sd_min,
            _hold_residual(vector, evidence),
            *_charged_residuals(vector, evidence),
        )
    )


def collinearity(jacobian: np.ndarray) -> float:
    """Collinearity index of the data's sensitivities (Brun, Reichert, Kuensch 2001): 1 / sqrt of the least eigenvalue of SᵀS with unit
    columns;
    above about 10 to 15 the set cannot be told apart without the priors. Infinite where a parameter has no effect.
    """
    norms = np.linalg.norm(jacobian, axis=0)
    if not np.all(norms > 0.0):
        return float("inf")
    unit = jacobian / norms
    least = float(np.linalg.eigvalsh(unit.T @ unit)[0])
    return float("inf") if least <= 0.0 else least**-0.5


def late_min(vector: np.ndarray, evidence: Evidence) -> np.ndarray:
    """Minutes by which each metered heat would melt later than it did, (heats,)."""
    target = evidence.curve.at(evidence.tap_c)
    melted = melt_in_turn(evidence.build(vector), evidence.curve, evidence.heats, float(vector[-1]), target)
    late: np.ndarray = melted.minutes - evidence.heats.minutes
    return late


def loss_at_tap_kw(melter: Melter, curve: Curve, tap_c: float, usual_kw: np.ndarray, mass_kg: float) -> float:
    """Heat that lining and surface take from the bath when a usual heat (minute powers ``usual_kw``) has come to the tap temperature,
    kW.
    """
    melted = melt_until(melter, curve, usual_kw[None, :], np.array([mass_kg]), melter.cold_lining(), curve.at(tap_c))
    return melter.loss_kw(tap_c, melted.lining_c[0])


def _hold_residual(vector: np.ndarray, evidence: Evidence) -> np.ndarray:
    """Heat of the mean hold less the loss at tap temperature; empty where no hold was metered."""
    if evidence.hold_kw is None or evidence.usual_kw is None:
        return np.zeros(0)
    melter = evidence.build(vector)
    loss = loss_at_tap_kw(melter, evidence.curve, evidence.tap_c, evidence.usual_kw, float(vector[-1]))
    return np.array([(melter.efficiency * (evidence.hold_kw - melter.auxiliary_kw) - loss) / evidence.hold_sd_kw])


def _charged_residuals(vector: np.ndarray, evidence: Evidence) -> list[np.ndarray]:
    """Of each weighed heat: its bath at the tap, and its dips, each compared with the heat still to come until the tap."""
    if not evidence.charged:
        return []
    masses = np.array([heat.mass_kg for heat in evidence.charged])
    courses = courses_kwh(evidence.build(vector), evidence.curve, [heat.power_kw for heat in evidence.charged], masses)
    tap = evidence.curve.at(evidence.tap_c)
    per_k = tap - evidence.curve.at(evidence.tap_c - 1.0)
    found = []
    for heat, course in zip(evidence.charged, courses, strict=True):
        dips = _usable_dips(heat, evidence)
        rows = [(course[-1] - heat.mass_kg * tap) / evidence.charged_sd_kwh]
        for minute, celsius in dips:
            short = course[-1] - course[int(minute)] - heat.mass_kg * (tap - evidence.curve.at(celsius))
            rows.append(short / (heat.mass_kg * per_k * evidence.dip_sd_k * len(dips) ** 0.5))
        found.append(np.array(rows))
    return found


def _parameters(priors: Sequence[Prior], vector: np.ndarray, covariance: np.ndarray) -> tuple[Parameter, ...]:
    sd = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(sd, sd)
    rows = []
    for i, prior in enumerate(priors):
        joint = tuple(other.name for k, other in enumerate(priors) if k != i and abs(correlation[i, k]) >= JOINT_ABOVE)
        low, high = max(prior.least, vector[i] - 1.96 * sd[i]), min(prior.most, vector[i] + 1.96 * sd[i])
        share = float(sd[i] / prior.sd)
        rows.append(
            Parameter(
                prior.name,
                float(vector[i]),
                float(sd[i]),
                float(low),
                float(high),
                prior.unit,
                share < IDENTIFIED_BELOW and not joint,
                share,
                joint,
            )
        )
    return tuple(rows)


@dataclass(frozen=True)
class Joint:
    """Two parameters that the data know together only. Along the line ``second = at[1] + slope (first - at[0])`` they may both lie anywhere
    in their own intervals; ``half_width`` is half the 95 % interval of the second where the first is given.
    """

    names: tuple[str, str]
    units: tuple[str, str]
    at: tuple[float, float]
    correlation: float
    slope: float
    half_width: float

    def payload(self) -> dict[str, Any]:
        """As it stands in ``--json``."""
        return {
            "parameters": list(self.names),
            "units": list(self.units),
            "at": list(self.at),
            "correlation": self.correlation,
            "slope": self.slope,
            "half_width": self.half_width,
        }


def joints(parameters: Sequence[Parameter], covariance: np.ndarray) -> tuple[Joint, ...]:
    """Every pair that is correlated by more than 0.7, from the covariance at the optimum (parameters, parameters)."""
    found = []
    for i, first in enumerate(parameters):
        for k, second in enumerate(parameters[:i]):
            correlation = float(covariance[i, k] / (first.sd * second.sd))
            if abs(correlation) >= JOINT_ABOVE:
                found.append(
                    Joint(
                        (second.name, first.name),
                        (second.unit, first.unit),
                        (second.value, first.value),
                        correlation,
                        float(covariance[i, k] / covariance[k, k]),
                        1.96 * first.sd * (1.0 - correlation**2) ** 0.5,
                    )
                )
    return tuple(found)


def joint_interval(fitted: Fit, weights: Mapping[str, float]) -> tuple[float, float, float]:
    """Value and 95 % interval of a weighted sum of parameters: what is known of those that cannot be told apart."""
    weight = np.array([weights.get(parameter.name, 0.0) for parameter in fitted.parameters])
    value = float(weight @ fitted.vector)
    half = 1.96 * float(np.sqrt(weight @ fitted.covariance @ weight))
    return value, value - half, value + half

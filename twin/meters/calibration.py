"""The fit of a melting furnace to its meter: physics with priors, intervals, and what the data cannot tell.

Of a metered heat neither the charge nor the bath is known. But the heat ends at the tap temperature, so the measured power, run through
the furnace model with the expected charge, must bring the bath to the tap's enthalpy; the spread left is the spread of charges (prior)
and of tap temperatures. Heats whose charge was weighed, and dipped bath temperatures, enter beside them. Priors are residuals like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin.meters.melt import Curve, Heats, Melter, follow

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
    """A heat whose charge was weighed: minute powers that add up to the logged energy, and dipped bath temperatures (minute, °C)."""

    name: str
    mass_kg: float
    energy_kwh: float
    power_kw: np.ndarray
    program_kw: np.ndarray
    dips: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Evidence:
    """What is fitted to. ``build`` makes the furnace of a vector of parameters, whose last is the mean charge; ``charge_sd_kg``: spread of single charges; ``tap_sd_k``: of tap temperatures; ``lowest_dip_c``: dips below it are
    taken in a bath that is not yet of one temperature and are left out."""

    heats: Heats
    build: Callable[[np.ndarray], Melter]
    charged: tuple[ChargedHeat, ...]
    curve: Curve
    tap_c: float
    charge_sd_kg: float = 65.0 / 12.0**0.5
    tap_sd_k: float = 15.0
    charged_sd_kwh: float = 6.0
    dip_sd_k: float = 30.0
    lowest_dip_c: float = 780.0


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
    """The fit: parameters, their covariance, the furnace (``melter``), the spread of the heats' bath enthalpy (kWh), and whether it converged."""

    parameters: tuple[Parameter, ...]
    covariance: np.ndarray
    vector: np.ndarray
    melter: Melter
    charge_mass_kg: float
    spread_kwh: float
    collinearity: float
    converged: bool


def fit(evidence: Evidence, priors: Sequence[Prior]) -> Fit:
    """Least squares of all residuals; 95 % intervals from the Jacobian at the optimum, cut at the physical bounds."""
    from scipy.optimize import least_squares

    mean, sd = np.array([p.mean for p in priors]), np.array([p.sd for p in priors])
    bounds = (np.array([p.least for p in priors]), np.array([p.most for p in priors]))

    def scaled(z: np.ndarray) -> np.ndarray:
        vector = mean + sd * z
        return np.concatenate((residuals(vector, evidence), z))

    found = least_squares(
        scaled, np.zeros(len(priors)), bounds=((bounds[0] - mean) / sd, (bounds[1] - mean) / sd), diff_step=1e-3, xtol=1e-8, max_nfev=40)
    data = found.jac[: len(found.fun) - len(priors)]
    scaled_covariance = np.linalg.inv(found.jac.T @ found.jac)
    vector = mean + sd * found.x
    covariance = scaled_covariance * np.outer(sd, sd)
    spread = float(np.std(_heat_gaps_kwh(vector, evidence)))
    return Fit(
        _parameters(priors, vector, covariance), covariance, vector, evidence.build(vector), float(vector[-1]), spread, collinearity(data),
        bool(found.success))


def residuals(vector: np.ndarray, evidence: Evidence) -> np.ndarray:
    """All residuals in units of their expected spread, without the priors."""
    return np.concatenate((
        _heat_gaps_kwh(vector, evidence) / _heat_sd_kwh(evidence, float(vector[-1])),
        *(_charged_residuals(vector, heat, evidence) for heat in evidence.charged)))


def collinearity(jacobian: np.ndarray) -> float:
    """Collinearity index of the data's sensitivities (Brun, Reichert, Kuensch 2001): 1 / sqrt of the least eigenvalue of SᵀS with unit columns;
    above about 10 to 15 the set cannot be told apart without the priors. Infinite where a parameter has no effect."""
    norms = np.linalg.norm(jacobian, axis=0)
    if not np.all(norms > 0.0):
        return float("inf")
    unit = jacobian / norms
    least = float(np.linalg.eigvalsh(unit.T @ unit)[0])
    return float("inf") if least <= 0.0 else least**-0.5


def _heat_gaps_kwh(vector: np.ndarray, evidence: Evidence) -> np.ndarray:
    """Bath enthalpy at each metered heat's end less that of the expected charge at the tap temperature, kWh."""
    heats = evidence.heats
    mass = np.full(len(heats.minutes), float(vector[-1]))
    course = follow(evidence.build(vector), evidence.curve, heats, mass)
    return course[:, -1] - mass * evidence.curve.at(evidence.tap_c)


def _heat_sd_kwh(evidence: Evidence, mass_kg: float) -> float:
    """Spread of that difference from the spread of charges and tap temperatures."""
    per_kg = evidence.curve.at(evidence.tap_c)
    per_k = evidence.curve.at(evidence.tap_c) - evidence.curve.at(evidence.tap_c - 1.0)
    return float(np.hypot(per_kg * evidence.charge_sd_kg, mass_kg * per_k * evidence.tap_sd_k))


def _charged_residuals(vector: np.ndarray, heat: ChargedHeat, evidence: Evidence) -> np.ndarray:
    """Of one weighed heat: its bath at the tap, and its dips, each compared with the heat still to come until the tap."""
    one = Heats.of([heat.power_kw], np.array([np.nan]), 1)
    furnace = evidence.build(vector)
    course = _settled(furnace, evidence.curve, one, heat.mass_kg)
    tap = evidence.curve.at(evidence.tap_c)
    found = [(course[-1] - heat.mass_kg * tap) / evidence.charged_sd_kwh]
    dips = [(minute, celsius) for minute, celsius in heat.dips if celsius >= evidence.lowest_dip_c and minute < len(course) - 2]
    per_k = evidence.curve.at(evidence.tap_c) - evidence.curve.at(evidence.tap_c - 1.0)
    for minute, celsius in dips:
        to_come = course[-1] - course[int(minute)]
        wanted = heat.mass_kg * (tap - evidence.curve.at(celsius))
        found.append((to_come - wanted) / (heat.mass_kg * per_k * evidence.dip_sd_k * len(dips) ** 0.5))
    return np.array(found)


def _settled(furnace: Melter, curve: Curve, one: Heats, mass_kg: float, gap_min: float = 60.0) -> np.ndarray:
    """The course of a heat in a furnace that has made the same heat many times before, an hour apart."""
    many = 4
    repeated = replace(
        one, power_kw=np.repeat(one.power_kw, many, axis=0), minutes=np.repeat(one.minutes, many),
        gap_min=np.array([np.nan] + [gap_min] * (many - 1)), furnaces=1)
    return follow(furnace, curve, repeated, np.full(many, mass_kg))[-1]


def _parameters(priors: Sequence[Prior], vector: np.ndarray, covariance: np.ndarray) -> tuple[Parameter, ...]:
    sd = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(sd, sd)
    rows = []
    for i, prior in enumerate(priors):
        joint = tuple(other.name for k, other in enumerate(priors) if k != i and abs(correlation[i, k]) >= JOINT_ABOVE)
        low, high = max(prior.least, vector[i] - 1.96 * sd[i]), min(prior.most, vector[i] + 1.96 * sd[i])
        share = float(sd[i] / prior.sd)
        rows.append(Parameter(
            prior.name, float(vector[i]), float(sd[i]), float(low), float(high), prior.unit, share < IDENTIFIED_BELOW and not joint, share, joint))
    return tuple(rows)


def joint_interval(fitted: Fit, weights: Mapping[str, float]) -> tuple[float, float, float]:
    """Value and 95 % interval of a weighted sum of parameters: what is known of those that cannot be told apart."""
    weight = np.array([weights.get(parameter.name, 0.0) for parameter in fitted.parameters])
    value = float(weight @ fitted.vector)
    half = 1.96 * float(np.sqrt(weight @ fitted.covariance @ weight))
    return value, value - half, value + half

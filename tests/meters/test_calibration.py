"""The fit recovers what a made furnace was made of."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from tests.meters.furnaces import VECTOR, shop
from twin.meters.calibration import (
    ChargedHeat,
    Evidence,
    Fit,
    charged_rows,
    collinearity,
    fit,
    joint_interval,
    joints,
    residuals,
)
from twin.meters.evidence import CHARGE_SD_KG, PRIORS
from twin.meters.melt import Heats, courses_kwh, melt_until
from twin.meters.practice import fit_practice

HEATS = 36
STEPS_KW = np.array([60.0, 90.0, 130.0, 185.0, 245.0, 300.0, 330.0, 350.0, 375.0, 400.0, 430.0, 435.0])


def ramp(pace: float, minutes: int, full_kw: float) -> np.ndarray:
    """The stepped program at a pace, then full power."""
    step = np.minimum(((np.arange(minutes) + 0.5) / (4.0 * pace)).astype(int), len(STEPS_KW))
    return np.append(STEPS_KW, full_kw)[step]


@lru_cache(maxsize=1)
def evidence() -> Evidence:
    """A log of one furnace with charges and paces that vary, and three weighed heats with dips."""
    made, rng = shop(), np.random.default_rng(7)
    melter, target = made.melter(VECTOR), made.curve.at(950.0)
    paces, masses = rng.normal(1.0, 0.25, HEATS).clip(0.3), rng.normal(VECTOR[-1], CHARGE_SD_KG, HEATS)
    power = np.stack([ramp(pace, 300, 448.0) for pace in paces])
    gaps = np.concatenate(([np.nan], rng.uniform(10.0, 200.0, HEATS - 1)))
    lining, minutes = melter.cold_lining(), []
    for i in range(HEATS):
        if i:
            lining = melter.after_rest(lining, float(gaps[i]))
        melted = melt_until(melter, made.curve, power[i : i + 1], masses[i : i + 1], lining, target)
        lining = melted.lining_c[0]
        minutes.append(float(melted.minutes[0]))
    charged = tuple(_weighed(mass) for mass in (500.0, 525.0, 550.0))
    return Evidence(
        Heats(power, np.array(minutes), gaps, 1),
        made.melter,
        charged,
        made.curve,
        950.0,
        usual_kw=ramp(1.0, 300, 448.0),
    )


def _weighed(mass_kg: float) -> ChargedHeat:
    made = shop()
    melter = made.melter(VECTOR)
    power = ramp(1.0, 300, 448.0)
    (course,) = courses_kwh(melter, made.curve, [power[:130]], np.array([mass_kg]))
    minutes = int(np.argmax(course >= mass_kg * made.curve.at(950.0))) + 1
    bath_c = np.interp(course / mass_kg, made.curve.kwh_per_kg, made.curve.temperature_c)
    dips = [(float(minute), float(bath_c[minute])) for minute in range(70, minutes, 3)]
    return ChargedHeat(f"{mass_kg:g}", mass_kg, float(power[:minutes].sum()) / 60.0, power[:minutes], tuple(dips))


@lru_cache(maxsize=1)
def fitted() -> Fit:
    return fit(evidence(), PRIORS)


def test_known_parameters_lie_inside_the_intervals() -> None:
    """Proves: of a log made with known parameters every one lies inside its 95 % interval, and what the priors had wrong (conductance 100,
    charge 522.5) moves. Sensitivity: an interval from the residuals of metered ends, which charges bias, misses the conductance.
    """
    found = fitted()
    assert found.converged
    for parameter, truth in zip(found.parameters, VECTOR, strict=True):
        assert parameter.low <= truth <= parameter.high, parameter
    assert found.spread_min == pytest.approx(2.0, abs=0.5)


def test_what_the_data_cannot_tell_is_named() -> None:
    """Proves: auxiliaries and lid keep their priors and say so; efficiency and conductance are told together. Sensitivity: the joint
    interval of
    both along their valley is far narrower than if they were independent.
    """
    rows = {parameter.name: parameter for parameter in fitted().parameters}
    assert not rows["power.auxiliaries"].identified
    assert rows["power.auxiliaries"].share_of_prior > 0.9
    assert not rows["lid.open.melting"].identified
    assert rows["power.efficiency"].with_ == ("lining.conductance",)
    eta, wall = rows["power.efficiency"], rows["lining.conductance"]
    _, low, high = joint_interval(fitted(), {eta.name: 1.0 / eta.sd, wall.name: -1.0 / wall.sd})
    assert high - low < 0.8 * 2 * 1.96 * 2**0.5
    assert fitted().collinearity > 15.0


def test_the_joint_interval_is_the_conditional_law() -> None:
    """Proves: given the efficiency, the conductance is known to sqrt(1 - r^2) of its own interval, along the regression line; a pair below
    0.7 has none. Sensitivity: the other way round the slope would be that of the efficiency.
    """
    rows = fitted().parameters
    (joint,) = joints(rows, fitted().covariance)
    eta, wall = rows[0], rows[1]
    assert joint.names == (eta.name, wall.name)
    assert joint.slope == pytest.approx(joint.correlation * wall.sd / eta.sd)
    assert joint.half_width == pytest.approx(1.96 * wall.sd * (1.0 - joint.correlation**2) ** 0.5)
    precision = np.linalg.inv(fitted().covariance[:2, :2])
    assert joint.half_width == pytest.approx(1.96 / precision[1, 1] ** 0.5)
    assert joints(rows, np.diag(np.diag(fitted().covariance))) == ()


def test_leaving_one_heat_out_is_one_step() -> None:
    """Proves: the fit without a weighed heat, by one Gauss-Newton step, is that of a full fit without it, within a tenth of each interval.
    Sensitivity: without the step the vector would be the full fit's.
    """
    whole = evidence()
    rows = charged_rows(whole, 1)
    assert (
        rows.stop - rows.start
        == len(
            [
                dip
                for dip in whole.charged[1].dips
                if dip[1] >= whole.lowest_dip_c and dip[0] < len(whole.charged[1].power_kw) - 2
            ]
        )
        + 1
    )
    stepped = fitted().without(rows)
    again = fit(replace(whole, charged=(whole.charged[0], whole.charged[2])), PRIORS)
    sd = np.array([parameter.sd for parameter in fitted().parameters])
    assert np.abs((stepped - again.vector) / sd).max() < 0.2
    assert not np.array_equal(stepped, fitted().vector)


def test_residuals_vanish_where_the_furnace_is_right() -> None:
    """Proves: a weighed heat of the true furnace leaves residuals below a third of their spread (the last minute is whole). Sensitivity:
    5 points of
    efficiency give more than 2.5.
    """
    found = residuals(VECTOR, evidence())[HEATS:]
    assert np.abs(found).max() < 0.34
    wrong = VECTOR.copy()
    wrong[0] += 0.05
    assert np.abs(residuals(wrong, evidence())[HEATS:]).max() > 2.5


def test_collinearity_by_hand() -> None:
    """Proves: orthogonal sensitivities have index 1, two at an angle of cos 0.99 have 10, a parameter without effect is infinite.
    Sensitivity: columns
    that are not brought to unit length would change with the parameters' units.
    """
    assert collinearity(np.diag([1.0, 5.0])) == pytest.approx(1.0)
    assert collinearity(np.array([[1.0, 0.99], [0.0, (1 - 0.99**2) ** 0.5]])) == pytest.approx(10.0)
    assert collinearity(np.array([[1.0, 0.0], [1.0, 0.0]])) == float("inf")


def test_practice_of_a_made_log() -> None:
    """Proves: steps, full power, paces and holds are recovered. Sensitivity: without holds cut off full power would be too low."""
    rng = np.random.default_rng(3)
    paces = rng.normal(1.0, 0.2, 30).clip(0.5)
    paces /= np.median(paces)
    paths = [
        np.concatenate([ramp(pace, 95, 448.0), np.full(10 if i % 3 == 0 else 0, 190.0)]) for i, pace in enumerate(paces)
    ]
    practice = fit_practice(paths)
    assert practice.full_kw == pytest.approx(448.0, rel=0.01)
    assert practice.hold_kw == pytest.approx(190.0)
    assert practice.holds_min.sum() == 100.0
    assert practice.paces == pytest.approx(paces, abs=0.06)
    assert practice.power_kw(1.0, 95).sum() == pytest.approx(ramp(1.0, 95, 448.0).sum(), rel=0.01)

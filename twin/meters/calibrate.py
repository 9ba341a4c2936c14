"""``twin calibrate``: fit a scenario's furnace to its meter, say how well, and what is not known.

Everything is fitted to the training log and the weighed heats; a test log is only predicted. The heats of both are found by one rule
(:mod:`twin.meters.segments`), and whether one furnace or two in turn stand behind the meter is told from the training log alone.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.core.faults import InputFault
from twin.core.progress import Progress, silent
from twin.meters.calibration import Evidence, Fit, Joint, Parameter, charged_rows, fit, joints, loss_at_tap_kw
from twin.meters.evidence import CHARGE_SD_KG, PRIORS, Shop, read_heats
from twin.meters.melt import Heats
from twin.meters.metrics import Scores
from twin.meters.naive import Naive
from twin.meters.periods import Period, Rest, periods_of, without
from twin.meters.practice import LEAST_FULL_MIN, STEP_MIN, Practice, fit_practice, full_power_kw, hold_start
from twin.meters.predict import LONGEST_MIN, Model, metered_paths
from twin.meters.reader import Load, Meter, read_meter
from twin.meters.segments import Heat, find_heats, own_gap_s
from twin.meters.writer import write_fitted
from twin.models.furnace import InductionFurnace

if TYPE_CHECKING:
    from twin.scenario.scenario import Scenario

LEAST_HEATS = 10
WEIGHED_SD = 0.01  # of a charge on the scale
IN_TURN_BELOW = -0.5  # correlation of neighbouring heats' full power from which two furnaces take turns
BY = {True: "starts_and_taps", False: "starts_only"}


@dataclass(frozen=True)
class Log:
    """A meter's minutes and heats."""

    meter: Meter
    load: Load
    heats: tuple[Heat, ...]

    @classmethod
    def read(cls, path: str | Path, zone: str) -> Log:
        """Read a log and find its heats. Raises InputFault where there are none."""
        meter = read_meter(path, zone=zone)
        heats = find_heats(meter)
        if not heats:
            msg = f"{path}: no heat found (power above 30 kW with more than 300 kWh)"
            raise InputFault(msg)
        return cls(meter, meter.minutes(), heats)


@dataclass(frozen=True)
class Calibration:
    """The result. ``parameters`` with 95 % intervals; ``scores`` by log (in_sample, out_of_sample) and by what was given;
    ``fitted_scenario_changes``
    as ``{dotted path: {value, data_class, source, range}}``, to be given to ``Scenario.changed`` or :func:`write_fitted`.
    """

    scenario_sha256: str
    station: str
    parameters: tuple[Parameter, ...]
    leave_one_out: tuple[tuple[str, float], ...]
    in_sample: Mapping[str, Scores]
    out_of_sample: Mapping[str, Scores] | None
    naive: Mapping[str, Mapping[str, Scores]]
    fit: Fit
    practice: Practice
    model: Model
    training: Log
    test: Log | None
    notes: tuple[str, ...]
    fitted_scenario_changes: Mapping[str, Any] = field(default_factory=dict)
    source: Path | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "calibration"

    @property
    def joint(self) -> tuple[Joint, ...]:
        """What is known of parameters that the data know together only."""
        return joints(self.fit.parameters, self.fit.covariance)

    def write(self, path: Path) -> Path:
        """Write the scenario with its fitted values to ``path``, comments kept; returns the path.

        Raises InputFault without a scenario file.
        """
        if self.source is None:
            message = "the scenario was not read from a file, so there is none to write the fitted values into"
            raise InputFault(message)
        return write_fitted(self.source, self.fitted_scenario_changes, path)

    def payload(self) -> dict[str, Any]:
        """As it stands in ``--json``: canonical and reproducible."""
        return {
            "parameters": [
                {
                    "name": p.name,
                    "value": p.value,
                    "low": p.low,
                    "high": p.high,
                    "unit": p.unit,
                    "identified": p.identified,
                    "share_of_prior": p.share_of_prior,
                    "not_separated_from": list(p.with_),
                }
                for p in self.parameters
            ],
            "joint": [joint.payload() for joint in self.joint],
            "leave_one_out": [{"heat": heat, "error_pct": error} for heat, error in self.leave_one_out],
            "in_sample": _payload(self.in_sample),
            "out_of_sample": None if self.out_of_sample is None else _payload(self.out_of_sample),
            "naive": {given: _payload(scores) for given, scores in self.naive.items()},
        }


def calibrate(
    scenario: Scenario,
    *,
    meter: str | Path,
    heats: str | Path | None = None,
    test: str | Path | None = None,
    progress: Progress = silent,
) -> Calibration:
    """Fit the one induction furnace of ``scenario`` to a training log, to weighed heats if there are any, and predict a test log.

    Raises InputFault for files that cannot be used, for a scenario without exactly one station of the kind ``induction_furnace``, and for
    a log
    with fewer than ten heats.
    """
    begun = time.perf_counter()
    progress(0, 3, "reading the meter")
    station, shop = furnace_of(scenario)
    zone = scenario.spec.site.timezone
    training = Log.read(meter, zone)
    if len(training.heats) < LEAST_HEATS:
        msg = f"{meter}: {len(training.heats)} heats; at least {LEAST_HEATS} are needed for a fit"
        raise InputFault(msg)
    other = Log.read(test, zone) if test is not None else None
    progress(1, 3, "fitting the furnace")
    found = fit_log(shop, training, heats)
    progress(2, 3, "predicting")
    model, fitted, practice = found.model, found.fit, found.practice
    judged = other or training
    naive = Naive.fit(training.load, training.heats)
    result = Calibration(
        scenario_sha256=scenario.sha256,
        station=station,
        parameters=found.parameters,
        leave_one_out=found.leave_one_out,
        in_sample=_scores(model, training),
        out_of_sample=None if other is None else _scores(model, other),
        naive={BY[taps]: naive.scores(judged.load, judged.heats, taps=taps) for taps in (False, True)},
        fit=fitted,
        practice=practice,
        model=model,
        training=training,
        test=other,
        notes=found.notes,
        fitted_scenario_changes=scenario_changes(station, shop, found, training.meter),
        source=_file_of(scenario, station),
        meta={"seconds": time.perf_counter() - begun},
    )
    progress(3, 3, "done")
    return result


@dataclass(frozen=True)
class Found:
    """What the fit of one log found."""

    fit: Fit
    practice: Practice
    model: Model
    parameters: tuple[Parameter, ...]
    leave_one_out: tuple[tuple[str, float], ...]
    notes: tuple[str, ...]


def fit_log(shop: Shop, training: Log, heats: str | Path | None) -> Found:
    """Practice, physics and the model that predicts, from a training log and weighed heats."""
    paths = metered_paths(training.load, training.heats)
    practice = fit_practice(paths)
    furnaces = furnaces_in_turn(paths)
    weighed = read_heats(heats, practice) if heats is not None else None
    evidence = Evidence(
        heats=melts_of(paths, practice, own_gap_s(training.heats, furnaces) / 60.0, furnaces),
        build=shop.melter,
        charged=weighed.heats if weighed else (),
        curve=shop.curve,
        tap_c=shop.kind.tap_c,
        hold_kw=practice.hold_kw if practice.hold_kw > 0.0 else None,
        usual_kw=practice.power_kw(1.0, LONGEST_MIN),
    )
    fitted = fit(evidence, PRIORS)
    days = (training.heats[0].t0_s, training.heats[-1].t1_s)
    first, last = (training.meter.local(t_s).date() for t_s in days)
    periods = periods_of(practice, evidence.charged, first, last)
    model = Model(
        fitted.melter,
        shop.curve,
        practice,
        fitted.charge_mass_kg,
        CHARGE_SD_KG,
        shop.kind.tap_c,
        furnaces,
        periods,
        Rest.of(training.heats),
    )
    parameters = (*fitted.parameters, _loss_at_tap(fitted, evidence, model), *_practice_parameters(practice))
    notes = (
        *(weighed.notes if weighed else ()),
        f"{furnaces} furnace{'s in turn' if furnaces > 1 else ''} behind the meter, told from the full power of neighbouring heats",
        *_period_notes(periods),
        f"the data's collinearity index is {fitted.collinearity:.0f}; above 10 to 15 parameters cannot be told apart without their priors",
        *_joint_notes(fitted),
    )
    return Found(fitted, practice, model, parameters, leave_one_out(fitted, evidence, model), notes)


def melts_of(paths: Sequence[np.ndarray], practice: Practice, gap_min: np.ndarray, furnaces: int) -> Heats:
    """Metered heats as the fit takes them: the ramp as metered, then on and on at the heat's mean power after the ramp (hold left out)."""
    power = np.empty((len(paths), LONGEST_MIN))
    minutes = np.empty(len(paths))
    for i, (path, pace) in enumerate(zip(paths, practice.paces, strict=True)):
        end = hold_start(path, full_power_kw(path))
        ramp = min(int(np.ceil(pace * practice.ramp_min)), end - LEAST_FULL_MIN) if end > LEAST_FULL_MIN else 0
        power[i] = path[ramp:end].mean()
        power[i, :ramp] = path[:ramp]
        minutes[i] = end
    return Heats(power, minutes, gap_min, furnaces)


def furnaces_in_turn(paths: Sequence[np.ndarray]) -> int:
    """Two where the heats' full power alternates (each furnace has its own), else one."""
    tops = np.array([full_power_kw(path) for path in paths])
    if len(tops) < 4 or tops.std() == 0.0:
        return 1
    return 2 if float(np.corrcoef(tops[:-1], tops[1:])[0, 1]) < IN_TURN_BELOW else 1


def leave_one_out(fitted: Fit, evidence: Evidence, model: Model) -> tuple[tuple[str, float], ...]:
    """Each weighed heat's energy from its start, tap and charge, by the fit without it; error in per cent of the kWh in the plant's log."""
    rows = []
    for i, heat in enumerate(evidence.charged):
        vector = fitted.without(charged_rows(evidence, i))
        blind = replace(
            model,
            melter=evidence.build(vector),
            charge_kg=heat.mass_kg,
            charge_sd_kg=WEIGHED_SD * heat.mass_kg,
            periods=without(model.periods, heat.name),
        )
        minutes, lining = float(len(heat.power_kw)), blind.melter.cold_lining()
        for _ in range(2):  # a furnace that makes such heats an hour apart
            lining = blind.melter.after_rest(blind.given_length(minutes, lining).lining_c, 60.0)
        path = blind.given_length(minutes, lining).power_kw
        rows.append((heat.name, 100.0 * (float(path.sum()) / 60.0 / heat.energy_kwh - 1.0)))
    return tuple(rows)


def scenario_changes(station: str, shop: Shop, found: Found, meter: Meter) -> dict[str, Any]:
    """The fitted values as changes of a scenario, each with its class, source and range, by dotted path."""
    by_name = {parameter.name: parameter for parameter in found.fit.parameters}
    vector = found.fit.vector
    kind = shop.furnace(vector)
    source = meter.name
    names = [parameter.name for parameter in found.fit.parameters]

    def ends(name: str) -> tuple[InductionFurnace, InductionFurnace]:
        at = names.index(name)
        found_ends = []
        for value in (by_name[name].low, by_name[name].high):
            moved = vector.copy()
            moved[at] = value
            found_ends.append(shop.furnace(moved))
        return found_ends[0], found_ends[1]

    def entry(name: str, text: Any) -> dict[str, Any]:
        parameter, (least, most) = by_name[name], ends(name)
        made = {"value": text(kind), "data_class": "fitted", "range": [text(least), text(most)], "source": source}
        if not parameter.identified:
            made["note"] = (
                f"not told apart from {', '.join(parameter.with_)}"
                if parameter.with_
                else "hardly told by the data, prior kept"
            )
        return made

    auxiliaries = kind.power.auxiliaries_kw
    base = f"stations.{station}"
    return {
        f"{base}.charge.mass": entry("charge.mass", lambda k: f"{k.charge.mass_kg:.1f} kg"),
        f"{base}.power.rated": {
            "value": f"{found.practice.full_kw - auxiliaries:.1f} kW",
            "data_class": "fitted",
            "source": source,
            "note": "mean full power less auxiliaries",
        },
        f"{base}.power.program": [
            {"power": f"{max(kw - auxiliaries, 0.0):.1f} kW", "for": f"{STEP_MIN:g} min"}
            for kw in found.practice.step_kw
        ],
        f"{base}.power.efficiency": entry("power.efficiency", lambda k: f"{100.0 * k.power.efficiency:.2f} %"),
        f"{base}.power.auxiliaries": entry("power.auxiliaries", lambda k: f"{k.power.auxiliaries_kw:.2f} kW"),
        f"{base}.lining.conductivity": entry(
            "lining.conductance", lambda k: f"{k.lining.conductivity_w_per_m_k:.3f} W/m/K"
        ),
        f"{base}.lining.density": entry("lining.heat_storage", lambda k: f"{k.lining.density_kg_per_m3:.0f} kg/m3"),
        f"{base}.lid.open.melting": entry("lid.open.melting", lambda k: f"{100.0 * k.lid.open.melting:.1f} %"),
    }


def furnace_of(scenario: Scenario) -> tuple[str, Shop]:
    """The one induction furnace of a scenario and its name. Raises InputFault where there is none or more than one."""
    furnaces = {name: station for name, station in scenario.stations.items() if isinstance(station, InductionFurnace)}
    if len(furnaces) != 1:
        msg = (
            f"a calibration needs exactly one station of the kind induction_furnace; this scenario has {len(furnaces)}"
        )
        raise InputFault(msg)
    ((name, kind),) = furnaces.items()
    return name, Shop(kind)


def _file_of(scenario: Scenario, station: str) -> Path | None:
    """The file that wrote the station; None where the scenario was made in memory."""
    where = scenario.positions.get(f"stations.{station}.kind")
    path = None if scenario.root is None or where is None else scenario.root / where.file
    return path if path is not None and path.is_file() else None


def _scores(model: Model, log: Log) -> dict[str, Scores]:
    return {BY[taps]: model.scores(log.load, log.heats, taps=taps) for taps in (False, True)}


def _payload(scores: Mapping[str, Scores]) -> dict[str, Any]:
    return {name: score.payload() for name, score in scores.items()}


def _loss_at_tap(fitted: Fit, evidence: Evidence, model: Model) -> Parameter:
    """The loss at tap temperature: what the data know of parameters that they cannot tell apart, with its interval by the delta rule."""
    usual = model.practice.power_kw(1.0, LONGEST_MIN)

    def loss(vector: np.ndarray) -> float:
        return loss_at_tap_kw(evidence.build(vector), evidence.curve, evidence.tap_c, usual, float(vector[-1]))

    value = loss(fitted.vector)
    slope = np.array([(loss(fitted.vector + step) - value) / step.sum() for step in np.diag(1e-3 * fitted.prior_sd)])
    sd = float(np.sqrt(slope @ fitted.covariance @ slope))
    prior_sd = float(np.linalg.norm(slope * fitted.prior_sd))
    share = sd / prior_sd
    return Parameter("loss_at_tap", value, sd, value - 1.96 * sd, value + 1.96 * sd, "kW", share < 0.5, share, ())


def _practice_parameters(practice: Practice) -> tuple[Parameter, ...]:
    """What the meter shows without any physics, with the standard error of the mean (of the spread, for the pace)."""
    n = len(practice.paces)
    rows = [
        ("practice.full_power", practice.full_kw, practice.full_sd_kw / n**0.5, "kW"),
        (
            "practice.ramp_energy_short_of_full",
            practice.ramp_deficit_kwh,
            practice.ramp_deficit_kwh * practice.pace_sd / n**0.5,
            "kWh",
        ),
        ("practice.pace_spread", practice.pace_sd, practice.pace_sd / (2.0 * n) ** 0.5, "1"),
        ("practice.hold_time", float(practice.holds_min.mean()), float(practice.holds_min.std()) / n**0.5, "min"),
        ("practice.hold_power", practice.hold_kw, practice.hold_sd_kw, "kW"),
    ]
    return tuple(
        Parameter(
            name, value, sd, value - 1.96 * sd, value + 1.96 * sd, unit, identified=True, share_of_prior=0.0, with_=()
        )
        for name, value, sd, unit in rows
    )


def _period_notes(periods: Sequence[Period]) -> tuple[str, ...]:
    """How the periods of practice count, where there are more than one."""
    if len(periods) < 2:
        return ()
    own, other = (100.0 * period.weight for period in periods)
    shares = f"the log counts {own:.0f} % and the weighed heats of another time {other:.0f} %"
    return (f"practice differs between periods: for a heat of unknown length {shares}",)


def _joint_notes(fitted: Fit) -> tuple[str, ...]:
    """What the data cannot tell, each parameter by name: pairs with their joint interval, the others with the prior that is kept."""
    known_together = (
        f"{a} and {b} are known only together (correlation {joint.correlation:.2f}): {b} = {joint.at[1]:.4g} "
        f"{'+' if joint.slope > 0.0 else '-'} {abs(joint.slope):.4g} x ({a} - {joint.at[0]:.4g}), "
        f"within {joint.half_width:.3g} {joint.units[1]} (95 %)"
        for joint in joints(fitted.parameters, fitted.covariance)
        for a, b in (joint.names,)
    )
    kept = (
        f"{p.name}: the data do not tell it (its interval is {100.0 * p.share_of_prior:.0f} % of the prior's); the prior is kept"
        for p in fitted.parameters
        if not p.identified and not p.with_
    )
    return (*known_together, *kept)

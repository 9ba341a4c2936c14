"""From a scenario's furnace and the plant's files to what is fitted: priors, the furnace that a vector stands for, weighed heats."""

from __future__ import annotations

import csv
import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twin.core.faults import Fault, InputFault, ScenarioFaults
from twin.meters.calibration import ChargedHeat, Prior
from twin.meters.melt import Curve, Melter
from twin.meters.practice import Practice
from twin.meters.table import text_of
from twin.models.furnace import InductionFurnace
from twin.models.hearth import network_of
from twin.models.metals import alloy as alloy_of

AMBIENT_C = 25.0

PRIORS: tuple[Prior, ...] = (
    Prior(
        "power.efficiency",
        0.65,
        0.06,
        "1",
        0.3,
        0.95,
        "coreless furnaces above 70 % on aluminium (Otto Junker in foundrymag.com 55141301), times converter and leads of 90-95 %",
    ),
    Prior(
        "lining.conductance",
        100.0,
        80.0,
        "W/K",
        5.0,
        600.0,
        "assumed, wide: from 40 W/K of a rammed silica lining to 300 W/K of a graphite crucible with thin backing",
    ),
    Prior("lining.heat_storage", 0.12, 0.05, "kWh/K", 0.04, 0.5, "assumed: 250-600 kg of refractory at 1.0 kJ/kgK"),
    Prior(
        "lid.open.melting",
        0.5,
        0.25,
        "1",
        0.0,
        1.0,
        "assumed: charged, stirred and sampled through the open lid half of the time",
    ),
    Prior("power.auxiliaries", 5.0, 3.0, "kW", 0.0, 30.0, "assumed: pumps and controls of a 500 kW converter"),
    Prior(
        "charge.mass",
        522.5,
        10.0,
        "kg",
        400.0,
        650.0,
        "the plant charges 490-555 kg; the mean within about 10 kg of the middle",
    ),
)
CHARGE_SD_KG = 65.0 / math.sqrt(12.0)
"""Spread of single charges: uniform over 490-555 kg (the plant's range; no charge stands in the meter's log)."""


@dataclass(frozen=True)
class Shop:
    """The furnace of a scenario, made to stand for a vector of parameters in the order of PRIORS."""

    kind: InductionFurnace

    @property
    def curve(self) -> Curve:
        """The enthalpy of what it melts, from the temperature of the charge."""
        return Curve.of(alloy_of(self.kind.alloy), self.kind.charge.temperature_c)

    def furnace(self, vector: Sequence[float] | np.ndarray) -> InductionFurnace:
        """The kind with these parameters: conductance and heat storage of the lining become conductivity and density of its geometry."""
        efficiency, conductance, storage, lid_open, auxiliaries, mass = (float(value) for value in vector)
        old = self.kind.lining
        film = 1.0 / (old.outside_w_per_m2_k * old.area_m2)
        wall = max(1.0 / conductance - film, 1e-6)
        lining = old.model_copy(
            update={
                "conductivity_w_per_m_k": old.thickness_m / (old.area_m2 * wall),
                "density_kg_per_m3": storage * 3.6e6 / (old.area_m2 * old.thickness_m * old.heat_capacity_j_per_kg_k),
            }
        )
        lid = self.kind.lid.model_copy(update={"open": self.kind.lid.open.model_copy(update={"melting": lid_open})})
        return self.kind.model_copy(
            update={
                "lining": lining,
                "lid": lid,
                "charge": self.kind.charge.model_copy(update={"mass_kg": mass}),
                "power": self.kind.power.model_copy(update={"efficiency": efficiency, "auxiliaries_kw": auxiliaries}),
            }
        )

    def melter(self, vector: Sequence[float] | np.ndarray) -> Melter:
        """The same furnace for minute steps."""
        kind = self.furnace(vector)
        return Melter(
            network_of(kind, AMBIENT_C), kind.power.efficiency, kind.power.auxiliaries_kw, alloy_of(kind.alloy)
        )


@dataclass(frozen=True)
class Weighed:
    """Heats read from the plant's own log, and notes on what had to be assumed."""

    heats: tuple[ChargedHeat, ...]
    notes: tuple[str, ...]


def read_heats(path: str | Path, practice: Practice) -> Weighed:
    """Weighed heats: a CSV with ``sheet``, ``start``, ``end``, ``energy_kwh``, any number of ``…_kg`` columns that sum to the charge, and
    perhaps ``date``.

    Where the name holds ``records`` and a file with ``traces`` in its place lies beside it (``sheet, minute, power_setpoint_kw,
    bath_temp_c``), the
    setpoints and dipped temperatures are taken from there; else the program of the meter's practice stands for them. A blank mass is the
    mean of
    its column. Raises InputFault with the line of every bad cell.
    """
    source = Path(path)
    rows = _table(source, ("sheet", "start", "end", "energy_kwh"))
    masses = [name for name in rows[0] if name.endswith("_kg")]
    if not masses:
        msg = f"{source}: no column of charge masses (a name that ends in _kg)"
        raise InputFault(msg)
    means = {name: float(np.mean([float(row[name]) for row in rows if row[name]] or [0.0])) for name in masses}
    traces, notes = _traces(source), []
    heats = []
    for row in rows:
        blank = [name for name in masses if not row[name]]
        if blank:
            stand_in = ", ".join(
                f"{name} is blank; the other heats' mean, {means[name]:.0f} kg, stands for it" for name in blank
            )
            notes.append(f"{row['sheet']}: {stand_in}")
        kg = sum(float(row[name]) if row[name] else means[name] for name in masses)
        kwh = float(row["energy_kwh"])
        trace = traces.get(row["sheet"])
        program = _setpoints(trace) if trace is not None else practice.power_kw(1.0, max(2, round(_clock_minutes(row))))
        dips = tuple((minute, celsius) for minute, _, celsius in trace or () if celsius is not None)
        power_kw = program * (60.0 * kwh / float(program.sum()))
        heats.append(ChargedHeat(row["sheet"], kg, kwh, power_kw, dips, trace is not None, _date(row)))
    return Weighed(tuple(heats), tuple(notes))


Dip = tuple[float, float, float | None]


def _traces(records: Path) -> dict[str, list[Dip]]:
    beside = records.with_name(records.name.replace("records", "traces"))
    if beside == records or not beside.exists():
        return {}
    found: dict[str, list[Dip]] = {}
    for row in _table(beside, ("sheet", "minute", "power_setpoint_kw", "bath_temp_c")):
        dip = float(row["bath_temp_c"]) if row["bath_temp_c"] else None
        found.setdefault(row["sheet"], []).append((float(row["minute"]), float(row["power_setpoint_kw"]), dip))
    return found


def _setpoints(trace: Sequence[Dip]) -> np.ndarray:
    """The setpoint of every minute until the last dip."""
    at = np.array([minute for minute, _, _ in trace])
    kw = np.array([setpoint for _, setpoint, _ in trace])
    minutes = np.arange(int(at[-1]))
    power: np.ndarray = kw[np.searchsorted(at, minutes, side="right") - 1]
    return power


def _date(row: dict[str, str]) -> dt.date | None:
    """The day of a heat, None where the column is absent or blank."""
    return dt.date.fromisoformat(row["date"]) if row.get("date") else None


def _clock_minutes(row: dict[str, str]) -> float:
    start, end = (dt.time.fromisoformat(row[name]) for name in ("start", "end"))
    day = dt.date(2000, 1, 1)
    return (dt.datetime.combine(day, end) - dt.datetime.combine(day, start)).total_seconds() / 60.0 % 1440.0


def _table(source: Path, due: Sequence[str]) -> list[dict[str, str]]:
    """A CSV's rows with their cells checked to be numbers where they must be."""
    text = text_of(source)
    reader = csv.DictReader(text.splitlines())
    missing = [name for name in due if name not in (reader.fieldnames or ())]
    if missing:
        raise ScenarioFaults(
            [Fault(str(source), 1, 1, "header", "missing columns", ", ".join(missing), "name them in the first line")]
        )
    rows, faults = [], []
    for row in reader:
        rows.append({name: (value or "").strip() for name, value in row.items() if name is not None})
        for column, (name, value) in enumerate(rows[-1].items(), 1):
            if value and name.endswith(("_kg", "_kw", "_kwh", "_c", "minute")) and not _is_number(value):
                faults.append(
                    Fault(
                        str(source),
                        reader.line_num,
                        column,
                        name,
                        "not a number",
                        repr(value),
                        "a plain number, or nothing",
                    )
                )
        for name, problem, shown in (("date", "not a date", "2025-10-02"), *_CLOCK):
            if rows[-1].get(name) and not _is_moment(name, rows[-1][name]):
                faults.append(Fault(str(source), reader.line_num, 1, name, problem, repr(rows[-1][name]), shown))
        if not rows[-1].get("energy_kwh", "-"):
            faults.append(
                Fault(str(source), reader.line_num, 1, "energy_kwh", "is blank", "", "the energy of every heat is due")
            )
    if faults:
        raise ScenarioFaults(faults)
    if not rows:
        msg = f"{source}: holds no rows"
        raise InputFault(msg)
    return rows


_CLOCK = (("start", "not a time of day", "09:00"), ("end", "not a time of day", "10:30"))


def _is_moment(name: str, text: str) -> bool:
    read = dt.date.fromisoformat if name == "date" else dt.time.fromisoformat
    try:
        read(text)
    except ValueError:
        return False
    return True


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False

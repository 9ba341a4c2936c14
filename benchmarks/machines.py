"""Three real machines: fitted on eight days, simulated on the three days after, against a naive predictor.

``python benchmarks/machines.py`` reads ``$TWIN_DATA/sme_machines`` (Atzeni et al., Sensors 23(13):6078, 2023; not shipped,
because its licence allows research and education only). A machine is fitted as a scenario with one station of the kind
``machine`` and run by the plant simulator. Two questions:

* ``states told``: when the machine was in automatic production is known for the test days. The naive predictor multiplies
  the hours in each state by the state's mean power and mean item rate of the first eight days.
* ``forecast``: of the test days only the weekday is known. The naive predictor gives each shift of a working day,
  Saturday or Sunday the mean hours in each state of such shifts in the first eight days, times the same means.

Nothing is chosen by looking at the test days. Errors are means over the shifts of the absolute error.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:  # started as a script, not as `python -m benchmarks.machines`
    sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from benchmarks import machines_fit as fit  # noqa: E402
from benchmarks.machines_data import Record, records  # noqa: E402
from benchmarks.measure import Row  # noqa: E402

TRAIN_DAYS = 8
REPLICATIONS = 20


@dataclass(frozen=True)
class Score:
    """Mean absolute errors per shift of one machine and question, beside the shifts' means."""

    machine: int
    question: str
    shifts: int
    kwh: float
    kwh_twin: float
    kwh_naive: float
    items: float
    items_twin: float
    items_naive: float

    @property
    def met(self) -> bool:
        """Whether the twin is at or below the naive predictor in both."""
        return self.kwh_twin <= self.kwh_naive and self.items_twin <= self.items_naive


Shifts = tuple[np.ndarray, np.ndarray]
"""kWh and items of each shift"""


def score(machine: int, question: str, measured: Shifts, twin: Shifts, naive: Shifts) -> Score:
    """Errors of both predictors."""
    means = [float(np.mean(series)) for series in measured]
    errors = [
        [float(np.mean(np.abs(got - is_))) for got, is_ in zip(told, measured, strict=True)] for told in (twin, naive)
    ]
    return Score(
        machine, question, len(measured[0]), means[0], errors[0][0], errors[1][0], means[1], errors[0][1], errors[1][1]
    )


def told(record: Record) -> Score:
    """The states of the test days are known."""
    train, test = record.days(0, TRAIN_DAYS), record.days(TRAIN_DAYS, record.n_days)
    edges = test.shift_edges_s()
    got = fit.simulated(fit.told_scenario(fit.fit(train), test), test, edges, 1)
    return score(record.machine, "states told", test.by_shift(edges), got, fit.naive_told(train, test, edges))


def forecast(record: Record) -> Score:
    """Only the weekdays of the test days are known."""
    train, test = record.days(0, TRAIN_DAYS), record.days(TRAIN_DAYS, record.n_days)
    edges = test.shift_edges_s()
    got = fit.simulated(fit.forecast_scenario(fit.fit(train), test), test, edges, REPLICATIONS)
    return score(record.machine, "forecast", test.by_shift(edges), got, fit.naive_forecast(train, test, edges))


def table(found: list[Score]) -> str:
    """One line a machine and question."""
    lines = [
        f"{'':24} {'kWh per shift':>34} {'items per shift':>34}",
        f"{'machine, question':24} {'measured':>10} {'twin':>11} {'naive':>11} {'measured':>10} {'twin':>11} {'naive':>11}",
    ]
    for one in found:
        cells = (one.kwh, one.kwh_twin, one.kwh_naive, one.items, one.items_twin, one.items_naive)
        shown = " ".join(f"{x:10.2f}" if k % 3 == 0 else f"{'±':>2} {x:8.2f}" for k, x in enumerate(cells))
        lines.append(f"{one.machine}, {one.question:21} {shown}  {'met' if one.met else 'missed'}")
    return "\n".join(lines)


def rows() -> list[Row]:
    """The twin's error against the naive one where the states are told; nothing where the outside data are missing."""
    found = []
    for record in records(folder()) if folder().is_dir() else []:
        one = told(record)
        for what, twin, naive, mean in (
            ("kWh", one.kwh_twin, one.kwh_naive, one.kwh),
            ("items", one.items_twin, one.items_naive, one.items),
        ):
            title = f"real machine {one.machine}, error of {what} a shift against naive"
            beside = f"±{twin:.2f} against ±{naive:.2f} of {mean:.1f}"
            found.append(Row("machines", title, twin / naive, "x", 1.0, "at_most", beside))
    return found


def folder() -> Path:
    """Where the outside data lie."""
    return (ROOT / os.environ.get("TWIN_DATA", "../shared/data") / "sme_machines").resolve()


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python benchmarks/machines.py", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    asked = parser.parse_args(arguments)
    path = folder()
    if not path.is_dir():
        sys.exit(f"outside data are missing: {path} (say where they are with TWIN_DATA)")
    found = [one for record in records(path) for one in (told(record), forecast(record))]
    print(json.dumps([asdict(one) | {"met": one.met} for one in found], indent=1) if asked.json else table(found))


if __name__ == "__main__":
    main()

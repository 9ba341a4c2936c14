"""Each constraint family on a model of two slots, compared with a golden LP file whatever the order of rows and terms.

The golden files are small enough to be read and checked by hand; a change of one coefficient fails the test of its family only.
``python -m tests.optimize.formulation.test_model NAME…`` writes the files of families anew (look at them before you keep them).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.optimize.tiny import one_machine, series
from twin.optimize.formulation.model import build
from twin.optimize.problem.network import (
    BatteryData,
    Capacity,
    Carbon,
    Change,
    Closing,
    Coupling,
    DemandMonth,
    Due,
    Problem,
    Quota,
    Stock,
    Targets,
    Task,
)

GOLDEN = Path(__file__).parent / "golden"
PRICES = series(10.0, 20.0)


def network() -> Problem:
    """A lot that takes a unit and kg of metal, beside a stock that arrives and may wait one slot only."""
    stocks = {
        "unit": Stock("unit", 1.0, high=1.0),
        "metal": Stock("metal", 50.0, high=80.0, arrivals=series(0.0, 30.0), longest_wait_slots=1),
        "done": Stock("done", 0.0, high=2.0),
    }
    lot = Task(
        "lot",
        "lot",
        "cell",
        1,
        series(40.0, 5.0),
        np.array([True, True]),
        (Change("unit", 0, -1.0), Change("unit", 1, 1.0), Change("metal", 0, -25.0), Change("done", 0, 1.0)),
        product="a",
        cost_krw=3.0,
    )
    return Problem(
        2,
        0.25,
        stocks,
        {"lot": lot},
        series(7.0, 8.0),
        PRICES,
        Carbon(series(0.5, 0.4)),
        couplings=(Coupling("metal", "unit", 80.0),),
        closings=(Closing("metal", ("metal",), 20.0, 700.0),),
    )


def with_people() -> Problem:
    """Two people, one more on overtime in the second slot."""
    crew = Capacity("crew", series(2.0, 1.0), series(0.0, 1.0), series(0.0, 900.0))
    problem = one_machine(PRICES, lots=1, slots=1)
    lot = problem.tasks["lot"]
    task = Task("lot", "lot", "machine", 1, lot.profile_kw, lot.allowed, lot.changes, {"crew": 2.0})
    return one_machine(PRICES, lots=1, capacities={"crew": crew}, tasks={"lot": task})


def with_places() -> Problem:
    """A load that brings two places, and jobs that take them in the same slot; one place comes from outside in the second slot."""
    problem = one_machine(PRICES, lots=3)
    places = Stock("places", 0.0, high=2.0, arrivals=series(0.0, 1.0), lapses=True)
    load = Task("load", "heat", "oven", 1, series(40.0), np.array([True, True]), (Change("places", 0, 2.0),))
    lot = problem.tasks["lot"]
    job = replace(lot, changes=(*lot.changes, Change("places", 0, -1.0)))
    return replace(problem, stocks={**problem.stocks, "places": places}, tasks={"lot": job, "load": load})


def asked(targets: Targets) -> Problem:
    """Two lots of 30 kg of good castings, due one in each slot, and a target."""
    due = Due("done", series(1.0, 2.0), 5.0, 2.0, 99.0)
    carbon = Carbon(series(0.5, 0.4), fixed_kg=3.0)
    return one_machine(PRICES, lots=2, dues=(due,), carbon=carbon, targets=targets, goods_kg={"done": 30.0})


CASES: dict[str, tuple[Callable[[], Problem], tuple[str, ...]]] = {
    "stock": (network, ("stock_balance",)),
    "wait": (network, ("longest_wait",)),
    "lapse": (with_places, ("lapse",)),
    "quota": (lambda: replace(with_places(), quotas=(Quota("loads", {"load": 2.0}, 3.0),)), ("quota",)),
    "closing": (network, ("closing_stock",)),
    "coupling": (network, ("coupling",)),
    "capacity": (with_people, ("capacity",)),
    "load": (network, ("load_balance",)),
    "pv": (lambda: one_machine(PRICES, pv_kw=series(30.0, 0.0)), ("load_balance",)),
    "battery": (
        lambda: one_machine(PRICES, battery=BatteryData(100.0, 40.0, 0.9, 50.0)),
        ("load_balance", "battery_balance", "battery_end"),
    ),
    "power_cap": (lambda: one_machine(PRICES, cap_kw=series(90.0, np.inf)), ("power_cap",)),
    "peak": (
        lambda: one_machine(PRICES, months=(DemandMonth("2026-07", np.array([False, True]), 60.0, 8320.0, 1000.0),)),
        ("peak",),
    ),
    "tardiness": (
        lambda: one_machine(PRICES, lots=2, dues=(Due("done", series(1.0, 2.0), 5.0, 2.0, 99.0),)),
        ("tardiness", "required"),
    ),
    "emission_cap": (lambda: one_machine(PRICES, carbon=Carbon(series(0.5, 0.4), 12.75, 45.0, 3.0)), ("emission_cap",)),
    "lateness_target": (lambda: asked(Targets(lateness_h=0.5)), ("lateness_target",)),
    "output_target": (lambda: asked(Targets(output_kg=45.0)), ("output_target",)),
    "intensity_target": (lambda: asked(Targets(intensity_kg_per_kg=0.75)), ("intensity_target",)),
    "reduction_target": (lambda: asked(Targets(reduction=0.25, as_operated_kg=80.0)), ("reduction_target",)),
    "battery_paid": (
        lambda: one_machine(series(-10.0, 20.0), battery=BatteryData(100.0, 40.0, 0.9, 50.0)),
        ("charge_only", "discharge_only"),
    ),
    "objective": (
        lambda: one_machine(
            PRICES,
            dues=(Due("done", series(0.0, 1.0), 5.0, 1.0, 99.0),),
            carbon=Carbon(series(0.5, 0.4), 12.75),
            fixed_krw=7.0,
            months=(DemandMonth("2026-07", np.array([True, True]), 60.0, 8320.0, 1000.0),),
        ),
        ("objective",),
    ),
}


def rows_of(text: str) -> dict[str, str]:
    """LP text → {row: sorted terms and right-hand side}; the objective is the row `objective`, bounds and types are `bounds`."""
    body, _, tail = text.partition("\nbounds")
    blocks = re.split(r"\n\s*\n", body.replace("s.t.", "\n"))
    rows = {"bounds": " ; ".join(sorted(line.strip() for line in tail.splitlines() if line.strip()))}
    for block in blocks:
        lines = [line.strip() for line in block.splitlines() if line.strip() and not line.startswith("\\")]
        for at, line in enumerate(lines):
            if line.endswith(":"):
                rows[line[:-1]] = " ".join(sorted(lines[at + 1 :]))
    return rows


def lp_rows(problem: Problem, families: tuple[str, ...], path: Path) -> dict[str, str]:
    """The rows of ``families`` in the model of ``problem``."""
    build(problem).write(str(path), io_options={"symbolic_solver_labels": True})
    prefixes = tuple(prefix + family for family in families for prefix in ("c_e_", "c_u_", "c_l_", ""))
    return {name: row for name, row in rows_of(path.read_text()).items() if name.startswith(prefixes)}


@pytest.mark.parametrize("name", CASES)
def test_each_family_is_the_golden_file(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Rows equal those of golden/<name>.lp, terms in any order."""
    problem, families = CASES[name]
    rows = lp_rows(problem(), families, tmp_path / "model.lp")
    golden = rows_of((GOLDEN / f"{name}.lp").read_text())
    golden.pop("bounds")
    assert rows == golden


def test_a_changed_coefficient_is_seen(tmp_path: Path) -> None:
    """Proves that the comparison is not blind: 25 kg of metal a lot written as 26 differs in exactly the rows of metal."""
    rows = lp_rows(network(), ("stock_balance",), tmp_path / "model.lp")
    text = (GOLDEN / "stock.lp").read_text()
    assert "+25.0 start(lot_0)" in text
    golden = rows_of(text.replace("+25.0 start(lot_0)", "+26.0 start(lot_0)"))
    golden.pop("bounds")
    assert {name for name in rows if rows[name] != golden[name]} == {"c_e_stock_balance(metal_0)_"}


def test_elastic_model_slackens_requirements_only() -> None:
    """The elastic model has a slack for each requirement and none for physics."""
    import pyomo.environ as pyo

    model = build(
        one_machine(PRICES, cap_kw=series(90.0, 90.0), carbon=Carbon(series(0.5, 0.5), cap_kg=1.0)), elastic=True
    )
    slacks = {v.name for v in model.component_objects(pyo.Var) if v.name.startswith("short_")}
    assert slacks == {"short_power", "short_carbon", "short_stock"}


def regenerate(names: Iterable[str]) -> None:
    """Write the golden files of families anew, with the rows of the family alone."""
    for name in names:
        problem, families = CASES[name]
        path = GOLDEN / f"{name}.lp"
        rows = lp_rows(problem(), families, path)
        body = "".join(f"\n{row}:\n" + "\n".join(terms_of(text)) + "\n" for row, text in sorted(rows.items()))
        path.write_text(f"\\ {', '.join(families)}\n{body}\nbounds\nend\n", encoding="utf-8")


def terms_of(row: str) -> list[str]:
    """A row's terms, one a line: a coefficient with its variable, the right-hand side last."""
    found = re.findall(r"[+-][\d.e+-]+ [A-Za-z_]\S*|[<>=]+ \S+", row)
    return sorted(found, key=lambda term: term[0] in "<>=")


if __name__ == "__main__":
    regenerate(sys.argv[1:] or CASES)

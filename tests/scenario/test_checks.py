"""Relations within a scenario: one planted fault at a time, found at its place and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenario.toy import TOY, faults_of, toy
from twin.core.faults import ScenarioFaults
from twin.scenario.scenario import read

FAULTS = [
    ("route: [press]", "route: [press, press]", "products.plate.route.1", "comes back"),
    ("route: [press]", "route: [pres]", "products.plate.route.0", "no such station"),
    ("route: [press]", "route: []", "products.plate.route", "at least 1"),
    ("crew: staff", "crew: stuff", "stations.press.crew", "no such crew"),
    ("shifts: [day, night], wage", "shifts: [day, nite], wage", "crews.staff.shifts.1", "no such shift"),
    ("product: plate", "product: plat", "orders.weekly.product", "no such product"),
    ("serves: [press]", "serves: [pres]", "utilities.air.serves.0", "no such station"),
    ("{press: {mon", "{pres: {mon", "calendar.startup.pres", "no such station"),
    ('{mon: "07:00"}', '{mon: "7:00"}', "calendar.startup.press.mon", "not a time of day"),
    ('{mon: "07:00"}', '{mond: "07:00"}', "calendar.startup.press.mond", "not one of the words"),
    ('from: "08:00"', 'from: "17:00"', "calendar.shifts.day.to", "no length"),
    ('break: ["12:00", "13:00"]', 'break: ["18:00", "19:00"]', "calendar.shifts.day.break", "within the shift"),
    ('break: ["12:00", "13:00"]', 'break: ["13:00", "12:00"]', "calendar.shifts.day.break", "within the shift"),
    ("holidays: KR", "holidays: Korea", "calendar.holidays", "not a country"),
    ("holidays: KR", "holidays: ZZ", "calendar.holidays", "no public holidays"),
    ("base_load: 35 kW", "timezone: Asia/Soul", "site.timezone", "no such time zone"),
    (
        "holidays: KR",
        "holidays: KR\n  shutdowns: [{from: 2026-08-07, to: 2026-08-03}]",
        "calendar.shutdowns.0.to",
        "ends before",
    ),
    (
        "holidays: KR",
        "holidays: KR\n  extra_holidays: [2026-08-07]\n  removed_holidays: [2026-08-07]",
        "calendar.extra_holidays.0",
        "both added and removed",
    ),
    ("duration: 4 weeks", "duration: 10 days", "run.duration", "whole weeks"),
    ("duration: 4 weeks", "duration: 0 weeks", "run.duration", "above 0"),
    ("run: {", "plan: {slot: 7 min}\nrun: {", "plan.slot", "15 minutes"),
    ("run: {", "plan: {horizon: 100 min}\nrun: {", "plan.horizon", "whole number of slots"),
    ("run: {", "plan: {start: 2026-09-06}\nrun: {", "plan.start", "outside of the run"),
    ("run: {", "year: {start: 2026-07-02}\nrun: {", "year.start", "first day of a month"),
    ("start: 2026-07-06", "start: 2015-07-06", "run.start", "no version"),
    ("start: 2026-07-06", "start: 2026-13-06", "run.start", "not a date"),
    ("hv-a/2", "hv-a/2@2020-01-01", "site.tariff", "no such version"),
    ("hv-a/2", "hv-a/2@soon", "site.tariff", "no such version"),
    ("hv-a/2", "hv-a/9", "site.tariff", "no such tariff"),
    ("kepco/industrial-b/hv-a/2", "rates.json", "site.tariff", "no such file"),
    ("kepco/industrial-b/hv-a/2", "../rates.json", "site.tariff", "may not leave"),
    ("base_load: 35 kW", "grid_factor: kr/gir-2015", "site.grid_factor", "no such grid factor"),
    ("base_load: 35 kW", "base_load: 950 kW", "site.base_load", "above the contract"),
    ("base_load: 35 kW", "pv: {peak: 200 kW, profile: kr/ansan}", "site.pv.profile", "no such PV profile"),
    ("schema: 1", "schema: 2", "schema", "not one of the words"),
    ("schema: 1", "schema: 1\nsector: cars", "sector", "no such sector"),
    ("base_load: 35 kW", "power_cap: 30 kW\n  base_load: 35 kW", "site.power_cap", "nothing could run"),
    ("press: {kind: toy,", "press.1: {kind: toy, cycle: 5 s}\n  press: {kind: toy,", "stations.press.1", "not a name"),
    ("kind: toy,", "kind: toy_utility,", "stations.press.kind", "a utility"),
    ("kind: toy_utility", "kind: toy", "utilities.air.kind", "kind of equipment"),
    ("kind: toy,", "kind: tooy,", "stations.press.kind", "no such kind"),
    ("kind: toy,", "", "stations.press.kind", "missing"),
    ("crew: staff}", "crew: staff, supplies: [press]}", "stations.press.supplies.0", "in a circle"),
    ("people: 2", "people: true", "crews.staff.people", "true or false"),
    ("people: 2", "people: 2.5", "crews.staff.people", "whole number"),
    ("mass: 3.2 kg", "mass: 1,200 kg", "products.plate.200 kg", "comma"),
    (
        "cycle: {plate: 62 s}",
        "cycle: {plate: {constant: 62 s, exponential: {mean: 5 s}}}",
        "stations.press.cycle.plate",
        "exactly one",
    ),
    (
        "cycle: {plate: 62 s}",
        "cycle: {plate: {exponentil: {mean: 5 s}}}",
        "stations.press.cycle.plate.exponentil",
        "unknown key",
    ),
    ("cycle: {plate: 62 s}, ", "", "stations.press.cycle", "missing"),
    ("cycle: {plate: 62 s}", "cycle: 62", "stations.press.cycle", "unit is missing"),
    ("name: {en: A workshop, ko: 작업장}", "name: {de: x}", "name.de", "not one of the words"),
    ("quantity: 2000", "quantity: 20000000000000", "products.plate.lot", "jobs, more than"),
    ("quantity: 2000", 'quantity: "many"', "orders.weekly.quantity", "whole number"),
    (
        "value: 12750 KRW/tCO2e, role: shadow",
        "value: 12750 KRW/tCO2e, role: shadoww",
        "site.carbon_price.role",
        "not one of",
    ),
]


def test_the_toy_has_none(tmp_path: Path) -> None:
    """Proves: the base of the cases below is clean."""
    assert faults_of(tmp_path) == []


@pytest.mark.parametrize(("one", "other", "place", "problem"), FAULTS)
def test_one_planted_fault(tmp_path: Path, one: str, other: str, place: str, problem: str) -> None:
    """Proves: the planted fault is found at its place and line, and no second error comes with it except those it causes."""
    assert one in TOY
    text = TOY.replace(one, other, 1)
    errors = [fault for fault in faults_of(tmp_path, text) if fault.severity == "error"]
    assert [(fault.place, problem in fault.problem) for fault in errors if fault.place == place] == [(place, True)]
    assert len(errors) <= 2
    assert all(0 < fault.line <= len(text.splitlines()) for fault in errors)


def test_supplies_in_a_circle_of_three(tmp_path: Path) -> None:
    """Proves: a longer circle is told once, with its way."""
    ring = "".join(f"  {one}: {{kind: toy, cycle: 1 s, supplies: [{other}]}}\n" for one, other in ("ab", "bc", "ca"))
    faults = faults_of(tmp_path, TOY.replace("stations:\n", "stations:\n" + ring))
    assert [fault.problem for fault in faults] == ["metal is supplied in a circle: a → b → c → a"]


WARNINGS = [
    ("hv-a/2", "hv-a/2@2024-10-24", "site.tariff", "counterfactual"),
    ("contract_power: 900 kW", "contract_power: 200 kW", "site.contract_power", "outside the range"),
    ("base_load: 35 kW", "power_cap: 1000 kW", "site.power_cap", "above the contract"),
    ("base_load: 35 kW", "demand_history: [6120 kW]", "site.demand_history.0", "twice the contract"),
    ("quantity: 2000", "quantity: 20000", "stations.press.kind", "asks for"),
]


@pytest.mark.parametrize(("one", "other", "place", "problem"), WARNINGS)
def test_one_warning(tmp_path: Path, one: str, other: str, place: str, problem: str) -> None:
    """Proves: what is odd but allowed is a warning; the scenario is read."""
    assert one in TOY
    (warning,) = toy(tmp_path, TOY.replace(one, other, 1)).warnings
    assert (warning.place, warning.severity) == (place, "warning")
    assert problem in warning.problem


def test_workload_arithmetic_by_hand(tmp_path: Path) -> None:
    """Proves: 20,834 pieces × 62 s = 358.8 h for one unit against 5 × 8 + 4 × 8 = 72 h; with five units 71.8 h fit."""
    text = TOY.replace("quantity: 2000", "quantity: 20000")
    (warning,) = toy(tmp_path, text).warnings
    assert "358.8 h" in warning.problem
    assert "72.0 h" in warning.problem
    assert "20,834 plate × 62 s" in warning.problem
    assert toy(tmp_path, text.replace("kind: toy,", "kind: toy, units: 5,")).warnings == ()


def test_all_faults_at_once(tmp_path: Path) -> None:
    """Proves: faults of the schema, of kinds, of relations and of reference data come in one reading."""
    text = (
        TOY.replace("62 %", "62 kg")
        .replace("62 s", "62 kW")
        .replace("product: plate", "product: p")
        .replace("hv-a/2", "hv-a/7")
        .replace("serves: [press]", "serve: []")
    )
    with pytest.raises(ScenarioFaults) as caught:
        toy(tmp_path, text)
    assert {fault.place for fault in caught.value.faults} == {
        "products.plate.yield",
        "stations.press.cycle.plate",
        "orders.weekly.product",
        "site.tariff",
        "utilities.air.serve",
    }


def test_a_fault_shows_what_was_written(tmp_path: Path) -> None:
    """Proves: the value in a fault is the user's own text, with its unit and spelling, also where provenance stands beside it."""
    (fault,) = faults_of(tmp_path, TOY.replace("mass: 3.2 kg", "mass: {value: -0.0032 ton, data_class: metered}"))
    assert (fault.place, fault.value, fault.problem) == ("products.plate.mass", "'-0.0032 ton'", "must be above 0 kg")


def test_a_file_of_rates_that_cannot_be_billed_is_told_before_the_run(tmp_path: Path) -> None:
    """Proves: what is wrong in a rate file is a fault of the scenario, at the line that names it."""
    text = (Path(__file__).resolve().parents[2] / "scenarios" / "aluminium-melt-shop.yaml").read_text(encoding="utf-8")
    (tmp_path / "rate.json").write_text('{"items": []}', encoding="utf-8")
    (tmp_path / "shop.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioFaults, match="holds 0 rates"):
        read(tmp_path / "shop.yaml", {"site.tariff": "rate.json"})

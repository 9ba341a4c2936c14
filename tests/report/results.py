"""Results of other kinds as reports meet them: the payload and what lies beside it, by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from twin.scenario.plan import Plan, PlannedBatch

EVIL = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"
FORMULA = '=HYPERLINK("http://evil.example")'


def figure(mean: float, half: float = 1.0) -> dict[str, Any]:
    return {
        "mean": mean,
        "low": mean - half,
        "high": mean + half,
        "n": 3,
        "level": 0.95,
        "p10": mean - 2 * half,
        "p50": mean,
        "p90": mean + 2 * half,
    }


def nothing() -> dict[str, Any]:
    return dict.fromkeys(("mean", "low", "high", "p10", "p50", "p90")) | {"n": 3, "level": 0.95}


def task(name: str, carbon: float, cost: float, verdict: str, *, pays: bool = True) -> dict[str, Any]:
    money = {
        "capex_krw": 10e6,
        "payback_years": figure(2.0, 0.2) if pays else nothing(),
        "npv_krw": figure(5e6, 1e5),
        "irr": figure(0.2, 0.01) if pays else nothing(),
        "npv_range_krw": [1e6, 9e6],
        "payback_range_years": [1.0, None],
    }
    return {
        "id": name,
        "name": name if name in (EVIL, FORMULA) else {"en": f"Task {name}", "ko": f"과제 {name}"},
        "dispatch": "as-operated",
        "package": [2],
        "stations": ["melt"],
        "verdict": verdict,
        "broken": [],
        "data_class": "assumed",
        "unverified": [],
        "energy_kwh_per_year": {"total": figure(-2000.0)},
        "toe_per_year": figure(-1.0),
        "carbon_kg_per_year": figure(carbon, 50.0),
        "carbon": {},
        "cost_krw_per_year": figure(cost, 1e5),
        "output_pct": figure(0.0, 0.1),
        "lateness_h": figure(0.0, 0.1),
        "peak_kw": figure(-3.0),
        "parts_kwh_per_year": {"holding": figure(-1500.0)},
        "per_tonne": {},
        **money,
        "with_support": {**money, "capex_krw": 5e6, "grant_krw": 5e6},
        "variance_reduction": {"carbon_kg": 12.5, "cash_krw": "infinite", "lateness_h": None},
        "lost_stream": None,
    }


def study(scenario: Any) -> Any:
    tasks = [
        task("first", -900.0, -5e6, "saves"),
        task("second", -860.0, -1e6, "saves"),
        task(EVIL, -100.0, 2e6, "costs", pays=False),
        task(FORMULA, 10.0, -2e5, "service_broken"),
        {
            "id": "idle",
            "name": {"en": "Idle", "ko": "해당 없는 과제"},
            "dispatch": "as-operated",
            "package": [3],
            "stations": [],
            "verdict": "not_applicable",
            "broken": [],
            "data_class": "assumed",
            "unverified": [],
        },
    ]
    shares = {"cash_krw": -3e6, "carbon_kg": -450.0, "energy_kwh": -900.0}
    payload = {
        "study": {"scenario": "x", "year_from": "2026-07-01", "notes": ["year.composed"]},
        "baseline": {"electricity_kwh": figure(1e6)},
        "tasks": tasks,
        "provenance": provenance(scenario),
        "bundle": {
            "members": ["first", "second"],
            "combined": {k: figure(2 * v) for k, v in shares.items()},
            "shapley": {"first": shares, "second": shares},
            "interactions": {},
            "cascade": {},
        },
    }
    return SimpleNamespace(kind="study", scenario=scenario, payload=lambda: payload, bundle=payload["bundle"], meta={})


def plan(scenario: Any) -> Any:
    case = {
        "cash_krw": figure(50e6, 1e5),
        "labour_premium_krw": 1e5,
        "shadow_carbon_krw": 2e4,
        "energy_kwh": 3e4,
        "carbon_kg": 12e3,
        "peak_kw": 650.0,
        "lateness_h": 0.0,
    }
    payload = {
        "status": "feasible",
        "stopped_by": "seconds",
        "objective_krw": 49e6,
        "bound_krw": 48e6,
        "gap": 0.02,
        "violations": [{"name": "power", "at": "melt.1", "residual": 0.5}],
        "bill": {},
        "plan": case,
        "replay": {"deterministic": case, "stochastic": {**case, "cash_krw": figure(51e6, 1e5)}},
        "as_operated": {**case, "cash_krw": figure(53e6, 1e5)},
        "hand_rule": {**case, "cash_krw": figure(52e6, 1e5)},
        "saved": {"as_operated": {"cash_krw": figure(-2e6, 1e5)}, "hand_rule": {"cash_krw": figure(-1e6, 2e6)}},
        "agreement": {"energy_pct": 0.5, "bill_pct": -0.2, "later_h": 0.0},
        "provenance": provenance(scenario),
    }
    batches = (
        PlannedBatch("melt.1", "heat", "heat/0", "AlSi12", None, 0.0, 7200.0, 500.0),
        PlannedBatch("cast.1", "job", "job/0", "housing", "o/0/0", 7200.0, 3600.0, 100.0, 40),
    )
    return SimpleNamespace(
        kind="plan",
        scenario=scenario,
        payload=lambda: payload,
        plan=Plan(0.0, 86400.0, 900.0, batches),
        meta={},
        status="feasible",
    )


def diagnosis(scenario: Any) -> Any:
    payload = {
        "losses": [
            {
                "equipment": EVIL,
                "term": "opening",
                "kwh": 10.0,
                "krw": 2000.0,
                "kg": 4.0,
                "useful": False,
                "tasks": ["lid"],
            }
        ],
        "steps": [
            {
                "place": "melt",
                "step": "tap_20_k_less",
                "kwh": -9.0,
                "krw": -50.0,
                "kg": -4.0,
                "intervals": {"kwh": figure(-9.0), "krw": figure(-50.0), "kg": figure(-4.0)},
            },
            {
                "place": "products",
                "step": "yield_point",
                "kwh": -1.0,
                "krw": -0.5,
                "kg": -1.0,
                "intervals": {"kwh": figure(-1.0), "krw": figure(-0.5), "kg": figure(-1.0)},
            },
        ],
        "baseline": {"carbon_kg": figure(6e5)},
        "provenance": provenance(scenario),
    }
    return SimpleNamespace(kind="diagnosis", scenario=scenario, payload=lambda: payload, meta={})


def calibration() -> Any:
    scores = dict.fromkeys(
        (
            "total_error_pct",
            "batch_mape_pct",
            "cvrmse_15min_pct",
            "cvrmse_hourly_pct",
            "nmbe_hourly_pct",
            "daily_peak_error_pct",
        ),
        2.5,
    )
    both = {"starts_only": scores, "starts_and_taps": scores}
    payload = {
        "parameters": [
            {"name": "power.efficiency", "value": 0.7, "low": 0.65, "high": 0.75, "unit": "1", "identified": True},
            {"name": "lid", "value": -2.0, "low": -3.0, "high": -1.0, "unit": "kW", "identified": False},
        ],
        "leave_one_out": [{"heat": "1", "error_pct": 1.2}],
        "in_sample": both,
        "out_of_sample": both,
        "naive": {"starts_only": {"mean_kwh": scores}, "starts_and_taps": {"mean_kwh": scores}},
    }
    return SimpleNamespace(
        kind="calibration", payload=lambda: payload, notes=("a note",), station="melt", scenario_sha256="ab" * 32
    )


def provenance(scenario: Any) -> dict[str, Any]:
    return {
        "scenario_sha256": scenario.sha256,
        "version": "0.1.0",
        "seed": 1,
        "replications": 3,
        "factors": ["kr/gir"],
        "data_class": "assumed",
    }

"""Emissions: constant and hourly factors, fuels, toe, process carbon."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.scenarios import scenario
from tests.ledger.traces import MONDAY, NAMES, plant, table
from twin.core.faults import InputFault
from twin.ledger.carbon import emissions, emissions_by, weighed
from twin.ledger.factors import StepSeries, factors_of, series_from_rows
from twin.ledger.trace import COLUMNS, Trace, empty_table

H = 3600.0


def test_constant_factor() -> None:
    """Proves: 840 kWh at 0.4173 kg/kWh are 350.532 kg. Sensitivity: with the factor of 2024 it would be 381.4 kg."""
    trace = plant(24.0)
    found = emissions(scenario(), trace)
    base = emissions_by(trace.flows, trace.names, factors_of(scenario(), trace.start, trace.duration_s))[
        ("site", "processing")
    ]
    assert base == pytest.approx(840.0 * 0.4173)
    assert found.factor_ids[0] == "kr/gir-2025-single-year"
    assert found.total_kg == pytest.approx(found.scope1_kg + found.scope2_location_kg)


def test_hourly_factor_is_integrated_at_its_own_breakpoints() -> None:
    """Proves: 100 kW from 00:20 to 01:20 at 0.2 then 0.8 kg/kWh: 66.67 x 0.2 + 33.33 x 0.8 = 40 kg. Sensitivity: total x mean gives 50."""
    flows = table("flows", [(0, 4, 0, -1, 1200.0, 4800.0, 100.0, 0.0, 1.0)])
    series = StepSeries(np.array([0.0, H, 2 * H]), np.array([0.2, 0.8]))
    assert weighed(flows, "electricity", series) == pytest.approx(40.0)


def test_natural_gas_by_net_energy() -> None:
    """Proves: 1,000 kWh (net) of city gas: 3.6 GJ x (55.8653 + 28 x 0.001 + 265 x 0.0001 kg/GJ). Sensitivity: gross would be 11 % less."""
    tables = {name: empty_table(name) for name in COLUMNS}
    tables["flows"] = table("flows", [(0, 4, 1, -1, 0.0, 10 * H, 100.0, 0.0, 1.0)])
    found = emissions(scenario(), Trace(MONDAY, 24 * H, NAMES, tables))
    assert found.scope1_by_kg["natural_gas"] == pytest.approx(3.6 * (55.8653 + 28 * 0.001 + 265 * 0.0001), rel=1e-9)
    assert "kr/city-gas-lng" in found.factor_ids


def test_burnt_carbon_is_a_process_emission() -> None:
    """Proves: carbon lost in melting counts as CO2 at 44/12. Sensitivity: left out, an iron foundry's recarburiser would vanish."""
    trace = plant(24.0)
    lost = trace.material["carbon_kg"][trace.material["role"] == 5].sum()
    assert emissions(scenario(), trace).scope1_by_kg["process"] == pytest.approx(lost * 44 / 12)


def test_shadow_price_is_not_cash() -> None:
    """Proves: a shadow price of 12,750 KRW/t shows beside cash. Sensitivity: role cash moves it."""
    trace = plant(24.0)
    shadow, cash = emissions(scenario(), trace), emissions(scenario({"site.carbon_price.role": "cash"}), trace)
    assert shadow.cash_krw == 0.0
    assert shadow.shadow_krw == pytest.approx(shadow.total_kg * 12.75)
    assert cash.cash_krw == pytest.approx(shadow.shadow_krw)


def test_hours_of_the_day_and_dated_rows_agree() -> None:
    """Proves: 24 hourly values and the same as dated rows give the same series. Sensitivity: an hour's shift would show at once."""
    values = [0.3 + 0.01 * hour for hour in range(24)]
    day = series_from_rows([{"kgco2e_per_kwh": v} for v in values], MONDAY, 2 * 86400.0, "f")
    stamps = [f"2026-07-{6 + k // 24:02d}T{k % 24:02d}:00" for k in range(48)]
    dated = series_from_rows(
        [{"timestamp": s, "kgco2e_per_kwh": values[k % 24]} for k, s in enumerate(stamps)], MONDAY, 2 * 86400.0, "f"
    )
    assert day.edges_s == pytest.approx(dated.edges_s)
    assert day.values == pytest.approx(dated.values)


@pytest.mark.parametrize(
    "rows",
    [
        [{"kg": 1.0}],
        [{"kgco2e_per_kwh": -0.1}] * 24,
        [{"kgco2e_per_kwh": 0.4}] * 23,
        [{"kgco2e_per_kwh": "much"}],
        [{"timestamp": "2026-07-07T00:00", "kgco2e_per_kwh": 0.4}],
    ],
)
def test_bad_factor_tables_are_input_faults(rows: list[dict[str, object]]) -> None:
    """Proves: a missing column, a negative value, a wrong count, text, an uncovered span are told, not guessed."""
    with pytest.raises(InputFault, match=r"site\.grid_factor"):
        series_from_rows(rows, MONDAY, 86400.0, "site.grid_factor")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=24, max_size=24), st.floats(0.1, 3))
def test_scaling_the_factor_scales_the_carbon(values: list[float], k: float) -> None:
    """Proves: carbon is linear in the factor, and lies between the lowest and highest factor times energy."""
    trace = plant(24.0)
    series = StepSeries(np.arange(25) * H, np.array(values))
    kwh = weighed(trace.flows, "electricity", StepSeries.constant(1.0, 86400.0))
    found = weighed(trace.flows, "electricity", series)
    scaled = weighed(trace.flows, "electricity", StepSeries(series.edges_s, series.values * k))
    assert scaled == pytest.approx(k * found)
    assert min(values) * kwh - 1e-9 <= found <= max(values) * kwh + 1e-9

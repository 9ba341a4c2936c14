"""What the kinds find wrong in the scenario around them, before anything is simulated."""

from __future__ import annotations

from pathlib import Path

import pytest

from twin.core.faults import ScenarioFaults
from twin.scenario.orders import jobs
from twin.scenario.scenario import read

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
ALUMINIUM, IRON = SCENARIOS / "aluminium-foundry.yaml", SCENARIOS / "iron-foundry.yaml"
PROBLEMS = [
    (ALUMINIUM, "stations.cast.cycle", "{housing: 62 s}", "no time of product 'bracket'"),
    (ALUMINIUM, "stations.cast.cycle", "{housing: 62 s, bracket: 41 s, cover: 5 s}", "no such product"),
    (IRON, "stations.cool.time", "{pump_body: 2 h}", "no time of product 'bracket'"),
    (ALUMINIUM, "stations.melt.tap", "500 degC", "liquid only above 582 degC"),
    (ALUMINIUM, "stations.melt.tap", "-300 degC", "below absolute zero"),
    (ALUMINIUM, "stations.melt.alloy", "unobtainium", "no such alloy"),
    (ALUMINIUM, "stations.melt.charge.temperature", "1000 degC", "not below the tap temperature"),
    (ALUMINIUM, "stations.melt.supplies", "[trim]", "no casting station"),
    (ALUMINIUM, "stations.cast.dosing_furnace.hold", "400 degC", "liquid only above"),
    (ALUMINIUM, "stations.cast.dosing_furnace.capacity", "1 kg", "a lot of housing takes 206.5 kg"),
    (ALUMINIUM, "stations.cast.dosing_furnace.residue", "300 kg", "only 150 kg fit in"),
    (IRON, "stations.mould.pouring.capacity", "400 kg", "a lot of pump_body takes 420 kg"),
    (ALUMINIUM, "products.housing.route", "[melt, cast]", "no piece passes it"),
    (ALUMINIUM, "products.housing.alloy", "AlSi9", "no furnace that supplies cast melts AlSi9"),
    (ALUMINIUM, "products.housing.alloy", "null", "is cast, but names no alloy"),
    (ALUMINIUM, "stations.melt.supplies", "[]", "no furnace supplies it with metal"),
    (ALUMINIUM, "site.demand_history", "[-5 kW]", "at least 0 kW"),
]


@pytest.mark.parametrize(("file", "place", "value", "said"), PROBLEMS)
def test_one_problem(file: Path, place: str, value: str, said: str) -> None:
    """Proves: a plant that could only stand still, or fall over in the run, is refused when it is read, at its place."""
    with pytest.raises(ScenarioFaults, match=said):
        read(file, {place: value})


def test_a_lot_larger_than_its_orders_asks_for_no_more_than_they_do() -> None:
    """Proves: an order of few pieces makes a small job, however large the lot. Sensitivity: the lot alone would need 9 t of metal."""
    orders = {f"orders.weekly_{product}.quantity": "20" for product in ("housing", "bracket")}
    scenario = read(ALUMINIUM, orders | {"products.housing.lot": "1000000"})
    housings = [job.pieces for job in jobs(scenario, 0.0, 604_800.0) if job.product == "housing"]
    assert housings == [21]  # 20 good pieces at 4 % scrap, in one lot


@pytest.mark.parametrize("place", ["site.grid_factor", "site.pv"])
def test_hourly_series(tmp_path: Path, place: str) -> None:
    """Proves: an hourly file of wrong length, column or content is refused with its name when the scenario is read."""
    for name in ("aluminium-foundry.yaml", "aluminium-melt-shop.yaml"):
        (tmp_path / name).write_bytes((SCENARIOS / name).read_bytes())
    column = "kgco2e_per_kwh" if place == "site.grid_factor" else "kw_per_kwp"
    entry = "{file: s.csv}" if place == "site.grid_factor" else "{peak: 10 kW, profile: {file: s.csv}}"

    def said(text: str) -> str:
        (tmp_path / "s.csv").write_text(text)
        try:
            read(tmp_path / "aluminium-foundry.yaml", {place: entry})
        except ScenarioFaults as error:
            return str(error)
        return ""

    assert said(column + "\n" + "0.4\n" * 8760) == ""
    assert "not as many rows" in said(column + "\n" + "0.4\n" * 8784)
    assert "no column" in said("value\n" + "0.4\n" * 8760)
    assert "s.csv:2" in said(column + "\nnan\n" + "0.4\n" * 8759)

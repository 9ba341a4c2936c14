"""Quantities: exact, of the right dimension, and told with the fix where they are not."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from fractions import Fraction as Rational
from importlib.resources import files
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from twin.core.unit_registry import build_table, factor
from twin.core.units import Fraction, Q, UnitFault, convert, normalised, parse

TABLE = json.loads(files("twin.core").joinpath("units.json").read_text(encoding="utf-8"))

RIGHT = [
    ("900 kW", "kW", 900.0),
    ("1,200 kW", "kW", 1200.0),
    ("120kW", "kW", 120.0),
    ("0.9 MW", "kW", 900.0),
    ("1.6 Nm3/min", "Nm3/s", 1.6 / 60),
    ("14000 KRW/h", "KRW/h", 14000.0),
    ("12 MKRW", "KRW", 12e6),
    ("62 %", "1", 0.62),
    ("0.62", "1", 0.62),
    ("12750 KRW/tCO2e", "KRW/kgCO2e", 12.75),
    ("4 weeks", "s", 2419200.0),
    ("1 week", "s", 604800.0),
    ("690 degC", "degC", 690.0),
    ("690 °C", "degC", 690.0),
    ("963.15 K", "degC", 690.0),
    ("60 K", "K", 60.0),
    ("1 ton", "kg", 1000.0),
    ("1 t", "kg", 1000.0),
    ("2 toe", "GJ", 83.736),
    ("300 kvar", "kvar", 300.0),
    ("200 kWp", "kW", 200.0),
    ("1 year", "h", 8760.0),
    ("0.3 MKRW/year", "KRW/h", 3e5 / 8760),
    ("1 PS", "W", 735.49875),
    ("10 W/m2K", "W/(m**2*K)", 10.0),
    ("3 m³/h", "m3/s", 3 / 3600),
    ("-5 degC", "degC", -5.0),
    ("−5 degC", "degC", -5.0),
    ("1.5e3 kg", "kg", 1500.0),
    ("12,750 원/tCO2", "KRW/tCO2e", 12750.0),
    ("5 백만원", "KRW", 5e6),
    ("1 Mcal", "kJ", 4186.8),
    ("0.4591 tCO2e/MWh", "kgCO2e/kWh", 0.4591),
    ("7 bar", "Pa", 7e5),
    ("11 W/K", "W/K", 11.0),
    ("450  kg", "kg", 450.0),
]

WRONG = [
    ("90 kWh", "kW", "kW"),
    ("90", "kW", "90 kW"),
    ("1,5 kW", "kW", "1.5 kW"),
    ("1.234,5 kW", "kW", "kW"),
    ("nan kW", "kW", "900 kW"),
    ("inf", "kg", "450 kg"),
    ("3 hp", "kW", "PS"),
    ("60 degC", "K", "60 K"),
    ("2 months", "s", "weeks"),
    ("5 kg", "kgCO2e", "tCO2e"),
    ("5 kgCO2e", "kg", "kg"),
    ("3 Nm3", "m3", "m**3"),
    ("3 m3/min", "Nm3/s", "Nm3/min"),
    ("3 kvar", "kW", "kW"),
    ("3 kVA", "kW", "kW"),
    ("3 EUR", "KRW", "MKRW"),
    ("3 kgg", "kg", "450 kg"),
    ("abc", "kg", "450 kg"),
    ("", "kg", "450 kg"),
    ("3 psi", "bar", "bar"),
    ("1e999 kW", "kW", "900 kW"),
    ("3 kW**99999", "kW", "900 kW"),
    ("7 __import__('os')", "kg", "450 kg"),
    ("20 %", "deg", "20 deg"),
    ("12,34 KRW", "KRW", "12.34 KRW"),
    ("3 4 kg", "kg", "450 kg"),
    ("0x10 kg", "kg", "450 kg"),
    ("1_000 kg", "kg", "450 kg"),
    ("0)", "KRW/kg", "KRW/kg"),
    ("3 kW/(h", "kW", "900 kW"),
    ("3 kW//h", "kW", "900 kW"),
    ("3 (kW", "kW", "900 kW"),
]


@pytest.mark.parametrize(("text", "unit", "value"), RIGHT)
def test_reads(text: str, unit: str, value: float) -> None:
    """Proves: the value in the canonical unit. Sensitivity: with pint's own ``ton`` (907 kg) or ``year`` (365.25 d) two rows fail."""
    assert parse(text, unit) == pytest.approx(value, rel=1e-15, abs=0)


@pytest.mark.parametrize(("text", "unit", "fix"), WRONG)
def test_refuses_with_the_fix(text: str, unit: str, fix: str) -> None:
    """Proves: nothing is coerced across dimensions, decimal commas and NaN are faults, and the fix names what would be right."""
    with pytest.raises(UnitFault) as caught:
        parse(text, unit)
    assert fix in caught.value.fix


def test_table_is_what_pint_says() -> None:
    """Proves: the generated table equals the registry, entry by entry, exactly; so the fast path and pint cannot differ."""
    assert build_table() == TABLE
    for text, (dimension, ratio) in TABLE.items():
        assert factor(text) == (dimension, Rational(ratio))


def test_normal_volume_emission_money_are_dimensions_of_their_own() -> None:
    """Proves: no factor leads from one to another. Sensitivity: with kgCO2e = kg the set would be smaller."""
    apart = [
        "kg",
        "kgCO2e",
        "Nm3",
        "m**3",
        "KRW",
        "EUR",
        "USD",
        "kW",
        "kvar",
        "kVA",
        "deg",
        "K",
        "piece",
        "percent",
        "s",
    ]
    assert len({TABLE[text][0] for text in apart}) == len(apart)


def test_common_units_do_not_load_pint() -> None:
    """Proves: the table serves what scenarios use; pint is loaded for a rare unit only."""
    code = (
        "import sys; from twin.core.units import parse; "
        "[parse(t, u) for t, u in [('900 kW','kW'), ('62 %','1'), ('12750 KRW/tCO2e','KRW/kgCO2e'), "
        "('690 degC','degC'), ('11 W/K','W/K')]]; "
        "assert 'pint' not in sys.modules; parse('3 kWh/m2/week', 'W/m2'); assert 'pint' in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


UNITS = [
    ("kW", "MW"),
    ("s", "h"),
    ("s", "week"),
    ("kg", "t"),
    ("kWh", "GJ"),
    ("Nm3/s", "Nm3/min"),
    ("KRW/kgCO2e", "KRW/tCO2e"),
    ("K", "K"),
]


@given(st.sampled_from(UNITS), st.floats(min_value=1e-6, max_value=1e9))
def test_round_trip(pair: tuple[str, str], value: float) -> None:
    """Proves: there and back is the same value to one part in 1e15. Sensitivity: a wrong or rounded factor shows at once."""
    here, there = pair
    assert convert(convert(value, here, there), there, here) == pytest.approx(value, rel=1e-15)


@given(st.integers(min_value=-(10**9), max_value=10**9), st.integers(min_value=0, max_value=6))
def test_spelling_does_not_matter(digits: int, places: int) -> None:
    """Proves: 0.9 MW, 900 kW and 900,000 W are the same float, not merely close (so is the hash of a scenario)."""
    kilowatts = Rational(digits, 10**places)
    written = f"{digits / 10**places:.{places}f}"
    exact = float(Rational(written))
    assert parse(f"{written} kW", "kW") == exact
    assert parse(f"{written}e-3 MW", "kW") == exact
    assert parse(f"{digits}e-{places} kW", "kW") == float(kilowatts)


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_a_fault(text: str) -> None:
    """Proves: no input escapes as another exception."""
    try:
        value = parse(text, "kW")
    except UnitFault:
        return
    assert math.isfinite(value)


class Sample(BaseModel):
    model_config = ConfigDict(populate_by_name=True, allow_inf_nan=False)
    power_kw: Annotated[float, Q("kW")] = Field(alias="power", gt=0, le=1000)
    limits_kw: list[Annotated[float, Q("kW")]] = Field(default_factory=list, alias="limits")
    share: Fraction = Field(0.5, ge=0, le=1)
    cap_kw: Annotated[float, Q("kW")] | None = Field(None, alias="cap", gt=0)


def test_field_bounds_hold_for_the_canonical_number() -> None:
    """Proves: gt and le act after conversion, whatever the order of marks. Sensitivity: once they were lost silently."""
    assert Sample.model_validate({"power": "0.5 MW", "limits": ["1 MW"], "share": "62 %"}).limits_kw == [1000.0]
    for bad in (
        {"power": "-1 kW"},
        {"power": "2 MW"},
        {"power": "1 kW", "share": "120 %"},
        {"power": "1 kW", "cap": "0 kW"},
        {"power": "1 kW", "limits": ["3 kg"]},
    ):
        with pytest.raises(ValidationError):
            Sample.model_validate(bad)


@pytest.mark.parametrize("bad", [900, 900.0, True, None, float("nan"), [], {"unit": "kW"}])
def test_bare_values_are_faults(bad: object) -> None:
    """Proves: a bare number is refused where a unit is due; the fix writes it out."""
    with pytest.raises(ValidationError) as caught:
        Sample.model_validate({"power": bad})
    if bad in (900, 900.0) and not isinstance(bad, bool):
        assert f"write '{bad} kW'" in caught.value.errors()[0]["ctx"]["fix"]


def test_canonical_numbers_are_read_back() -> None:
    """Proves: with the context, floats are taken as canonical; NaN still is not."""
    assert Sample.model_validate({"power_kw": 12.5}, context={"canonical": True}).power_kw == 12.5
    with pytest.raises(ValidationError):
        Sample.model_validate({"power_kw": float("nan")}, context={"canonical": True})


def test_json_schema_names_the_unit_and_bounds() -> None:
    """Proves: an editor sees text, the unit and the bounds."""
    power = Sample.model_json_schema()["properties"]["power"]
    assert power["type"] == "string"
    assert power["x-unit"] == "kW"
    assert power["x-exclusiveMinimum"] == 0


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("m³/h", "m**3/h"),
        ("W / (m2 K)", "W/(m**2*K)"),
        ("℃", "degC"),
        ("", "1"),
        ("%", "percent"),
        ("Nm³/min", "Nm3/min"),
    ],
)
def test_normalised(said: str, meant: str) -> None:
    """Proves: one spelling for one unit."""
    assert normalised(said) == meant

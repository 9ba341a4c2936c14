"""The only file that imports pint: the registry of ``units.txt`` and the generated table ``units.json``.

``python -m twin.core.unit_registry`` rewrites the table. A test proves that table and registry agree on every entry.
"""

from __future__ import annotations

import json
from fractions import Fraction as Rational
from functools import cache
from importlib.resources import files
from pathlib import Path

import pint

Factor = tuple[str, Rational]
"""Dimension (canonical text) and exact factor to the root units."""

_PREFIXED = {
    "W": "mkMG",
    "Wh": "kMGT",
    "Wp": "kM",
    "J": "kMGT",
    "cal": "kMG",
    "g": "mk",
    "t": "k",
    "m": "cmk",
    "Pa": "kM",
    "var": "kM",
    "varh": "kM",
    "VA": "kM",
    "L": "m",
    "V": "k",
    "A": "k",
    "Hz": "k",
    "s": "m",
    "gCO2e": "k",
    "gCO2eq": "k",
    "gCO2": "k",
    "KRW": "",
    "bar": "m",
}
_PLAIN = [
    "min",
    "minute",
    "minutes",
    "hour",
    "hours",
    "hr",
    "h",
    "day",
    "days",
    "d",
    "week",
    "weeks",
    "wk",
    "year",
    "years",
    "yr",
    "a",
    "sec",
    "second",
    "seconds",
    "ton",
    "tonne",
    "tons",
    "tonnes",
    "kgf",
    "toe",
    "PS",
    "USRT",
    "rpm",
    "percent",
    "ppm",
    "deg",
    "degree",
    "rad",
    "degC",
    "K",
    "Nm3",
    "kNm3",
    "MNm3",
    "won",
    "kKRW",
    "MKRW",
    "GKRW",
    "EUR",
    "USD",
    "tCO2e",
    "tCO2eq",
    "tCO2",
    "ktCO2e",
    "piece",
    "pieces",
    "pcs",
    "pc",
    "litre",
    "l",
    "m**2",
    "m**3",
    "mm**2",
    "cm**2",
]
_RATES = {
    "W": ["K", "m", "m/K", "m**2", "m**2/K", "(m**2*K)", "(m*K)"],
    "kW": ["K", "m**2"],
    "J": ["K", "kg", "kg/K", "(kg*K)"],
    "kJ": ["K", "kg", "kg/K", "(kg*K)"],
    "MJ": ["kg", "Nm3", "L", "m**3", "h", "t"],
    "GJ": ["t", "h"],
    "kcal": ["h", "kg", "Nm3"],
    "kWh": ["kg", "t", "ton", "h", "year", "K", "Nm3", "m**2", "piece"],
    "MWh": ["t", "year", "h"],
    "KRW": [
        "h",
        "hour",
        "kg",
        "t",
        "ton",
        "kWh",
        "MWh",
        "MJ",
        "GJ",
        "Nm3",
        "m**3",
        "L",
        "kgCO2e",
        "tCO2e",
        "year",
        "piece",
        "kW",
        "W",
        "toe",
        "day",
    ],
    "kKRW": ["h", "kg", "t", "year", "tCO2e", "kW"],
    "MKRW": ["year", "t", "kW", "MW", "piece"],
    "EUR": ["tCO2e", "t"],
    "USD": ["t"],
    "kgCO2e": ["kWh", "MJ", "GJ", "kg", "t", "year", "Nm3", "piece"],
    "tCO2e": ["MWh", "TJ", "GJ", "t", "year"],
    "kgCO2": ["kWh"],
    "tCO2": ["MWh", "TJ"],
    "gCO2e": ["kWh"],
    "Nm3": ["s", "min", "h", "kg", "t"],
    "m**3": ["s", "min", "h", "t"],
    "L": ["s", "min", "h"],
    "kg": ["s", "min", "h", "m**3", "t", "day", "year"],
    "t": ["h", "day", "year"],
    "g": ["s", "min", "m**3"],
    "K": ["min", "h", "s"],
    "m": ["s", "min", "h"],
    "piece": ["h", "min", "day"],
    "toe": ["year", "MWh", "TJ"],
    "%": ["year"],
    "1": ["year", "h", "s", "K"],
}


@cache
def registry() -> pint.UnitRegistry[Rational]:
    """The registry of the project; exact (``fractions.Fraction``) numbers."""
    text = files("twin.core").joinpath("units.txt").read_text(encoding="utf-8")
    return pint.UnitRegistry(text.splitlines(), non_int_type=Rational, case_sensitive=True)


def factor(unit: str) -> Factor | None:
    """Dimension and factor of a normalised unit text (``"kWh/t"``) according to pint; None where pint does not know it.

    ``degC`` is returned under the dimension of K with factor 1: the offset is the caller's business.
    """
    ureg = registry()
    try:
        quantity = ureg.Quantity(Rational(1), ureg.parse_units(unit)) if unit != "1" else ureg.Quantity(Rational(1))
        root = quantity if unit == "degC" else quantity.to_root_units()
    except (pint.PintError, ValueError, TypeError, AttributeError, SyntaxError, AssertionError):
        return None
    powers = sorted((name, Rational(str(power))) for name, power in quantity.dimensionality.items())
    return "*".join(f"{name}^{power}" for name, power in powers), Rational(str(root.magnitude))


def entries() -> list[str]:
    """The unit texts of the table, normalised."""
    texts = list(_PLAIN)
    for unit, prefixes in _PREFIXED.items():
        texts += [unit, *(prefix + unit for prefix in prefixes)]
    for above, below in _RATES.items():
        texts += [f"{above}/{unit}" for unit in below]
    return sorted({text.replace("%", "percent") for text in texts})


def build_table() -> dict[str, list[str]]:
    """Unit text → [dimension, factor as an exact ratio], for every entry that pint knows."""
    table = {}
    for text in entries():
        found = factor(text)
        if found is None:
            msg = f"units.txt does not define {text!r}"
            raise ValueError(msg)
        table[text] = [found[0], str(found[1])]
    return table


if __name__ == "__main__":
    lines = ",\n".join(f"{json.dumps(text)}: {json.dumps(entry)}" for text, entry in build_table().items())
    Path(__file__).with_name("units.json").write_text("{\n" + lines + "\n}\n", encoding="utf-8")

"""Quantities as people write them → floats in one canonical unit, exactly rounded. The edge: nothing inside the code parses units.

A quantity is a number, an optional blank and a unit: ``900 kW``, ``1,200 kW``, ``6.2 Nm3/min``, ``62 %``, ``12750 KRW/tCO2e``.
Conversions are exact ratios, rounded once, so ``0.9 MW`` and ``900 kW`` are the same float. Common units come from a generated
table (``units.json``); pint (:mod:`twin.core.unit_registry`) is loaded only for what the table lacks.
"""

from __future__ import annotations

import json
import math
import re
from fractions import Fraction as Rational
from functools import cache, lru_cache
from importlib.resources import files
from typing import Annotated, Any, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

KELVIN_AT_0_C = Rational("273.15")
_TEXT = re.compile(
    r"^\s*(?P<number>[-+−]?(?:\d[\d,]*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)\s*(?P<unit>.*?)\s*$", re.DOTALL
)
_GROUPED = re.compile(r"^[-+]?\d{1,3}(,\d{3})+(\.\d*)?$")
_POWER = re.compile(r"(?<![A-Za-z])(mm|cm|m)([23])(?!\d)(?=([A-Za-z])?)")
_NAME = r"[A-Za-z_][A-Za-z_0-9]*(?:\*\*[1-4])?"
_PRODUCT = rf"{_NAME}(?:[*/]{_NAME})*"
_UNIT = re.compile(rf"(?:1|{_NAME}|\({_PRODUCT}\))(?:[*/](?:{_NAME}|\({_PRODUCT}\)))*$")
"""Products and quotients of names with small powers, parentheses one deep: nothing else reaches pint's parser."""
_SPELLING = {
    "²": "2",
    "³": "3",
    "°C": "degC",
    "℃": "degC",
    "°": "deg",
    "⋅": "·",
    "µ": "u",
    "μ": "u",
    "㎏": "kg",
    "㎾": "kW",
    "㎥": "m3",
    "₩": "KRW",
    "백만원": "MKRW",
    "천원": "kKRW",
    "원": "KRW",
    "kgCO2-eq": "kgCO2eq",
    "tCO2-eq": "tCO2eq",
    "%": "percent",
}
_HINTS = {
    "hp": "say which horsepower: 'PS' (metric, 0.7355 kW) or kW",
    "month": "a month is not a length of time: write days or weeks",
    "kva": "write 'kVA'",
    "kwh": "write 'kWh'",
    "kw": "write 'kW'",
    "mwh": "write 'MWh'",
    "krw": "write 'KRW'",
    "co2": "write 'kgCO2e'",
    "nm^3": "write 'Nm3'",
    "celsius": "write 'degC'",
    "c": "write 'degC'",
    "f": "write degrees Celsius, 'degC'",
}
_EXAMPLE = {
    "kW": "900 kW",
    "kWh": "500 kWh",
    "kg": "450 kg",
    "s": "62 s",
    "degC": "690 degC",
    "K": "60 K",
    "1": "62 %",
    "Nm3/s": "1.6 Nm3/min",
    "KRW": "12 MKRW",
    "W/K": "11 W/K",
    "deg": "20 deg",
    "kgCO2e": "12 tCO2e",
    "KRW/kgCO2e": "12750 KRW/tCO2e",
    "KRW/h": "14000 KRW/h",
}


class UnitFault(ValueError):
    """A text that is not the quantity it should be. ``fix`` says what would be right."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(problem)
        self.problem, self.fix = problem, fix

    def for_pydantic(self) -> PydanticCustomError:
        """The same, to be raised inside a validator."""
        return PydanticCustomError("quantity", "{problem}", {"problem": self.problem, "fix": self.fix})


def normalised(unit: str) -> str:
    """One spelling of a unit text: ``m³/h`` → ``m**3/h``, ``W/m2K``, ``W/m² K`` and ``W/m2·K`` → ``W/m**2/K``, ``°C`` → ``degC``.

    As engineers write it, what follows a ``/`` without an explicit ``*`` stays below the line.
    """
    for said, meant in _SPELLING.items():
        unit = unit.replace(said, meant)
    unit = _POWER.sub(
        lambda m: f"{m[1]}**{m[2]}" + ("·" if m[3] else ""), unit.replace("^", "**").replace("Nm**3", "Nm3")
    )
    unit = re.sub(r"\s*([*/()·])\s*", r"\1", unit.strip())
    return _explicit(re.sub(r"\s+", "·", unit)) or "1"


def _explicit(unit: str) -> str:
    """Implicit products as ``*`` or, below a line that no parenthesis closes, as ``/``."""
    depth, below, text = 0, False, ""
    for sign in unit:
        depth += (sign == "(") - (sign == ")")
        below = below or (sign == "/" and depth == 0)
        text += ("/" if below and depth == 0 else "*") if sign == "·" else sign
    return text


@cache
def _table() -> dict[str, list[str]]:
    loaded: dict[str, list[str]] = json.loads(files("twin.core").joinpath("units.json").read_text(encoding="utf-8"))
    return loaded


@lru_cache(maxsize=4096)
def _factor(unit: str) -> tuple[str, Rational] | None:
    """Dimension and exact factor of a normalised unit; None where it is unknown."""
    if unit == "1":
        return "", Rational(1)
    entry = _table().get(unit)
    if entry is not None:
        return entry[0], Rational(entry[1])
    if len(unit) > 40 or not _UNIT.match(unit):
        return None
    from twin.core.unit_registry import factor

    return factor(unit)


def ratio(unit: str, to: str) -> Rational:
    """Exact factor from ``unit`` to ``to`` (differences where temperatures). Raises UnitFault."""
    said, wanted = _factor(normalised(unit)), _factor(normalised(to))
    if wanted is None:
        msg = f"{to!r} is not a unit"
        raise UnitFault(msg, "see the list of units in docs/reference/units.md")
    if said is None:
        msg = f"{unit!r} is not a unit"
        raise UnitFault(msg, _hint(unit, to))
    if said[0] != wanted[0]:
        msg = f"{unit!r} is not a unit of {_what(to)}"
        raise UnitFault(msg, f"write it in {shown(to)}, e.g. {example(to)!r}")
    return said[1] / wanted[1]


def convert(value: float, unit: str, to: str) -> float:
    """``value`` in ``unit`` as a float in ``to``; temperatures with their offset. Raises UnitFault."""
    return _converted(Rational(value), unit, to)


def _converted(number: Rational, unit: str, to: str) -> float:
    said, wanted = normalised(unit), normalised(to)
    if wanted == "K" and said == "degC":
        msg = "degC is a temperature; a difference is due here"
        raise UnitFault(msg, "write the difference in K, e.g. '60 K'")
    scaled = number * ratio(said, wanted)
    if wanted == "degC" and said != "degC":
        scaled -= KELVIN_AT_0_C
    if wanted == "degC" and scaled < -KELVIN_AT_0_C:
        msg = "below absolute zero"
        raise UnitFault(msg, f"e.g. {example(to)!r}")
    try:
        return float(scaled)
    except OverflowError:
        msg = "the number is too large"
        raise UnitFault(msg, f"e.g. {example(to)!r}") from None


def parse(text: str, unit: str) -> float:
    """The quantity ``text`` as a float in the canonical ``unit``; ``"1"`` is a plain ratio. Raises UnitFault with the fix."""
    match = _TEXT.match(text)
    if match is None:
        raise UnitFault(*_not_a_number(text, unit))
    number, said = match["number"].replace("−", "-"), match["unit"]
    if "," in number and not _GROUPED.match(number):
        point = number.replace(",", ".") if number.count(",") == 1 else number.replace(",", "")
        msg = "a comma may only separate groups of three digits"
        raise UnitFault(msg, f"write {_join(point, said)!r} with a decimal point")
    if said.startswith(","):
        msg = "a comma may only separate groups of three digits"
        raise UnitFault(msg, f"write one number with a decimal point, e.g. {example(unit)!r}")
    plain = number.replace(",", "")
    if not said and normalised(unit) != "1":
        msg = f"the unit is missing: {_what(unit)} is due"
        raise UnitFault(msg, f"write {_join(plain, shown(unit))!r} (or another unit of {_what(unit)})")
    exponent = re.search(r"[eE]([-+]?\d+)$", plain)
    if len(plain) > 60 or (exponent is not None and abs(int(exponent[1])) > 30):
        msg = "the number is out of all proportion"
        raise UnitFault(msg, f"e.g. {example(unit)!r}")
    return _converted(Rational(plain), said, unit)


def shown(unit: str) -> str:
    """A unit as people write it."""
    return "%" if unit == "1" else unit


def example(unit: str) -> str:
    """A quantity that would be right."""
    return _EXAMPLE.get(unit, f"10 {shown(unit)}")


def _what(unit: str) -> str:
    return "a ratio (%)" if unit == "1" else unit


def _join(number: str, unit: str) -> str:
    return f"{number} {unit}".strip()


def _hint(unit: str, to: str) -> str:
    for wrong, hint in _HINTS.items():
        if unit.lower().rstrip("s") == wrong or (len(wrong) > 2 and wrong in unit.lower()):
            return hint
    return f"write it in {shown(to)}, e.g. {example(to)!r}"


def _not_a_number(text: str, unit: str) -> tuple[str, str]:
    if re.match(r"^\s*[-+]?\.?(nan|inf)", text, re.IGNORECASE):
        return "not a finite number", f"write a number with its unit, e.g. {example(unit)!r}"
    return f"not a quantity in {shown(unit)}", f"write a number and its unit, e.g. {example(unit)!r}"


class Q:
    """Annotation of a pydantic field: ``power_kw: Annotated[float, Q("kW")]``. ``Q("kW")`` alone works too, but no type checker likes it.

    Accepts text with a unit of the same dimension. A bare number is a fault that shows the fix, except with the validation
    context ``{"canonical": True}``, where floats are taken to be in the canonical unit already. ``Q("1")`` accepts ``62 %`` or a bare 0.62.
    """

    def __init__(self, unit: str) -> None:
        self.unit = unit

    def __or__(self, other: Any) -> Any:
        return Annotated[float, self] | other

    def __hash__(self) -> int:
        return hash((Q, self.unit))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Q) and other.unit == self.unit

    def __repr__(self) -> str:
        return f"Q({self.unit!r})"

    def _read(self, value: Any, info: core_schema.ValidationInfo) -> float:
        bare = self.unit == "1" or bool(info.context and info.context.get("canonical"))
        if isinstance(value, dict) and set(value) == {"value"}:
            value = value["value"]
        try:
            return read(value, self.unit) if isinstance(value, str) else _number(value, self.unit, bare=bare)
        except UnitFault as fault:
            raise fault.for_pydantic() from None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Reads the text first, so that gt, ge, le … of the field (which ``handler`` knows) hold for the canonical number."""
        number = core_schema.float_schema(allow_inf_nan=False) if isinstance(source, Q) else handler(source)
        return core_schema.with_info_before_validator_function(self._read, number)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Text with a unit; ``x-unit`` names the canonical one."""
        bounds = {f"x-{key}": bound for key, bound in handler(schema).items() if key.lower().endswith("imum")}
        text: dict[str, Any] = {"type": "string", "x-unit": self.unit, "examples": [example(self.unit)], **bounds}
        if self.unit == "1":
            return {"anyOf": [text, {"type": "number"}], "x-unit": "1", **bounds}
        return text


def _number(value: Any, unit: str, *, bare: bool) -> float:
    """A value that is no text: a finite number where ``bare`` allows one. Raises UnitFault."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnitFault(*_not_a_number(str(value), unit))
    if not math.isfinite(value):
        raise UnitFault(*_not_a_number("nan", unit))
    if not bare:
        msg = f"the unit is missing: {_what(unit)} is due"
        raise UnitFault(msg, f"write '{value} {shown(unit)}' (or another unit of {_what(unit)})")
    return float(value)


def read(text: str, unit: str) -> float:
    """As :func:`parse`; a text that carries provenance (:class:`Quantity`) has its range read in the same unit."""
    value = parse(text, unit)
    if isinstance(text, Quantity):
        text.learn(value, unit)
    return value


class Quantity(str):
    """The text of a quantity together with the range that was written beside it; see :mod:`twin.scenario.provenance`."""

    __slots__ = ("high", "low", "range_text", "unit", "value")
    unit: str
    value: float | None
    range_text: tuple[Any, Any] | None
    low: float | None
    high: float | None

    def __new__(cls, text: str, range_text: tuple[Any, Any] | None = None) -> Self:
        """``range_text``: the ends of the range as written."""
        made = super().__new__(cls, text)
        made.unit, made.value, made.low, made.high = "", None, None, None
        made.range_text = range_text
        return made

    def learn(self, value: float, unit: str) -> None:
        """Called when the field that it stands for has read it: keeps the canonical unit and the range in it. Raises UnitFault."""
        self.unit, self.value = unit, value
        if self.range_text is not None:
            low, high = (parse(str(end), unit) for end in self.range_text)
            if not low <= high:
                msg = "the range is empty: its first end is above its second"
                raise UnitFault(msg, "write range: [low, high]")
            self.low, self.high = low, high


Fraction = Annotated[float, Q("1")]
"""A ratio: ``62 %`` or a bare 0…1."""

"""A designated carbon-reduction task as a person writes it: a physical change, its cost, its support, what the claim rests on.

A task file is YAML with the same units, faults and line numbers as a scenario.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from twin.core.units import Fraction, Q
from twin.scenario.schema import DataClass, Part, Text

PACKAGES = {
    1: {"en": "energy diagnosis and design consulting", "ko": "에너지 진단·설계 컨설팅"},
    2: {"en": "ICT process innovation", "ko": "ICT 기반 탄소저감 공정혁신"},
    3: {"en": "high-efficiency equipment", "ko": "고효율 설비 개체"},
}


class Triangular(Part):
    """Bounds and mode, as text with a unit."""

    low: str
    mode: str
    high: str


class Uniform(Part):
    """Bounds, as text with a unit."""

    low: str
    high: str


class Distribution(Part):
    """Exactly one distribution of a parameter."""

    triangular: Triangular | None = None
    uniform: Uniform | None = None

    @model_validator(mode="after")
    def _one(self) -> Distribution:
        if (self.triangular is None) == (self.uniform is None):
            message = "write exactly one of triangular, uniform"
            raise ValueError(message)
        return self


class Parameter(Part):
    """A figure of the task that is not known exactly: its central value and how it is spread."""

    value: str | float
    distribution: Distribution | None = None
    data_class: DataClass
    source: str | dict[str, Any] | None = None


class Condition(Part):
    """What a value of the station must be for the task to apply. Quantities are compared in the unit written here."""

    above: str | float | None = None
    below: str | float | None = None
    equals: Any = None


class Where(Part):
    """Any or all of ``path: condition``; a condition is a mapping, or the words ``absent`` or ``present``."""

    any: list[dict[str, Condition | Literal["absent", "present"]]] = Field(default_factory=list)
    all: list[dict[str, Condition | Literal["absent", "present"]]] = Field(default_factory=list)


class AppliesTo(Part):
    """The stations that the task changes: those of this kind for which ``where`` holds. Without a kind: the site as a whole."""

    kind: str | None = None
    where: Where = Where()


class Change(Part):
    """``each``: paths relative to every station matched; ``scenario``: absolute paths.

    A value is literal, ``{parameter: name}``, or ``{scaled_by: {parameter: name}}``, which multiplies the value that is there.
    """

    each: dict[str, Any] = Field(default_factory=dict)
    scenario: dict[str, Any] = Field(default_factory=dict)


class Money(Part):
    """A sum with its range. ``per``: unit (each machine matched), station, kW (of PV peak), or site."""

    value_krw: Annotated[float, Q("KRW")] = Field(alias="value", ge=0)
    range_krw: tuple[Annotated[float, Q("KRW")], Annotated[float, Q("KRW")]] | None = Field(None, alias="range")
    per: Literal["unit", "station", "kW", "site"] = "unit"
    year: int | None = None
    data_class: DataClass
    source: str | None = None


class MoneyPerYear(Part):
    """A yearly sum."""

    value_krw_per_s: Annotated[float, Q("KRW/s")] = Field(alias="value", ge=0)
    per: Literal["unit", "station", "kW", "site"] = "unit"
    data_class: DataClass

    @property
    def krw_per_year(self) -> float:
        """KRW in 8,760 hours."""
        return self.value_krw_per_s * 8760.0 * 3600.0


class Cost(Part):
    """What the task costs and how long it lasts."""

    capex: Money
    opex: MoneyPerYear | None = None
    life_s: Annotated[float, Q("s")] = Field(alias="life", gt=0, description="years of 8,760 hours")
    downtime_s: Annotated[float, Q("s")] = Field(
        0.0, alias="downtime", ge=0, description="the plant stands still once, to install it"
    )

    @property
    def life_years(self) -> int:
        """Whole years of service."""
        return max(1, round(self.life_s / (8760.0 * 3600.0)))


class Support(Part):
    """Which support the task may have: the class decides the rate and ceiling under the programme."""

    support_class: Literal["consulting", "ict", "equipment"] = Field(alias="class")
    programme: str


Kept = Literal["output", "due_dates", "pouring_temperature"]


def _served() -> list[Kept]:
    return ["output", "due_dates"]


class Service(Part):
    """What must not get worse for a saving to be one."""

    must_keep: list[Kept] = Field(default_factory=_served)


class Evidence(Part):
    """A claim, and what it rests on."""

    claim: str
    data_class: DataClass
    source: str | dict[str, Any] | None = None
    verified: bool


class Measurement(Part):
    """How the effect would be measured afterwards (IPMVP option)."""

    ipmvp: Literal["A", "B", "C", "D"]
    meters: list[str] = Field(default_factory=list)
    metered_for_s: Annotated[float, Q("s")] | None = Field(None, alias="metered_for")


def _parameters_in(value: Any) -> set[str]:
    """Names of the parameters that a change's value uses."""
    if isinstance(value, dict):
        if set(value) == {"parameter"}:
            return {str(value["parameter"])}
        value = list(value.values())
    return set().union(*map(_parameters_in, value)) if isinstance(value, list) else set()


class Task(Part):
    """One task."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    name: Text
    package: list[Literal[1, 2, 3]] = Field(min_length=1)
    industries: list[str] = Field(min_length=1)
    arc: str | None = Field(None, description="code of the Assessment Recommendation Code list")
    applies_to: AppliesTo = AppliesTo()
    parameters: dict[str, Parameter] = Field(default_factory=dict)
    change: Change
    cost: Cost
    support: Support | None = None
    service: Service = Service()
    evidence: list[Evidence] = Field(default_factory=list)
    measurement: Measurement | None = None
    remaining_life_share: Fraction = Field(
        1.0,
        ge=0,
        le=1,
        alias="counted_capex",
        description="share of the cost counted where old equipment was due for renewal anyway",
    )

    @model_validator(mode="after")
    def _parameters_known(self) -> Task:
        unknown = sorted(
            _parameters_in([*self.change.each.values(), *self.change.scenario.values()]) - set(self.parameters)
        )
        if unknown:
            message = f"the change uses parameters that are not defined: {', '.join(unknown)}"
            raise ValueError(message)
        return self

    @property
    def data_class(self) -> str:
        """The worst class of its parameters and costs: a result is no better than its worst input."""
        order = ("metered", "fitted", "nameplate", "literature", "assumed")
        classes = [p.data_class for p in self.parameters.values()] + [self.cost.capex.data_class]
        return max(classes, key=order.index)

"""A small valid scenario with kinds of its own, so that these tests need no model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from twin.core.faults import Fault, ScenarioFaults
from twin.core.units import Q
from twin.scenario.kinds import forget, register
from twin.scenario.scenario import Scenario, read
from twin.scenario.schema import Duration, Power, Product, Station, Utility

TOY = """\
schema: 1
name: {en: A workshop, ko: 작업장}
site:
  contract_power: 900 kW
  tariff: kepco/industrial-b/hv-a/2
  base_load: 35 kW
  carbon_price: {value: 12750 KRW/tCO2e, role: shadow}
calendar:
  holidays: KR
  shifts:
    day: {days: [mon, tue, wed, thu, fri], from: "08:00", to: "17:00", break: ["12:00", "13:00"]}
    night: {days: [mon, tue, wed, thu], from: "20:00", to: "05:00", break: ["00:00", "01:00"]}
  startup: {press: {mon: "07:00"}}
crews:
  staff: {people: 2, shifts: [day, night], wage: {value: 14000 KRW/h, data_class: assumed, range: [12000 KRW/h, 15 kKRW/h]}}
products:
  plate: {mass: 3.2 kg, lot: 40, yield: 62 %, scrap: 4 %, route: [press]}
orders:
  weekly: {product: plate, quantity: 2000, every: week, due: {day: fri, at: "17:00"}}
stations:
  press: {kind: toy, cycle: {plate: 62 s}, power: {processing: 48 kW, standby: 14 kW}, crew: staff}
utilities:
  air: {kind: toy_utility, serves: [press]}
run: {start: 2026-07-06, duration: 4 weeks}
what_if:
  more_yield: {products.plate.yield: 63 %}
"""


class Toy(Station):
    """A station that works piece by piece."""

    kind: Literal["toy"]
    cycle: Duration | dict[str, Duration]
    power: Power | None = None
    supplies: list[str] = Field(default_factory=list)
    tap_c: Annotated[float, Q("degC")] = Field(700.0, alias="tap")

    def work_s(self, product_name: str, product: Product) -> float | None:
        """Mean seconds of one piece."""
        cycle = self.cycle[product_name] if isinstance(self.cycle, dict) else self.cycle
        return cycle.constant_s


class ToyUtility(Utility):
    """A utility."""

    kind: Literal["toy_utility"]
    serves: list[str] = Field(default_factory=list)


@contextmanager
def toy_kinds() -> Iterator[None]:
    """The kinds of the toy while the block runs."""
    register("toy", Toy)
    register("toy_utility", ToyUtility)
    try:
        yield
    finally:
        forget("toy")
        forget("toy_utility")


def toy(folder: Path, text: str = TOY, sets: dict[str, str] | None = None) -> Scenario:
    """The toy, or another text, read from ``folder``."""
    path = folder / "toy.yaml"
    path.write_text(text, encoding="utf-8")
    return read(path, sets)


def faults_of(folder: Path, text: str = TOY, sets: dict[str, Any] | None = None) -> list[Fault]:
    """The faults of a text; empty where it is valid."""
    try:
        toy(folder, text, sets)
    except ScenarioFaults as error:
        return list(error.faults)
    return []

"""Errors of equipment kinds of other packages are told with their file and line; those of the twin itself pass."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from types import FunctionType
from typing import Any, Literal

import pytest

from tests.models.workshop import workshop
from twin.experiment.result import RunResult
from twin.experiment.runner import run
from twin.models.batches import Batch, BatchProcess
from twin.models.machine import Machine
from twin.models.phases import Flow, Phase
from twin.scenario import kinds
from twin.scenario.kind_faults import KindFailed
from twin.scenario.schema import Problem, Product, ScenarioSpec

GIVEN = {
    "a negative time": lambda: [Phase(-600.0, "processing")],
    "no time": lambda: [Phase(math.nan, "processing")],
    "no power": lambda: [Phase(600.0, "processing", (Flow("electricity", math.inf),))],
    "no heat": lambda: [Phase(600.0, "processing", (), {"charge_sensible": math.nan})],
    "an unknown state": lambda: [Phase(600.0, "dancing")],
    "a division": lambda: [Phase(1.0 / 0.0, "processing")],
}
TIMES: dict[str, float] = {"nan": math.nan, "negative": -60.0, "endless": math.inf}
USELESS: dict[str, Any] = {"nothing": None, "words": ["processing"]}
SOUND = [Phase(600.0, "processing", (Flow("electricity", 6.0),))]


class Odd(BatchProcess):
    """A kind of a package of its own that does what a test asks for."""

    kind: Literal["odd"]
    gives: str = "sound"

    def startup_s(self) -> float:
        """A time, or what a test asks for."""
        return TIMES.get(self.gives.removeprefix("startup "), 0.0)

    def work_s(self, product_name: str, product: Product) -> float | None:
        """A time, or what a test asks for."""
        return TIMES.get(self.gives.removeprefix("work "), 600.0)

    def begin(self, batch: Batch, state: object) -> Sequence[Phase]:
        """Whatever was asked for."""
        return GIVEN[self.gives]() if self.gives in GIVEN else USELESS.get(self.gives, SOUND)

    def rest(self, duration_s: float, duty: str, state: object) -> Sequence[Phase]:
        """Nothing is drawn."""
        return [Phase(duration_s, duty)]

    def problems(self, name: str, spec: ScenarioSpec) -> list[Problem]:
        """Fails where a test asks for it."""
        if self.gives == "raises":
            msg = "no such bath"
            raise KeyError(msg)
        return list(super().problems(name, spec))


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    kinds.register("odd", Odd)
    yield
    kinds.forget("odd")


def simulated(gives: str) -> RunResult:
    stations = {"odd": {"kind": "odd", "load": {"places": 1}, "gives": gives}}
    products = {"part": {"lot": 1, "route": ["odd"]}}
    return run(workshop(stations, products, {"one": {"product": "part", "quantity": 1}}), replications=1)


def test_a_sound_kind_runs() -> None:
    """Proves: the kind of this test runs where it gives what is due. Sensitivity: a check that refuses everything."""
    assert max(simulated("sound").balance.values()) <= 1e-9


@pytest.mark.parametrize("gives", GIVEN)
def test_a_kind_that_fails_is_told_by_file_and_line(gives: str) -> None:
    """Proves: exit status 1 and this file with the line of the slip. Sensitivity: a traceback, or a broken balance far from its cause."""
    with pytest.raises(KindFailed, match=r"test_kind_faults\.py:2\d: <lambda> of an equipment kind failed, ") as caught:
        simulated(gives)
    assert caught.value.exit_status == 1


@pytest.mark.parametrize("gives", USELESS)
def test_a_kind_that_gives_what_cannot_be_used_is_named(gives: str) -> None:
    """Proves: no phases, or words for phases, name the kind and its file. Sensitivity: a TypeError of the station core."""
    with pytest.raises(KindFailed, match=r"test_kind_faults\.py: the equipment kind Odd gave what cannot be used"):
        simulated(gives)


@pytest.mark.parametrize("word", TIMES)
@pytest.mark.parametrize("method", ["startup", "work"])
def test_a_time_that_is_none_is_told(method: str, word: str) -> None:
    """Proves: start-ups and working times that are no number, negative or endless name the kind, its file and the method.

    Sensitivity: a plant that never opens, or a workload of nan hours, silently.
    """
    said = rf"test_kind_faults\.py: the equipment kind Odd gave what cannot be used, ValueError: {method}_s\(\) gave "
    with pytest.raises(KindFailed, match=said):
        simulated(f"{method} {word}")


def test_a_kind_that_fails_while_it_is_checked() -> None:
    """Proves: an error in problems() is told so when the file is read. Sensitivity: `twin validate` ended in a traceback."""
    with pytest.raises(KindFailed, match="problems of an equipment kind failed, KeyError: 'no such bath'"):
        simulated("raises")


def test_errors_of_the_twin_itself_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: an error of the twin's own machine stays what it is. Sensitivity: blaming a third party for ours."""

    def slip(self: Machine) -> float:
        return math.sqrt(self.units - 2.0)

    fails = FunctionType(slip.__code__, {**globals(), "__name__": Machine.__module__})
    monkeypatch.setattr(Machine, "rates", fails)
    stations = {"own": {"kind": "machine", "cycle": "1 min", "power": {"processing": "5 kW"}}}
    products = {"part": {"lot": 1, "route": ["own"]}}
    with pytest.raises(ValueError, match="math domain error"):
        run(workshop(stations, products, {"one": {"product": "part", "quantity": 1}}), replications=1)

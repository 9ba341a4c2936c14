"""Which furnace a planned ladle is filled from, and what a heat is charged for, when things go as planned and when they do not."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from twin.models.following_ladles import PlannedLadles
from twin.scenario.plan import Plan, PlannedBatch

HOUR = 3600.0


@dataclass
class Furnace:
    """What the ladles see of a furnace: 97 % of a charge is metal, 150 kg of heel, at least 500 and at most 1,500 kg charged."""

    name: str
    kg: float = 150.0
    at_work: bool = False
    mean_mode: bool = True
    kind: Any = field(
        default_factory=lambda: SimpleNamespace(
            heel_kg=150.0, recovery=0.97, charge=SimpleNamespace(mass_kg=1500.0, least_kg=500.0, spread=0.01)
        )
    )

    @property
    def metal(self) -> Any:
        """Its bath."""
        return SimpleNamespace(kg=self.kg)

    @property
    def draws(self) -> Any:
        """Whether randomness is off."""
        return SimpleNamespace(mean_mode=self.mean_mode)

    def available_kg(self) -> float:
        """Metal above the heel."""
        return self.kg - 150.0


def batch(equipment: str, kind: str, hours: float, kg: float, job: str | None = None) -> PlannedBatch:
    """A planned batch."""
    return PlannedBatch(equipment, cast("Any", kind), "mould.1", "", job, hours * HOUR, 0.0, kg)


def ladles() -> PlannedLadles:
    """Furnace 1 melts at 1:00 for lots a and b of 400 kg and again at 4:00 for lot c; furnace 2 at 1:00 for lot d."""
    batches = (
        batch("melt.1", "heat", 1.0, 825.0),
        batch("melt.1", "tap", 2.0, 400.0, "a"),
        batch("melt.1", "tap", 2.25, 400.0, "b"),
        batch("melt.1", "heat", 4.0, 500.0),
        batch("melt.1", "tap", 5.0, 400.0, "c"),
        batch("melt.2", "heat", 1.0, 500.0),
        batch("melt.2", "tap", 2.5, 400.0, "d"),
    )
    return PlannedLadles(Plan(0.0, 8 * HOUR, 900.0, batches), patience_s=1800.0)


def sources(plan: PlannedLadles, job: str, hours: float, *furnaces: Furnace) -> list[str]:
    """Names of the furnaces that a lot of 400 kg is poured from."""
    ready = [furnace for furnace in furnaces if not furnace.at_work and furnace.available_kg() > 0.0]
    found = plan.sources(job, 400.0, cast("Any", furnaces), cast("Any", ready), hours * HOUR)
    return [furnace.name for furnace in found]


def test_a_lot_is_poured_from_its_own_furnace() -> None:
    """Proves: both have metal, each lot takes its own. Sensitivity: a lot that the plan does not know takes them as they come."""
    plan, one, two = ladles(), Furnace("melt.1", 950.0), Furnace("melt.2", 550.0)
    assert sources(plan, "a", 2.0, two, one) == ["melt.1"]
    assert sources(plan, "d", 2.0, one, two) == ["melt.2"]
    assert sources(plan, "other", 2.0, two, one) == ["melt.2", "melt.1"]


def test_what_is_missing_comes_from_the_other() -> None:
    """Proves: 20 kg too little in its own furnace: the other helps, after it."""
    assert sources(ladles(), "a", 2.0, Furnace("melt.2", 550.0), Furnace("melt.1", 530.0)) == ["melt.1", "melt.2"]


def test_a_late_furnace_is_waited_for_with_patience() -> None:
    """Proves: while its own furnace still melts a lot waits, half an hour; then whichever has metal is taken. A furnace that will have
    none (empty, with no heat due) is not waited for."""
    melting, other = Furnace("melt.1", 900.0, at_work=True), Furnace("melt.2", 550.0)
    assert sources(ladles(), "a", 2.25, melting, other) == []
    assert sources(ladles(), "a", 2.5, melting, other) == ["melt.2"]
    plan = ladles()
    plan.begun(cast("Any", melting))
    assert sources(plan, "a", 2.0, Furnace("melt.1"), other) == ["melt.2"]


def test_a_furnace_is_spent_when_its_lots_are_poured() -> None:
    """Proves: metal that no lot wants before the next heat may be melted over; metal that one does may not."""
    plan, furnace = ladles(), cast("Any", Furnace("melt.1", 950.0))
    plan.begun(furnace)
    assert not plan.spent(furnace)
    plan.fill("a")
    assert not plan.spent(furnace)
    plan.fill("b")
    assert plan.spent(furnace)


@pytest.mark.parametrize(
    ("kg", "mean_mode", "charged"),
    [(150.0, True, 800 / 0.97), (150.0, False, 800 / 0.97 / 0.99), (0.0, True, 950 / 0.97), (170.0, True, 780 / 0.97)],
)
def test_a_heat_is_charged_for_its_lots(kg: float, mean_mode: bool, charged: float) -> None:
    """Two lots of 400 kg: 800 kg of metal; 1 % more where scales err; the heel first where it is gone; less what is left over."""
    plan, furnace = ladles(), Furnace("melt.1", kg, mean_mode=mean_mode)
    heat = plan.next_heat(cast("Any", furnace))
    assert heat is not None
    assert plan.charge_kg(cast("Any", furnace), heat) == pytest.approx(charged, abs=1e-3)


def test_no_heat_without_lots_and_none_below_the_least() -> None:
    """Lots that others have poured need no heat; 400 kg are less than the least charge."""
    plan, furnace = ladles(), cast("Any", Furnace("melt.1"))
    heat = plan.next_heat(furnace)
    assert heat is not None
    plan.fill("a")
    plan.fill("b")
    assert plan.charge_kg(furnace, heat) == 0.0
    plan.begun(furnace)
    following = plan.next_heat(furnace)
    assert following is not None
    assert plan.charge_kg(furnace, following) == pytest.approx(500.0)

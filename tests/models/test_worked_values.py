"""Balance terms against published worked values; openings by closed forms."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.models import thermal
from twin.models.losses import rectangular_view_factor
from twin.models.worked_values import Worked, cases


@pytest.mark.parametrize("worked", cases(), ids=lambda w: f"{w.term}: {w.case}")
def test_published_value(worked: Worked) -> None:
    """Proves: each function gives the published value within what is stated, and where that is more than 3 % it is said why."""
    assert worked.ours() == pytest.approx(worked.theirs, rel=worked.tolerance)
    assert worked.why or worked.tolerance <= 0.03


def test_every_term_has_its_case() -> None:
    """Proves: no family of terms goes without a published value. Sensitivity: dropping the leakage case fails here."""
    terms = {"charge", "wall", "opening", "leakage", "atmosphere", "fixture", "cooling water", "auxiliary", "slag"}
    assert {w.term for w in cases()} >= terms | {"flue", "recuperator", "oxygen", "soak"}


def test_all_terms_are_named_in_one_place() -> None:
    """Proves: an audit needs one import: every public function of the balance is in twin.models.thermal, with a docstring."""
    named = [getattr(thermal, name) for name in thermal.__all__]
    assert len(named) >= 50
    assert all(thing.__doc__ for thing in named)


@settings(deadline=None)
@given(st.floats(0.05, 3.0), st.floats(0.05, 3.0), st.floats(0.01, 2.0))
def test_rectangles_lie_between_square_and_slot(a: float, b: float, depth: float) -> None:
    """Proves: a rectangle passes at least what a square of its short side does, at most what an endless slot does,
    whichever way it is told.
    """
    factor = rectangular_view_factor(a, b, depth)
    short = min(a, b)
    slot = rectangular_view_factor(short, 1e9 * short, depth)
    assert rectangular_view_factor(short, short, depth) - 1e-12 <= factor <= slot + 1e-12
    assert factor == rectangular_view_factor(b, a, depth)
    assert 0.0 < factor <= 1.0


def test_slot_factor_solves_its_integral_equation() -> None:
    """Proves: Berman's closed form is the solution of the diffuse slot as deep as it is wide: 0.6844 (Clausing;
    vacuum-technology tables).
    """
    assert rectangular_view_factor(1.0, 1e12, 1.0) == pytest.approx(0.6844, abs=2e-4)
    assert rectangular_view_factor(1.0, 1e12, 10.0) == pytest.approx(0.2408, abs=2e-4)


def test_doors_and_draught_by_hand() -> None:
    """Proves: 1 m above the level of equal pressure hot gas of 900 °C presses with 8.9 Pa; a door of 1 m² loses some
    200 kW of gas, none when cold.
    """
    assert thermal.draught_pa(1.0, 900.0) == pytest.approx(8.86, abs=0.05)
    assert thermal.door_exchange_kw(1.0, 1.0, 900.0) == pytest.approx(197.0, rel=0.01)
    assert thermal.door_exchange_kw(1.0, 1.0, 20.0) == 0.0
    assert thermal.gross_input_kw(100.0, 0.5) == 200.0
    assert thermal.conveyor_kw(100.0, 20.0, 920.0, 620.0) == pytest.approx(15.5)

"""What is written, and what is cut away."""

from __future__ import annotations

import pytest

from twin.ledger.trace import NONE, ROLE
from twin.models.books import Books
from twin.models.phases import Flow, Phase


def test_pieces_split_at_both_ends_of_the_horizon() -> None:
    """Proves: a stretch from before to after is three pieces. Sensitivity: one phase over a cut would count warm-up energy."""
    books = Books(100.0)
    assert books.pieces(-10.0, 130.0) == [(-10.0, 0.0), (0.0, 100.0), (100.0, 130.0)]
    assert books.pieces(5.0, 5.0) == []
    assert books.cuts_after(-10.0) == [10.0, 110.0]


def test_only_what_lies_in_the_horizon_is_written() -> None:
    """Proves: phases of the warm-up leave no row, those within write state, flow, counter and heat."""
    books = Books(100.0)
    phase = Phase(10.0, "holding", (Flow("electricity", 36.0, ((18.0, 5.0), (9.0, 2.0))),), {"wall_conduction": 0.1})
    assert books.phases(0, 7, -20.0, [phase, phase, phase]) == 10.0
    tables = books.recorder.tables()
    assert [len(tables[name]) for name in ("states", "flows", "counters", "heat")] == [1, 2, 1, 1]
    assert tables["counters"]["kwh"][0] == pytest.approx(phase.flows[0].amount(10.0))
    assert tables["flows"]["t0"].tolist() == [0.0, 0.0]


def test_material_before_the_start_is_not_counted_and_stocks_stand_at_the_ends() -> None:
    """Proves: roles and times of material rows; facts count within the horizon only."""
    books = Books(100.0)
    books.material(-1.0, 0, NONE, 0, "in", 5.0, 0.1)
    books.material(3.0, 0, NONE, 0, "in", 5.0, 0.1)
    books.stock("stock_open", 0, 0, 2.0, 0.0)
    books.stock("stock_close", 0, 0, 4.0, 0.0)
    rows = books.recorder.tables()["material"]
    assert rows["role"].tolist() == [ROLE["in"], ROLE["stock_open"], ROLE["stock_close"]]
    assert rows["t"].tolist() == [3.0, 0.0, 100.0]
    books.count("heats", 1.0, -5.0)
    books.count("heats", 1.0, 5.0)
    books.least("coldest_pour_c", 700.0, 5.0)
    books.least("coldest_pour_c", 690.0, 6.0)
    assert books.facts == {"heats": 1.0, "coldest_pour_c": 690.0}

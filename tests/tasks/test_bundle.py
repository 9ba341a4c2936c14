"""Attribution against published games."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from twin.tasks.bundle import cascade, interactions, shapley


def test_airport_game() -> None:
    """Proves: runway costs of 8, 11, 13, 18 are shared 2, 3, 4, 9 (Littlechild & Owen 1973)."""
    costs = {"a": 8.0, "b": 11.0, "c": 13.0, "d": 18.0}
    found = shapley(list(costs), lambda s: max((costs[i] for i in s), default=0.0))
    assert [found[i] for i in "abcd"] == pytest.approx([2.0, 3.0, 4.0, 9.0])


def test_glove_game() -> None:
    """Proves: with two left gloves and one right, the right one is worth two thirds (textbook glove game)."""
    found = shapley(["left1", "left2", "right"], lambda s: float("right" in s and len(s) > 1))
    assert found == pytest.approx({"left1": 1 / 6, "left2": 1 / 6, "right": 2 / 3})


def test_shares_sum_to_the_whole_and_dummies_get_nothing() -> None:
    """Proves: efficiency to 1e-9 and the null player on random games. Sensitivity: a wrong weight breaks the sum."""
    source = np.random.default_rng(7)
    for _ in range(20):
        members = ["a", "b", "c", "d"]
        worth = {
            frozenset(s): source.uniform(-10, 10) for n in range(1, 4) for s in itertools.combinations("abc", n)
        } | {frozenset(): 0.0}
        found = shapley(members, lambda s, worth=worth: worth[frozenset(s) - {"d"}])
        assert sum(found.values()) == pytest.approx(worth[frozenset("abc")], abs=1e-9)
        assert found["d"] == pytest.approx(0.0, abs=1e-12)


def test_interaction_and_cascade_by_hand() -> None:
    """Proves: two tasks worth 20 and 30 alone and 44 together interact by −6; the cascade is 20 then 24, Shapley 17 and 27."""
    worth = {frozenset(): 0.0, frozenset("a"): 20.0, frozenset("b"): 30.0, frozenset("ab"): 44.0}
    assert interactions(["a", "b"], worth.__getitem__) == {("a", "b"): -6.0}
    assert cascade(["a", "b"], worth.__getitem__) == {"a": 20.0, "b": 24.0}
    assert shapley(["a", "b"], worth.__getitem__) == pytest.approx({"a": 17.0, "b": 27.0})

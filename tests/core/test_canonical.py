"""Canonical JSON: one text for one meaning."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.core.canonical import canonical_json, sha256

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_round_trip(tree: object) -> None:
    """Proves: reading back and writing again gives the same text; values are equal."""
    text = canonical_json(tree)
    assert json.loads(text) == tree
    assert canonical_json(json.loads(text)) == text


@given(st.dictionaries(st.text(max_size=5), st.integers(), min_size=2, max_size=6), st.randoms())
def test_key_order_does_not_matter(mapping: dict[str, int], random: object) -> None:
    """Proves: a permutation of keys keeps the hash."""
    keys = list(mapping)
    random.shuffle(keys)
    assert sha256({key: mapping[key] for key in keys}) == sha256(mapping)


def test_whole_floats_and_integers_are_one() -> None:
    """Proves: 1, 1.0 and -0.0 against 0 do not split a hash."""
    assert canonical_json({"a": 1.0, "b": -0.0, "c": (1, 2.5)}) == '{"a":1,"b":0,"c":[1,2.5]}'


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), [float("-inf")]])
def test_no_nan(bad: object) -> None:
    """Proves: NaN and infinity are refused, never written."""
    with pytest.raises(ValueError, match=r"JSON compliant|not JSON"):
        canonical_json(bad)


@pytest.mark.parametrize("bad", [{1: 2}, {"a": object()}, {1, 2}])
def test_no_other_types(bad: object) -> None:
    """Proves: what JSON does not know is refused instead of being turned into text."""
    with pytest.raises(TypeError):
        canonical_json(bad)


def test_known_hash() -> None:
    """Proves: the hash is SHA-256 of the compact sorted text, computed by hand with sha256sum."""
    assert sha256({"b": 1, "a": "가"}) == "6a338187fb939bcfaae6b82e2c12f67b29eaa069d75ce409abd9f859edb25669"

"""The inner loop of the thermal network: hand-solvable pieces, and the same bits whether it is compiled or not."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import ROOT
from twin.models import compiling, recursion

numba = pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="numba is not installed (extra: fast)")


def test_one_mode_leaves_its_range_when_the_formula_says() -> None:
    """Proves: 20 + 80 (1 - exp(-t/100)) reaches 60 at 100 ln 2. Sensitivity: the mode taken as linear would say 50 s."""
    at_s, way = recursion.first_exit(20.0, [0.8], [0.01], 0.0, 60.0, 1e6, 1e-10)
    assert way == 1
    assert at_s == pytest.approx(100.0 * math.log(2.0), rel=1e-12)


def test_a_mode_without_decay_is_a_straight_line() -> None:
    """Proves: no division by a decay of zero: 5 + 2 t falls out of [0, 25] at 10 s."""
    assert recursion.first_exit(5.0, [2.0], [0.0], 0.0, 25.0, 1e3, 1e-10) == (pytest.approx(10.0), 1)


@pytest.mark.parametrize(("temperature_c", "band"), [(-5.0, 0), (0.0, 1), (9.9, 1), (10.0, 2), (99.0, 3)])
def test_an_edge_belongs_to_the_band_above(temperature_c: float, band: int) -> None:
    """Proves: the bands of edges 0, 10, 50. Sensitivity: an edge in the lower band moves 0 and 10."""
    assert recursion.band_of([0.0, 10.0, 50.0], temperature_c) == band


@settings(max_examples=50, deadline=None)
@given(t=st.floats(1e-3, 1e5), decay=st.floats(1e-7, 1.0), strength=st.floats(-5.0, 5.0))
def test_rise_and_its_integral_agree(t: float, decay: float, strength: float) -> None:
    """Proves: one node, one mode: rise = s (1 - exp(-d t)) / d and its integral (t - rise / s) / d, also where the closed form cancels."""
    room = recursion.Moving([decay], [0.0], [strength], [0.0], [0.0], [0.0], [0.0, 0.0])
    recursion.move(t, [1.0], 0, [7.0], room)
    z = decay * t
    exact = (
        t * t * sum((-z) ** k / math.factorial(k + 2) for k in range(12))
        if z < 0.5
        else (t + math.expm1(-z) / decay) / decay
    )
    assert room.rise[0] == pytest.approx(-strength * math.expm1(-z) / decay, rel=1e-12, abs=1e-300)
    assert room.rise[1] == pytest.approx(7.0 * t + strength * exact, rel=1e-9)


def test_without_numba_the_loop_is_the_plain_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: TWIN_COMPILED=0 keeps the compiler out."""
    compiling.available.cache_clear()
    compiling.loop.cache_clear()
    monkeypatch.setenv("TWIN_COMPILED", "0")
    try:
        assert compiling.loop() is recursion
    finally:
        compiling.available.cache_clear()
        compiling.loop.cache_clear()


PROGRAM = """
import hashlib, json, sys
from twin.experiment.draws import AddressedDraws
from twin.models.compiling import available
from twin.models.plant import simulate
from twin.scenario.scenario import read
found = {}
for name in ("iron-foundry", "aluminium-foundry", "aluminium-melt-shop"):
    scenario = read("scenarios/" + name + ".yaml", {"run.duration": "1 week"})
    for replication in (0, 1):
        trace = simulate(scenario, AddressedDraws(7, replication))
        digest = hashlib.sha256()
        for table in sorted(trace.tables):
            for column in trace.tables[table].columns:
                digest.update(trace.tables[table][column].tobytes())
        found[f"{name}/{replication}"] = digest.hexdigest()
print(json.dumps({"compiled": available(), "found": found}))
"""


def traces(compiled: str) -> dict[str, object]:
    """Digests of whole traces of the shipped foundries, in an interpreter of their own."""
    environment = {**os.environ, "TWIN_COMPILED": compiled}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    said: dict[str, object] = json.loads(done.stdout)
    return said


@numba
def test_the_compiled_loop_gives_the_same_trace_to_the_last_bit() -> None:
    """Proves: departures, energy, heat, material of the three shipped scenarios with furnaces do not depend on the compiler.

    Sensitivity: fused multiply-adds or another order of a sum would change a last bit, and the digest.
    """
    plain, fast = traces("0"), traces("1")
    assert (plain["compiled"], fast["compiled"]) == (False, True)
    assert plain["found"] == fast["found"]

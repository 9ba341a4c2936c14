"""Addressed draws: the same whatever the order, apart from one another, uniform; quantiles against closed forms."""

from __future__ import annotations

import math
import threading
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.experiment.draws import (
    AddressedDraws,
    MeanDraws,
    exponential,
    lognormal,
    normal_quantile,
    triangular,
    uniform,
    uniforms,
    weibull,
)
from twin.models.phases import Draws, Stream


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 5000), min_size=1, max_size=40), st.integers(0, 2**40), st.integers(0, 99))
def test_order_does_not_matter(serials: list[int], seed: int, replication: int) -> None:
    """Proves: a draw depends on its address alone, whether asked for one by one, in blocks, twice or backwards."""
    stream = AddressedDraws(seed, replication).stream("cycle", "cast.1")
    forward = [stream.at(k) for k in serials]
    again = AddressedDraws(seed, replication)
    backward = [again.uniform("cycle", "cast.1", k) for k in reversed(serials)][::-1]
    blocks = [float(AddressedDraws(seed, replication).stream("cycle", "cast.1").block(k, 3)[0]) for k in serials]
    assert forward == backward == blocks
    assert all(0.0 < u < 1.0 for u in forward)


def test_another_stream_changes_nothing() -> None:
    """Proves: draws asked for in between by other owners do not move the others. Sensitivity: one shared generator would."""
    plain, busy = AddressedDraws(7, 3), AddressedDraws(7, 3)
    expected = [plain.uniform("repair", "melt.1", k) for k in range(20)]
    found = []
    for k in range(20):
        busy.uniform("repair", "new.1", k)
        found.append(busy.uniform("repair", "melt.1", k))
    assert found == expected


def test_every_part_of_the_address_counts() -> None:
    """Proves: seed, replication, source, owner and serial each change the draw; names are not run together."""
    seen = {
        AddressedDraws(s, r).uniform(source, owner, k)
        for s in (1, 2)
        for r in (0, 1)
        for source, owner in (("a", "bc"), ("ab", "c"), ("a", "c"))
        for k in (0, 1)
    }
    assert len(seen) == 24


def test_block_is_numpys_philox() -> None:
    """Proves: the stream is numpy's own Philox at that key and counter. Sensitivity: a wrong counter would shift it by four."""
    key = 0x0123456789ABCDEF_FEDCBA9876543210
    raw = np.random.Philox(key=key, counter=0).random_raw(40) >> np.uint64(11)
    assert uniforms(key, 5, 30).tolist() == ((raw[5:35] + 0.5) * 2.0**-53).tolist()


def test_threads_do_not_mix() -> None:
    """Proves: two threads drawing at once get what each would get alone. Sensitivity: a shared generator state would not."""
    expected = {k: uniforms(k, 0, 400).tolist() for k in range(8)}
    found: dict[int, list[list[float]]] = {k: [] for k in range(8)}

    def draw(key: int) -> None:
        for _ in range(60):
            found[key].append(uniforms(key, 0, 400).tolist())

    threads = [threading.Thread(target=draw, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(all(values == expected[k] for values in found[k]) for k in range(8))


def test_uniform_and_uncorrelated() -> None:
    """Proves: 100,000 draws of 200 owners have the moments and the serial correlation of the uniform, within 4 standard errors."""
    draws = AddressedDraws(11, 0)
    block = np.stack([draws.stream("cycle", f"m.{k}").block(0, 500) for k in range(200)])
    n = block.size
    assert abs(block.mean() - 0.5) < 4 * math.sqrt(1 / 12 / n)
    assert abs(block.var() - 1 / 12) < 4 * math.sqrt(1 / 180 / n)
    for a, b in ((block[:, :-1], block[:, 1:]), (block[:-1], block[1:])):
        assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 4 / math.sqrt(a.size)
    counts = np.bincount((block.ravel() * 100).astype(int), minlength=100)
    assert ((counts - n / 100) ** 2 / (n / 100)).sum() < 99 + 4 * math.sqrt(2 * 99)


def test_mean_draws() -> None:
    """Proves: with randomness off every variate is one half and says so. Sensitivity: models must not draw failures then."""
    draws = MeanDraws()
    assert draws.mean_mode
    assert draws.uniform("a", "b", 9) == 0.5
    assert draws.stream("a", "b").block(3, 4).tolist() == [0.5] * 4


def test_protocols() -> None:
    """Proves: both kinds of draws are what the models ask for."""
    for draws in (AddressedDraws(1, 0), MeanDraws()):
        assert isinstance(draws, Draws)
        assert isinstance(draws.stream("a", "b"), Stream)


def test_normal_quantile_to_the_last_digits() -> None:
    """Proves: AS 241 to 1e-15 relative, in the centre and far in both tails. Sensitivity: AS 26.2.23 would err by 4.5e-4."""
    tails = 10.0 ** -np.arange(1.0, 300.0, 3.7)
    u = np.concatenate([np.linspace(1e-9, 1 - 1e-9, 4001), tails, [0.075, 0.925, 0.5]])
    exact = np.array([NormalDist().inv_cdf(float(x)) for x in u])
    assert np.abs(normal_quantile(u) - exact).max() <= 1e-15 * 40
    assert normal_quantile(0.975) == pytest.approx(1.959963984540054, rel=1e-15)
    assert normal_quantile(0.5) == 0.0


@pytest.mark.parametrize(
    ("sample", "mean", "sd"),
    [
        (lambda u: exponential(u, 3.0), 3.0, 3.0),
        (lambda u: lognormal(u, 1.5, 1.0), 1.5, 1.0),
        (lambda u: weibull(u, 2.0, 1.0), 2.0, 2.0),
        (lambda u: weibull(u, 2.0, 2.0), 2.0, 2.0 * math.sqrt(4 / math.pi - 1)),
        (lambda u: uniform(u, 40.0, 80.0), 60.0, 40 / math.sqrt(12)),
        (
            lambda u: triangular(u, 5.5, 6.5, 8.0),
            20 / 3,
            math.sqrt((5.5**2 + 6.5**2 + 8**2 - 5.5 * 6.5 - 5.5 * 8 - 6.5 * 8) / 18),
        ),
    ],
)
def test_moments_by_quadrature(sample: object, mean: float, sd: float) -> None:
    """Proves: each inverse transform has the mean and spread that it was asked for (midpoint rule over its quantiles)."""
    assert callable(sample)
    u = (np.arange(400_000) + 0.5) / 400_000
    values = sample(u)
    assert values.mean() == pytest.approx(mean, rel=2e-4)
    assert values.std() == pytest.approx(sd, rel=2e-3)
    assert np.all(np.diff(values) >= 0.0)


def test_degenerate_triangular() -> None:
    """Proves: a range without width gives its value, not a division by zero."""
    assert triangular(np.array([0.1, 0.9]), 5.0, 5.0, 5.0).tolist() == [5.0, 5.0]

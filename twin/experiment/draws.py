"""Addressed random numbers: a draw is looked up by (seed, replication, source, owner, serial), never consumed.

So a change that adds equipment, re-routes a job or asks for a draw once more leaves every other draw as it was, and two scenarios
compared on the same seed differ only by the change. Philox4x64-10 (Salmon et al., SC'11) as numpy has it, its key being the first
128 bits of the SHA-256 of the names, its counter the serial.
"""

from __future__ import annotations

import hashlib
import math
import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np

_WORDS = 4
_LONG = 512
_SHORT = 8
_UNIT = 2.0**-53
_MASK = 2**64 - 1


def _named(*names: object) -> bytes:
    """Names as bytes; lengths keep ("a", "bc") apart from ("ab", "c")."""
    texts = [str(name).encode() for name in names]
    return b"".join(len(text).to_bytes(4, "little") + text for text in texts)


class _Generator(threading.local):
    """One Philox a thread, set to a key and counter before each use: four times faster than making a new one."""

    def __init__(self) -> None:
        self.philox = np.random.Philox(key=0, counter=0)
        self.state: Any = self.philox.state
        self.counter, self.key = self.state["state"]["counter"], self.state["state"]["key"]

    def at(self, key: int, block: int) -> np.random.Philox:
        """The generator at the ``block``-th group of four words of the stream ``key``."""
        self.counter[0] = block
        self.key[0], self.key[1] = key & _MASK, key >> 64
        self.philox.state = self.state
        return self.philox


_GENERATOR = _Generator()


def uniforms(key: int, start: int, count: int) -> np.ndarray:
    """Variates ``start`` ... ``start + count - 1`` of the stream with this 128-bit key, strictly inside (0, 1). Shape (count,)."""
    skip = start % _WORDS
    raw = np.asarray(_GENERATOR.at(key, start // _WORDS).random_raw(count + skip))
    return ((raw[skip:] >> np.uint64(11)) + 0.5) * _UNIT


def first_uniform(key: int) -> float:
    """Variate 0 of a stream alone, by the same operations: a third of the time of an array."""
    word: int = _GENERATOR.at(key, 0).random_raw()
    return ((word >> 11) + 0.5) * _UNIT


@dataclass(slots=True)
class AddressedStream:
    """Uniform variates of one source and owner. Serial numbers from 0; sequential use is served from a cached block."""

    key: int
    _first: int = 0
    _cached: list[float] = field(default_factory=list)

    def at(self, serial: int) -> float:
        """The variate with this serial, in (0, 1)."""
        offset = serial - self._first
        if 0 <= offset < len(self._cached):
            return self._cached[offset]
        size = _LONG if serial >= _SHORT else _SHORT
        self._first = serial - serial % size
        self._cached = uniforms(self.key, self._first, size).tolist()
        return self._cached[serial - self._first]

    def block(self, serial: int, count: int) -> np.ndarray:
        """Variates ``serial`` ... ``serial + count - 1``; equal to as many calls of :meth:`at`. Shape (count,)."""
        return uniforms(self.key, serial, count)


class AddressedDraws:
    """All draws of one replication."""

    mean_mode = False

    def __init__(self, seed: int, replication: int) -> None:
        self.seed, self.replication = seed, replication
        self._streams: dict[tuple[str, str], AddressedStream] = {}
        self._hashed: dict[str, Any] = {}

    def stream(self, source: str, owner: str) -> AddressedStream:
        """The variates of one source ("cycle", "failure", "repair", …) and owner (an equipment, an order, a job)."""
        found = self._streams.get((source, owner))
        if found is None:
            found = self._streams[(source, owner)] = AddressedStream(self._key(source, owner))
        return found

    def uniform(self, source: str, owner: str, serial: int) -> float:
        """One variate in (0, 1). Of an owner that is asked once only (a job) no stream is kept."""
        if serial == 0 and (source, owner) not in self._streams:
            return first_uniform(self._key(source, owner))
        return AddressedDraws.stream(self, source, owner).at(serial)

    def _key(self, source: str, owner: str) -> int:
        """128-bit key of an address; what all owners of a source have in common is hashed once."""
        begun = self._hashed.get(source)
        if begun is None:
            begun = self._hashed[source] = hashlib.sha256(_named("twin", self.seed, self.replication, source))
        digest, text = begun.copy(), owner.encode()
        digest.update(len(text).to_bytes(4, "little") + text)
        return int.from_bytes(digest.digest()[:16], "little")


@dataclass(frozen=True, slots=True)
class _Middle:
    """A stream whose every variate is one half."""

    def at(self, serial: int) -> float:
        return 0.5

    def block(self, serial: int, count: int) -> np.ndarray:
        return np.full(count, 0.5)


class MeanDraws:
    """Draws with randomness off: distributions are to give their mean and nothing fails (``mean_mode``); a bare variate is one half."""

    mean_mode = True

    def stream(self, source: str, owner: str) -> _Middle:
        """A stream of halves."""
        return _Middle()

    def uniform(self, source: str, owner: str, serial: int) -> float:
        """One half."""
        return 0.5


_A = (
    3.3871328727963666080e0,
    1.3314166789178437745e2,
    1.9715909503065514427e3,
    1.3731693765509461125e4,
    4.5921953931549871457e4,
    6.7265770927008700853e4,
    3.3430575583588128105e4,
    2.5090809287301226727e3,
)
_B = (
    1.0,
    4.2313330701600911252e1,
    6.8718700749205790830e2,
    5.3941960214247511077e3,
    2.1213794301586595867e4,
    3.9307895800092710610e4,
    2.8729085735721942674e4,
    5.2264952788528545610e3,
)
_C = (
    1.42343711074968357734e0,
    4.63033784615654529590e0,
    5.76949722146069140550e0,
    3.64784832476320460504e0,
    1.27045825245236838258e0,
    2.41780725177450611770e-1,
    2.27238449892691845833e-2,
    7.74545014278341407640e-4,
)
_D = (
    1.0,
    2.05319162663775882187e0,
    1.67638483018380384940e0,
    6.89767334985100004550e-1,
    1.48103976427480074590e-1,
    1.51986665636164571966e-2,
    5.47593808499534494600e-4,
    1.05075007164441684324e-9,
)
_E = (
    6.65790464350110377720e0,
    5.46378491116411436990e0,
    1.78482653991729133580e0,
    2.96560571828504891230e-1,
    2.65321895265761230930e-2,
    1.24266094738807843860e-3,
    2.71155556874348757815e-5,
    2.01033439929228813265e-7,
)
_F = (
    1.0,
    5.99832206555887937690e-1,
    1.36929880922735805310e-1,
    1.48753612908506148525e-2,
    7.86869131145613259100e-4,
    1.84631831751005468180e-5,
    1.42151175831644588870e-7,
    2.04426310338993978564e-15,
)


def _ratio(numerator: tuple[float, ...], denominator: tuple[float, ...], x: np.ndarray) -> np.ndarray:
    return np.asarray(np.polynomial.polynomial.polyval(x, numerator) / np.polynomial.polynomial.polyval(x, denominator))


def normal_quantile(u: np.ndarray | float) -> np.ndarray:
    """Standard normal quantile, relative error about 1e-16. Algorithm AS 241, PPND16 (Wichura, Applied Statistics 37 (1988) 477-484)."""
    p = np.asarray(u, float)
    q = p - 0.5
    central = _ratio(_A, _B, 0.180625 - q * q) * q
    r = np.sqrt(-np.log(np.where(q < 0.0, p, 1.0 - p)))
    tail = np.where(r <= 5.0, _ratio(_C, _D, r - 1.6), _ratio(_E, _F, r - 5.0))
    return np.where(np.abs(q) <= 0.425, central, np.copysign(tail, q))


def exponential(u: np.ndarray, mean: float) -> np.ndarray:
    """Quantiles of the exponential distribution."""
    return np.asarray(-mean * np.log1p(-np.asarray(u, float)))


def lognormal(u: np.ndarray, mean: float, sd: float) -> np.ndarray:
    """Quantiles of the lognormal distribution with this mean and standard deviation (of the variate, not of its logarithm)."""
    variance = math.log1p((sd / mean) ** 2)
    return np.asarray(mean * np.exp(math.sqrt(variance) * normal_quantile(u) - variance / 2.0))


def weibull(u: np.ndarray, mean: float, shape: float) -> np.ndarray:
    """Quantiles of the Weibull distribution with this mean."""
    return np.asarray(mean / math.gamma(1.0 + 1.0 / shape) * (-np.log1p(-np.asarray(u, float))) ** (1.0 / shape))


def uniform(u: np.ndarray, low: float, high: float) -> np.ndarray:
    """Quantiles of the uniform distribution."""
    return np.asarray(low + (high - low) * np.asarray(u, float))


def triangular(u: np.ndarray, low: float, mode: float, high: float) -> np.ndarray:
    """Quantiles of the triangular distribution on [low, high] with its peak at ``mode``."""
    p = np.asarray(u, float)
    if high <= low:
        return np.full_like(p, low)
    split = (mode - low) / (high - low)
    rising = low + np.sqrt(p * (high - low) * (mode - low))
    falling = high - np.sqrt((1.0 - p) * (high - low) * (high - mode))
    return np.where(p < split, rising, falling)

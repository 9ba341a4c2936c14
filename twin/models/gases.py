"""Gases of combustion: atoms, heats of formation and sensible heat.

Heats of formation and Shomate equations of the gases that leave a furnace (CO2, H2O, N2, O2, SO2, CO, H2) and of
methane are those of the NIST
Chemistry WebBook, SRD 69 (M. W. Chase, NIST-JANAF Thermochemical Tables, 4th ed., 1998), https://webbook.nist.gov. Higher hydrocarbons
have the WebBook's heats of formation and one heat capacity at 25 °C: they are met as cold fuel only.

>>> round(sensible_kj_per_mol("CO2", 1000.0), 1)      # JANAF: 48.4 kJ/mol between 25 and 1,000 °C
48.4
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from twin.models.elements import KELVIN

REFERENCE_C = 25.0
LITRES_PER_MOL = 22.41396954  # at 0 °C and 101,325 Pa (Nm3); CODATA 2018
EVAPORATION_KJ_PER_MOL = 44.004  # H2O at 25 °C: 285.830 - 241.826
NORMAL_K, STANDARD_K = 273.15, 288.706  # 0 °C for Nm3; 60 °F for Sm3


@dataclass(frozen=True, slots=True)
class Gas:
    """One gas: atoms of C, H, O, N, S, molar mass, heat of formation at 25 °C, Shomate ranges ``(to_k, A, B, C, D, E)`` in J/(mol K)."""

    atoms: tuple[int, int, int, int, int]
    grams_per_mol: float
    formation_kj_per_mol: float
    ranges: tuple[tuple[float, ...], ...]


GASES: dict[str, Gas] = {
    "CO2": Gas((1, 0, 2, 0, 0), 44.0095, -393.5224, (
        (1200.0, 24.99735, 55.18696, -33.69137, 7.948387, -0.136638),
        (6000.0, 58.16639, 2.720074, -0.492289, 0.038844, -6.447293),
    )),
    "H2O": Gas((0, 2, 1, 0, 0), 18.0153, -241.8264, (
        (1700.0, 30.09200, 6.832514, 6.793435, -2.534480, 0.082139),
        (6000.0, 41.96426, 8.622053, -1.499780, 0.098119, -11.15764),
    )),
    "N2": Gas((0, 0, 0, 2, 0), 28.0134, 0.0, (
        (500.0, 28.98641, 1.853978, -9.647459, 16.63537, 0.000117),
        (2000.0, 19.50583, 19.88705, -8.598535, 1.369784, 0.527601),
        (6000.0, 35.51872, 1.128728, -0.196103, 0.014662, -4.553760),
    )),
    "O2": Gas((0, 0, 2, 0, 0), 31.9988, 0.0, (
        (700.0, 31.32234, -20.23531, 57.86644, -36.50624, -0.007374),
        (2000.0, 30.03235, 8.772972, -3.988133, 0.788313, -0.741599),
        (6000.0, 20.91111, 10.72071, -2.020498, 0.146449, 9.245722),
    )),
    "SO2": Gas((0, 0, 2, 0, 1), 64.064, -296.8422, (
        (1200.0, 21.43049, 74.35094, -57.75217, 16.35534, 0.086731),
        (6000.0, 57.48188, 1.009328, -0.076290, 0.005174, -4.045401),
    )),
    "CO": Gas((1, 0, 1, 0, 0), 28.0101, -110.5271, (
        (1300.0, 25.56759, 6.096130, 4.054656, -2.671301, 0.131021),
        (6000.0, 35.15070, 1.300095, -0.205921, 0.013550, -3.282780),
    )),
    "H2": Gas((0, 2, 0, 0, 0), 2.01588, 0.0, (
        (1000.0, 33.066178, -11.363417, 11.432816, -2.772874, -0.158558),
        (2500.0, 18.563083, 12.257357, -2.859786, 0.268238, 1.977990),
        (6000.0, 43.413560, -4.293079, 1.272428, -0.096876, -20.533862),
    )),
    "CH4": Gas((1, 4, 0, 0, 0), 16.0425, -74.87310, (
        (1300.0, -0.703029, 108.4773, -42.52157, 5.862788, 0.678565),
        (6000.0, 85.81217, 11.26467, -2.114146, 0.138190, -26.42221),
    )),
    "C2H4": Gas((2, 4, 0, 0, 0), 28.0532, 52.46694, ((6000.0, 42.9, 0.0, 0.0, 0.0, 0.0),)),
    "C2H6": Gas((2, 6, 0, 0, 0), 30.0690, -84.0, ((6000.0, 52.5, 0.0, 0.0, 0.0, 0.0),)),
    "C3H8": Gas((3, 8, 0, 0, 0), 44.0956, -104.7, ((6000.0, 73.6, 0.0, 0.0, 0.0, 0.0),)),
    "C4H10": Gas((4, 10, 0, 0, 0), 58.1222, -125.6, ((6000.0, 98.5, 0.0, 0.0, 0.0, 0.0),)),
}  # fmt: skip


def gas(symbol: str) -> Gas:
    """The gas of this symbol; ``KeyError`` names the ones that are known."""
    if symbol not in GASES:
        problem = f"unknown gas {symbol!r}; known: {', '.join(GASES)}"
        raise KeyError(problem)
    return GASES[symbol]


@lru_cache(maxsize=8192)
def sensible_kj_per_mol(symbol: str, temperature_c: float) -> float:
    """Heat that warms one mole of a gas from 25 °C to a temperature (below 6,000 K), kJ/mol; water stays vapour."""
    target, low, total = temperature_c + KELVIN, REFERENCE_C + KELVIN, 0.0
    for high, *coefficients in gas(symbol).ranges:
        upper = min(high, target)
        total += _integral(coefficients, upper) - _integral(coefficients, low)
        if target <= high:
            return total
        low = high
    problem = f"{temperature_c} °C is above the range of {symbol}"
    raise ValueError(problem)


def burning_kj_per_mol(symbol: str) -> tuple[float, float]:
    """Gross and net heat of combustion at 25 °C, kJ/mol, from heats of formation; 0 for what does not burn."""
    c, h, _, _, s = gas(symbol).atoms
    if needed_o2(symbol) <= 0.0:
        return 0.0, 0.0
    products = c * GASES["CO2"].formation_kj_per_mol + s * GASES["SO2"].formation_kj_per_mol
    net = gas(symbol).formation_kj_per_mol - products - 0.5 * h * GASES["H2O"].formation_kj_per_mol
    return net + 0.5 * h * EVAPORATION_KJ_PER_MOL, net


def needed_o2(symbol: str) -> float:
    """Moles of O2 that burn one mole completely (negative for what brings oxygen)."""
    c, h, o, _, s = gas(symbol).atoms
    return c + 0.25 * h + s - 0.5 * o


def _integral(coefficients: list[float], kelvin: float) -> float:
    a, b, c, d, e = coefficients
    t = kelvin / 1000.0
    return a * t + b * t**2 / 2 + c * t**3 / 3 + d * t**4 / 4 - e / t

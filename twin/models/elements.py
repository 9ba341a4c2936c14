"""Thermochemistry of the elements that alloys are made of: enthalpy of solid and liquid, fusion, mixing.

Solid heat capacities are Shomate equations of the NIST WebBook (NIST-JANAF), liquids have one heat capacity; all
figures and their citations stand in ``metals.json``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

REFERENCE_C = 20.0
KELVIN = 273.15
J_PER_KWH = 3.6e6


def latent_by_fractions_j_per_kg(mass_fractions: Mapping[str, float]) -> float:
    """Heats of fusion by mass fraction plus the mixing enthalpy of the liquid where it is known (Al-Si), J/kg."""
    fusion = sum(
        x * 1e6 * element(e)["fusion_kj_per_mol"] / element(e)["molar_mass_g"] for e, x in mass_fractions.items()
    )
    return float(fusion) + al_si_mixing_j_per_kg(
        mass_fractions.get("aluminium", 0.0), mass_fractions.get("silicon", 0.0)
    )


def al_si_mixing_j_per_kg(aluminium: float, silicon: float) -> float:
    """Mixing enthalpy per kg of an alloy with these mass fractions (Redlich-Kister, COST 507), J/kg."""
    n_al, n_si = (1000.0 * x / element(e)["molar_mass_g"] for e, x in (("aluminium", aluminium), ("silicon", silicon)))
    moles = n_al + n_si
    if n_al <= 0.0 or n_si <= 0.0:
        return 0.0
    x_al, x_si = n_al / moles, n_si / moles
    terms = data()["solutions"]["al_si"]["redlich_kister_j_per_mol"]
    return float(moles * x_al * x_si * sum(term * (x_al - x_si) ** power for power, term in enumerate(terms)))


def molten_j_per_kg(name: str, temperature_c: float) -> float:
    """Enthalpy of the liquid, also below its melting point, above the solid at 20 °C."""
    row = element(name)
    melting_c = row["fusion_k"] - KELVIN
    fusion = 1e6 * row["fusion_kj_per_mol"] / row["molar_mass_g"]
    return float(solid_j_per_kg(name, melting_c) + fusion + liquid_j_per_kg_k(name) * (temperature_c - melting_c))


def liquid_j_per_kg_k(name: str) -> float:
    """Heat capacity of the liquid element, J/(kg K)."""
    return float(1000.0 * element(name)["liquid_j_per_mol_k"] / element(name)["molar_mass_g"])


@lru_cache(maxsize=4096)
def solid_j_per_kg(name: str, temperature_c: float) -> float:
    """Enthalpy of the solid element above 20 °C; past its last range the heat capacity at its end is kept."""
    row = element(name)
    target, low = temperature_c + KELVIN, REFERENCE_C + KELVIN
    total = sum(1000.0 * kj for at_k, kj in row["transitions"] if at_k <= target)
    for high, *coefficients in row["solid"]:
        upper = min(high, target)
        if upper <= low:
            break
        total += _shomate_integral(coefficients, upper) - _shomate_integral(coefficients, low)
        low = upper
    if target > low:
        total += _shomate(row["solid"][-1][1:], row["solid"][-1][0]) * (target - low)
    return float(1000.0 * total / row["molar_mass_g"])


def _shomate(coefficients: list[float], kelvin: float) -> float:
    a, b, c, d, e = coefficients
    t = kelvin / 1000.0
    return a + b * t + c * t**2 + d * t**3 + e / t**2


def _shomate_integral(coefficients: list[float], kelvin: float) -> float:
    a, b, c, d, e = coefficients
    t = kelvin / 1000.0
    return 1000.0 * (a * t + b * t**2 / 2 + c * t**3 / 3 + d * t**4 / 4 - e / t)


def element(name: str) -> dict[str, Any]:
    """The element's row of ``metals.json``; ``KeyError`` names the ones that are known."""
    elements: dict[str, dict[str, Any]] = data()["elements"]
    if name not in elements:
        problem = f"unknown element {name!r}; known: {', '.join(elements)}"
        raise KeyError(problem)
    return elements[name]


@lru_cache(maxsize=1)
def data() -> dict[str, Any]:
    """The whole of ``metals.json``, read once."""
    read: dict[str, Any] = json.loads(Path(__file__).with_name("metals.json").read_text(encoding="utf-8"))
    return read

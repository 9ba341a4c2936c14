"""A furnace for tests, written as a user would."""

from __future__ import annotations

import numpy as np

from twin.meters.evidence import Shop
from twin.models.furnace import InductionFurnace

VECTOR = np.array([0.62, 110.0, 0.12, 0.5, 5.0, 525.0])
"""Efficiency, lining W/K and kWh/K, lid open while melting, auxiliaries kW, charge kg."""


def shop() -> Shop:
    """About half a tonne of Al-Si to 950 degC."""
    kind = InductionFurnace.model_validate(
        {
            "kind": "induction_furnace",
            "alloy": "AlSi12",
            "capacity": "600 kg",
            "tap": "950 degC",
            "charge": {"mass": "525 kg", "make_up": {"ingot": "100 %"}, "temperature": "30 degC"},
            "power": {"rated": "443 kW", "efficiency": "62 %", "auxiliaries": "5 kW"},
            "lining": {
                "area": "2.1 m2",
                "thickness": "90 mm",
                "conductivity": "5 W/m/K",
                "density": "2300 kg/m3",
                "heat_capacity": "1000 J/kg/K",
                "outside_film": "400 W/m2/K",
                "outside": "40 degC",
            },
            "lid": {"area": "0.3 m2", "emissivity": "30 %", "closed": "4 W/K"},
            "slag": {"time": "3 min"},
            "ladle": {"capacity": "260 kg", "time": "5 min", "loss": "60 K"},
        }
    )
    return Shop(kind)

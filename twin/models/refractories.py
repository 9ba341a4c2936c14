"""What furnace walls are made of: conductivity at working mean temperature, density and heat capacity.

Mean values of makers' data sheets and handbooks (general engineering knowledge, not looked up for this table): data
class ``assumed``. State
the three numbers of your own lining where you know them. Conductivity grows with temperature, for fibre strongly; a
layer that works colder or
hotter than its row says insulates better or worse.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Refractory:
    """Conductivity at ``mean_c`` in W/(m K), density in kg/m3, heat capacity in J/(kg K)."""

    conductivity_w_per_m_k: float
    density_kg_per_m3: float
    heat_capacity_j_per_kg_k: float
    mean_c: float
    name: str


REFRACTORIES: dict[str, Refractory] = {
    "dense_firebrick": Refractory(1.3, 2100.0, 1000.0, 800.0, "fireclay brick, 35 to 42 % alumina"),
    "insulating_brick": Refractory(0.25, 600.0, 1050.0, 600.0, "insulating firebrick, class 23"),
    "ceramic_fibre": Refractory(0.16, 128.0, 1130.0, 550.0, "ceramic fibre blanket or modules, 128 kg/m3"),
    "dense_fibre": Refractory(0.15, 192.0, 1130.0, 600.0, "compressed fibre modules, 190 kg/m3"),
    "calcium_silicate": Refractory(0.09, 260.0, 1000.0, 300.0, "calcium silicate board behind the hot layer"),
    "mineral_wool": Refractory(0.06, 120.0, 840.0, 200.0, "mineral wool slab behind the hot layer"),
    "castable": Refractory(1.1, 2000.0, 1000.0, 800.0, "medium-duty castable"),
}

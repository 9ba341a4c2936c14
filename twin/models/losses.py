"""Terms of a furnace's heat balance as plain functions: steady rates in kW, heats in kWh.

They stand alone (an audit sheet, a test, a nameplate check) and feed the thermal network its conductances and
surfaces. Unless a docstring says otherwise the equations are those of process-heating assessment as coded in ORNL's
AMO-Tools-Suite (commit 15208321), in SI.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import exp, log, pi, sqrt
from typing import Literal

from twin.models.elements import KELVIN
from twin.models.gases import sensible_kj_per_mol
from twin.models.surfaces import STEFAN_BOLTZMANN_KW

Orientation = Literal["vertical", "hot_up", "hot_down", "cylinder"]
SHAPE_FACTOR: dict[Orientation, float] = {"vertical": 1.394, "hot_up": 1.79, "hot_down": 0.89, "cylinder": 1.016}
WATER_J_PER_KG_K = 4187.0
STEAM_J_PER_KG_K = 2014.0
EVAPORATION_J_PER_KG = 2.256e6
AIR_KG_PER_M3 = 1.225
ATMOSPHERE_KJ_PER_SM3_K = 1.24  # endothermic gas, nitrogen, exothermic gas: 0.0185 Btu/(scf degF)


def radiation_kw(
    area_m2: float, temperature_c: float, *, emissivity: float, view_factor: float = 1.0, ambient_c: float = 20.0
) -> float:
    """Net radiation of a surface or opening, ``emissivity sigma A F (T^4 - Ta^4)``, kW."""
    fourth = (temperature_c + KELVIN) ** 4 - (ambient_c + KELVIN) ** 4
    return STEFAN_BOLTZMANN_KW * emissivity * view_factor * area_m2 * fourth


def opening_view_factor(width_m: float, depth_m: float) -> float:
    """Share of black-body radiation that passes a round opening of this width through a wall of this depth (0…1).

    A tube whose wall reradiates diffusely passes radiation as it passes a rarefied gas, so this is Clausing's factor
    in Santeler's form (D. J. Santeler, J. Vac. Sci. Technol. A 4 (1986) 338, within 0.7 % of the exact one). The
    assessment tool's curve, 0.835, 0.62, 0.35 and 0.098 at width/depth 5, 1.67, 0.5 and 0.1, agrees within 2 % (10 %
    at the deepest): :func:`opening_view_factor_tabulated`.
    """
    if depth_m <= 0.0:
        return 1.0
    slender = depth_m / (0.5 * width_m)
    return 1.0 / (1.0 + 0.375 * slender * (1.0 + 1.0 / (3.0 * (1.0 + slender / 7.0))))


def rectangular_view_factor(width_m: float, height_m: float, depth_m: float) -> float:
    """The same for a rectangular opening (a furnace door in its wall).

    Between a square, taken as a round hole of that width, and an endless slot (A. S. Berman, J. Appl. Phys. 36 (1965) 3356) linear in
    short over long side. The assessment tool's curves agree within 3 % from width/depth 0.5 to 6.
    """
    if depth_m <= 0.0:
        return 1.0
    short, long = min(width_m, height_m), max(width_m, height_m)
    x = depth_m / short
    root = sqrt(1.0 + x * x)
    dent = (x - log(x + root)) ** 2 / (x**3 + 3.0 * x * x + 4.0 - (x * x + 4.0) * root) if x > 1e-3 else 0.0
    slot = 0.5 * (1.0 + root - x) - 1.5 * dent
    return slot + (opening_view_factor(short, depth_m) - slot) * short / long


def opening_kw(
    width_m: float,
    height_m: float,
    temperature_c: float,
    *,
    depth_m: float = 0.0,
    emissivity: float = 1.0,
    open_share: float = 1.0,
    ambient_c: float = 20.0,
) -> float:
    """Mean radiation through a rectangular opening, kW: fixed (``open_share`` 1) or a door that is open for a share of the time.

    A cavity radiates nearly as a black body, so the emissivity is near 1 (the assessment tool suggests 0.95).
    """
    factor = rectangular_view_factor(width_m, height_m, depth_m)
    area = width_m * height_m
    return open_share * radiation_kw(
        area, temperature_c, emissivity=emissivity, view_factor=factor, ambient_c=ambient_c
    )


TABULATED_VIEW_FACTOR = ((0.1, 0.098), (0.5, 0.35), (1.67, 0.62), (5.0, 0.835))


def opening_view_factor_tabulated(width_m: float, depth_m: float) -> float:
    """The same from the published curve for round openings (AMO-Tools OpeningLosses), between its points linear in
    ln(width/depth).
    """
    if depth_m <= 0.0:
        return 1.0
    ratio = width_m / depth_m
    points = TABULATED_VIEW_FACTOR
    if ratio <= points[0][0]:
        return points[0][1] * ratio / points[0][0]
    for (r0, f0), (r1, f1) in pairwise(points):
        if ratio <= r1:
            return f0 + (f1 - f0) * log(ratio / r0) / log(r1 / r0)
    last_ratio, last = points[-1]
    return 1.0 - (1.0 - last) * last_ratio / ratio  # F goes to 1 as 1 - const x depth/width


def film_w_per_m2k(
    surface_c: float, ambient_c: float, *, orientation: Orientation = "vertical", wind_m_s: float = 0.0
) -> float:
    """Convection coefficient of an outside surface, W/(m2 K).

    ``5.678 C 24^-0.2 Tm^-0.181 (1.8 dT)^0.266 sqrt(1 + 2.857 v)`` with Tm the mean film temperature in degrees
    Rankine, the published form; the tool itself puts degrees Fahrenheit there, which gives some 22 % more at a
    surface of 107 °C.
    """
    difference = abs(surface_c - ambient_c)
    if difference == 0.0:
        return 0.0
    mean_rankine = 1.8 * (0.5 * (surface_c + ambient_c) + KELVIN)
    shape = SHAPE_FACTOR[orientation]
    return float(
        5.678 * shape * 24**-0.2 * mean_rankine**-0.181 * (1.8 * difference) ** 0.266 * sqrt(1.0 + 2.857 * wind_m_s)
    )


def wall_surface_kw(
    area_m2: float,
    surface_c: float,
    *,
    ambient_c: float = 20.0,
    emissivity: float = 0.9,
    orientation: Orientation = "vertical",
    wind_m_s: float = 0.0,
) -> float:
    """Loss of a wall from its measured outside temperature: convection and radiation, kW."""
    film = film_w_per_m2k(surface_c, ambient_c, orientation=orientation, wind_m_s=wind_m_s)
    convection = film * area_m2 * (surface_c - ambient_c) / 1000.0
    return convection + radiation_kw(area_m2, surface_c, emissivity=emissivity, ambient_c=ambient_c)


def wall_conduction_kw(
    area_m2: float,
    inside_c: float,
    outside_c: float,
    layers: Sequence[tuple[float, float]],
    *,
    inside_w_per_m2k: float | None = None,
    outside_w_per_m2k: float | None = None,
) -> float:
    """Steady conduction through layers ``(thickness_m, conductivity_w_mk)`` and films in series, kW (any
    heat-transfer text).
    """
    resistance = sum(thickness / k for thickness, k in layers)
    resistance += sum(1.0 / h for h in (inside_w_per_m2k, outside_w_per_m2k) if h)
    return area_m2 * (inside_c - outside_c) / resistance / 1000.0


def cylinder_mean_area_m2(inner_diameter_m: float, thickness_m: float, height_m: float) -> float:
    """Logarithmic mean area of a cylindrical wall: with it a plane-wall resistance is exact, m2."""
    outer = inner_diameter_m + 2.0 * thickness_m
    mean_diameter = (
        (outer - inner_diameter_m) / log(outer / inner_diameter_m) if thickness_m > 0.0 else inner_diameter_m
    )
    return pi * mean_diameter * height_m


def wall_storage_kwh(layers: Sequence[tuple[float, float, float, float]], *, area_m2: float) -> float:
    """Heat stored in layers ``(thickness_m, density_kg_m3, heat_capacity_j_kgk, mean temperature rise K)``, kWh."""
    return sum(thickness * area_m2 * rho * c * rise for thickness, rho, c, rise in layers) / 3.6e6


def lump_response(time_s: float, inside_kw_per_k: float, outside_kw_per_k: float, capacity_kwh_per_k: float) -> float:
    """Rise of a one-lump wall as a share of its final rise, ``1 - exp(-t/tau)``, tau = C/(UA_i + UA_o): for
    estimates, a chain is right.
    """
    tau_s = 3600.0 * capacity_kwh_per_k / (inside_kw_per_k + outside_kw_per_k)
    return 1.0 - exp(-time_s / tau_s)


def charge_kwh_per_kg(
    temperature_c: float,
    *,
    start_c: float,
    melting_c: float,
    solid_j_per_kg_k: float,
    liquid_j_per_kg_k: float,
    latent_j_per_kg: float,
    melted_share: float = 1.0,
) -> float:
    """Heat of a dry solid charge, kWh/kg; what dries a wet one is :func:`moisture_j_per_kg`."""
    if temperature_c < melting_c:
        return solid_j_per_kg_k * (temperature_c - start_c) / 3.6e6
    over = temperature_c - melting_c
    molten = latent_j_per_kg + liquid_j_per_kg_k * over
    heat = solid_j_per_kg_k * (melting_c - start_c) + melted_share * molten
    return (heat + (1.0 - melted_share) * solid_j_per_kg_k * over) / 3.6e6


def moisture_j_per_kg(start_c: float, water_in: float, water_out: float = 0.0, steam_c: float = 100.0) -> float:
    """Heat that dries a charge: warm the water to 100 °C, evaporate what leaves, heat its steam, J per kg dry."""
    leaving = EVAPORATION_J_PER_KG + STEAM_J_PER_KG_K * max(steam_c - 100.0, 0.0)
    return water_in * WATER_J_PER_KG_K * (100.0 - start_c) + (water_in - water_out) * leaving


def slag_kwh(
    mass_kg: float,
    temperature_c: float,
    *,
    start_c: float = 20.0,
    heat_capacity_j_kgk: float = 1200.0,
    latent_kj_per_kg: float = 0.0,
) -> float:
    """Heat carried off by slag or dross, kWh. The assessment tool counts no latent heat; 1,200 J/(kg K) is an assumed
    mean for oxide slag.
    """
    return mass_kg * (heat_capacity_j_kgk * (temperature_c - start_c) + 1000.0 * latent_kj_per_kg) / 3.6e6


def cooling_water_kw(flow_m3_h: float, rise_k: float) -> float:
    """Heat taken by cooling water (coil, frame), kW."""
    return flow_m3_h * 1000.0 / 3600.0 * WATER_J_PER_KG_K * rise_k / 1000.0


def leakage_kw(
    area_m2: float,
    gas_c: float,
    *,
    overpressure_pa: float,
    ambient_c: float = 20.0,
    discharge: float = 0.8,
    gravity: float = 1.0,
) -> float:
    """Hot gas pressed out through gaps, kW: ``V = C A sqrt(2 dp/(1.225 SG)) sqrt(288.7/Tg)``, standard m3/s, times
    its heat. Heat capacity of air between the two temperatures by NIST-JANAF; the tool's own polynomial and its air
    of 1.27 kg/m3 give 4 % more.
    """
    standard_m3_s = (
        discharge * area_m2 * sqrt(2.0 * overpressure_pa / (AIR_KG_PER_M3 * gravity)) * sqrt(288.7 / (gas_c + KELVIN))
    )
    return standard_m3_s * AIR_KG_PER_M3 / 0.0289647 * _air_kj_per_mol(ambient_c, gas_c)


def _air_kj_per_mol(from_c: float, to_c: float) -> float:
    """Heat that warms one mole of air, kJ."""
    shares = (("N2", 0.7905), ("O2", 0.2095))
    return sum(x * (sensible_kj_per_mol(gas, to_c) - sensible_kj_per_mol(gas, from_c)) for gas, x in shares)


def draught_pa(height_m: float, gas_c: float, *, ambient_c: float = 20.0) -> float:
    """Overpressure of hot gas at a height above the level of equal pressure, Pa: ``g h (rho_a - rho_g)``, gas as air.

    A door sill below that level draws cold air in; above it hot gas is pressed out (:func:`leakage_kw`). Any text on furnaces.
    """
    density = AIR_KG_PER_M3 * 288.15
    return 9.80665 * height_m * density * (1.0 / (ambient_c + KELVIN) - 1.0 / (gas_c + KELVIN))


def door_exchange_kw(
    width_m: float, height_m: float, gas_c: float, *, ambient_c: float = 20.0, discharge: float = 0.6
) -> float:
    """Hot gas that leaves by the upper half of an open door while cold air comes in by the lower, kW.

    Two-layer exchange through a vertical opening (W. G. Brown, K. R. Solvason, Int. J. Heat Mass Transfer 5 (1962)
    859): ``V = C/3 w h sqrt(g h d)``
    with d the difference of densities over their mean.
    """
    hot, cold = gas_c + KELVIN, ambient_c + KELVIN
    density_hot, density_cold = AIR_KG_PER_M3 * 288.15 / hot, AIR_KG_PER_M3 * 288.15 / cold
    drive = (density_cold - density_hot) / (0.5 * (density_cold + density_hot))
    if drive <= 0.0:
        return 0.0
    volume = discharge / 3.0 * width_m * height_m * sqrt(9.80665 * height_m * drive)
    return volume * density_hot / 0.0289647 * _air_kj_per_mol(ambient_c, gas_c)


def atmosphere_kw(
    flow_sm3_h: float, in_c: float, out_c: float, heat_capacity_kj_sm3k: float = ATMOSPHERE_KJ_PER_SM3_K
) -> float:
    """Sensible heat of a shielding atmosphere, kW; the heating value that it carries out is
    :func:`twin.models.atmospheres.atmosphere_chemical_kw`.
    """
    return flow_sm3_h / 3600.0 * heat_capacity_kj_sm3k * (out_c - in_c)


def fixture_kwh(mass_kg: float, in_c: float, out_c: float, heat_capacity_j_kgk: float) -> float:
    """Heat of baskets, trays or belts of one batch, kWh."""
    return mass_kg * heat_capacity_j_kgk * (out_c - in_c) / 3.6e6


def conveyor_kw(mass_kg_h: float, in_c: float, out_c: float, heat_capacity_j_kgk: float) -> float:
    """Heat that a belt, chain or train of trays carries out of a continuous furnace, kW."""
    return mass_kg_h * heat_capacity_j_kgk * (out_c - in_c) / 3.6e6


def liquid_charge_kwh_per_kg(
    start_c: float,
    end_c: float,
    *,
    liquid_j_per_kg_k: float = WATER_J_PER_KG_K,
    boiling_c: float = 100.0,
    latent_j_per_kg: float = EVAPORATION_J_PER_KG,
    vapour_j_per_kg_k: float = STEAM_J_PER_KG_K,
    evaporated: float = 0.0,
) -> float:
    """Heat of a liquid charge (wash water, quench salt), kWh/kg: warming, and evaporating a share of it at its boiling point."""
    heat = liquid_j_per_kg_k * (min(end_c, boiling_c) - start_c)
    if end_c > boiling_c or evaporated:
        heat += evaporated * (latent_j_per_kg + vapour_j_per_kg_k * max(end_c - boiling_c, 0.0))
        heat += (1.0 - evaporated) * liquid_j_per_kg_k * max(end_c - boiling_c, 0.0)
    return heat / 3.6e6


def auxiliary_kw(
    voltage_v: float, current_a: float, power_factor: float, *, phases: int = 3, running_share: float = 1.0
) -> float:
    """Electric power of fans, pumps and drives beside the furnace, from clamp readings, kW: ``sqrt(phases) V I cos phi``."""
    return sqrt(phases) * voltage_v * current_a * power_factor * running_share / 1000.0


def gross_input_kw(net_kw: float, available_heat_share: float) -> float:
    """Fuel that a sum of net heat terms takes: ``sum/AH``, on the heating value that AH refers to."""
    return net_kw / available_heat_share

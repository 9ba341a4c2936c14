"""One heat against an energy balance by hand, and laws that any furnace obeys."""

from __future__ import annotations

import pytest

from tests.support import ROOT
from twin.models.furnace import InductionFurnace
from twin.models.hearth import Hearth
from twin.models.metals import alloy
from twin.models.phases import Phase
from twin.scenario.scenario import read


@pytest.fixture(scope="module")
def iron() -> InductionFurnace:
    kind = read(ROOT / "scenarios" / "iron-foundry.yaml").stations["melt"]
    assert isinstance(kind, InductionFurnace)
    return kind


def _changed(kind: InductionFurnace, **changes: object) -> InductionFurnace:
    return kind.model_copy(update=changes)


def _lid(kind: InductionFurnace, **open_shares: float) -> InductionFurnace:
    opened = kind.lid.open.model_copy(update=open_shares)
    return _changed(kind, lid=kind.lid.model_copy(update={"open": opened}))


def _kwh(phases: list[Phase]) -> float:
    return sum(flow.amount(phase.duration_s) for phase in phases for flow in phase.flows)


def _settled(kind: InductionFurnace) -> tuple[Hearth, list[Phase]]:
    """The fourth heat in a row, when the lining is hot."""
    hearth = Hearth(kind, 25.0)
    phases: list[Phase] = []
    for _ in range(4):
        phases = hearth.heat(kind.charge.mass_kg, [])
        hearth.set_mass(kind.heel_kg)
    return hearth, phases


def test_electricity_equals_heat_in_every_phase(iron: InductionFurnace) -> None:
    """Proves: flows against heat terms from temperatures, 1e-9. Sensitivity: dropping any term or row breaks it."""
    hearth = Hearth(iron, 25.0)
    phases = [*hearth.heat(1500.0, []), *hearth.hold(5000.0, "holding"), *hearth.hold(200.0, "tapping")]
    hearth.set_mass(0.0)
    phases += hearth.rest(30_000.0, "off")
    for phase in phases:
        drawn = sum(flow.amount(phase.duration_s) for flow in phase.flows)
        scale = sum(abs(kwh) for kwh in phase.heat_kwh.values())
        assert drawn == pytest.approx(sum(phase.heat_kwh.values()), abs=1e-9 * scale)


def test_a_settled_heat_is_its_metal_its_losses_and_its_coil(iron: InductionFurnace) -> None:
    """Proves: (enthalpy of the charge + slag + losses at steady lining) / efficiency + auxiliaries, by hand within 1 %.

    Sensitivity: a wrong latent heat, efficiency or lining moves it by more.
    """
    hearth, phases = _settled(iron)
    seconds = sum(phase.duration_s for phase in phases)
    metal = 1500.0 * (alloy("grey_iron").enthalpy_kwh_per_kg(1490.0) - alloy("grey_iron").enthalpy_kwh_per_kg(20.0))
    slag = 1500.0 * 0.015 * 0.55
    terms: dict[str, float] = {}
    for phase in phases:
        for term, kwh in phase.heat_kwh.items():
            terms[term] = terms.get(term, 0.0) + kwh
    assert terms["charge_sensible"] + terms["charge_latent"] + terms["charge_superheat"] == pytest.approx(
        metal, rel=1e-6
    )
    lining_kw = 2.2 / (0.110 / 1.6 + 1.0 / 500.0) * (1490.0 - 40.0) / 1000.0
    assert (
        0.5 < terms["wall_conduction"] / (lining_kw * seconds / 3600.0) < 1.0
    )  # the bath is below tap temperature while it melts
    lost = terms["wall_conduction"] + terms["wall_storage"] + terms["opening"] + terms["convection"]
    assert _kwh(phases) == pytest.approx((metal + slag + lost) / 0.76 + 14.0 * seconds / 3600.0, rel=1e-6)
    assert hearth.hot_face_c > 1000.0


def test_a_lid_that_is_open_longer_never_saves(iron: InductionFurnace) -> None:
    """Proves: monotone in the lid's open share, in melting and holding.

    Sensitivity: a view factor of the wrong sign would turn it round.
    """
    heats = [_kwh(_settled(_lid(iron, melting=share))[1]) for share in (0.0, 0.3, 0.6, 1.0)]
    assert heats == sorted(heats)
    assert heats[-1] > heats[0] + 20.0
    held = []
    for share in (0.0, 0.5, 1.0):
        hearth, _ = _settled(_lid(iron, holding=share))
        hearth.heat(1500.0, [])
        held.append(_kwh(hearth.hold(3600.0, "holding")))
    assert held == sorted(held)


def test_iron_radiates_some_25_times_as_much_as_aluminium(iron: InductionFurnace) -> None:
    """Proves: an open bath of iron at 1,480 degC against aluminium at 740 degC, same area: sigma T^4 and the emissivities 0.7 and 0.3.

    (1753/1013)^4 = 9.0, times 0.7/0.3 is 21; with the aluminium's 0.25 of a bright bath it is 25.
    Sensitivity: radiation linear in T gives 4.
    """
    hot = Hearth(_changed(iron, tap_c=1480.0), 25.0).furnace.network.surfaces["tapping"].radiation_kw(1480.0)
    lid = iron.lid.model_copy(update={"emissivity": 0.25})
    cool = (
        Hearth(_changed(iron, lid=lid, tap_c=740.0, alloy="aluminium"), 25.0)
        .furnace.network.surfaces["tapping"]
        .radiation_kw(740.0)
    )
    assert hot / cool == pytest.approx(25.0, rel=0.05)


def test_a_cold_start_is_slow_and_takes_more(iron: InductionFurnace) -> None:
    """Proves: after a weekend the lining is cold, power is limited, the heat takes longer and more.

    Sensitivity: a lining without storage.
    """
    hearth, hot = _settled(iron)
    hearth.set_mass(0.0)
    hearth.rest(60 * 3600.0, "off")
    assert hearth.cold
    cold = hearth.heat(1650.0, [])
    assert {phase.state for phase in cold} == {"setup", "startup", "processing"}
    assert sum(p.duration_s for p in cold) > 1.5 * sum(p.duration_s for p in hot)
    assert _kwh(cold) / 1650.0 > 1.03 * _kwh(hot) / 1500.0


def test_cuts_do_not_change_a_heat(iron: InductionFurnace) -> None:
    """Proves: a heat cut at three times lasts as long and takes as much (1e-9). Sensitivity: stepping through time would differ."""
    whole, cut = Hearth(iron, 25.0), Hearth(iron, 25.0)
    one, other = whole.heat(1500.0, []), cut.heat(1500.0, [100.0, 1000.0, 3000.0])
    assert len(other) > len(one)
    assert sum(p.duration_s for p in other) == pytest.approx(sum(p.duration_s for p in one), rel=1e-9)
    assert _kwh(other) == pytest.approx(_kwh(one), rel=1e-9)
    edges = [sum(p.duration_s for p in other[:k]) for k in range(len(other) + 1)]
    assert all(any(edge == pytest.approx(c, abs=1e-6) for edge in edges) for c in (100.0, 1000.0, 3000.0))


def test_less_power_takes_longer_and_more(iron: InductionFurnace) -> None:
    """Proves: a heat limited by a cap loses longer. Sensitivity: losses that do not depend on time."""
    fast, slow = Hearth(iron, 25.0).heat(1500.0, []), Hearth(iron, 25.0).heat(1500.0, [], [(1e9, 500.0)])
    assert sum(p.duration_s for p in slow) > sum(p.duration_s for p in fast)
    assert _kwh(slow) > _kwh(fast)
    assert max(f.base for p in slow for f in p.flows) <= 500.0 + 14.0 + 1e-9

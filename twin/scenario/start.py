"""The plant as it is when a run begins: what a run wrote, or what a person writes: liquid metal, units that are down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, NamedTuple

from pydantic import Field, model_validator

from twin.core.faults import did_you_mean
from twin.core.units import Q
from twin.scenario.part import Part, refuse

if TYPE_CHECKING:
    from twin.scenario.checks import View
    from twin.scenario.nodes import Path_
    from twin.scenario.schema import ScenarioSpec, Station


class HeldMetal(Part):
    """Liquid metal in one unit: a melting furnace, the dosing furnace of a cell, the ladle at a pouring line."""

    unit: int = Field(1, ge=1, description="which unit of the station")
    mass_kg: Annotated[float, Q("kg")] = Field(alias="mass", ge=0, description="with heel and residue")
    temperature_c: Annotated[float, Q("degC")] = Field(
        alias="temperature", description="of the bath; it must be liquid"
    )
    alloy: str | None = Field(None, description="absent: what the station melts or casts")
    window_left_s: Annotated[float, Q("s")] | None = Field(
        None, alias="window_left", ge=0, description="rest of the pouring window of a ladle; absent: the whole"
    )


class DownUnit(Part):
    """A unit that is down when the run begins."""

    unit: int = Field(1, ge=1, description="which unit of the station")
    repair_s: Annotated[float, Q("s")] = Field(alias="repair", gt=0, description="work that the repair still takes")
    crew: str | None = Field(None, description="who repairs; absent: the repair crew of the station's failures, if any")
    waiting: bool = Field(default=False, description="nobody is there yet: it waits for the crew, in the order written")


class PlantStart(Part):
    """The state of a plant: a file as a run wrote it, or what is written here; else the plant is empty and cold."""

    file: str | None = Field(None, description="JSON as a run wrote it, path relative to the scenario file")
    metal: dict[str, list[HeldMetal]] = Field(default_factory=dict, description="liquid metal, by station")
    down: dict[str, list[DownUnit]] = Field(default_factory=dict, description="units under repair, by station")

    @model_validator(mode="after")
    def _one_way(self) -> PlantStart:
        if self.file is not None and (self.metal or self.down):
            refuse("a state comes from a file or is written here, not both", "file alone, or metal and down")
        return self


def check_start(view: View) -> None:
    """Stations, units and crews that a written state names exist, each once."""
    for word in ("metal", "down"):
        for station in view.mapping("run", "state", word):
            if view.get("stations", station) is None:
                fix = did_you_mean(station, view.mapping("stations"))
                view.fault(("run", "state", word, station), "no such station", fix, value=station, key=True)
                continue
            _check_units(view, word, station)
            if word == "down":
                _check_crews(view, station)


def _check_units(view: View, word: str, station: str) -> None:
    there, seen = view.get("stations", station, "units"), set[int]()
    there = there if isinstance(there, int) else 1
    for k, entry in enumerate(view.entries("run", "state", word, station)):
        unit = entry.get("unit", 1) if isinstance(entry, dict) else 1
        path = ("run", "state", word, station, k)
        if not isinstance(unit, int):
            continue
        if unit > there:
            view.fault((*path, "unit"), f"{station} has {there} units", f"at most {there}", value=unit)
        if unit in seen:
            view.fault(path, f"unit {unit} stands twice", "each unit once")
        seen.add(unit)


def _check_crews(view: View, station: str) -> None:
    known = [*view.mapping("crews"), *view.mapping("resources")]
    own = view.get("stations", station, "failures", "repair_crew")
    for k, entry in enumerate(view.entries("run", "state", "down", station)):
        if not isinstance(entry, dict):
            continue
        crew, path = entry.get("crew"), ("run", "state", "down", station, k)
        if isinstance(crew, str) and crew not in known:
            view.fault((*path, "crew"), "no such resource or crew", did_you_mean(crew, known), value=crew)
        if crew is None and own is None and entry.get("waiting") is True:
            view.fault((*path, "waiting"), "waits for nobody: no crew repairs here", "add crew: …")


class MetalRoom(NamedTuple):
    """What a unit of a station can hold of liquid metal: how much, of which alloy, liquid above which temperature (None: not known)."""

    capacity_kg: float
    alloy: str | None
    liquidus_c: float | None


def start_faults(view: View, spec: ScenarioSpec, stations: Mapping[str, Station]) -> None:
    """Metal that a station cannot hold, and stations that cannot be down."""
    start = spec.run.state
    if start is None:
        return
    for name, entries in start.metal.items():
        room = stations[name].metal_room(name, spec)
        if room is None:
            path: Path_ = ("run", "state", "metal", name)
            view.fault(path, "holds no liquid metal", "a furnace or a casting station", value=name, key=True)
            continue
        for k, held in enumerate(entries):
            _check_held(view, ("run", "state", "metal", name, k), held, room, name)
    for name in start.down:
        if "failures" not in stations[name].features:
            path = ("run", "state", "down", name)
            view.fault(path, f"{stations[name].kind} has no breakdowns", "leave it out", value=name, key=True)


def _check_held(view: View, path: Path_, held: HeldMetal, room: MetalRoom, name: str) -> None:
    if held.mass_kg > room.capacity_kg * (1 + 1e-9):
        problem = f"{name} holds {room.capacity_kg:g} kg"
        view.fault((*path, "mass"), problem, f"at most {room.capacity_kg:g} kg", value=f"{held.mass_kg:g} kg")
    if held.alloy is not None and held.alloy != room.alloy:
        fix = did_you_mean(held.alloy, [room.alloy or ""])
        view.fault((*path, "alloy"), f"the metal of {name} is {room.alloy}", fix, value=held.alloy)
    if held.mass_kg and room.liquidus_c is not None and held.temperature_c < room.liquidus_c:
        problem = f"{room.alloy} is liquid only above {room.liquidus_c:.0f} degC"
        view.fault((*path, "temperature"), problem, "a higher temperature", value=f"{held.temperature_c:g} degC")

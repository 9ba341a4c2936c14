"""What a checker says: the rule that is broken, where, and by how much."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

RULES = {
    "known_equipment": "every batch is on equipment that can do it",
    "inside_horizon": "every batch lies within the horizon",
    "on_slot": "every batch begins at the beginning of a slot; short lots on minutes, lots with ladles of their own as those come",
    "one_at_a_time": "an equipment does one batch at a time",
    "working_time": "lots are cast while their crew is there, start-up over",
    "crew_present": "heats are begun while the furnace crew is there and are ready before it leaves; ladles likewise",
    "long_enough": "a lot has the time of its pieces, and of a set-up where the product changes",
    "heat_long_enough": "a heat has the time that the furnace needs with the lining as it is then",
    "known_job": "every lot belongs to a job that is to be cast",
    "once": "every job is cast once",
    "missing": "every job that is due in the horizon is cast",
    "released": "no job is begun before it is released",
    "route": "a job is cast by a station of its route",
    "pieces": "a lot has the pieces and the metal of its job",
    "charge": "a heat is between nothing and a full charge",
    "ladle": "a ladle holds between nothing and its capacity",
    "furnace_empty": "a heat is begun in a furnace that holds no more than its heel and what scales or the least charge gave too much",
    "tap_metal": "no more is tapped than has been melted; from a furnace that is named, no more than it holds",
    "feed_room": "a ladle goes where there is room for it",
    "lot_metal": "a lot finds its metal when it begins",
    "pouring_window": "metal is in the moulds before its ladle is too cold",
    "operations": "a lot takes the stations of its route one after the other, each once, and none before what comes before it is done",
    "load_together": "lots of one load begin together and take as long",
    "load_recipe": "lots of one load have one recipe",
    "load_room": "a load is not larger than its equipment",
    "minimum_fill": "a load below the least fill is begun only when its first lot has waited as long as the station says",
    "load_long_enough": "a load has the time that its equipment needs, with the walls as they are then",
    "shared": "lots hold no more cranes, tools and people at once than there are",
    "started_up": "equipment is switched on and started up when a load begins",
    "claimed_fuels": "the fuels and gases that the plan claims are right within 2 %",
    "command": "a state command names a state and a known equipment within the horizon",
    "battery": "a battery keeps within its power and its energy and ends as full as it began",
    "power_cap": "the load at the meter stays within the power cap",
    "emission_cap": "emissions stay within the cap",
    "lateness_target": "lots are no later, summed, than the target allows",
    "output_target": "the lots that are cast give the good castings asked for",
    "intensity_target": "emissions per tonne of the good castings that are cast stay within the target",
    "reduction_target": "emissions are less than as operated by the share asked for",
    "claimed_scheduled_kwh": "the energy of furnaces and cells that the plan claims is right within 2 %",
    "claimed_energy": "the energy at the meter that the plan claims is the sum of its load",
    "claimed_bill": "the bill that the plan claims is right within 0.01 %",
    "claimed_carbon": "the emissions that the plan claims are right within 0.01 %",
    "claimed_lateness": "the lateness that the plan claims is right within a slot a job",
}


@dataclass(frozen=True)
class Violation:
    """One broken rule: its name (of :data:`RULES`), the equipment or job, the time (s), and what is wrong with figures and units."""

    rule: str
    where: str
    t_s: float
    detail: str

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise KeyError(self.rule)

    def payload(self) -> dict[str, Any]:
        """As it stands in ``--json``."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.rule}: {self.where} at {self.t_s / 3600.0:.2f} h: {self.detail}"

"""What a user writes about how stations work: breakdowns, upkeep, set-ups, shared resources, quality, waiting, dispatch."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from twin.core.units import Fraction, Q
from twin.scenario.distributions import Count, Duration
from twin.scenario.part import Part, exactly_one, refuse

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Clock = str  # "HH:MM", 00:00 to 24:00
Rule = Literal["earliest_due_date", "fifo", "shortest_processing_time", "setup_avoiding", "power_aware"]


class Due(Part):
    """A weekday and time of a period."""

    day: Day
    at: Clock


class Failures(Part):
    """Breakdowns: what lies between them, and the time of repair."""

    every: Duration | None = Field(
        None, description="time between the end of a repair and the next breakdown, by `clock`"
    )
    every_cycles: Count | None = Field(
        None, description="cycles between breakdowns instead: pieces of a machine, batches of an oven"
    )
    repair: Duration
    clock: Literal["operating", "calendar"] = Field(
        "operating", description="whether `every` counts operating hours or runs day and night"
    )
    repair_crew: str | None = Field(
        None, description="crew or resource whose people repair: a repair waits until enough are free; absent: at once"
    )
    people: int = Field(1, gt=0, description="people of the repair crew for one repair")

    @model_validator(mode="after")
    def _one_clock(self) -> Failures:
        exactly_one(self, {"every": "every", "every_cycles": "every_cycles"}, "breakdowns", "e.g. every: 60 h")
        if self.every_cycles is not None and self.clock == "calendar":
            refuse("cycles are not counted by a calendar", "take clock out")
        if self.repair_crew is not None and self.clock == "calendar":
            refuse("a repair crew and the calendar's clock cannot be combined", "clock: operating, or no repair_crew")
        return self


class Upkeep(Part):
    """Preventive maintenance: the unit is down for its duration."""

    every_s: Annotated[float, Q("s")] | None = Field(
        None, alias="every", gt=0, description="operating time between two of them"
    )
    every_cycles: float | None = Field(None, ge=1, description="cycles between two of them")
    at: list[Due] | None = Field(None, min_length=1, description="weekdays and times at which it begins, in every week")
    duration_s: Annotated[float, Q("s")] = Field(alias="for", gt=0, description="how long it takes")

    @model_validator(mode="after")
    def _one_way(self) -> Upkeep:
        words = {"every_s": "every", "every_cycles": "every_cycles", "at": "at"}
        exactly_one(self, words, "maintenance", "e.g. every: 500 h, or at: [{day: sat, at: '08:00'}]")
        return self


class Setup(Part):
    """Work between two lots."""

    between_products_s: Annotated[float, Q("s")] = Field(
        0.0, alias="between_products", ge=0, description="wherever one follows another and the matrix does not say"
    )
    by: Literal["product", "family"] = Field(
        "product", description="what set-ups are between: products, or their families (see `products.*.family`)"
    )
    matrix: dict[str, dict[str, Annotated[float, Q("s"), Field(ge=0)]]] = Field(
        default_factory=dict, description="{from: {to: time}}, by the names of products or families"
    )


class Resource(Part):
    """Something that stations share: cranes, fork lifts, tools, gauges."""

    units: int = Field(1, gt=0)


class Need(Part):
    """What a lot needs of a shared resource or crew. Also written as a plain number of units."""

    shorthand: ClassVar[str | None] = "units"

    units: int = Field(1, gt=0)
    during: Literal["lot", "setup", "transfer", "loading", "unloading"] = Field(
        "lot",
        description="held for the whole of the lot with its set-up (of a batch, of pouring); for its set-up only; for a transfer before "
        "it; while a furnace is loaded or charged; while it is unloaded or tapped",
    )
    transfer_s: Annotated[float, Q("s")] | None = Field(
        None,
        alias="for",
        gt=0,
        description="time of the transfer, spent in set-up; of the loading, at the beginning of a batch; of the unloading, after it",
    )

    @model_validator(mode="after")
    def _timed(self) -> Need:
        if self.transfer_s is None and self.during == "transfer":
            refuse("`for` is the time of a transfer, and a transfer needs it", "{during: transfer, for: 3 min}")
        if self.transfer_s is not None and self.during in ("lot", "setup"):
            refuse("`for` is the time of a transfer, and a transfer needs it", "{during: transfer, for: 3 min}")
        return self


class Rework(Part):
    """Pieces that go back."""

    share: Fraction = Field(gt=0, le=1, description="share of the pieces that are not scrapped")
    to: str = Field(description="station of the route that they go back to, before or at this one")
    at_most: int = Field(1, gt=0, description="how often a piece goes back; after that the share is scrapped")


class Quality(Part):
    """What becomes of pieces when a lot is done here."""

    scrap: Fraction = Field(0.0, ge=0, lt=1, description="share of the pieces that are scrapped")
    rework: Rework | None = None


class MaxWait(Part):
    """The longest that a lot may wait between leaving the operation before and beginning here, and what comes of waiting longer."""

    time_s: Annotated[float, Q("s")] = Field(alias="time", ge=0)
    consequence: Literal["scrap", "rework", "reheat"] = Field(
        description="the lot is scrapped; goes back to `to`; or takes `reheat` longer here"
    )
    to: str | None = Field(None, description="station that it goes back to; absent: the one before")
    reheat_s: Annotated[float, Q("s")] | None = Field(None, alias="reheat", gt=0, description="time added here")

    @model_validator(mode="after")
    def _complete(self) -> MaxWait:
        if (self.reheat_s is None) == (self.consequence == "reheat"):
            refuse(
                "`reheat` is the time that reheating adds, and goes with it only", "consequence: reheat, reheat: 10 min"
            )
        if self.to is not None and self.consequence != "rework":
            refuse("only rework goes back to a station", "consequence: rework, or take `to` out")
        return self


class Alternatives(Part):
    """Other stations at which an operation of the route may be done, in order of priority."""

    stations: list[str] = Field(min_length=1, description="after the route's own station, in order of priority")
    choose: Literal["first_with_room", "shortest_queue"] = Field(
        "first_with_room",
        description="the first with a free unit, else the first with room; or the one with the fewest pieces in queue and at work",
    )


class Dispatch(Part):
    """Who goes next where several wait."""

    rule: Literal[
        "earliest_due_date", "fifo", "shortest_processing_time", "setup_avoiding", "power_aware", "optimized"
    ] = "earliest_due_date"
    patience_s: Annotated[float, Q("s")] = Field(
        1800.0,
        alias="patience",
        ge=0,
        description="how long a planned batch waits for what it lacks before the next ready one passes",
    )
    follow: Literal["time", "sequence", "window"] = Field(
        "time",
        description="when a planned batch may begin: at its time; as soon as its turn comes; or up to `window` before its time",
    )
    window_s: Annotated[float, Q("s")] = Field(
        3600.0, alias="window", ge=0, description="follow: window: how long before its planned time a batch may begin"
    )
    big_load_kw: Annotated[float, Q("kW")] = Field(
        50.0,
        alias="big_load",
        ge=0,
        description="power_aware: stations that draw at least this while processing are held back",
    )
    level_kw: Annotated[float, Q("kW")] | None = Field(
        None, alias="level", gt=0, description="power_aware: big loads work at once only up to this power together"
    )
    slack_s: Annotated[float, Q("s")] = Field(
        28800.0, alias="slack", ge=0, description="power_aware: a lot due within this time is not held back by the hour"
    )

    @property
    def ahead_s(self) -> float:
        """How long before its planned time a batch may begin; infinite where only the order counts."""
        return {"time": 0.0, "sequence": math.inf, "window": self.window_s}[self.follow]

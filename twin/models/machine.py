"""Machines of general use: a machine that works piece by piece, a shot blast that takes batches, a place to cool."""

from __future__ import annotations

from typing import Literal

from twin.models.equipment import Batching, Delaying, Working


class Machine(Working):
    """A machine that works on one piece after another: trimming, shake-out, machining, inspection."""

    kind: Literal["machine"]


class ShotBlast(Batching):
    """A shot blast: pieces of one or several lots tumble together for one cycle."""

    kind: Literal["shot_blast"]


class Cooling(Delaying):
    """Cooling of castings in the mould or on the floor: time passes, nothing is drawn."""

    kind: Literal["cooling"]

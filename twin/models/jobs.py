"""Lots on their way, and the compact rows that units log of them."""

from __future__ import annotations

import math
from struct import Struct
from typing import TYPE_CHECKING

from twin.ledger.trace import NONE

if TYPE_CHECKING:
    from twin.models.station import Place

LOG = (
    ("job", "<i4"),
    ("equipment", "<i4"),
    ("operation", "<i4"),
    ("queued", "<f8"),
    ("started", "<f8"),
    ("ended", "<f8"),
    ("left", "<f8"),
    ("batch", "<i4"),
    ("form", "<i1"),
    ("share", "<f8"),
)
"""fields of a row of the log, packed as numpy reads them back"""
PIECES = (("equipment", "<i4"), ("batch", "<i4"), ("state", "<i4"), ("t0", "<f8"), ("t1", "<f8"))
IN_PIECES, PLAIN, RIDER = 0, 1, 2
"""form of a row: its work is in the pieces; its work is from started to ended; it shares a batch whose time another row stands for"""
pack_row = Struct("<iiiddddibd").pack
pack_head, pack_tail = Struct("<iiid").pack, Struct("<dddibd").pack
"""a row in two: job, equipment, operation, queued; what all lots of a batch that leave at one time share"""
pack_piece = Struct("<iiidd").pack


_NOWHERE = (NONE, NONE)


class Job:
    """A lot of pieces of one order on its way along the route."""

    __slots__ = (
        "carbon_kg",
        "cast_at",
        "code",
        "due",
        "good_kg",
        "key",
        "kg",
        "order",
        "pieces",
        "pieces_cast",
        "priority",
        "product",
        "queued",
        "release",
        "route",
        "serial",
        "step",
    )

    def __init__(self, code: int, key: str, product: str, pieces: float, due: float, route: tuple[Place, ...]) -> None:
        self.code = self.serial = code
        self.key = key
        self.product = product
        self.pieces = self.pieces_cast = pieces
        self.due = due
        self.route = route
        self.order = ""
        self.priority = self.step = 0
        self.release = self.queued = self.kg = self.good_kg = self.carbon_kg = 0.0
        self.cast_at = _NOWHERE

    def rank(self) -> tuple[float, ...]:
        """Order of the earliest-due-date rule: priority first, then due date, then the order in which jobs were released."""
        return (-self.priority, self.due, self.serial)


NOBODY = Job(NONE, "", "", 0.0, math.inf, ())
"""stands for no job"""

"""A site battery under its rule: it sees the net load of quarter-hours and the clock only, and runs after the plant.

The arithmetic is in :mod:`twin.ledger.supply`, where the composed year finds it too; this module names it for those who ask for a battery.
"""

from __future__ import annotations

from twin.ledger.supply import START_SHARE, cyclic, follow, wished_kw

__all__ = ["START_SHARE", "cyclic", "follow", "wished_kw"]

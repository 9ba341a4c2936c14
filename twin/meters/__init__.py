"""The link to the real plant: reading meters as found, finding heats, fitting the furnace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.meters.calibrate import Calibration, calibrate
    from twin.meters.reader import Meter, read_meter

__all__ = ["Calibration", "Meter", "calibrate", "read_meter"]

_HOMES = {
    "Calibration": "twin.meters.calibrate",
    "calibrate": "twin.meters.calibrate",
    "Meter": "twin.meters.reader",
    "read_meter": "twin.meters.reader",
}


def __getattr__(name: str) -> Any:
    """The public names, imported when first asked for: reading a meter needs no scipy."""
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)

"""What a person waits for at the shell: wall time, best of five."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.measure import Row, wall_s

COMMANDS = (
    (("--help",), 0.6),
    (("validate", "scenarios/aluminium-foundry.yaml"), 1.5),
    (("validate", "scenarios/iron-foundry.yaml"), 1.5),
)


def rows() -> list[Row]:
    """Help and validation; beside them their process time and a bare interpreter."""
    twin = str(Path(sys.executable).with_name("twin"))
    bare, _ = wall_s([sys.executable, "-c", "pass"])
    found = []
    for arguments, bar in COMMANDS:
        wall, cpu = wall_s([twin, *arguments])
        beside = f"CPU {cpu:.2f} s; bare Python {bare:.2f} s"
        found.append(Row("shell", f"twin {' '.join(arguments)}", wall, "s", bar, "at_most", beside))
    return found

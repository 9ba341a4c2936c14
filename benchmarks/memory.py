"""Memory with records off: work A at N and at 4 N parts, each in a process of its own. Flat means that the peak does not grow with N."""

from __future__ import annotations

import json
import sys

from benchmarks.measure import Row, own_process, peak_mb

PARTS = 50_000


def rows() -> list[Row]:
    """Peak resident memory, and its growth from N to 4 N parts; beside it the growth with everything recorded."""
    asked = [(way, n) for way in ("condensed", "ours") for n in (PARTS, 4 * PARTS)]
    peaks = {(way, n): float(own_process("benchmarks.memory", way, str(n))["peak_mb"]) for way, n in asked}
    grown = {way: peaks[way, 4 * PARTS] - peaks[way, PARTS] for way in ("condensed", "ours")}
    return [
        Row("memory", f"peak with records off, {PARTS:,} parts", peaks["condensed", PARTS], "MB"),
        Row(
            "memory",
            f"growth from {PARTS:,} to {4 * PARTS:,} parts, records off",
            grown["condensed"],
            "MB",
            5.0,
            "at_most",
            f"everything recorded: {grown['ours']:.0f} MB",
        ),
    ]


if __name__ == "__main__":
    from benchmarks import work_a

    getattr(work_a, sys.argv[1])(int(sys.argv[2]))
    print(json.dumps({"peak_mb": peak_mb()}))

"""The benchmarks and their ratios: ``python -m benchmarks [--only NAME]… [--json]`` (``make bench``).

Each ratio is measured in one run against its yardstick. A benchmark that is slow prints its figure beside its bar; it never fails for it.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys

from benchmarks.measure import Row, machine

BENCHMARKS = ("work_a", "work_b", "memory", "foundries", "plant_year", "shell", "year", "quarter_hours", "machines")
"""In this order; each is a module here with ``rows() -> list[Row]``."""


def line(row: Row) -> str:
    """One row of the table."""
    bar = "" if row.bar is None else f"{'≥' if row.aim == 'at_least' else '≤'} {row.bar:g}"
    verdict = {None: "", True: "met", False: "missed"}[row.met]
    value = (
        f"{row.value:,.0f}"
        if abs(row.value) >= 1000
        else f"{row.value:.3g}"
        if abs(row.value) < 10
        else f"{row.value:.1f}"
    )
    return f"{row.what:<58} {value:>12} {row.unit:<12} {bar:>8} {verdict:<7} {row.beside}".rstrip()


def main(arguments: list[str] | None = None) -> None:
    """Measure what is asked for and print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=BENCHMARKS, help="one benchmark; may be repeated")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    asked = parser.parse_args(arguments)
    about, found = machine(), []
    if not asked.json:
        print(", ".join(f"{name} {value}" for name, value in about.items()))
        print(f"\n{'figure':<58} {'value':>12} {'unit':<12} {'bar':>8}")
    for name in asked.only or BENCHMARKS:
        print(f"measuring {name} …", file=sys.stderr)
        rows = importlib.import_module(f"benchmarks.{name}").rows()
        found += rows
        if not asked.json:
            print("\n".join(line(row) for row in rows), flush=True)
    if asked.json:
        print(json.dumps({"machine": about, "rows": [row.payload() for row in found]}, indent=1))


if __name__ == "__main__":
    main()

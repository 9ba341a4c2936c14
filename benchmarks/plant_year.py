"""A plant-year of the iron foundry, 52 weeks simulated day by day after a week of warm-up: wall time, events a second, peak memory."""

from __future__ import annotations

import json
import time

from benchmarks.foundries import events
from benchmarks.measure import ROOT, Row, own_process, peak_mb


def one() -> dict[str, float]:
    """In this process: wall and process time of one replication without records, its peak memory, its events."""
    from twin.experiment.draws import AddressedDraws
    from twin.models.plant import simulate
    from twin.scenario.scenario import read

    path = ROOT / "scenarios" / "iron-foundry.yaml"
    simulate(
        read(path, {"run.duration": "1 week"}), AddressedDraws(1, 0)
    )  # imports, caches and compiled code are paid once
    scenario = read(path, {"run.duration": "52 weeks"})
    wall, cpu = time.perf_counter(), time.process_time()
    simulate(scenario, AddressedDraws(1, 0), records=False)
    wall, cpu, peak = time.perf_counter() - wall, time.process_time() - cpu, peak_mb()
    return {"wall_s": wall, "cpu_s": cpu, "peak_mb": peak, "events": events(scenario, 1)}


def rows() -> list[Row]:
    """Wall time, events a second, peak memory."""
    got = own_process("benchmarks.plant_year")
    return [
        Row(
            "plant_year",
            "iron foundry, 52 + 1 weeks, records off (wall)",
            got["wall_s"],
            "s",
            beside=f"CPU {got['cpu_s']:.1f} s",
        ),
        Row(
            "plant_year",
            "the same, events of the queue",
            got["events"] / got["cpu_s"],
            "events/s",
            beside=f"{got['events']:,} events",
        ),
        Row("plant_year", "the same, peak memory", got["peak_mb"], "MB"),
    ]


if __name__ == "__main__":
    print(json.dumps(one()))

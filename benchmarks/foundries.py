"""Four weeks (and the week of warm-up) of the shipped foundries: one replication simulated, accounted, checked and digested."""

from __future__ import annotations

import importlib.util
import json
import sys
from typing import Any

from benchmarks.measure import ROOT, Row, in_turns, own_process, peak_mb

FOUNDRIES = {
    "iron-foundry": "iron foundry",
    "aluminium-foundry": "aluminium foundry",
    "aluminium-melt-shop": "aluminium melt shop",
}
AIM_S = 3.0


def events(scenario: Any, seed: int) -> int:
    """Events of the simulation's queue in one replication, counted by the queue itself."""
    from twin.experiment.draws import AddressedDraws
    from twin.models.plant import Plant

    run = scenario.spec.run
    plant = Plant(scenario, AddressedDraws(seed, 0), -run.warmup_s, run.duration_s)
    plant.run()
    return plant.floor.env.scheduled


def one(name: str) -> dict[str, float]:
    """One foundry in this process: best process time of three replications, share of the simulation proper, events, peak memory."""
    from twin.experiment.draws import AddressedDraws
    from twin.experiment.runner import cases_of, simulate_case
    from twin.models.plant import simulate
    from twin.scenario.scenario import read

    scenario = read(ROOT / "scenarios" / f"{name}.yaml")
    case = cases_of(scenario)[0]
    simulate_case(case)  # imports and caches are paid once, not by replication
    peak = peak_mb()

    def plant() -> object:
        return simulate(scenario, AddressedDraws(case.seed, 0))

    best = in_turns({"whole": lambda: simulate_case(case), "plant": plant})
    return {"cpu_s": best["whole"], "plant_s": best["plant"], "peak_mb": peak, "events": events(scenario, case.seed)}


def rows() -> list[Row]:
    """Seconds a replication, events a second, peak memory."""
    found = []
    for name, title in FOUNDRIES.items():
        got = own_process("benchmarks.foundries", name)
        rate = got["events"] / got["plant_s"]
        found += [
            Row(
                "foundries",
                f"{title}, 4 + 1 weeks, one replication (CPU)",
                got["cpu_s"],
                "s",
                AIM_S,
                "at_most",
                f"of which simulating {got['plant_s']:.2f} s",
            ),
            Row("foundries", f"{title}, events of the queue", rate, "events/s", beside=f"{got['events']:,} events"),
            Row("foundries", f"{title}, peak memory, whole trace kept", got["peak_mb"], "MB"),
            *compiled(name, title),
        ]
    return found


def compiled(name: str, title: str) -> list[Row]:
    """What compiling the thermal network's inner loop gains, the same trace either way; nothing where numba is not installed."""
    if importlib.util.find_spec("numba") is None:
        return []
    own_process("benchmarks.foundries", name, TWIN_COMPILED="1")  # compiles, where that was never done
    plain, fast = (own_process("benchmarks.foundries", name, TWIN_COMPILED=way) for way in ("0", "1"))
    assert plain["events"] == fast["events"], "the compiled loop gives another run"
    beside = f"simulating {plain['plant_s']:.2f} s and {fast['plant_s']:.2f} s"
    return [
        Row("foundries", f"{title}, loop compiled, against not", plain["plant_s"] / fast["plant_s"], "x", beside=beside)
    ]


if __name__ == "__main__":
    print(json.dumps(one(sys.argv[1])))

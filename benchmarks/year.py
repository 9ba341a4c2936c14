"""The year of a foundry composed from its representative runs and billed month by month, against simulating it day by day."""

from __future__ import annotations

import time

from benchmarks.measure import ROOT, Row, cpu_s, in_turns


def rows() -> list[Row]:
    """Frame, composition and the representative runs of the aluminium foundry: seconds of one replication."""
    from twin.experiment.annual import simulated_year
    from twin.experiment.runner import cases_of, simulate_case
    from twin.ledger.year import compose, frame
    from twin.scenario.scenario import read

    scenario = read(ROOT / "scenarios" / "aluminium-foundry.yaml")
    begun = time.process_time()
    laid = frame(scenario)
    frame_s = time.process_time() - begun
    cases = {one.name: cases_of(one.scenario, bill=False)[0] for one in laid.chosen}
    reps = {name: simulate_case(case).result for name, case in cases.items()}  # pays for imports and caches
    runs_s = cpu_s(lambda: [simulate_case(case) for case in cases.values()])
    compose_s = in_turns({"compose": lambda: compose(scenario, reps, laid)})["compose"]
    full_s = cpu_s(lambda: simulated_year(scenario, replications=1))
    composed_s = runs_s + compose_s
    return [
        Row(
            "year",
            "year of the aluminium foundry, composed and billed",
            compose_s,
            "s",
            beside=f"frame, once a scenario: {frame_s:.2f} s",
        ),
        Row(
            "year",
            "a replication of the year, its runs simulated and composed",
            composed_s,
            "s",
            beside=f"{len(cases)} runs",
        ),
        Row(
            "year",
            "the same against simulating every day of it",
            full_s / composed_s,
            "x",
            1.0,
            "at_least",
            f"full year {full_s:.1f} s",
        ),
    ]

"""The same payload with one and two workers, and after kill -9 in the middle and resuming; runs and studies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.campaigns.evidence import Bar, Campaign, Proof
from tests.campaigns.plants import FOUNDRIES, foundry
from tests.support import ROOT
from twin.core.canonical import canonical_json, sha256
from twin.experiment.checkpoint import FOLDER
from twin.experiment.runner import run
from twin.scenario.scenario import Scenario
from twin.tasks.evaluate import evaluate

CHILD = """
import sys
from pathlib import Path
from twin.experiment.runner import run
from twin.scenario.scenario import Scenario
scenario = Scenario.from_payload(Path(sys.argv[1]).read_text(encoding="utf-8"))
run(scenario, replications=int(sys.argv[2]), checkpoint=Path(sys.argv[3]))
"""
PATIENCE_S = 900.0
TASK = "rooftop-pv"


def killed(scenario: Scenario, replications: int, folder: Path) -> int:
    """Start a run in a process of its own, kill -9 it once it has finished some replications; how many were kept."""
    payload = folder / "scenario.json"
    payload.write_text(scenario.payload(), encoding="utf-8")
    command = [sys.executable, "-c", CHILD, str(payload), str(replications), str(folder)]
    child = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
    # replication 0 keeps its whole trace, which no checkpoint holds: it is simulated again
    wanted, kept, until = max(2, replications // 3), folder / FOLDER, time.monotonic() + PATIENCE_S
    while child.poll() is None and time.monotonic() < until and len(list(kept.glob("*.parquet"))) < wanted:
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    child.wait()
    return len(list(kept.glob("*.parquet")))


def of_run(scenario: Scenario, replications: int) -> dict[str, Any]:
    """Hashes of the payload: one worker, two, killed and resumed."""
    one = run(scenario, replications=replications, jobs=1)
    two = run(scenario, replications=replications, jobs=2)
    with tempfile.TemporaryDirectory() as folder:
        kept = killed(scenario, replications, Path(folder))
        steps: list[int] = []
        resumed = run(
            scenario,
            replications=replications,
            checkpoint=Path(folder),
            progress=lambda done, total, text: steps.append(done),
        )
    return {
        "one_worker": sha256(one.payload()), "two_workers": sha256(two.payload()), "killed_and_resumed": sha256(resumed.payload()),
        "kept_at_the_kill": kept, "taken_up": steps[0], "series_differ": _differ(one.replications, two.replications),
        "balance": one.balance}  # fmt: skip


def _differ(one: Any, two: Any) -> int:
    """How many stored arrays differ in any byte."""
    return sum(
        a.series.keys() != b.series.keys()
        or sum(a.series[key].tobytes() != b.series[key].tobytes() for key in a.series)
        for a, b in zip(one, two, strict=True)
    )


def of_study(scenario: Scenario, replications: int) -> dict[str, Any]:
    """Hashes of a study's payload with one worker and two."""
    found = [evaluate(scenario, tasks=[TASK], replications=replications, jobs=jobs) for jobs in (1, 2)]
    one, two = (canonical_json(study.payload()) for study in found)
    return {"one_worker": sha256(one), "two_workers": sha256(two)}


def bars(name: str, found: dict[str, Any], replications: int) -> list[Bar]:
    """Everything equal; and the kill did come in the middle, or nothing is proved."""
    ran = found["run"]
    return [
        Bar(
            f"{name}: payloads of runs that differ from one worker's",
            float(sum(ran[k] != ran["one_worker"] for k in ("two_workers", "killed_and_resumed"))),
            0.0,
        ),
        Bar(f"{name}: stored arrays that differ", float(ran["series_differ"]), 0.0),
        Bar(f"{name}: replications taken up after the kill", float(ran["taken_up"]), 1.0, "at_least"),
        Bar(f"{name}: replications taken up after the kill, not all", float(ran["taken_up"]), float(replications - 1)),
        Bar(
            f"{name}: payloads of studies that differ",
            float(found["study"]["one_worker"] != found["study"]["two_workers"]),
            0.0,
        ),
        Bar(f"{name}: worst residual of a balance", max(ran["balance"].values()), 1e-9),
    ]


def prove(replications: int, jobs: int) -> Proof:
    """Both foundries. ``jobs`` is not used: the number of workers is what is varied."""
    held, figures = [], {}
    for name in FOUNDRIES:
        figures[name] = {
            "run": of_run(foundry(name), replications),
            "study": of_study(foundry(name), max(2, replications // 4)),
        }
        held += bars(name, figures[name], replications)
    return Proof(foundry(FOUNDRIES[0]).spec.run.seed, replications, tuple(held), figures)


CAMPAIGN = Campaign(
    "same_bytes", "one or two workers, killed and resumed: the same bytes",
    ("twin/experiment/**/*.py", "twin/ledger/**/*.py", "twin/models/**/*.py", "twin/tasks/*.py"), prove, replications=6,
)  # fmt: skip

"""CP-SAT as a yardstick: ``python benchmarks/yardstick_cpsat.py --instance FILE --seconds N --out RESULT --python PYTHON``.

``PYTHON`` is the interpreter of an environment of its own that has ortools (``python -m venv /tmp/cpsat && /tmp/cpsat/bin/pip install
"ortools>=9.15"``): ortools and highspy cannot share a process. CP-SAT begins with the dispatch that our search begins with, has all of the
seconds for itself, and its schedule is then completed exactly (states, battery, PV, peak) and priced as ours is.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

if __package__ in (None, ""):  # run as a file: the folder above holds the package
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

MODEL = Path(__file__).resolve().parent / "yardstick_model.py"
WORKERS = 2
COMPLETION_S = 120.0


def solve(instance: Path, seconds: float, python: str, workers: int = WORKERS) -> dict[str, Any]:
    """CP-SAT's schedule of an instance as a result file, priced exactly; ``own_*`` is what its own model says.

    Raises CalledProcessError where the other process fails.
    """
    from benchmarks.plant_instances import shop_of_instance
    from twin.optimize.insertion.search import dispatch_shop

    shop, begun = shop_of_instance(instance), time.monotonic()
    dispatched = dispatch_shop(shop)
    with tempfile.TemporaryDirectory() as folder:
        hint, out = Path(folder) / "hint.json", Path(folder) / "out.json"
        rows = [
            {"job": int(p.job), "operation": p.step, "group": p.group, "unit": p.unit, "start": p.start, "load": p.load}
            for p in dispatched
        ]
        hint.write_text(json.dumps(rows), encoding="utf-8")
        asked = [python, str(MODEL), str(instance), str(hint), str(seconds), str(workers), str(out)]
        subprocess.run(asked, check=True)
        answer: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return {**priced(shop, answer), "seconds": round(time.monotonic() - begun, 3)}


def priced(shop: Any, answer: dict[str, Any]) -> dict[str, Any]:
    """The answer completed: states, battery, PV and peak as good as they can be under its starts."""
    from benchmarks.plant_instances import result_of
    from twin.optimize.formulation.refigured import matrix_for
    from twin.optimize.formulation.shop import problem_of
    from twin.optimize.plan.decode_shop import starts_of
    from twin.optimize.problem.shop import Placed
    from twin.optimize.search.shop import ShopSolution
    from twin.optimize.search.shop_turns import ShopSearch

    placed = [
        Placed(str(row["job"]), row["operation"], row["group"], row.get("unit", 0), row["start"], row["load"])
        for row in answer["placed"]
    ]
    problem = problem_of(shop)
    search = ShopSearch(shop, problem, matrix_for(problem))
    found = bool(placed) and search.complete(starts_of(shop, placed), COMPLETION_S)
    status: Any = "feasible" if found else "no_solution"
    none = float("-inf")
    solution = ShopSolution(search.plan, search.cost_krw, none, status, "seconds", search.cost_krw, 0)
    own = {name: answer[name] for name in ("own_objective_krw", "own_bound_krw")}
    told = {"own_status": answer["status"], "own_seconds": answer["seconds"], "own_hint": answer["hint"]}
    return {**result_of(solution, 0.0), **own, **told}


def main(given: list[str] | None = None) -> None:
    """Solve and write the result."""
    parser = argparse.ArgumentParser(prog="benchmarks/yardstick_cpsat.py", description=__doc__)
    parser.add_argument("--instance", type=Path, required=True, help="a plant instance (JSON)")
    parser.add_argument("--seconds", type=float, required=True, help="CP-SAT's time limit")
    parser.add_argument("--out", type=Path, required=True, help="where the result goes (JSON)")
    parser.add_argument("--python", required=True, help="interpreter of an environment with ortools")
    parser.add_argument("--workers", type=int, default=WORKERS, help="CP-SAT's threads")
    asked = parser.parse_args(given)
    result = solve(asked.instance, asked.seconds, asked.python, asked.workers)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(result) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Defects planted one at a time: each makes the case of theory fail that is named beside it."""

from __future__ import annotations

from typing import Any

from joblib import Parallel, delayed

from tests.campaigns.evidence import Bar, Campaign, Proof
from tests.verify.bugs import BUGS
from twin.verify.verify import verified


def told(number: int) -> dict[str, Any]:
    """The named case with the defect and without."""
    bug = BUGS[number]
    name = bug.told.partition(": ")[0]
    with bug.planted():
        wrong = next(case for case in verified(name, None) if case.name == bug.told)
    right = next(case for case in verified(name, None) if case.name == bug.told)
    return {
        "defect": bug.name, "case": bug.told, "exact": right.exact, "with_defect": [wrong.low, wrong.high], "broken": wrong.broken,
        "without": [right.low, right.high], "fails": bool(wrong.broken) or not wrong.covered, "passes_without": right.passed,
    }  # fmt: skip


def prove(replications: int, jobs: int) -> Proof:
    """``replications``: how many of the defects, in order."""
    rows = Parallel(n_jobs=jobs)(delayed(told)(number) for number in range(min(replications, len(BUGS))))
    bars = (
        Bar("planted defects", float(len(rows)), 10.0, "at_least"),
        Bar("defects that their case does not tell", float(sum(not row["fails"] for row in rows)), 0.0),
        Bar("named cases that fail without the defect", float(sum(not row["passes_without"] for row in rows)), 0.0),
    )
    return Proof(0, len(rows), bars, {"defects": rows})


CAMPAIGN = Campaign(
    "verify_bugs", "each of the planted defects makes a named case of theory fail",
    ("twin/verify/**/*.py", "twin/models/**/*.py", "twin/scenario/*.py", "twin/ledger/energy.py", "twin/ledger/laws.py",
     "twin/experiment/draws.py", "tests/verify/bugs.py"),
    prove, replications=len(BUGS),
)  # fmt: skip

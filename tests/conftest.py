"""Settings of the whole suite: hypothesis profiles, and a count of the proofs that could not be made for want of data."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.support import MISSING

# A slow machine is no fault of the code: no deadline, and no complaint about the time that drawing examples takes.
UNHURRIED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("ci", max_examples=50, derandomize=True, **UNHURRIED)
settings.register_profile("explore", max_examples=1000, **UNHURRIED)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(autouse=True)
def own_language() -> Iterator[None]:
    """No test speaks the language that another asked the shell for with ``--lang``, which stands in the environment from then on."""
    kept = os.environ.pop("TWIN_LANG", None)
    yield
    os.environ.pop("TWIN_LANG", None)
    if kept is not None:
        os.environ["TWIN_LANG"] = kept


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line that says how many proofs were skipped because outside data are missing."""
    reasons = (str(report.longrepr) for report in terminalreporter.stats.get("skipped", []))
    skipped = sum(MISSING in reason for reason in reasons)
    if skipped:
        terminalreporter.write_line(f"{skipped} proofs were skipped: {MISSING} (set TWIN_DATA)", yellow=True)
    else:
        terminalreporter.write_line("no proof was skipped for missing data")

"""Showing a result in a terminal loads neither plotly nor pandas."""

from __future__ import annotations

import subprocess
import sys


def test_terminal_loads_no_plotly() -> None:
    """Proves: the terminal and every kind's sentences and tables are free of plotly, pandas and xlsxwriter."""
    code = (
        "import sys, importlib; from twin.report import terminal; from twin.report.content import BUILDERS\n"
        "for name in BUILDERS.values(): importlib.import_module('twin.report.' + name.partition(':')[0])\n"
        "print([m for m in ('plotly', 'pandas', 'xlsxwriter', 'jinja2', 'simpy', 'pyomo') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

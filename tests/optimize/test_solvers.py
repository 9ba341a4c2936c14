"""What a plan's start loads, and what it does not."""

from __future__ import annotations

import subprocess
import sys


def test_pyomo_loads_no_statistics() -> None:
    """Proves: with scipy.sparse loaded first Pyomo leaves scipy.stats alone until it is asked for, and then has all of scipy.

    Sensitivity: without :func:`load_sparse` scipy.stats is there as soon as both are (more than a second of every plan).
    """
    code = (
        "import sys; from twin.optimize.solvers import load_sparse; load_sparse(); import pyomo.core, scipy.sparse;"
        "assert 'scipy.stats' not in sys.modules;"
        "watching = len(sys.meta_path); load_sparse(); assert len(sys.meta_path) == watching;"
        "from pyomo.common.dependencies import scipy, scipy_available;"
        "assert scipy_available and scipy.stats.norm.cdf(0.0) == 0.5 and 'scipy.stats' in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")

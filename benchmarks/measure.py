"""How the benchmarks measure: process time, best of a few, the rivals in turns; memory in a process of its own.

A row is one line of the table.
"""

from __future__ import annotations

import json
import math
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Row:
    """One figure with its bar (None: there is none). ``aim``: whether more or less is better; ``beside``: the yardstick in words."""

    benchmark: str
    what: str
    value: float
    unit: str
    bar: float | None = None
    aim: Literal["at_least", "at_most"] = "at_most"
    beside: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None where there is none."""
        if self.bar is None:
            return None
        return self.value >= self.bar if self.aim == "at_least" else self.value <= self.bar

    def payload(self) -> dict[str, Any]:
        """As it stands in ``--json``."""
        return {
            "benchmark": self.benchmark,
            "what": self.what,
            "value": self.value,
            "unit": self.unit,
            "bar": self.bar,
            "aim": self.aim,
            "met": self.met,
            "beside": self.beside,
        }


def cpu_s(work: Callable[[], object]) -> float:
    """Process time of one call, s: what other programs on the machine do to it is mostly left out."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def in_turns(rivals: Mapping[str, Callable[[], object]], rounds: int = 3) -> dict[str, float]:
    """Best process time of each rival, s. They take turns, so that a machine that slows down slows all of them."""
    best = dict.fromkeys(rivals, math.inf)
    for _ in range(rounds):
        for name, work in rivals.items():
            best[name] = min(best[name], cpu_s(work))
    return best


def peak_mb() -> float:
    """Largest resident memory of this program so far, MB.

    Linux's VmHWM begins anew with the program; ru_maxrss, taken elsewhere, does not fall below that of the process which started it.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        high = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        if high:
            return int(high[0].split()[1]) / 1024.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def own_process(module: str, *arguments: str, **environment: str) -> dict[str, Any]:
    """Run a benchmark module with arguments in a new interpreter; what it prints is one JSON object."""
    command, around = [sys.executable, "-m", module, *arguments], {**os.environ, **environment}
    done = subprocess.run(command, cwd=ROOT, env=around, capture_output=True, text=True, check=True)  # noqa: S603
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def wall_s(command: Sequence[str], rounds: int = 5) -> tuple[float, float]:
    """Best wall time of a command, s (what a person waits for), and its best process time, s (what it costs on a machine that is busy)."""
    wall = cpu = math.inf
    for _ in range(rounds):
        begin, used = time.perf_counter(), _children_s()
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True)  # noqa: S603
        wall, cpu = min(wall, time.perf_counter() - begin), min(cpu, _children_s() - used)
    return wall, cpu


def _children_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def machine() -> dict[str, Any]:
    """What the figures depend on: processor, cores, load, interpreter, version."""
    import platform

    import twin

    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        models = [
            line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
        ]
        name = models[0] if models else name
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else math.nan
    return {
        "processor": name,
        "cores": os.cpu_count(),
        "load": round(load, 2),
        "system": platform.system(),
        "python": platform.python_version(),
        "version": twin.__version__,
        "date": time.strftime("%Y-%m-%d"),
    }

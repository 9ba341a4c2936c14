"""The second core: builds a shop's matrix, solves its relaxation for a bound, then branches, in a process of its own beside the search.

``python -m twin.optimize.search.shop_worker FOLDER`` reads ``shop.pkl`` there and leaves ``matrix.pkl``, then ``duals.npy`` (row
multipliers from which the search computes a safe bound), then ``tree.json`` (bound of branch and bound) and ``incumbent.npy`` as they
get better. Each file appears whole. The folder is the search's own and private.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from twin.optimize.formulation.bound import interior_duals
from twin.optimize.formulation.matrix import Floats, Matrix, highs_of
from twin.optimize.formulation.refigured import matrix_for
from twin.optimize.formulation.shop import problem_of

if TYPE_CHECKING:
    from twin.optimize.problem.shop import Shop

BRANCHED_INTEGERS = 15_000
"""Up to so many integers branch and bound is worth the second core once the bound is there."""
FEW_INTEGERS = 4_000
"""Up to so many it begins at once: its root relaxation is solved in a second."""


class Worker:
    """The process, seen from the search."""

    def __init__(self, shop: Shop) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="twin-shop-")
        self.folder = Path(self._folder.name)
        (self.folder / "shop.pkl").write_bytes(pickle.dumps(shop))
        paths = [str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH", "")]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}
        command = [sys.executable, "-m", "twin.optimize.search.shop_worker", str(self.folder)]
        self._process = subprocess.Popen(  # noqa: S603 – this very interpreter and module
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._seen: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._folder.cleanup()

    @property
    def ended(self) -> bool:
        """Whether it has done all that it does."""
        return self._process.poll() is not None

    def matrix(self) -> Matrix | None:
        """The matrix, once it is built."""
        path = self.folder / "matrix.pkl"
        if not path.exists():
            return None
        matrix: Matrix = pickle.loads(path.read_bytes())  # noqa: S301 – our own process wrote it, into our own folder
        return matrix

    def duals(self) -> Floats | None:
        """Row multipliers that were not given yet."""
        path = self._new("duals.npy")
        return None if path is None else np.asarray(np.load(path))

    def tree_bound_krw(self) -> float | None:
        """A bound of branch and bound that was not given yet."""
        path = self._new("tree.json")
        return None if path is None else float(json.loads(path.read_text(encoding="utf-8"))["bound_krw"])

    def incumbent(self) -> Floats | None:
        """A point (columns,) that branch and bound found and that was not given yet."""
        path = self._new("incumbent.npy")
        return None if path is None else np.asarray(np.load(path))

    def offer(self, values: Floats) -> None:
        """A feasible point (columns,) from which branch and bound may begin."""
        _leave(self.folder / "offer.npy", values)

    def _new(self, name: str) -> Path | None:
        path = self.folder / name
        if not path.exists():
            return None
        when = path.stat().st_mtime_ns
        if self._seen.get(name) == when:
            return None
        self._seen[name] = when
        return path


def _leave(path: Path, values: Floats) -> None:
    """An array under ``path``, whole or not at all."""
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as file:
        np.save(file, values)
    unfinished.replace(path)


def work(folder: Path) -> None:
    """Matrix, multipliers, tree."""
    shop: Shop = pickle.loads((folder / "shop.pkl").read_bytes())  # noqa: S301 – as above
    matrix = matrix_for(problem_of(shop))
    unfinished = folder / "matrix.part"
    unfinished.write_bytes(pickle.dumps(matrix))
    unfinished.replace(folder / "matrix.pkl")
    few = int(matrix.integer.sum()) <= FEW_INTEGERS
    duals = None if few else interior_duals(matrix)
    if duals is not None:
        _leave(folder / "duals.npy", duals)
    if few or int(matrix.integer.sum()) <= BRANCHED_INTEGERS:
        branch(folder, matrix)


def branch(folder: Path, matrix: Matrix) -> None:
    """Branch and bound on the whole, from what the search has found so far; bound and points are left as they come."""
    solver = highs_of(matrix, mip_rel_gap=1e-6)
    offer = folder / "offer.npy"
    if offer.exists():
        values = np.load(offer)
        solver.setSolution(len(values), np.arange(len(values), dtype=np.int32), values)
    best = [-np.inf]

    def told(event: Any) -> None:
        bound = float(event.data_out.mip_dual_bound)
        if bound > best[0] and abs(bound) < 1e30:
            best[0] = bound
            leave_bound(folder, bound)

    def found(event: Any) -> None:
        _leave(folder / "incumbent.npy", np.array(event.data_out.mip_solution, dtype=float))

    solver.cbMipInterrupt.subscribe(told)
    solver.cbMipImprovingSolution.subscribe(found)
    solver.run()
    leave_bound(folder, float(solver.getInfo().mip_dual_bound))


def leave_bound(folder: Path, bound_krw: float) -> None:
    """The bound, whole or not at all."""
    unfinished = folder / "tree.part"
    unfinished.write_text(json.dumps({"bound_krw": bound_krw}), encoding="utf-8")
    unfinished.replace(folder / "tree.json")


def end_with_the_search(folder: Path) -> None:
    """Ends this process and its folder when the search's end of the pipe is closed, however that one came to its end."""
    sys.stdin.buffer.read()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    private = Path(sys.argv[1])
    threading.Thread(target=end_with_the_search, args=(private,), daemon=True).start()
    work(private)

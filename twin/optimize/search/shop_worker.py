"""The second core: builds a shop's matrix, solves its relaxation for a bound, then branches, in a process of its own beside the search.

``python -m twin.optimize.search.shop_worker FOLDER`` reads ``shop.pkl`` there and leaves ``matrix.pkl``. Of a small shop it then leaves
``tree.json`` (bound of branch and bound) and ``incumbent.npy`` as they get better; of a larger one ``duals.npy`` (row multipliers from
which the search computes a safe bound) and, in the time that is left, ``placed.pkl``: what insertion from another seed found, then what
it made of the best plan that the search has offered. Each file appears whole. The folder is the search's own and private.
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
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from twin.optimize.formulation.bound import interior_duals
from twin.optimize.formulation.bound_rows import BoundRows
from twin.optimize.formulation.matrix import Floats, Matrix, highs_of
from twin.optimize.formulation.refigured import matrix_for
from twin.optimize.formulation.shop import problem_of
from twin.optimize.insertion.search import dispatch_shop, insert
from twin.optimize.search.shop_again import AGAIN_SHARE, insert_again

if TYPE_CHECKING:
    from twin.optimize.problem.shop import Placed, Shop

FEW_INTEGERS = 4_000
"""Up to so many integers a shop is branched whole: its root relaxation is solved in a second."""
LOOSE = 1e-3
"""Tolerance of the interior points: the last tenth of a per mille of the bound costs a sixth of the time."""
OFFER_SHARE = 0.25
"""Of the seconds, at most, that branch and bound waits for a plan to begin from."""
INSERTION_SHARE = 0.7
"""Of the seconds, for the first and longest insertion."""
KEPT_SHARE = 0.08
"""Of the seconds, kept for the search to complete and improve what insertion here found."""
LOOK_S = 0.05
"""Between two looks for a plan to begin from."""


@dataclass(frozen=True)
class Asked:
    """When all must be done (seconds since the epoch), of how many ``seconds`` in all, the seed of insertion here, whether to bound."""

    until: float
    seconds: float
    seed: int
    bound: bool

    @property
    def left_s(self) -> float:
        """Seconds left."""
        return self.until - time.time()


class Worker:
    """The process, seen from the search."""

    def __init__(self, shop: Shop, asked: Asked) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="twin-shop-")
        self.folder = Path(self._folder.name)
        (self.folder / "shop.pkl").write_bytes(pickle.dumps((shop, asked)))
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

    def placed(self) -> tuple[Placed, ...] | None:
        """What insertion found from its own seed and that was not given yet."""
        path = self._new("placed.pkl")
        if path is None:
            return None
        found: tuple[Placed, ...] = pickle.loads(path.read_bytes())  # noqa: S301 – as above
        return found

    def offer(self, values: Floats, placed: tuple[Placed, ...]) -> None:
        """A feasible point (columns,) from which branch and bound may begin, and its placements, from which insertion may."""
        _leave(self.folder / "offer.npy", values)
        _leave_object(self.folder / "best.pkl", placed)

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


def _leave_object(path: Path, what: object) -> None:
    """An object under ``path``, whole or not at all."""
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(pickle.dumps(what))
    unfinished.replace(path)


def work(folder: Path) -> None:
    """Matrix, then tree, or multipliers and insertion."""
    shop: Shop
    asked: Asked
    shop, asked = pickle.loads((folder / "shop.pkl").read_bytes())  # noqa: S301 – as above
    matrix = matrix_for(problem_of(shop))
    _leave_object(folder / "matrix.pkl", matrix)
    if int(matrix.integer.sum()) <= FEW_INTEGERS:
        branch(folder, matrix, asked)
        return
    if asked.bound:
        rows = BoundRows(shop, matrix)
        duals = interior_duals(rows.summed(), LOOSE)
        if duals is not None:
            _leave(folder / "duals.npy", rows.plain_duals(duals))
    insert_beside(folder, shop, asked)


def insert_beside(folder: Path, shop: Shop, asked: Asked) -> None:
    """Insertion from another seed while the search's first lasts, then again and again from the best plan that the search has offered."""
    again_s = AGAIN_SHARE * asked.seconds
    first_s = asked.left_s - (1.0 - INSERTION_SHARE) * asked.seconds
    if first_s > again_s:
        _leave_object(folder / "placed.pkl", insert(shop, dispatch_shop(shop), seconds=first_s, seed=asked.seed))
    best, turn = folder / "best.pkl", 1  # not the turn with which the search begins
    while (seconds := min(again_s, asked.left_s - KEPT_SHARE * asked.seconds)) > again_s / 2.0:
        if not best.exists():
            time.sleep(LOOK_S)
            continue
        start: tuple[Placed, ...] = pickle.loads(best.read_bytes())  # noqa: S301 – as above
        placed, _ = insert_again(shop, start, turn, seconds=seconds, seed=asked.seed)
        turn += 1
        if placed != start:
            _leave_object(folder / "placed.pkl", placed)


def branch(folder: Path, matrix: Matrix, asked: Asked) -> None:
    """Branch and bound on the whole, from what the search has found so far; bound and points are left as they come."""
    solver = highs_of(matrix, mip_rel_gap=1e-6)
    offers = Offers(folder / "offer.npy")
    while not offers.there and asked.left_s > (1.0 - OFFER_SHARE) * asked.seconds:
        time.sleep(LOOK_S)
    values = offers.new()
    if values is not None:
        solver.setSolution(len(values), np.arange(len(values), dtype=np.int32), values)
    best = [-np.inf]

    def told(event: Any) -> None:
        bound = float(event.data_out.mip_dual_bound)
        if bound > best[0] and abs(bound) < 1e30:
            best[0] = bound
            leave_bound(folder, bound)

    def found(event: Any) -> None:
        _leave(folder / "incumbent.npy", np.array(event.data_out.mip_solution, dtype=float))

    def wanted(event: Any) -> None:
        offered = offers.new()
        if offered is not None:
            event.data_in.setSolution(offered)

    solver.cbMipInterrupt.subscribe(told)
    solver.cbMipImprovingSolution.subscribe(found)
    solver.cbMipUserSolution.subscribe(wanted)
    solver.run()
    leave_bound(folder, float(solver.getInfo().mip_dual_bound))


class Offers:
    """Points that the search offers, each once."""

    def __init__(self, path: Path) -> None:
        self.path, self.seen = path, 0

    @property
    def there(self) -> bool:
        """Whether there is any."""
        return self.path.exists()

    def new(self) -> Floats | None:
        """The latest that was not given yet."""
        if not self.path.exists():
            return None
        when = self.path.stat().st_mtime_ns
        if when == self.seen:
            return None
        self.seen = when
        return np.asarray(np.load(self.path))


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

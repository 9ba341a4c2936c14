"""Stationary distributions of Markov chains given by their moves; scipy's sparse solvers."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

import numpy as np

State = TypeVar("State", bound=Hashable)
Moves = Callable[[State], Iterable[tuple[State, float]]]
DIRECT = 3000
"""states up to which the chain is solved by elimination; beyond it by sweeps, until none moves by more than this:"""
CONVERGED, MOST_SWEEPS = 1e-13, 20_000


def explored(start: State, moves: Moves[State]) -> tuple[list[State], Any]:
    """States that can be reached, and the matrix of rates (or probabilities) between them, from row to column."""
    from scipy.sparse import csr_matrix

    index, states, rows, columns, rates = {start: 0}, [start], list[int](), list[int](), list[float]()
    for k, state in enumerate(states):  # grows on the way
        for after, rate in moves(state):
            if after not in index:
                index[after] = len(states)
                states.append(after)
            rows.append(k)
            columns.append(index[after])
            rates.append(rate)
    return states, csr_matrix((rates, (rows, columns)), shape=(len(states), len(states)))


def stationary(start: State, moves: Moves[State]) -> dict[State, float]:
    """Stationary probabilities of the chain in continuous time with rates ``moves``; of one in steps with probabilities just as well."""
    states, rates = explored(start, moves)
    if len(states) <= DIRECT:
        found = _eliminated(rates)
    else:
        found = _iterated(rates, np.array(sorted(range(len(states)), key=lambda k: _backwards(states[k]))))
    return dict(zip(states, (found / found.sum()).tolist(), strict=True))


def _backwards(state: Hashable) -> Any:
    return state[::-1] if isinstance(state, tuple) else state


def _balance(rates: Any) -> Any:
    """Q transposed: each row says that what flows in is what flows out."""
    from scipy.sparse import diags

    out = np.asarray(rates.sum(axis=1)).ravel()
    return (rates - diags(out)).T.tocsc()


def _eliminated(rates: Any) -> np.ndarray:
    """One of the balance equations says nothing new: the sum of all probabilities stands in its place."""
    from scipy.sparse import csc_matrix, vstack
    from scipy.sparse.linalg import spsolve

    count = rates.shape[0]
    if count == 1:
        return np.ones(1)
    system = vstack([csc_matrix(np.ones((1, count))), _balance(rates)[1:]]).tocsc()
    return np.asarray(spsolve(system, np.eye(1, count).ravel()))


def _iterated(rates: Any, order: np.ndarray) -> np.ndarray:
    """Gauss-Seidel sweeps in ``order`` (a line's states sort by what stands near its end, where what flows in comes from)."""
    from scipy.sparse import tril
    from scipy.sparse.linalg import splu

    balance = _balance(rates)[order][:, order].tocsc()
    lower = tril(balance).tocsc()
    rest = (balance - lower).tocsr()
    sweep = splu(lower, permc_spec="NATURAL", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    found = np.full(len(order), 1.0 / len(order))
    for _ in range(MOST_SWEEPS):
        after = sweep.solve(-(rest @ found))
        after /= after.sum()
        if np.abs(after - found).max() < CONVERGED * after.max():
            placed = np.empty_like(after)
            placed[order] = after
            return placed
        found = after
    msg = "the chain's equations did not converge"
    raise RuntimeError(msg)

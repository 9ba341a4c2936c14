"""Insertion again, from a plan that is good already: heated a little and, in turn, with peaks that may rise for nothing.

The demand charge holds a good plan fast below its peak: more work in cheap slots would pay for a higher one, but the first job that
moves there would pay for it alone. So the peak is taken as paid for up to a few percent more while insertion looks around; the exact
completion of what it finds then tells whether that was worth it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.optimize.insertion.search import insert, with_peaks_paid

if TYPE_CHECKING:
    from twin.optimize.problem.shop import Placed, Shop

AGAIN_SHARE = 0.08
"""Of the seconds, for one more insertion from the best plan."""
TURNS = ((0.3, 0.06), (0.3, 0.03), (0.2, 0.0))
"""First temperature, of that of the first insertion, and share by which peaks may rise for nothing."""


def insert_again(
    shop: Shop, placed: tuple[Placed, ...], turn: int, *, seconds: float, seed: int
) -> tuple[tuple[Placed, ...], str]:
    """What insertion number ``turn`` (from 0) makes of a plan within ``seconds``, and what it was, in words."""
    heat, raised = TURNS[turn % len(TURNS)]
    priced = with_peaks_paid(shop, placed, raised) if raised > 0.0 else shop
    found = insert(priced, placed, seconds=seconds, seed=seed + turn, heat=heat)
    return found, f"insertion again, heat {heat:g}, peak +{raised:.0%}"

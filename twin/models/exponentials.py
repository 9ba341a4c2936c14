"""Sums of exponentials in time: when such a function first leaves a range. The functions are those of the loop that may be compiled."""

from __future__ import annotations

from twin.models.recursion import first_exit, risen, value_and_slope

__all__ = ["first_exit", "risen", "value_and_slope"]

"""Hostile files, made without importing anything that would hide what reading them costs."""

from __future__ import annotations


def bomb(levels: int = 10, width: int = 9) -> str:
    """A billion laughs: each line stands for ``width`` times the one before."""
    lines = ["a0: &a0 [" + ", ".join(["lol"] * width) + "]"]
    lines += [f"a{k}: &a{k} [" + ", ".join([f"*a{k - 1}"] * width) + "]" for k in range(1, levels)]
    return "\n".join(lines) + "\n"

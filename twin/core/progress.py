"""How long work tells how far it is: a callable, so that a shell, a notebook and a web page can each show it their way."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called with the parts done, the parts in all (0: unknown) and a short text; must return quickly."""

    def __call__(self, done: int, total: int, text: str) -> None:
        """``done`` of ``total`` parts; ``text`` says what is under way."""


def silent(done: int, total: int, text: str) -> None:
    """Shows nothing."""

"""How long a search may go on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """Iterations, seconds, or both."""

    iterations: int | None
    seconds: float | None

    def part(self, share: float) -> Limit:
        """A share of it, at least one iteration."""
        return Limit(
            None if self.iterations is None else max(1, round(self.iterations * share)),
            None if self.seconds is None else self.seconds * share,
        )

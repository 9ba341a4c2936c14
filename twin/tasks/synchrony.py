"""Why pairing lost variance reduction: which random streams two scenarios did not use alike."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twin.experiment.draws import AddressedDraws

if TYPE_CHECKING:
    from twin.scenario.plan import Plan
    from twin.scenario.scenario import Scenario


@dataclass
class _Recorded:
    """A stream that counts the serials asked for."""

    stream: Any
    used: Counter[tuple[str, str]]
    address: tuple[str, str]

    def at(self, serial: int) -> float:
        """As the stream."""
        self.used[self.address] += 1
        value: float = self.stream.at(serial)
        return value

    def block(self, serial: int, count: int) -> Any:
        """As the stream."""
        self.used[self.address] += count
        return self.stream.block(serial, count)


class RecordingDraws(AddressedDraws):
    """Addressed draws that count what was looked up, by (source, owner)."""

    def __init__(self, seed: int, replication: int) -> None:
        super().__init__(seed, replication)
        self.used: Counter[tuple[str, str]] = Counter()

    def uniform(self, source: str, owner: str, serial: int) -> float:
        """As the parent."""
        self.used[source, owner] += 1
        return super().uniform(source, owner, serial)

    def stream(self, source: str, owner: str) -> Any:
        """As the parent."""
        return _Recorded(super().stream(source, owner), self.used, (source, owner))


def draws_used(scenario: Scenario, plan: Plan | None, seed: int, replication: int) -> Counter[tuple[str, str]]:
    """How many variates each stream gave in one replication."""
    from twin.models.plant import simulate

    draws = RecordingDraws(seed, replication)
    simulate(scenario, draws, plan=plan, replication=replication)
    return draws.used


def lost_stream(without: Counter[tuple[str, str]], with_task: Counter[tuple[str, str]]) -> str | None:
    """The stream whose use differs most between two runs, as ``source@owner``; None where every stream was used alike.

    Streams that were used alike can still act at other times; then None says that timing, not the draws, makes the difference.
    """
    different = {address: abs(without[address] - with_task[address]) for address in without.keys() | with_task.keys()}
    worst = max(sorted(different), key=lambda address: different[address], default=None)
    return None if worst is None or different[worst] == 0 else f"{worst[0]}@{worst[1]}"

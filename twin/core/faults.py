"""What is wrong, said so that a person can mend it; and the errors that the shell turns into exit statuses."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from twin.core.sentences import said


@dataclass(frozen=True)
class Fault:
    """One fault of an input. ``line`` and ``column`` count from 1; 0 where there is none (a change given at the shell)."""

    file: str
    line: int
    column: int
    place: str
    problem: str
    value: str
    fix: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        return self.told()

    def told(self, lang: str = "en") -> str:
        """One line: file:line:column, place, what is wrong, the value, what would be right."""
        where = ":".join([self.file, *(str(n) for n in (self.line, self.column) if n)])
        value = f", {self.value}" if self.value else ""
        fix = f" ({said(self.fix, lang)})" if self.fix else ""
        return f"{where}: {self.place}: {said(self.problem, lang)}{value}{fix}"

    def payload(self) -> dict[str, Any]:
        """As it stands in ``--json``."""
        return asdict(self)


class TwinError(Exception):
    """Base of every error that is told without a traceback."""

    exit_status = 1

    def told(self, lang: str = "en") -> str:
        """The words in a language, in English where they are known in no other."""
        return said(str(self), lang)


class RunFailed(TwinError):
    """A run broke one of its invariants or could not be finished."""


class InputFault(TwinError):
    """Something that the user wrote is wrong."""

    exit_status = 2


class Infeasible(TwinError):
    """No plan meets the constraints. ``status``: infeasible where that is proved, else no_solution; ``why``: as it stands in ``--json``;
    ``said``: the same words in each language.
    """

    exit_status = 3

    def __init__(
        self, words: str, *, status: str = "no_solution", why: Mapping[str, Any] | None = None, **said: str
    ) -> None:
        super().__init__(words)
        self.status, self.why, self.said = status, dict(why or {}), said

    def told(self, lang: str = "en") -> str:
        """The words in a language, in English where there are none."""
        return self.said.get(lang, str(self))

    def payload(self) -> dict[str, Any]:
        """As the verb gives it in ``--json``: no plan, and why."""
        why = {**self.why, "words": {"en": str(self), **self.said}}
        return {"status": self.status, "objective_krw": None, "bound_krw": None, "gap": None, "why": why}


class TargetMissed(TwinError):
    """A stated target was not reached."""

    exit_status = 4


class ScenarioFaults(InputFault):
    """All faults of a scenario, in the order of their lines."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        unique = dict.fromkeys(faults)
        self.faults = tuple(sorted(unique, key=lambda fault: (fault.file, fault.line, fault.column)))
        super().__init__(self.told())

    def told(self, lang: str = "en") -> str:
        """One line a fault."""
        return "\n".join(fault.told(lang) for fault in self.faults)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``did you mean 'melt'?`` or, where nothing is near, the words that are known (at most eight)."""
    words = sorted({str(name) for name in known})
    near = difflib.get_close_matches(str(word), words, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    if not words:
        return "none is defined"
    return "known: " + ", ".join(words[:8]) + (", …" if len(words) > 8 else "")

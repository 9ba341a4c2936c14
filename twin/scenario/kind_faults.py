"""What goes wrong inside an equipment kind that is not the twin's own, told with the file and the line of that kind.

The twin calls kinds of other packages in the middle of reading and of simulating. An error that one of them raises, or that comes of
what it gave, is the kind's, not the scenario's: its author needs the place, the user no traceback. Errors of the twin itself pass.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

from twin.core.faults import RunFailed
from twin.scenario.schema import Part, Station

USUAL = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""what slips in Python code raise"""


class KindFailed(RunFailed):
    """An equipment kind of another package raised an error, or gave what cannot be used."""


@contextmanager
def kinds_told() -> Iterator[None]:
    """Raises KindFailed in place of an error that comes of a kind of another package; others pass as they are."""
    try:
        yield
    except USUAL as error:
        words = _words(error)
        if words is None:
            raise
        raise KindFailed(words) from error


def duration_due(kind: Part, method: str, seconds: float | None) -> float | None:
    """Seconds that a method of a kind gave, as they are. ValueError for what is no time: a number of 0 or more is due, or None."""
    if seconds is not None and not 0.0 <= seconds < math.inf and _is_foreign(type(kind).__module__):
        msg = f"{method}() gave {seconds} s: a number of 0 or more is due"
        raise ValueError(msg)
    return seconds


def times_due(kind: Part, products: Mapping[str, Any]) -> None:
    """Ask a kind of another package for its times. ValueError where one is no time."""
    if not _is_foreign(type(kind).__module__):
        return
    startup_s = getattr(kind, "startup_s", None)
    if startup_s is not None:
        duration_due(kind, "startup_s", startup_s())
    for name, product in products.items():
        try:
            seconds = kind.work_s(name, product) if isinstance(kind, Station) else None
        except KeyError:
            continue
        duration_due(kind, "work_s", seconds)


def _words(error: BaseException) -> str | None:
    """Kind, file, line and error; None where no kind of another package has to do with it."""
    frames = list(_frames(error.__traceback__))
    said = f"{type(error).__name__}: {error}".rstrip(": ")
    for frame, line in frames:
        if _is_foreign(frame.f_globals.get("__name__", "")):
            code = frame.f_code
            fix = "mend it there; neither the scenario nor the twin is at fault"
            return f"{code.co_filename}:{line}: {code.co_name} of an equipment kind failed, {said} ({fix})"
    for frame, _ in frames:
        kind = _kind_of(frame)
        if kind is not None and _is_foreign(type(kind).__module__):
            file = getattr(sys.modules.get(type(kind).__module__), "__file__", None) or type(kind).__module__
            fix = "docs/add-equipment.md says what each method gives"
            return f"{file}: the equipment kind {type(kind).__name__} gave what cannot be used, {said} ({fix})"
    return None


def _frames(trace: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    """Frames and lines, innermost first."""
    found = []
    while trace is not None:
        found.append((trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    return reversed(found)


def _kind_of(frame: FrameType) -> Part | None:
    """The kind that the code at work there deals with."""
    held: Any = frame.f_locals
    for one in (held.get("kind"), held.get("part"), getattr(held.get("self"), "kind", None)):
        if isinstance(one, Part):
            return one
    return None


def _is_foreign(module: str) -> bool:
    """Whether a module that holds a kind lies outside the twin."""
    return module.partition(".")[0] != "twin" and module in _modules()


def _modules() -> set[str]:
    """Modules of every class from which a kind is made, as far as they were loaded."""
    todo, found = list(Part.__subclasses__()), set[str]()
    while todo:
        one = todo.pop()
        found.add(one.__module__)
        todo += one.__subclasses__()
    return found

"""What every reference reader shares: provenance, faults, and reading the packaged YAML and CSV."""

from __future__ import annotations

import csv
import datetime as dt
import difflib
import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from twin.core.faults import InputFault


class ReferenceFault(InputFault, ValueError):
    """A fact was asked for that the reference data do not hold."""


class TariffFault(ReferenceFault):
    """A load that cannot be billed, or a tariff file that holds what is not supported."""


class UnknownId(ReferenceFault):
    """An identifier that no entry bears; the message lists near matches."""


class NotInForce(ReferenceFault):
    """A date on which no version of the fact is in force."""


@dataclass(frozen=True)
class Provenance:
    """Where a figure comes from. ``verified`` means that a located source says so; ``basis`` says what is assumed."""

    source: str
    as_of: str
    verified: bool
    basis: str = ""


@dataclass(frozen=True)
class Fact:
    """One figure with its unit and provenance."""

    value: float
    unit: str
    provenance: Provenance

    @property
    def verified(self) -> bool:
        """Whether a located source states the figure."""
        return self.provenance.verified

    @property
    def source(self) -> str:
        """Citation of the figure."""
        return self.provenance.source


def provenance(entry: Mapping[str, Any], fallback: Mapping[str, Any] | None = None) -> Provenance:
    """Provenance of a data entry; missing keys are looked up in ``fallback`` (the block around the entry)."""
    around = fallback or {}
    source = entry.get("source", around.get("source"))
    verified = entry.get("verified", around.get("verified"))
    if source is None or verified is None:
        msg = f"reference entry without source or verified flag: {dict(entry)!r}"
        raise ReferenceFault(msg)
    as_of = entry.get("as_of", around.get("as_of", entry.get("published", entry.get("date", ""))))
    return Provenance(str(source), str(as_of), bool(verified), str(entry.get("basis", around.get("basis", ""))))


def data_file(name: str) -> Traversable:
    """Handle of the packaged file ``twin/reference/data/<name>``."""
    return resources.files("twin.reference").joinpath("data", *name.split("/"))


@functools.cache
def read_yaml(name: str) -> Mapping[str, Any]:
    """Packaged YAML 1.2 file as plain data; cached, so callers must not change it."""
    from ruamel.yaml import YAML

    data = YAML(typ="safe", pure=True).load(data_file(name).read_text(encoding="utf-8"))
    if not isinstance(data, dict):
        msg = f"{name}: a mapping is expected at the top"
        raise ReferenceFault(msg)
    return data


@functools.cache
def read_rows(name: str) -> tuple[Mapping[str, str], ...]:
    """Rows of a packaged CSV file; lines that start with ``#`` are comments."""
    lines = data_file(name).read_text(encoding="utf-8").splitlines()
    return tuple(csv.DictReader(line for line in lines if not line.startswith("#")))


def comments(text: str) -> str:
    """The leading ``#`` lines of a CSV file as one line: attribution and method."""
    return " ".join(line.lstrip("# ").strip() for line in text.splitlines() if line.startswith("#"))


def as_date(value: dt.date | str | None) -> dt.date | None:
    """A YAML date, ISO text or null as a date."""
    return dt.date.fromisoformat(value) if isinstance(value, str) else value


def required_date(value: dt.date | str | None) -> dt.date:
    """Like :func:`as_date`; null is a fault of the data."""
    day = as_date(value)
    if day is None:
        msg = "reference entry without a date where one is due"
        raise ReferenceFault(msg)
    return day


def pick(kind: str, wanted: str, known: Iterable[str]) -> str:
    """``wanted`` if it is one of ``known``; else :class:`UnknownId` with "did you mean"."""
    names = list(known)
    if wanted in names:
        return wanted
    near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(names)}"
    msg = f"unknown {kind} '{wanted}'; {hint}"
    raise UnknownId(msg)

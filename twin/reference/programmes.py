"""Support programmes: grant rates and ceilings by class of task, policy loans; with the year of the notice."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from .facts import Fact, Provenance, pick, provenance, read_yaml

_FILE = "programmes.yaml"


@dataclass(frozen=True)
class Grant:
    """Share of the cost that is granted, up to a ceiling."""

    share: float
    ceiling_krw: float
    provenance: Provenance


@dataclass(frozen=True)
class Loan:
    """A policy loan: share of the firm's own part that it covers, its ceiling, rates a year, years and years of grace."""

    share: float
    ceiling_krw: float
    rate: float
    market_rate: float
    years: int
    grace_years: int
    provenance: Provenance


@dataclass(frozen=True)
class Programme:
    """A programme with its grants by class of task (consulting, ict, equipment)."""

    id: str
    name_en: str
    name_ko: str
    grants: dict[str, Grant]
    loan: Loan | None
    provenance: Provenance

    def grant_krw(self, support_class: str, cost_krw: float) -> float:
        """Grant for a cost; 0 where the programme does not support the class."""
        grant = self.grants.get(support_class)
        return 0.0 if grant is None else min(grant.share * cost_krw, grant.ceiling_krw)


@functools.cache
def programme_ids() -> tuple[str, ...]:
    """Ids of the programmes known."""
    return tuple(read_yaml(_FILE)["programmes"])


@functools.cache
def programme(programme_id: str) -> Programme:
    """The programme of this id. Raises UnknownId with what is near."""
    entries = read_yaml(_FILE)["programmes"]
    entry = entries[pick("programme", programme_id, entries)]
    grants = {
        name: Grant(float(g["share"]), float(g["ceiling_krw"]), provenance(g, entry))
        for name, g in entry.get("grants", {}).items()
    }
    loan = entry.get("loan")
    terms = (
        None
        if loan is None
        else Loan(
            float(loan["share"]),
            float(loan["ceiling_krw"]),
            float(loan["rate"]),
            float(loan["market_rate"]),
            int(loan["years"]),
            int(loan["grace_years"]),
            provenance(loan, entry),
        )
    )
    return Programme(programme_id, entry["name"]["en"], entry["name"]["ko"], grants, terms, provenance(entry))


@functools.cache
def discount_rate() -> Fact:
    """The rate that future cash is discounted at, a year, in constant prices."""
    entry = read_yaml(_FILE)["discount_rate"]
    return Fact(float(entry["value"]), entry["unit"], provenance(entry))

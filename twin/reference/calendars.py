"""Public holidays by date, for plants (with overrides) and for the tariff, which has a calendar of its own."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Mapping

from .facts import ReferenceFault, as_date, read_yaml


@functools.lru_cache(maxsize=64)
def _public(country: str, first_year: int, last_year: int, language: str | None) -> Mapping[dt.date, str]:
    import holidays

    try:  # asking for the list of countries would load every one of them (0.3 s)
        found = holidays.country_holidays(country, years=range(first_year, last_year + 1), language=language)
    except NotImplementedError:
        msg = f"no holiday calendar for country '{country}'; use an ISO code such as KR, or a list of dates"
        raise ReferenceFault(msg) from None
    return dict(sorted((day, str(name)) for day, name in found.items()))


def holidays_between(
    country: str,
    first: dt.date,
    last: dt.date,
    *,
    extra: Iterable[dt.date] = (),
    removed: Iterable[dt.date] = (),
    language: str | None = None,
) -> dict[dt.date, str]:
    """Public holidays of a plant from ``first`` to ``last``, both included.

    Names come from the ``holidays`` package (ISO ``country`` such as ``KR``; ``language`` as the package spells it,
    e.g. ``en_US``). Ad-hoc and substitute days are included, Sundays are not. ``extra`` days are added as "added",
    ``removed`` ones taken out.
    """
    days = {
        day: name for day, name in _public(country, first.year, last.year, language).items() if first <= day <= last
    }
    days.update({day: "added" for day in extra if first <= day <= last})
    for day in removed:
        days.pop(day, None)
    return dict(sorted(days.items()))


@functools.cache
def adhoc_holidays() -> frozenset[dt.date]:
    """Korean 임시공휴일: holidays for offices that KEPCO's tariff bills as ordinary days."""
    return frozenset(day for entry in read_yaml("kr_adhoc_holidays.yaml")["days"] if (day := as_date(entry["date"])))


def kepco_holidays(first: dt.date, last: dt.date) -> frozenset[dt.date]:
    """Days that KEPCO meters as public holidays (관공서의 공휴일에 관한 규정), both ends included.

    Sundays are a rule of their own.

    Substitute days and elections on the expiry of a term count; ad-hoc 임시공휴일 do not (별표 3-1 단서).
    """
    return frozenset(holidays_between("KR", first, last)) - adhoc_holidays()

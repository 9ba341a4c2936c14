"""Two holiday calendars: the plant's and the tariff's."""

from __future__ import annotations

import datetime as dt

import pytest

from twin.reference.calendars import adhoc_holidays, holidays_between, kepco_holidays
from twin.reference.facts import ReferenceFault

FIRST, LAST = dt.date(2026, 1, 1), dt.date(2026, 12, 31)


def test_holidays_of_2026():
    """Proves: substitute days, election day, Labour Day and Constitution Day are there; names in English on request."""
    days = holidays_between("KR", FIRST, LAST, language="en_US")
    for day in ((3, 2), (5, 1), (5, 25), (6, 3), (7, 17), (8, 17), (10, 5)):
        assert dt.date(2026, *day) in days
    assert days[dt.date(2026, 6, 3)] == "Local Election Day"
    assert list(days) == sorted(days)


def test_overrides_of_the_plant():
    """Proves: a day can be added and another taken out; neither leaks into the next call."""
    extra, removed = dt.date(2026, 8, 3), dt.date(2026, 5, 1)
    days = holidays_between("KR", FIRST, LAST, extra=[extra, dt.date(2030, 1, 5)], removed=[removed])
    assert extra in days
    assert removed not in days
    assert dt.date(2030, 1, 5) not in days
    assert removed in holidays_between("KR", FIRST, LAST)


def test_the_tariff_leaves_out_adhoc_days_only():
    """Proves: over 2015-2026 the two calendars differ in the nine ad-hoc days, and in nothing else."""
    first, last = dt.date(2015, 1, 1), dt.date(2026, 12, 31)
    assert set(holidays_between("KR", first, last)) - kepco_holidays(first, last) == adhoc_holidays()
    assert len(adhoc_holidays()) == 9


def test_every_special_day_of_the_package_since_2007_is_known_as_adhoc():
    """Proves: a newer holidays package with a new ad-hoc day fails here, not in a bill."""
    from holidays.countries.south_korea import SouthKoreaStaticHolidays

    special = set()
    for year, entry in SouthKoreaStaticHolidays.special_public_holidays.items():
        for month, day, _ in entry if isinstance(entry[0], tuple) else (entry,):
            if year >= 2007:
                special.add(dt.date(year, month, day))
    assert special == adhoc_holidays()


def test_unknown_country():
    """Proves: a plain fault."""
    with pytest.raises(ReferenceFault, match="XX"):
        holidays_between("XX", FIRST, LAST)

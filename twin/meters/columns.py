"""The names under which meters write what they read, in English and Korean.

A unit in brackets (``전력(kW)``, ``Active power [kW]``) decides between power and energy; a name without one stands for the first
quantity of its row below. A column in any other unit (``전력(W)``) is not taken.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

STAMPS = (
    "timestamp", "datetime", "datetime_local", "date_time", "일시", "측정일시", "검침일시", "계측일시", "사용일시", "날짜시간",
)  # fmt: skip
DAYS = ("date", "날짜", "일자", "측정일", "검침일", "검침일자", "측정일자")
TIMES = ("time", "시각", "시간", "측정시각", "측정시간", "검침시간", "시간대")
QUANTITIES: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (
        ("kw", "power_kw", "전력", "유효전력", "평균전력", "소비전력", "부하", "power", "active_power", "activepower"),
        ("kw", "kwh"),
    ),
    (
        ("kwh", "energy_kwh", "usage_kwh", "전력량", "유효전력량", "사용량", "전력사용량", "사용전력량", "energy"),
        ("kwh", "kw"),
    ),
    (
        (
            "kvarh_lag", "지상무효전력", "지상무효전력량", "무효전력지상", "지상무효", "무효전력량(지상)", "무효전력(지상)",
            "lagging_current_reactive.power_kvarh",
        ),
        ("kvarh_lag", "kvar_lag"),
    ),
    (
        (
            "kvarh_lead", "진상무효전력", "진상무효전력량", "무효전력진상", "진상무효", "무효전력량(진상)", "무효전력(진상)",
            "leading_current_reactive.power_kvarh",
        ),
        ("kvarh_lead", "kvar_lead"),
    ),
    (("kvar_lag",), ("kvar_lag",)),
    (("kvar_lead",), ("kvar_lead",)),
)  # fmt: skip
_UNIT = re.compile(r"[\(\[]\s*([A-Za-z]+)\s*[\)\]]$")


@dataclass(frozen=True)
class Layout:
    """Where a header's columns stand. ``stamp``: one column, or two for day and time; ``quantities``: (name, column) as they stand,
    a name twice where two columns bear it.
    """

    stamp: tuple[int, ...]
    quantities: tuple[tuple[str, int], ...]

    def column(self, name: str) -> int | None:
        """The first column of a quantity; None where there is none."""
        return next((column for found, column in self.quantities if found == name), None)

    @property
    def doubled(self) -> bool:
        """Whether two columns bear one quantity."""
        names = [name for name, _ in self.quantities]
        return len(set(names)) < len(names)


def layout(header: Sequence[str]) -> Layout:
    """The columns of a header; ``stamp`` and ``quantities`` are empty where it names none."""
    names = [_plain(name) for name in header]
    found = [(quantity(name), column) for column, name in enumerate(header)]
    return Layout(_stamp(names), tuple((name, column) for name, column in found if name is not None))


def quantity(name: str) -> str | None:
    """The quantity of one column's name; None where it is none that a meter is read for."""
    plain = _plain(name)
    unit = _UNIT.search(plain)
    word = plain if unit is None else plain[: unit.start()].rstrip("_")
    for words, units in QUANTITIES:
        if plain in words:
            return units[0]
        if unit is not None and word in words:
            return next((known for known in units if known.split("_")[0] == unit.group(1)), None)
    return None


def _stamp(names: Sequence[str]) -> tuple[int, ...]:
    def first(words: Sequence[str]) -> int | None:
        return next((names.index(word) for word in words if word in names), None)

    whole, day, time = first(STAMPS), first(DAYS), first(TIMES)
    if whole is not None:
        return (whole,)
    if day is not None and time is not None:
        return day, time
    alone = day if time is None else time
    return () if alone is None else (alone,)


def _plain(name: str) -> str:
    return re.sub(r"\s+", "", name.strip().lstrip("\ufeff").lower())

"""Ids of public data that a scenario names: tariff, grid factor, PV profile, sector; and whether they hold on its dates."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from twin.core.faults import Fault
from twin.scenario.checks import View
from twin.scenario.nodes import Node

if TYPE_CHECKING:
    from twin.reference.kepco import RateVersion

PLAIN_COUNTRIES = frozenset({"KR"})
"""Known to have a calendar without loading the package that holds it (0.2 s)."""


def check_reference(tree: Mapping[str, Any], root: Node) -> list[Fault]:
    """Faults and warnings about ids of reference data."""
    view = View(tree, root)
    check_tariff(view)
    check_grid_factor(view)
    check_pv(view)
    check_weather(view)
    check_sector(view)
    check_holidays(view)
    return view.faults


def check_tariff(view: View) -> None:
    """The tariff is known. Unpinned, a version is in force on every day that is billed; a pinned one exists."""
    from twin.reference.kepco import plan_ids, rate_versions

    said = view.get("site", "tariff")
    if not isinstance(said, str) or re.search(r"\.(json|ya?ml|csv)$", said, re.IGNORECASE):
        return
    plan, _, pin = said.partition("@")
    known = plan_ids()
    if plan not in known:
        view.must_exist(("site", "tariff"), plan, known, "tariff")
        near = difflib.get_close_matches(plan, known, n=1, cutoff=0.6)
        if not near:
            return
        plan = near[0]
    check_class(view, plan)
    versions = rate_versions(plan)
    if pin:
        _check_pinned(view, plan, pin, versions)
        return
    begin = versions[0].effective_from
    for path, first, last in _spans(view):
        gap = _uncovered(versions, first, last)
        if gap is not None:
            fix = f"a day from {begin} on, or pin the tariff: {plan}@{begin}"
            view.fault(path, f"no version of {plan} is in force on {gap}", fix)


def _check_pinned(view: View, plan: str, pin: str, versions: Sequence[RateVersion]) -> None:
    """The version exists; where it is not in force throughout, the scenario is a counterfactual and says so."""
    chosen = _pinned(pin, versions)
    if chosen is None:
        listed = ", ".join(f"{plan}@{version.effective_from}" for version in versions)
        view.fault(("site", "tariff"), "the tariff has no such version", f"known: {listed}")
        return
    for path, first, last in _spans(view):
        if not (chosen.in_force(first) and chosen.in_force(last)):
            span = f"in force {chosen.effective_from} to {chosen.effective_to or 'now'}"
            problem = f"counterfactual: pinned to a version that is not in force throughout {path[0]} ({span})"
            view.fault(("site", "tariff"), problem, "leave out @… to take the version by date", severity="warning")


def _pinned(pin: str, versions: Sequence[RateVersion]) -> RateVersion | None:
    """The version that was in force on the day ``pin``; None where there is none or it is not a day."""
    try:
        day = dt.date.fromisoformat(pin)
    except ValueError:
        return None
    return next((version for version in versions if version.in_force(day)), None)


def _uncovered(versions: Sequence[RateVersion], first: dt.date, last: dt.date) -> dt.date | None:
    """The first day of [first, last] on which no version is in force."""
    day = first
    while day <= last:
        found = next((version for version in versions if version.in_force(day)), None)
        if found is None:
            return day
        if found.effective_to is None:
            return None
        day = found.effective_to + dt.timedelta(days=1)
    return None


def _spans(view: View) -> list[tuple[tuple[str, str], dt.date, dt.date]]:
    """The days that are billed: those of the run, those of the year; with the key that says so."""
    spans = []
    start, duration = view.date("run", "start"), view.quantity("s", "run", "duration")
    if start is not None:
        days = min(int((duration or 604800.0) // 86400), 20000)
        spans.append((("run", "start"), start, _later(start, max(days - 1, 0))))
    year = view.date("year", "start")
    if year is not None:
        spans.append((("year", "start"), year, _later(year, 364)))
    return spans


def _later(day: dt.date, days: int) -> dt.date:
    return dt.date.max if (dt.date.max - day).days < days else day + dt.timedelta(days=days)


def check_class(view: View, plan: str) -> None:
    """The contract power lies in the range of the tariff's class."""
    from twin.reference.kepco import tariff_classes

    contract, found = view.quantity("kW", "site", "contract_power"), tariff_classes().get(plan.split("/")[1])
    if contract is None or contract <= 0 or found is None:
        return
    below = found.contract_below_kw
    if contract < found.contract_from_kw or (below is not None and contract >= below):
        span = f"from {found.contract_from_kw:g} kW" + (f" to below {below:g} kW" if below is not None else "")
        view.fault(
            ("site", "contract_power"),
            f"outside the range of {plan}: {span}",
            "another class of tariff, or another contract power",
            severity="warning",
        )


def check_grid_factor(view: View) -> None:
    """The grid factor is known."""
    from twin.reference.grid import grid_factors

    said = view.get("site", "grid_factor")
    if isinstance(said, str):
        view.must_exist(("site", "grid_factor"), said, grid_factors(), "grid factor")


def check_pv(view: View) -> None:
    """The PV profile is known."""
    said = view.get("site", "pv", "profile")
    if isinstance(said, str):
        from twin.reference.pv import pv_profile_ids

        view.must_exist(("site", "pv", "profile"), said, pv_profile_ids(), "PV profile")


def check_weather(view: View) -> None:
    """The weather is known."""
    said = view.get("site", "weather")
    if isinstance(said, str):
        from twin.reference.weather import weather_ids

        view.must_exist(("site", "weather"), said, weather_ids(), "weather")


def check_sector(view: View) -> None:
    """The sector is one that figures of real plants exist for."""
    said = view.get("sector")
    if isinstance(said, str):
        from twin.reference.benchmarks import sector_benchmarks

        view.must_exist(("sector",), said, sector_benchmarks(), "sector")


def check_holidays(view: View) -> None:
    """The country has a calendar of public holidays."""
    said = view.get("calendar", "holidays")
    plausible = isinstance(said, str) and re.fullmatch(r"[A-Z]{2}", said)
    if plausible and said not in PLAIN_COUNTRIES and not _has_holidays(said):
        fix = "another ISO code, or null and extra_holidays"
        view.fault(("calendar", "holidays"), "no public holidays are known for this country", fix)
    at = view.get("site", "country")
    if isinstance(at, str) and at not in PLAIN_COUNTRIES and not _has_holidays(at):
        fix = "a two-letter ISO 3166 code such as KR; wages are paid by its public holidays"
        view.fault(("site", "country"), "no public holidays are known for this country", fix)


def _has_holidays(country: str) -> bool:
    import holidays

    try:
        holidays.country_holidays(country)
    except NotImplementedError:
        return False
    return True

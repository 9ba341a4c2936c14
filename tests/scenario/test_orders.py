"""Orders as jobs: pieces, lots, releases and dues, keys that last."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scenario.toy import TOY, faults_of, toy
from twin.scenario.orders import jobs, lots, pieces_to_cast

H, DAY, WEEK = 3600.0, 86400.0, 604800.0


@pytest.mark.parametrize(
    ("quantity", "scrap", "pieces"),
    [(2000, 0.04, 2084), (96, 0.04, 100), (97, 0.03, 100), (1, 0.0, 1), (3200, 0.03, 3299), (49, 0.02, 50)],
)
def test_pieces_to_cast(quantity: int, scrap: float, pieces: int) -> None:
    """Proves: ceil(Q / (1 - scrap)), by hand; 96 / 0.96 is 100 and not 101 for the last bit."""
    assert pieces_to_cast(quantity, scrap) == pieces


@given(st.integers(1, 10**5), st.floats(0, 0.9), st.integers(1, 500))
def test_lots_make_up_the_pieces(quantity: int, scrap: float, lot: int) -> None:
    """Proves: lots add up, only the last is smaller, and the good pieces expected suffice while one piece less would not."""
    pieces = pieces_to_cast(quantity, scrap)
    made = lots("o", "p", pieces, lot)
    assert sum(size for _, size in made) == pieces
    assert all(size == lot for _, size in made[:-1])
    assert len({key for key, _ in made}) == len(made) == math.ceil(pieces / lot)
    assert pieces * (1 - scrap) >= quantity * (1 - 1e-9)
    assert (pieces - 1) * (1 - scrap) < quantity


def test_weekly_order_by_hand(tmp_path: Path) -> None:
    """Proves: released Monday 00:00, due Friday 17:00; 2,084 pieces in 52 lots of 40 and one of 4; keys bear the Monday."""
    found = jobs(toy(tmp_path), 0, WEEK)
    assert len(found) == 53
    assert (found[0].job, found[0].release_s, found[0].due_s, found[0].pieces) == (
        "weekly/2026-07-06/0",
        0.0,
        4 * DAY + 17 * H,
        40,
    )
    assert found[-1].pieces == 4


def test_keys_do_not_depend_on_the_run(tmp_path: Path) -> None:
    """Proves: the same civil week gives the same jobs, whatever day the run starts; so addressed draws stay."""
    later = toy(tmp_path, TOY.replace("start: 2026-07-06", "start: 2026-07-13"))
    first = [job.job for job in jobs(toy(tmp_path), WEEK, 2 * WEEK)]
    assert [job.job for job in jobs(later, 0, WEEK)] == first
    midweek = toy(tmp_path, TOY.replace("start: 2026-07-06", "start: 2026-07-08"))
    assert {job.job for job in jobs(midweek, 0, WEEK)} == set(first)


def test_splitting_the_span_changes_nothing(tmp_path: Path) -> None:
    """Proves: warm-up and horizon together release what they release apart, each job once."""
    scenario = toy(tmp_path)
    whole = jobs(scenario, -WEEK, 4 * WEEK)
    assert jobs(scenario, -WEEK, 0) + jobs(scenario, 0, 4 * WEEK) == whole
    assert len({job.job for job in whole}) == len(whole) == 5 * 53


def test_daily_orders_skip_days_without_shifts(tmp_path: Path) -> None:
    """Proves: a daily order comes on working days only: five in the week, four with a holiday; due at its own hour."""
    scenario = toy(tmp_path, TOY.replace("every: week, due: {day: fri", "every: day, due: {day: mon"))
    assert sorted({job.order + job.job.split("/")[1] for job in jobs(scenario, 0, WEEK)}) == [
        f"weekly2026-07-{day:02d}" for day in range(6, 11)
    ]
    assert {job.due_s - job.release_s for job in jobs(scenario, 0, WEEK)} == {17 * H}
    closed = scenario.changed({"calendar.extra_holidays": ["2026-07-08"]})
    assert len({job.job.split("/")[1] for job in jobs(closed, 0, WEEK)}) == 4


def test_a_week_of_shutdown_brings_no_order(tmp_path: Path) -> None:
    """Proves: nothing is released in a week in which no shift starts."""
    scenario = toy(tmp_path).changed({"calendar.shutdowns": [{"from": "2026-07-13", "to": "2026-07-17"}]})
    assert {job.job.split("/")[1] for job in jobs(scenario, 0, 4 * WEEK)} == {"2026-07-06", "2026-07-20", "2026-07-27"}


def test_once_and_defaults(tmp_path: Path) -> None:
    """Proves: an order made once is released at the start of the run and due at its end, unless it says more."""
    scenario = toy(tmp_path, TOY.replace('every: week, due: {day: fri, at: "17:00"}', "every: once"))
    assert {(job.release_s, job.due_s) for job in jobs(scenario, -WEEK, 4 * WEEK)} == {(0.0, 4 * WEEK)}


CSV = "order,product,quantity,release,due,priority\na1,plate,50,2026-07-07T08:00,2026-07-10T17:00,1\na2,plate,20,,,\n"


def test_orders_of_a_table(tmp_path: Path) -> None:
    """Proves: a table's orders come once, at their civil times; absent times are the ends of the run."""
    text = TOY.replace(
        '  weekly: {product: plate, quantity: 2000, every: week, due: {day: fri, at: "17:00"}}', "  file: orders.csv"
    )
    (tmp_path / "orders.csv").write_text(CSV)
    scenario = toy(tmp_path, text)
    found = jobs(scenario, 0, 4 * WEEK)
    assert [(job.job, job.pieces, job.release_s, job.due_s, job.priority) for job in found] == [
        ("a2/once/0", 21, 0.0, 4 * WEEK, 0),
        ("a1/once/0", 40, DAY + 8 * H, 4 * DAY + 17 * H, 1),
        ("a1/once/1", 13, DAY + 8 * H, 4 * DAY + 17 * H, 1),
    ]
    (tmp_path / "orders.csv").write_text(CSV.replace(",50,", ",51,"))
    assert toy(tmp_path, text).sha256 != scenario.sha256
    assert jobs(type(scenario).from_payload(scenario.payload()), 0, 4 * WEEK) == found


@pytest.mark.parametrize(
    ("table", "place", "line"),
    [
        ("order,product,quantity\na,plat,5\n", "orders.product", 2),
        ("order,product,quantity\na,plate,5\na,plate,5\n", "orders.order", 3),
        ("order,product,quantity\na,plate,-5\n", "orders.quantity", 2),
        ("order,product,quantity\na,plate,1.5\n", "orders.quantity", 2),
        ("order,product,quantity\na,plate,nan\n", "orders.quantity", 2),
        ("order,product\na,plate\n", "orders.quantity", 1),
        ("order,product,quantity,dew\na,plate,5,\n", "orders.dew", 1),
        ("order,product,quantity,due\na,plate,5,Friday\n", "orders.due", 2),
        ("order,product,quantity,release,due\na,plate,5,2026-07-10,2026-07-09\n", "orders.due", 2),
        ("order,product,quantity\na,plate\n", "orders", 2),
        ("order,order,quantity\na,plate,1\n", "orders", 1),
        ("", "orders", 1),
        ("order,product,quantity\n", "orders", 1),
    ],
)
def test_faults_of_a_table_name_its_line(tmp_path: Path, table: str, place: str, line: int) -> None:
    """Proves: a table's faults name the table, the line and the column."""
    (tmp_path / "orders.csv").write_text(table)
    text = TOY.replace(
        '  weekly: {product: plate, quantity: 2000, every: week, due: {day: fri, at: "17:00"}}', "  file: orders.csv"
    )
    assert ("orders.csv", line, place) in {(fault.file, fault.line, fault.place) for fault in faults_of(tmp_path, text)}

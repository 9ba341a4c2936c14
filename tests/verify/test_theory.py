"""The exact answers themselves: against published figures, against each other, and in limits that are known."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.verify.theory import batches, lines, queues, walls
from twin.verify.theory.chains import stationary


def test_published_figures() -> None:
    """Proves: Erlang B(2, 3) = 4/19; M/M/1 at 0.6 waits 1.5 services; M/D/1 half as long as M/M/1; the furnace of ten waits 5.378622;
    six exponential machines with five places make 0.7836087 parts.

    Sensitivity: a wrong boundary in any of them moves the last digits.
    """
    assert queues.erlang_b(2.0, 3) == pytest.approx(4 / 19, rel=1e-14)
    assert queues.mmc_wait(0.6, 1.0, 1) == pytest.approx(1.5)
    assert queues.mg1_wait(0.6, 1.0, 0.0) == pytest.approx(0.75)
    assert batches.full_batch_wait(1.0, 10, 8.0) == pytest.approx(5.378622, abs=5e-7)
    assert lines.exponential_line([1.0] * 6, [5] * 5).throughput == pytest.approx(0.7836087, abs=5e-8)


@given(st.floats(0.2, 3.0), st.floats(0.2, 3.0), st.integers(0, 12))
@settings(max_examples=30)
def test_two_machines_by_closed_form_and_by_chain(first: float, second: float, places: int) -> None:
    """Proves: the chain of a line with two machines has the throughput of M/M/1/N. Sensitivity: one place off differs by 1e-3."""
    chain = lines.exponential_line([first, second], [places])
    assert chain.throughput == pytest.approx(lines.two_machine_throughput(first, second, places), rel=1e-9)
    assert chain.working[0] * first == pytest.approx(chain.working[1] * second, rel=1e-9)


@given(st.tuples(*[st.floats(0.02, 0.5)] * 2), st.tuples(*[st.floats(0.1, 0.9)] * 2), st.integers(2, 12))
@settings(max_examples=30)
def test_slotted_line_by_published_form_and_by_chain(
    fail: tuple[float, float], repair: tuple[float, float], places: int
) -> None:
    """Proves: Gershwin and Schick's closed form and the chain of a line that holds its part through the repair are one, N = places + 2."""
    if abs(fail[0] / repair[0] - fail[1] / repair[1]) < 1e-3:
        return  # the closed form is 0/0 where both machines are equally efficient
    chain = lines.slotted_line(fail, repair, places)
    assert chain == pytest.approx(lines.slotted_line_closed(fail, repair, places + 2), rel=1e-7)


def test_symmetry_and_limits_of_unreliable_pairs() -> None:
    """Proves: a pair turned round makes as much; with endless places the slower one alone counts; without failures it is a plain line.

    Sensitivity: failures while starved would break the second.
    """
    a, b = lines.Unreliable(1.0, 0.1, 0.5), lines.Unreliable(1.1, 0.15, 0.6)
    there, back = (lines.unreliable_exponential(*pair, 4)["throughput"] for pair in ((a, b), (b, a)))
    assert there == pytest.approx(back, rel=1e-10)
    assert lines.unreliable_exponential(a, lines.Unreliable(3.0, 0.01, 1.0), 400)["throughput"] == pytest.approx(
        a.alone, rel=1e-6
    )
    sound = lines.Unreliable(1.0, 1e-12, 1.0)
    assert lines.unreliable_exponential(sound, sound, 3)["throughput"] == pytest.approx(
        lines.two_machine_throughput(1.0, 1.0, 3), rel=1e-9
    )


def test_batches_of_one_are_a_plain_queue() -> None:
    """Proves: both ways of reckoning a furnace give M/D/1 for one place, and each other for a full furnace of three.

    Sensitivity: Spitzer's sum without the forming time would be short by 1 / lambda for three.
    """
    assert batches.full_batch_wait(0.7, 1, 1.0) == pytest.approx(queues.mg1_wait(0.7, 1.0, 0.0), rel=1e-10)
    assert batches.threshold_batches(0.7, 1, 1, 1.0)["wait"] == pytest.approx(queues.mg1_wait(0.7, 1.0, 0.0), rel=1e-9)
    assert batches.threshold_batches(1.0, 3, 3, 2.0)["wait"] == pytest.approx(
        batches.full_batch_wait(1.0, 3, 2.0), rel=1e-9
    )
    assert batches.timed_batches(1.0, 5, 1e3)["wait"] == pytest.approx(2.0, rel=1e-9)  # (k - 1) / 2 lambda


def test_waits_with_classes_first_delays_and_groups_reduce_to_the_plain_queue() -> None:
    """Proves: conservation (the load-weighted mean over classes is that of M/M/1), no delay, groups of one."""
    urgent, patient = queues.priority_waits([0.3, 0.35], 1.0, 1.0)
    assert (0.3 * urgent + 0.35 * patient) / 0.65 == pytest.approx(queues.mmc_wait(0.65, 1.0, 1), rel=1e-12)
    assert queues.exceptional_first_wait(0.5, 1.0, 1.0, 0.0, 0.0) == queues.mg1_wait(0.5, 1.0, 1.0)
    assert queues.bulk_arrival_wait(0.6, 1.0, 1) == pytest.approx(queues.mmc_wait(0.6, 1.0, 1), rel=1e-12)
    assert queues.dm1_wait(1 / 0.7, 1.0) < queues.mg1_wait(0.7, 1.0, 1.0)


def test_finite_sources_and_rooms() -> None:
    """Proves: one machine and one crew is a two-state cycle; M/M/1/K fills up with the load; probabilities sum to 1."""
    down = queues.machine_repair(1, 1, 0.25, 1.0)
    assert down == pytest.approx([0.8, 0.2])
    assert sum(queues.machine_repair(6, 2, 0.2, 0.7)) == pytest.approx(1.0)
    assert queues.finite_queue(1.0, 1.0, 4) == pytest.approx([0.2] * 5)


def test_chain_by_elimination_and_by_sweeps() -> None:
    """Proves: both solvers give the same distribution of a line that is small enough for one and large enough for the other to matter."""
    from twin.verify.theory import chains

    small = lines.exponential_line([1.0, 0.8, 1.1, 0.9], [6, 6, 6])
    kept = chains.DIRECT
    try:
        chains.DIRECT = 10
        assert lines.exponential_line([1.0, 0.8, 1.1, 0.9], [6, 6, 6]).throughput == pytest.approx(
            small.throughput, rel=1e-9
        )
    finally:
        chains.DIRECT = kept
    assert stationary("only", lambda _: ()) == {"only": 1.0}


def test_walls() -> None:
    """Proves: a slab has taken sqrt(4 Fo / pi) of its heat early and all of it late; two nodes cool to ambient; holding ends steady."""
    assert walls.slab_taken_share(0.01) == pytest.approx(math.sqrt(0.04 / math.pi), rel=1e-4)
    assert walls.slab_taken_share(5.0) == pytest.approx(1.0, abs=1e-5)
    assert walls.two_node_cooling((1.0, 1.0), (1.0, 1.0), (500.0, 300.0), 20.0, 1e3) == pytest.approx([20.0, 20.0])
    steady = walls.one_node_holding_kwh(1.0, (1.0, 1.0), 385.0, 750.0, 20.0, 3600.0)
    assert steady == pytest.approx(365.0)

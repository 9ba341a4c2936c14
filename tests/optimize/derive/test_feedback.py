"""What a replay tells the next problem."""

from __future__ import annotations

from tests.optimize.iron_day import foundry
from twin.optimize.derive.feedback import _worked_s

HOUR = 3600.0


def test_time_to_finish_counts_the_hours_in_which_somebody_finishes() -> None:
    """Proves: cast on Monday at 22:00 and delivered on Tuesday at 8:00, a lot took 1 + 2 hours of the shake-out's shifts (until 23:00,
    from 6:00); it cools at night as well. Sensitivity: by the clock of the cooling place, which never closes, it would be 10 hours, and
    casting would have to be over seven hours too soon.
    """
    assert _worked_s(foundry(), "pump_body", {"mould"}, 22 * HOUR, 32 * HOUR) == 3 * HOUR

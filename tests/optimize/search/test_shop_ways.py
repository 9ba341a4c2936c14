"""Which way of improving goes next."""

from __future__ import annotations

from twin.optimize.search.shop_ways import Ways


class Incumbent:
    """A cost that falls, and a clock that runs, by what a way says."""

    def __init__(self) -> None:
        self.krw, self.now = 1000.0, 0.0
        self.gains = {"near": 0.0, "far": 0.0}
        self.done: list[str] = []

    def way(self, name: str, seconds: float):
        def go() -> str:
            self.done.append(name)
            self.krw -= self.gains[name]
            self.now += seconds
            return name

        return go

    def ways(self) -> Ways:
        each = {"near": self.way("near", 1.0), "far": self.way("far", 4.0)}
        return Ways(each, lambda: self.krw, 2.0, lambda: self.now)


def test_the_way_that_gains_more_per_second_goes_on() -> None:
    """Proves: both are tried once, then the one with 10 KRW/s before that with 5; when it gains nothing any more, the other takes over.

    Sensitivity: by gain alone, not per second, the far way (20 against 10) would have gone on.
    """
    seen = Incumbent()
    seen.gains = {"near": 10.0, "far": 20.0}
    ways = seen.ways()
    for _ in range(4):
        ways.go()
    assert seen.done == ["near", "far", "near", "near"]
    seen.gains["near"] = 0.0
    for _ in range(4):
        ways.go()
    assert "far" in seen.done[4:]


def test_without_gains_both_get_the_same_time() -> None:
    """Proves: where nothing gains, seconds are shared alike: four short steps to one long one."""
    seen = Incumbent()
    ways = seen.ways()
    for _ in range(50):
        ways.go()
    assert abs(ways.spent_s["near"] - ways.spent_s["far"]) <= 4.0


def test_a_moved_incumbent_is_worth_a_look_around() -> None:
    """Proves: after the far way gained, the near one goes next, although it gained nothing where the incumbent was before."""
    seen = Incumbent()
    ways = seen.ways()
    ways.go()
    seen.gains["far"] = 40.0
    ways.go()
    seen.gains["far"] = 0.0
    ways.go()
    ways.go()
    assert seen.done[:2] == ["near", "far"]
    assert "near" in seen.done[2:4]


def test_a_fading_gain_does_not_keep_the_other_away() -> None:
    """Proves: the far way, which gained nothing when it was tried, is tried again soon after the near way's gains have dried up.

    Sensitivity: any trace of an old gain, however small, would keep the near way going for ever.
    """
    seen = Incumbent()
    seen.gains["near"] = 10.0
    ways = seen.ways()
    for _ in range(3):
        ways.go()
    seen.gains["near"] = 0.0
    for _ in range(40):
        ways.go()
    assert seen.done[:4] == ["near", "far", "near", "near"]
    assert seen.done[3:].count("far") >= 5


def test_one_quick_success_does_not_outweigh_long_failure() -> None:
    """Proves: the near way gained much in a thousandth of its time and nothing in the four seconds (two memories) after; the far way,
    which gains 1 KRW/s, goes on. Sensitivity: a mean of rates, each fading alone, would still see 13 KRW/s in the near way.
    """
    seen = Incumbent()
    ways = seen.ways()
    ways.learn("near", 0.4, 0.004)
    ways.learn("far", 4.0, 4.0)
    for _ in range(4):
        ways.learn("near", 0.0, 1.0)
    assert ways.rate["near"] < 0.1
    assert ways.next() == "far"

"""Planted defects are told: three here, all of them in the campaign."""

from __future__ import annotations

import pytest

from tests.verify.bugs import BUGS, Bug
from twin.verify.catalogue import models
from twin.verify.verify import verified

QUICK = ("set-up skipped", "thermal time constant wrong", "shift off by one slot", "due dates ignored")


def test_there_are_ten_defects_and_each_names_a_case() -> None:
    """Proves: at least ten defects, in different places, each with a case of the catalogue."""
    assert len({patch[:2] for bug in BUGS for patch in bug.patches}) == len(BUGS) >= 10
    cases = {case for model in models().values() for case in model.cases}
    assert [bug.told for bug in BUGS if bug.told not in cases] == []


@pytest.mark.parametrize("bug", [bug for bug in BUGS if bug.name in QUICK], ids=lambda bug: bug.name)
def test_defect_is_told_by_its_case(bug: Bug) -> None:
    """Proves: the case fails with the defect and passes without. Sensitivity: a case that never fails proves nothing."""
    name = bug.told.partition(": ")[0]
    with bug.planted():
        told = {case.name: case for case in verified(name, None)}[bug.told]
    assert told.broken or not told.covered
    assert {case.name: case.passed for case in verified(name, None)}[bug.told]

"""The toy's kinds are known in all tests of scenarios."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.scenario.toy import toy_kinds


@pytest.fixture(autouse=True, scope="session")
def _toy_kinds() -> Iterator[None]:
    with toy_kinds():
        yield

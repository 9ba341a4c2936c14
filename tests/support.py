"""What every test may lean on: where the repository and the outside data lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
"""The repository."""

MISSING = "outside data are missing"
"""How the reason of a skip for missing data begins; conftest counts these."""


def data_folder() -> Path:
    """The folder of outside data: ``TWIN_DATA``, else ``../shared/data``; a relative path counts from the repository."""
    return (ROOT / os.environ.get("TWIN_DATA", "../shared/data")).resolve()


def is_campaign() -> bool:
    """Whether the long proofs run (``make campaigns``), where nothing may be skipped for missing data."""
    return os.environ.get("TWIN_CAMPAIGN") == "1"


def needs_data(*relative_parts: str) -> Path:
    """The path of an outside data file or folder; skips the test where it is absent, and fails it in a campaign.

    >>> folder = needs_data("induction_furnace")  # doctest: +SKIP
    """
    path = data_folder().joinpath(*relative_parts)
    if not path.exists():
        reason = f"{MISSING}: {'/'.join(relative_parts)} is not in TWIN_DATA ({data_folder()})"
        if is_campaign():
            pytest.fail(f"{reason}; a campaign proves nothing without them", pytrace=False)
        pytest.skip(reason)
    return path

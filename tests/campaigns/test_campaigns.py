"""The campaigns themselves (`make campaigns`), one test each: figures are written to docs/evidence, every bar must be met."""

from __future__ import annotations

import os
import time

import pytest

from tests.campaigns.catalogue import CAMPAIGNS
from tests.campaigns.evidence import write

JOBS = int(os.environ.get("TWIN_JOBS", "2"))


@pytest.mark.campaign
@pytest.mark.parametrize("name", CAMPAIGNS)
def test_campaign(name: str) -> None:
    """Proves: what the campaign says it proves, with all its replications; the evidence is written whether or not the bars are met."""
    campaign, begun = CAMPAIGNS[name], time.perf_counter()
    proof = campaign.prove(campaign.replications, JOBS)
    write(campaign, proof, time.perf_counter() - begun)
    assert proof.missed == []

"""Check the evidence against the sources, or make it anew.

``python -m tests.campaigns.refresh --check`` tells which evidence is stale (exit status 1 then);
``python -m tests.campaigns.refresh --run NAME…`` runs campaigns (``all``: every one; ``stale``: those that need it)
and writes ``docs/evidence``. With ``--replications`` below the campaign's own it is a trial: figures are printed,
evidence is written to ``--out`` only.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from tests.campaigns.catalogue import CAMPAIGNS
from tests.campaigns.evidence import FOLDER, Campaign, plain, stale, write


def tell(text: str) -> None:
    """One line for whoever started this."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def conduct(campaign: Campaign, replications: int | None, jobs: int, out: Path | None) -> list[str]:
    """Run one campaign, write its evidence unless it is a trial without ``out``; what it missed."""
    begun = time.perf_counter()
    count = campaign.replications if replications is None else replications
    proof = campaign.prove(count, jobs)
    seconds = time.perf_counter() - begun
    folder = out if out is not None else FOLDER if count >= campaign.replications else None
    if folder is None:
        tell(json.dumps(plain(proof.figures), indent=1, ensure_ascii=False))
    else:
        tell(f"{campaign.name}: wrote {write(campaign, proof, seconds, folder)}")
    for bar in proof.bars:
        tell(
            f"{'met   ' if bar.met else 'MISSED'} {bar.what}: {bar.value:.6g} ({bar.aim.replace('_', ' ')} {bar.bar:g})"
        )
    tell(f"{campaign.name}: {count} replications, {seconds:.0f} s")
    return proof.missed


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 all well, 1 something stale or missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.refresh", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--check", action="store_true")
    what.add_argument("--run", nargs="+", metavar="NAME", choices=[*CAMPAIGNS, "all", "stale"])
    parser.add_argument("--replications", type=int)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args(arguments)
    if asked.check:
        found = [line for campaign in CAMPAIGNS.values() for line in stale(campaign)]
        tell("\n".join(found) or "all evidence stands")
        return int(bool(found))
    names = (
        list(CAMPAIGNS)
        if "all" in asked.run
        else [n for n in CAMPAIGNS if n in asked.run or ("stale" in asked.run and stale(CAMPAIGNS[n]))]
    )
    missed = [line for name in names for line in conduct(CAMPAIGNS[name], asked.replications, asked.jobs, asked.out)]
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())

"""Evidence of a campaign: its figures and bars, and the hash of the sources that it proves, so that stale evidence is told by name."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import ROOT

FOLDER = ROOT / "docs" / "evidence"
RUN = "python -m tests.campaigns.refresh --run {name}"
DIGITS = 12
ALWAYS = (
    "tests/campaigns/evidence.py",
    "scenarios/*-foundry.yaml",
    "scenarios/aluminium-melt-shop.yaml",
    "requirements.lock",
)
"""Every campaign stands on these."""


@dataclass(frozen=True)
class Bar:
    """One claim with the figure that it stands on."""

    what: str
    value: float
    bar: float
    aim: str = "at_most"

    @property
    def met(self) -> bool:
        """Whether the figure keeps the claim."""
        return self.value >= self.bar if self.aim == "at_least" else self.value <= self.bar

    def payload(self) -> dict[str, Any]:
        """As it stands in the file."""
        return {"what": self.what, "value": plain(self.value), "aim": self.aim, "bar": self.bar, "met": self.met}


@dataclass(frozen=True)
class Proof:
    """What a campaign found."""

    seed: int
    replications: int
    bars: tuple[Bar, ...]
    figures: Mapping[str, Any]

    @property
    def missed(self) -> list[str]:
        """Claims that do not hold, in words."""
        sign = {"at_most": "is not ≤", "at_least": "is not ≥"}
        return [f"{bar.what}: {bar.value:.6g} {sign[bar.aim]} {bar.bar:g}" for bar in self.bars if not bar.met]


@dataclass(frozen=True)
class Campaign:
    """A long proof. ``prove(replications, jobs)``; ``replications``: of the whole proof, ``sample``: of the one in the ordinary suite."""

    name: str
    proves: str
    sources: tuple[str, ...]
    prove: Callable[[int, int], Proof]
    replications: int

    def files(self, root: Path = ROOT) -> list[Path]:
        """The sources that the evidence stands on, in order. Raises ValueError where a pattern matches nothing."""
        found: set[Path] = set()
        for pattern in (*self.sources, *ALWAYS, f"tests/campaigns/{self.name}.py"):
            matched = [path for path in root.glob(pattern) if path.is_file() and "__pycache__" not in path.parts]
            if not matched:
                msg = f"campaign {self.name}: no file matches {pattern}"
                raise ValueError(msg)
            found |= set(matched)
        return sorted(found)


def hashes(files: Sequence[Path], root: Path = ROOT) -> dict[str, str]:
    """A short SHA-256 of each file, line endings made equal."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()[
            :DIGITS
        ]
        for path in files
    }


def together(parts: Mapping[str, str]) -> str:
    """One SHA-256 over the hashes of all files."""
    return hashlib.sha256(json.dumps(dict(sorted(parts.items()))).encode()).hexdigest()


def write(campaign: Campaign, proof: Proof, seconds: float, folder: Path = FOLDER) -> Path:
    """Write the evidence file; returns its path."""
    import twin

    parts = hashes(campaign.files())
    body = {
        "campaign": campaign.name, "proves": campaign.proves, "version": twin.__version__, "date": time.strftime("%Y-%m-%d"),
        "seed": proof.seed, "replications": proof.replications, "seconds": round(seconds), "met": not proof.missed,
        "bars": [bar.payload() for bar in proof.bars], "figures": plain(proof.figures),
        "sources": [*campaign.sources, *ALWAYS], "sources_sha256": together(parts), "files": parts,
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{campaign.name}.json"
    path.write_text(json.dumps(body, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    return path


def plain(value: Any) -> Any:
    """Plain JSON: infinities as text, figures with ten digits."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, float):
        return float(f"{value:.10g}") if math.isfinite(value) else str(value)
    return value


def stale(campaign: Campaign, folder: Path = FOLDER, root: Path = ROOT) -> list[str]:
    """Why the evidence of a campaign does not hold any more, in words with the remedy; empty where it does."""
    again = f"run {RUN.format(name=campaign.name)} (or make campaigns)"
    path = folder / f"{campaign.name}.json"
    if not path.is_file():
        return [f"{campaign.name}: there is no evidence yet; {again}"]
    kept = json.loads(path.read_text(encoding="utf-8"))
    now = hashes(campaign.files(root), root)
    if kept["sources_sha256"] != together(now):
        then = kept["files"]
        changed = sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))
        shown = ", ".join(changed[:5]) + (f" and {len(changed) - 5} more" if len(changed) > 5 else "")
        return [f"{campaign.name}: made with other sources ({shown}); {again}"]
    if kept["replications"] < campaign.replications:
        return [f"{campaign.name}: only {kept['replications']} of {campaign.replications} replications; {again}"]
    return [
        f"{campaign.name}: missed: {bar['what']}: {bar['value']} against {bar['bar']}"
        for bar in kept["bars"]
        if not bar["met"]
    ]

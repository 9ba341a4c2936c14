"""The equipment kind in a package of its own: found through its entry point, validated, simulated, reported; its physics by hand."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import ROOT
from twin.models.batches import Batch, BatchLot
from twin.models.phases import Phase

PACKAGE = ROOT / "examples" / "third-party-kind"
SHOP = (PACKAGE / "hardening-shop.yaml").read_text(encoding="utf-8")


def python(*arguments: str, path: Path | None, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A new interpreter; ``path`` is the folder into which the package was installed, or none."""
    environment = {**os.environ, "PYTHONPATH": str(path or ""), "TWIN_LANG": "en", "NO_COLOR": "1", "COLUMNS": "160"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, built and installed into a folder of its own, without network."""
    folder = tmp_path_factory.mktemp("installed")
    flags = ("--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check")
    done = python("-m", "pip", "install", *flags, "--target", str(folder), str(PACKAGE), path=None, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The scenario, to be changed."""
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP, encoding="utf-8")
    return path


def validated(path: Path, installed: Path | None) -> tuple[int, list[dict[str, object]]]:
    """Exit status and faults of ``twin validate``."""
    shell = "from twin.cli import main; main()"
    done = python("-c", shell, "validate", path.name, "--json", path=installed, cwd=path.parent)
    return done.returncode, json.loads(done.stdout)["faults"]


def line_of(text: str, key: str) -> int:
    """Line on which a key of the bath stands."""
    return next(n for n, line in enumerate(text.splitlines(), 1) if line.startswith(f"    {key}:"))


def test_the_kind_is_found_through_its_entry_point_only(shop: Path, installed: Path) -> None:
    """Proves: the scenario is valid where the package is installed, and names an unknown kind, at its place, where it is not."""
    assert validated(shop, installed) == (0, [])
    status, faults = validated(shop, None)
    assert status == 2
    assert [(f["line"], f["column"], f["place"]) for f in faults] == [
        (line_of(SHOP, "kind"), 11, "stations.temper.kind")
    ]


@pytest.mark.parametrize(
    ("key", "written", "said"),
    [
        ("uptake", "500 kW", "W/K"),
        ("rated", "60 kW", "holding and a cold charge take"),
        ("set", "900 degC", "between 150 and 550"),
        ("soak", "-5 min", "0"),
    ],
)
def test_faults_in_its_parameters_are_named_by_line_and_column(
    key: str, written: str, said: str, shop: Path, installed: Path
) -> None:
    """Proves: units, bounds and the kind's own checks are told with file, line and column of the value.

    Sensitivity: a fault told without its place would have line 0 or the line of ``temper:``.
    """
    changed = re.sub(rf"^    {key}: .*$", f"    {key}: {written}", SHOP, flags=re.MULTILINE)
    shop.write_text(changed, encoding="utf-8")
    status, faults = validated(shop, installed)
    found = [f for f in faults if f["place"] == f"stations.temper.{key}"]
    assert status == 2
    assert [(f["file"], f["line"], f["column"]) for f in found] == [("shop.yaml", line_of(changed, key), len(key) + 7)]
    assert said in f"{found[0]['problem']} {found[0]['fix']}"


def test_a_misspelt_key_is_told(shop: Path, installed: Path) -> None:
    """Proves: a key that the kind does not have is a fault with its line and the key that was meant."""
    shop.write_text(SHOP.replace("    warm_up:", "    warmup:"), encoding="utf-8")
    status, faults = validated(shop, installed)
    assert status == 2
    assert faults[0]["line"] == line_of(SHOP, "warm_up")
    assert "warm_up" in str(faults[0]["fix"])


def test_it_is_simulated_and_shown_in_the_report(shop: Path, installed: Path) -> None:
    """Proves: states, Gantt and loss terms of the bath are in the report's figures, every balance closes, and its kWh are its flows'."""
    program = """
import json, twin
run = twin.load("shop.yaml").run(replications=1)
gantt, losses = run.plot.load_curve(), run.plot.losses()
print(json.dumps({
    "balance": max(run.payload()["balance"].values()),
    "rows": list(gantt.layout.yaxis3.ticktext),
    "states": sorted(set(run.states.loc[run.states["equipment"] == "temper.1", "state"])),
    "losses": [str(y) for trace in losses.data for y in trace.y],
    "terms": [trace.name for trace in losses.data],
    "paths": [str(p) for p in run.report("out", ["html"], "en")],
}))
"""
    done = python("-c", program, path=installed, cwd=shop.parent)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["balance"] < 1e-9
    assert "temper.1" in said["rows"]
    assert {"off", "startup", "holding", "processing"} <= set(said["states"])
    assert "temper.1" in said["losses"]
    assert len(said["terms"]) >= 3
    page = Path(shop.parent, said["paths"][0]).read_text(encoding="utf-8")
    assert "temper.1" in page


def test_the_page_shows_this_very_code() -> None:
    """Proves: the documentation's code and scenario are the package's, not a copy that has aged."""
    page = (ROOT / "docs" / "add-equipment.md").read_text(encoding="utf-8")
    for name in ("salt_bath.py", "hardening-shop.yaml", "pyproject.toml"):
        assert (PACKAGE / name).read_text(encoding="utf-8").strip() in page, name


# --- its physics


@pytest.fixture(scope="module")
def salt_bath() -> ModuleType:
    """The package's module, loaded from its file."""
    spec = importlib.util.spec_from_file_location("salt_bath_example", PACKAGE / "salt_bath.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


BATH = {
    "kind": "salt_bath",
    "load": {"capacity": "240 kg"},
    "set": "250 degC",
    "rated": "160 kW",
    "salt": "0.45 kWh/K",
    "loss": "45 W/K",
    "uptake": "500 W/K",
    "soak": "40 min",
    "warm_up": "1 h",
}


def imbalance(phases: list[Phase]) -> float:
    """Worst distance of a phase's energy from the sum of its heat terms, kWh."""
    return max(
        abs(sum(flow.amount(phase.duration_s) for flow in phase.flows) - sum(phase.heat_kwh.values()))
        for phase in phases
    )


def test_one_batch_by_hand(salt_bath: ModuleType) -> None:
    """Proves: 200 kg from 20 to 245 °C with tau = 200·0.5/500 = 0.2 ks: hot after tau ln(230/5), then 40 min of soak.

    Sensitivity: a time constant without the mass gives another length; an efficiency left out gives 5 % less energy.
    """
    bath = salt_bath.SaltBath.model_validate(BATH)
    batch = Batch((BatchLot("a", "shaft", 50.0, 200.0),), "")
    (phase,) = bath.begin(batch, salt_bath.Salt(250.0))
    assert phase.duration_s == pytest.approx(200.0 * math.log(230.0 / 5.0) + 2400.0)
    charge_kwh = 200.0 * 0.5 * 230.0 / 3600.0 * (1.0 - math.exp(-phase.duration_s / 200.0))
    loss_kwh = 0.045 * 230.0 * phase.duration_s / 3600.0
    assert phase.flows[0].amount(phase.duration_s) == pytest.approx((charge_kwh + loss_kwh) / 0.95)


@settings(max_examples=60, deadline=None)
@given(
    kg=st.floats(1.0, 240.0),
    start_c=st.floats(20.0, 250.0),
    gap_s=st.floats(1.0, 3e5),
    duty=st.sampled_from(["off", "standby", "starved", "startup", "blocked"]),
    cut_share=st.floats(0.01, 0.99),
)
def test_energy_is_heat_and_a_cut_changes_nothing(
    salt_bath: ModuleType, kg: float, start_c: float, gap_s: float, duty: str, cut_share: float
) -> None:
    """Proves: in every phase what flows in is the sum of heat terms; phases between batches last as long as asked; a batch cut at any
    time takes the same energy and time.
    """
    bath = salt_bath.SaltBath.model_validate(BATH)
    salt = salt_bath.Salt(start_c)
    rest = list(bath.rest(gap_s, duty, salt))
    assert sum(phase.duration_s for phase in rest) == pytest.approx(gap_s)
    assert imbalance(rest) < 1e-9 * max(1.0, gap_s)
    lots = (BatchLot("a", "shaft", 1.0, kg),)
    before_c = salt.temperature_c
    whole = list(bath.begin(Batch(lots, ""), salt))
    length_s = sum(phase.duration_s for phase in whole)
    pieces = list(bath.begin(Batch(lots, "", cuts_s=(cut_share * length_s,)), salt_bath.Salt(before_c)))
    assert imbalance(whole) < 1e-9
    assert sum(phase.duration_s for phase in pieces) == pytest.approx(length_s)
    kwh = [sum(f.amount(p.duration_s) for p in phases for f in p.flows) for phases in (whole, pieces)]
    assert kwh[1] == pytest.approx(kwh[0], rel=1e-9)

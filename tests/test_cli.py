"""The shell: what it loads, what it prints where, how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FAULTY = ROOT / "tests" / "data" / "twenty_faults.yaml"
FOUNDRY = ROOT / "scenarios" / "aluminium-foundry.yaml"
NEVER_FOR_HELP = ("numpy", "pandas", "pint", "pydantic", "pyomo", "plotly", "scipy", "simpy")
NEVER_FOR_VALIDATE = ("pandas", "pyomo", "plotly", "scipy", "simpy")


def twin(*words: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run the shell as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "twin.cli", *map(str, words)],
        capture_output=True,
        text=True,
        cwd=cwd,
        check=False,
        timeout=300,
    )


def loaded_after(*words: object) -> set[str]:
    """Top-level modules that a verb has loaded when it ends."""
    program = (
        "import sys\nfrom twin.cli import app\n"
        f"try:\n    app({[str(w) for w in words]!r}, standalone_mode=False)\nexcept BaseException:\n    pass\n"
        "print('\\n' + ' '.join(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True, timeout=120
    )
    return set(done.stdout.strip().splitlines()[-1].split())


def test_help_loads_nothing_heavy() -> None:
    """Proves: `twin --help` answers without the libraries. Sensitivity: one import at the top of the shell's module fails this."""
    assert not loaded_after("--help") & set(NEVER_FOR_HELP)


def test_validate_loads_no_simulator() -> None:
    """Proves: validating a whole foundry loads neither simulator, optimiser, plots nor tables."""
    found = loaded_after("validate", FOUNDRY)
    assert "pydantic" in found
    assert not found & set(NEVER_FOR_VALIDATE)


def test_every_verb_has_help() -> None:
    """Proves: the design's verbs are all there and say what they do."""
    verbs = (
        "new",
        "examples",
        "schema",
        "doctor",
        "validate",
        "run",
        "optimize",
        "evaluate",
        "diagnose",
        "bill",
        "calibrate",
        "report",
        "runs",
    )
    listing = twin("--help").stdout
    for verb in verbs:
        assert f" {verb} " in listing


def test_twenty_faults_at_once() -> None:
    """Proves: all planted faults are named in one run with their lines, status 2, no traceback."""
    done = twin("validate", FAULTY)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("twenty_faults.yaml:")]
    assert len(lines) == 20
    assert all(line.split(":")[1].isdigit() for line in lines)


def test_faults_as_json() -> None:
    """Proves: `--json` prints the faults on stdout, each with file, line, column, place, problem, value, fix, severity."""
    done = twin("validate", FAULTY, "--json")
    faults = json.loads(done.stdout)["faults"]
    assert len(faults) == 20
    assert set(faults[0]) == {"file", "line", "column", "place", "problem", "value", "fix", "severity"}
    assert done.returncode == 2


@pytest.mark.parametrize(
    "words",
    [
        ("run", "no-such-file.yaml"),
        ("run",),
        ("run", FOUNDRY, "--set", "no-equals"),
        ("run", FOUNDRY, "--set", "site.contract_power=900"),
        ("run", FOUNDRY, "--nonsense"),
        ("evaluate", FOUNDRY, "--task", "no-such-task"),
        ("evaluate", FOUNDRY, "--dispatch", "sometimes"),
        ("bill", "no-such.csv", "--tariff", "kepco/industrial-b/hv-a/2"),
        ("report", "no-such-run"),
        ("new", "x", "--from", "no-such-example"),
        ("run", FOUNDRY, "--report", "docx"),
        ("run", FOUNDRY, "--seed", "-1"),
        ("run", FOUNDRY, "--replications", "2", "--cluster", "no address at all"),
    ],
)
def test_wrong_input_ends_with_status_two_and_words(words: tuple[object, ...]) -> None:
    """Proves: wrong input ends in status 2 and a sentence, never in a traceback, and prints nothing on stdout."""
    done = twin(*words)
    assert done.returncode == 2, done.stderr
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr
    assert not done.stdout.strip()


def test_run_prints_only_json_and_stores(tmp_path: Path) -> None:
    """Proves: stdout is one JSON document with the interface's keys; the run is stored, listed and complete."""
    done = twin("run", FOUNDRY, "--set", "run.duration=1 week", "--replications", 2, "--json", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    payload = json.loads(done.stdout)
    assert {"kpis", "benchmark", "balance", "bill", "carbon", "provenance"} <= set(payload)
    assert max(payload["balance"].values()) <= 1e-9
    listed = json.loads(twin("runs", tmp_path, "--json").stdout)["runs"]
    assert [item["kind"] for item in listed] == ["run"]


def test_new_starts_from_an_example_that_validates(tmp_path: Path) -> None:
    """Proves: the copied example carries the files that it uses. Sensitivity: without the melt shop beside it, validation fails."""
    made = twin("new", tmp_path / "mine", "--from", "aluminium-foundry", "--json")
    path = json.loads(made.stdout)["scenario"]
    assert twin("validate", path).returncode == 0
    again = twin("new", tmp_path / "mine")
    assert again.returncode == 2
    assert "not empty" in again.stderr


def test_doctor_and_examples_speak_json() -> None:
    """Proves: both list what they found."""
    checks = json.loads(twin("doctor", "--json").stdout)["checks"]
    assert {"python", "simpy", "kinds of equipment"} <= {check["name"] for check in checks}
    ids = {item["id"] for item in json.loads(twin("examples", "--json").stdout)["examples"]}
    assert {"aluminium-foundry", "iron-foundry", "aluminium-melt-shop"} <= ids


def test_an_unknown_language_is_refused() -> None:
    """Proves: a language that is not spoken is named instead of silently answered in English."""
    done = twin("examples", "--lang", "fr")
    assert done.returncode == 2
    assert "known: ko, en" in done.stderr

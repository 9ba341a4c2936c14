"""The house in order: the lock, the wheel, the version, the public names, the floors."""

from __future__ import annotations

import importlib.metadata
import json
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import twin
from tests import support
from tests.support import MISSING, ROOT, needs_data

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
PINS = {canonicalize_name(pin.name): pin for pin in map(Requirement, LOCK)}


def direct_requirements() -> list[Requirement]:
    """What pyproject.toml asks for, extras included, without the package itself."""
    texts = [*PROJECT["dependencies"], *(text for extra in PROJECT["optional-dependencies"].values() for text in extra)]
    return [found for found in map(Requirement, texts) if found.name != PROJECT["name"]]


def tracked_files() -> list[Path]:
    """Every file that git follows, and that is there; skips where this is no checkout."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for name in names.split("\0") if name and (path := ROOT / name).is_file()]


def test_lock_is_names_and_versions_only() -> None:
    """Proves: the lock holds no host, index, address or path. Sensitivity: one ``--index-url`` or ``file:`` line breaks the pattern."""
    line_form = re.compile(r"[a-z0-9-]+==[0-9][\w.+!]*( ; [\w .'<>=!()-]+)?")
    assert [line for line in LOCK if not line_form.fullmatch(line)] == []


def test_lock_covers_every_requirement_within_its_bounds() -> None:
    """Proves: each requirement of every extra is pinned, and the pin satisfies the lower bound."""
    wanted = direct_requirements()
    assert [str(need) for need in wanted if canonicalize_name(need.name) not in PINS] == []
    pinned = {name: next(iter(pin.specifier)).version for name, pin in PINS.items()}
    assert [str(need) for need in wanted if not need.specifier.contains(pinned[canonicalize_name(need.name)])] == []


def test_installed_versions_are_the_locked_ones() -> None:
    """Proves: the tests run on what the lock says. Sensitivity: any package installed past the lock is listed."""
    here = {**default_environment(), "extra": ""}
    strayed = []
    for name, pin in PINS.items():
        if pin.marker is not None and not pin.marker.evaluate(here):
            continue
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # of an extra that is not installed here
        if not pin.specifier.contains(version):
            strayed.append(f"{name} {version} instead of {pin.specifier}")
    assert strayed == []


def test_lock_brings_no_deep_learning() -> None:
    """Proves: nothing drags in the gigabytes of torch, CUDA or JAX."""
    heavy = re.compile(r"torch|nvidia|cuda|triton|jax|tensorflow")
    assert [name for name in PINS if heavy.search(name)] == []


def test_version_is_one() -> None:
    """Proves: the package and its installed metadata state the same version."""
    assert importlib.metadata.version(PROJECT["name"]) == twin.__version__


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built with the installed hatchling and no network."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_wheel_holds_every_file_of_the_package(wheel: zipfile.ZipFile) -> None:
    """Proves: code, reference data, messages, the typing mark and the shipped scenarios all reach who installs the wheel."""
    names = set(wheel.namelist())
    shipped = {
        path.relative_to(ROOT) for path in tracked_files() if path.relative_to(ROOT).parts[0] in {"twin", "scenarios"}
    }
    wanted = {path.as_posix() if path.parts[0] == "twin" else f"twin/{path.as_posix()}" for path in shipped}
    assert wanted - names == set()
    assert "twin/py.typed" in names
    assert any(name.startswith("twin/reference/data/") for name in names)


def test_wheel_carries_licence_and_entry_points(wheel: zipfile.ZipFile) -> None:
    """Proves: the command and the group of equipment kinds are registered, and the licence travels along."""
    info = f"carbon_twin-{twin.__version__}.dist-info"
    entries = wheel.read(f"{info}/entry_points.txt").decode()
    assert "twin = twin.cli:main" in entries
    assert "[twin.models]" in entries
    assert "Apache License" in wheel.read(f"{info}/licenses/LICENSE").decode()


@pytest.mark.parametrize("entry", importlib.metadata.entry_points(group="twin.models"), ids=lambda entry: entry.name)
def test_registered_kind_is_there(entry: importlib.metadata.EntryPoint) -> None:
    """Proves: every equipment kind that pyproject.toml registers loads, and is a class."""
    assert isinstance(entry.load(), type)


def test_importing_the_package_loads_nothing() -> None:
    """Proves: ``import twin`` loads no module of the package and none of numpy, pandas, pydantic."""
    code = "import json, sys, twin; print(json.dumps(sorted(sys.modules)))"
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    loaded = json.loads(seen)
    assert "twin" in loaded
    assert [name for name in loaded if name.startswith("twin.") or name in {"numpy", "pandas", "pydantic"}] == []


def test_public_names_are_those_of_the_api() -> None:
    """Proves: the package hands on every public name of twin.api, and only those."""
    from twin import api

    assert set(twin.__all__) - {"__version__"} == set(api.__all__)
    assert all(getattr(twin, name) is getattr(api, name) for name in api.__all__)
    assert set(api.__all__) <= set(dir(twin))


def test_no_module_hides_a_public_name() -> None:
    """Proves: ``twin.examples`` stays the verb. Sensitivity: a module twin/examples.py replaces it once anything imports that module."""
    assert {module.name for module in pkgutil.iter_modules(twin.__path__)} & set(twin.__all__) == set()


def test_unknown_name_says_what_is_public() -> None:
    """Proves: a misspelt name is an AttributeError that lists the right ones."""
    misspelt = "laod"
    with pytest.raises(AttributeError, match=r"no attribute 'laod'.*load"):
        getattr(twin, misspelt)


def test_committed_text_names_no_machine() -> None:
    """Proves: no tracked file holds an absolute path of somebody's machine or a package index."""
    machine = re.compile(r"(?<![\w.])/(?:home|root|work|mnt|Users)/\w|--(?:extra-)?index-url\s+\S*:/")
    texts = {".cfg", ".csv", ".ini", ".ipynb", ".json", ".lock", ".md", ".py", ".toml", ".txt", ".yaml", ".yml", ""}
    found = [
        path.relative_to(ROOT).as_posix()
        for path in tracked_files()
        if path.suffix in texts
        and path != Path(__file__).resolve()
        and machine.search(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []


def test_ci_can_be_executed() -> None:
    """Proves: .ci/run is a program that stops at the first failure."""
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "set -euo pipefail" in script.read_text(encoding="utf-8")


def test_missing_data_skip_a_test_and_fail_a_campaign(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Proves: a proof without its data is skipped with the reason that the summary counts, and never skipped in a campaign."""
    monkeypatch.setenv("TWIN_DATA", str(tmp_path))
    monkeypatch.delenv("TWIN_CAMPAIGN", raising=False)
    with pytest.raises(pytest.skip.Exception, match=MISSING):
        needs_data("nowhere", "meter.csv")
    monkeypatch.setenv("TWIN_CAMPAIGN", "1")
    with pytest.raises(pytest.fail.Exception, match=r"nowhere/meter\.csv"):
        needs_data("nowhere", "meter.csv")
    (tmp_path / "here.csv").touch()
    assert needs_data("here.csv") == support.data_folder() / "here.csv"

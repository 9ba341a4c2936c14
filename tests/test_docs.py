"""The pages: what they show is what comes out, their links lead somewhere, what is generated is fresh, and every page can be found."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.pages import SHOWN, Page, blocks
from tests.support import ROOT, data_folder
from twin.scenario import kinds

DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")])
LINK = re.compile(r"(?<!!)\[[^\]\[]*\]\((?P<target>[^)\s]+)\)")
PICTURE = re.compile(r"!\[[^\]]*\]\((?P<target>[^)\s]+)\)")


def named(path: Path) -> str:
    """A page's path in the repository."""
    return path.relative_to(ROOT).as_posix()


def generator() -> ModuleType:
    """The script that writes docs/reference."""
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def anchors(path: Path) -> set[str]:
    """The anchors that a page's headings make."""
    prose = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.*)$", prose, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def links(path: Path) -> list[tuple[Path, str]]:
    """Files and anchors that a page links to; addresses of the web are left out."""
    prose = re.sub(r"^```.*?^```|`[^`\n]*`", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    targets = [match["target"] for pattern in (LINK, PICTURE) for match in pattern.finditer(prose)]
    local = [target.partition("#") for target in targets if not re.match(r"\w+:", target)]
    return [((path.parent / file).resolve() if file else path, anchor) for file, _, anchor in local]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder as a reader has it: the shipped scenarios in it, English, outside data where they are.

    Kinds that a page registers are forgotten afterwards.
    """
    known = set(kinds.names())
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "TWIN_LANG": "en",
        "COLUMNS": "120",
        "TWIN_DATA": str(data_folder()),
        "NO_COLOR": "1",
        "TERM": "dumb",
    }.items():
        monkeypatch.setenv(name, value)
    yield tmp_path
    for name in set(kinds.names()) - known:
        kinds.forget(name)


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_page_shows_what_comes_out(path: Path, workspace: Path) -> None:
    """Proves: every command and every line of Python on the page runs, and prints what the page shows."""
    page = Page(path)
    page.run()
    assert workspace.is_dir()
    assert not page.faults, "\n\n".join(page.faults)


def test_a_wrong_page_is_found(workspace: Path) -> None:
    """Proves: the test above can fail. Sensitivity: a wrong sum, a wrong exit status and a wrong output are each told."""
    page = Page(workspace / "page.md")
    wrong = "```python\n>>> 1 + 1\n3\n```\n```console\n$ twin run nowhere.yaml\n$ echo one\ntwo\n$ echo ok\nok\n```\n"
    page.path.write_text(wrong, encoding="utf-8")
    page.run()
    assert [
        word for word in ("Expected", "exit status 2", "printed") if any(word in fault for fault in page.faults)
    ] == ["Expected", "exit status 2", "printed"]
    assert len(page.faults) == 3


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_links_lead_somewhere(path: Path) -> None:
    """Proves: every file and anchor that a page links to exists."""
    broken = [f"{target}#{anchor}" for target, anchor in links(path) if not target.exists()]
    broken += [
        f"{target.name}#{anchor}"
        for target, anchor in links(path)
        if anchor and target.suffix == ".md" and anchor not in anchors(target)
    ]
    assert broken == []


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_fences_are_known(path: Path) -> None:
    """Proves: no block goes untested because its language is misspelt (``pyhton``, ``shell``)."""
    found = {block.language for block in blocks(path.read_text(encoding="utf-8"))}
    assert found - SHOWN - {"python", "console"} == set()


def test_every_page_can_be_found() -> None:
    """Proves: whoever starts at the README reaches every page by links; a link to a folder shows all pages in it."""
    seen, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page.is_dir():
            waiting += page.glob("*.md")
        if page in seen or page.suffix != ".md" or not page.exists():
            continue
        seen.add(page)
        waiting += [target for target, _ in links(page)]
    assert [named(page) for page in PAGES if page not in seen] == []


def test_reference_pages_are_fresh() -> None:
    """Proves: docs/reference is what ``python docs/generate.py`` writes today.

    Sensitivity: a new field of a kind makes scenario.md stale.
    """
    stale = [
        name
        for name, text in generator().pages().items()
        if (DOCS / "reference" / name).read_text(encoding="utf-8") != text
    ]
    assert stale == [], "write them again: .venv/bin/python docs/generate.py"


def test_every_shell_verb_has_its_place() -> None:
    """Proves: docs/reference/cli.md knows each verb of ``twin --help``, and docs/json.md each that answers in JSON."""
    from twin.cli import app

    verbs = {
        command.name or command.callback.__name__ for command in app.registered_commands if command.callback is not None
    }
    told = (DOCS / "reference" / "cli.md").read_text(encoding="utf-8")
    assert [verb for verb in sorted(verbs) if f"## twin {verb}" not in told] == []
    payloads = (DOCS / "json.md").read_text(encoding="utf-8")
    silent = {"schema"}  # its output is the schema itself
    assert [verb for verb in sorted(verbs - silent) if f"`{verb}`" not in payloads] == []


def test_readme_is_short_and_licensed() -> None:
    """Proves: the first page stays readable and names licence and attribution."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 200
    assert "Apache" in text
    assert "Open-Meteo" in text


def test_pictures_are_small() -> None:
    """Proves: no picture of the pages weighs more than 200 kB."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    names = subprocess.run(
        ["git", "ls-files", "docs"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    files = [ROOT / name for name in names if (ROOT / name).is_file()]
    assert [
        path.name for path in files if path.suffix in {".png", ".svg", ".gif"} and path.stat().st_size > 200_000
    ] == []

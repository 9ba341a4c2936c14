"""What the verbs at the shell share: their options, the language, changes of a scenario, and how a result is shown and stored.

Nothing heavy is imported until a verb needs it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from twin import api
    from twin.core.faults import Infeasible


def checked_formats(text: str | None) -> str | None:
    """``"html,xlsx"`` as written, refused before any work where a format is unknown."""
    unknown = [name for name in split_formats(text) if name not in {"html", "xlsx"}]
    if unknown or (text is not None and not split_formats(text)):
        message = f"unknown report format {', '.join(unknown) or text!r}; known: html, xlsx"
        raise typer.BadParameter(message)
    return text


def split_formats(text: str | None) -> list[str]:
    """``"html,xlsx"`` as a list."""
    return [name.strip().lower() for name in (text or "").split(",") if name.strip()]


def known_language(choice: str | None) -> str | None:
    """``"ko"`` or ``"en"`` as written; another language is refused rather than answered in English."""
    if choice is not None and choice.lower() not in {"ko", "en"}:
        message = f"no language {choice!r}; known: ko, en"
        raise typer.BadParameter(message)
    if choice is not None:
        os.environ["TWIN_LANG"] = choice.lower()  # faults are told in it too, wherever they arise
    return choice


ScenarioFile = Annotated[Path, typer.Argument(metavar="SCENARIO", help="Scenario file (YAML).", show_default=False)]
Sets = Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a value; may be repeated.")]
Seed = Annotated[int | None, typer.Option(min=0, help="Seed of the random draws; absent: the scenario's.")]
Replications = Annotated[int | None, typer.Option(min=1, help="Number of replications; absent: the scenario's.")]
Jobs = Annotated[int, typer.Option(min=1, help="Processes that work side by side.")]
Cluster = Annotated[str | None, typer.Option(metavar="ADDRESS", help="Address of a Dask scheduler to run on.")]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder that results are stored in.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
Lang = Annotated[
    str | None,
    typer.Option(metavar="ko|en", help="Language; absent: that of the environment.", callback=known_language),
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No progress, no messages.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="More: times, memory, where results lie.")]
Formats = Annotated[
    str | None,
    typer.Option(
        "--report", metavar="html,xlsx", help="Also write a report and print its path.", callback=checked_formats
    ),
]

RUNS = Path("runs")


def language(choice: str | None) -> str:
    """The language asked for, else that of the environment, else English."""
    wanted = choice or os.environ.get("TWIN_LANG") or os.environ.get("LC_ALL") or os.environ.get("LANG") or "en"
    return "ko" if wanted.lower().startswith("ko") else "en"


def load(path: Path, sets: list[str] | None, *, quiet: bool) -> api.Scenario:
    """Read a scenario with its changes; warnings go to stderr."""
    from twin import api

    scenario = api.load(path, parse_sets(sets))
    if not quiet:
        for warning in scenario.data.warnings:
            typer.echo(f"warning: {warning.told(language(None))}", err=True)
    return scenario


@contextmanager
def infeasible_told(path: Path, sets: list[str] | None, *, as_json: bool) -> Iterator[None]:
    """A plan that cannot be is told in words on stderr, and as JSON on stdout where that was asked for; exit status 3."""
    from twin.core.faults import Infeasible, ScenarioFaults

    try:
        yield
    except Infeasible as refused:
        tell_infeasible(refused, as_json=as_json)
    except ScenarioFaults as faults:
        from twin.optimize.explain.refuse import cap_too_low, only_the_cap

        fault = only_the_cap(faults)
        if fault is None:
            raise
        tell_infeasible(cap_too_low(path, parse_sets(sets), fault), as_json=as_json)


def tell_infeasible(refused: Infeasible, *, as_json: bool) -> None:
    """Say why there is no plan and end with exit status 3."""
    if as_json:
        emit(refused.payload())
    typer.echo(refused.told(language(None)), err=True)
    raise typer.Exit(refused.exit_status) from None


def stored_plan(folder: Path) -> api.Plan:
    """The plan stored in ``folder``. Raises InputFault where something else lies there."""
    from twin import api
    from twin.core.faults import InputFault

    found = api.open_result(folder)
    if not isinstance(found, api.Plan):
        msg = f"{folder}: no stored plan; name the folder that `twin optimize` stored its result in"
        raise InputFault(msg)
    return found


def parse_sets(sets: list[str] | None) -> dict[str, str]:
    """``["a.b=1 kW"]`` as ``{"a.b": "1 kW"}``."""
    changes: dict[str, str] = {}
    for text in sets or []:
        path, equals, value = text.partition("=")
        if not equals or not path.strip():
            message = f"--set {text!r}: write --set path=value, for example --set site.contract_power='900 kW'"
            raise typer.BadParameter(message)
        changes[path.strip()] = value.strip()
    return changes


def emit(payload: Mapping[str, Any]) -> None:
    """Print a payload as JSON: sorted keys, one value a line, so that two runs can be compared with diff."""
    typer.echo(json.dumps(payload, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False))


def show(result: api.Result, *, as_json: bool, lang: str) -> None:
    """A result on stdout: its payload, or tables for people."""
    if as_json:
        emit(result.payload())
        return
    from twin.report import terminal

    terminal.show(result.data, lang)


def writable(folder: Path) -> Path:
    """``folder``, made if need be: a place that cannot be written is told before the work, not after. Raises OSError."""
    from tempfile import TemporaryFile

    folder.mkdir(parents=True, exist_ok=True)
    try:
        with TemporaryFile(dir=folder) as probe:
            probe.write(b" ")
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(folder)) from None
    return folder


def deliver(
    result: api.Result, out: Path, reports: str | None, lang: str, *, as_json: bool, quiet: bool, verbose: bool = False
) -> None:
    """Show a result, store it, write the reports asked for; print the paths (on stderr where stdout carries JSON).

    It is stored although nobody reads stdout to its end (``twin optimize … | head``).
    """
    try:
        show(result, as_json=as_json, lang=lang)
        sys.stdout.flush()
    except BrokenPipeError:
        unread()
    wanted = split_formats(reports)
    folder = result.save(out)
    if not quiet:
        typer.echo(f"stored in {folder}", err=True)
    for path in result.report(folder, wanted, lang) if wanted else []:
        typer.echo(f"report: {path}", err=as_json)
    tell_meta(result, verbose=verbose)


def unread() -> None:
    """Let go of a stdout that nobody reads any more: what is left in its buffer, and what would follow, has no reader."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def tell_meta(result: api.Result, *, verbose: bool) -> None:
    """Times, memory and ids on stderr: never part of the payload."""
    if verbose:
        for name, value in result.meta.items():
            typer.echo(f"{name}: {value}", err=True)


def progress_bar(*, quiet: bool) -> Any:
    """A progress bar on stderr; silent where stderr is no terminal or ``quiet``."""
    from twin.report.terminal import Bar

    return Bar(enabled=not quiet and sys.stderr.isatty())

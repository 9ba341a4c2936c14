"""The verbs of the twin at the shell: ``twin VERB … [--set path=value]… [--json]``.

Only results go to stdout; progress, messages and faults go to stderr. Nothing heavy is imported until a verb needs it.
Exit status: 0 ok, 1 failed, 2 bad input, 3 infeasible, 4 target missed, 130 interrupted.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.shell import (
    RUNS,
    Cluster,
    Formats,
    Jobs,
    Json,
    Lang,
    Out,
    Quiet,
    Replications,
    ScenarioFile,
    Seed,
    Sets,
    Verbose,
    checked_formats,
    deliver,
    emit,
    infeasible_told,
    language,
    load,
    parse_sets,
    progress_bar,
    show,
    split_formats,
    stored_plan,
    tell_meta,
    unread,
    writable,
)

if TYPE_CHECKING:
    from twin import api

app = typer.Typer(
    name="twin",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Digital twin of small factories: simulate, schedule and evaluate carbon-reduction tasks.",
)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Folder to make.")] = "my-foundry",
    example: Annotated[
        str, typer.Option("--from", metavar="EXAMPLE", help="Example to start from.")
    ] = "aluminium-foundry",
    *,
    as_json: Json = False,
) -> None:
    """Start a scenario of your own from an example."""
    from twin.shipped import start_from

    path = start_from(example, Path(name))
    if as_json:
        emit({"scenario": str(path), "example": example})
    else:
        typer.echo(f"{path}\nnext: twin validate {path}")


@app.command()
def examples(*, as_json: Json = False, lang: Lang = None) -> None:
    """List the examples that come with the twin."""
    from twin.shipped import listed

    found = listed(language(lang))
    if as_json:
        emit({"examples": found})
    else:
        for item in found:
            typer.echo(f"{item['id']:24} {item['name']}")


@app.command()
def schema(out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it there.")] = None) -> None:
    """The JSON Schema of scenario files, for editors."""
    from twin.scenario.json_schema import scenario_schema

    text = json.dumps(scenario_schema(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")


@app.command()
def doctor(*, as_json: Json = False) -> None:
    """Check this machine: versions, cores, memory, fonts, data."""
    from twin.doctor import findings

    found = findings()
    if as_json:
        emit({"checks": found})
    else:
        for item in found:
            typer.echo(
                f"{'ok ' if item['ok'] else '!! '} {item['name']}: {item['value']}{'' if item['ok'] else ' — ' + item['fix']}"
            )


@app.command()
def validate(scenario: ScenarioFile, *, sets: Sets = None, as_json: Json = False, lang: Lang = None) -> None:
    """Read a scenario and name all its faults at once."""
    from dataclasses import asdict

    from twin.core.faults import ScenarioFaults
    from twin.core.messages import t
    from twin.scenario.scenario import read

    try:
        data = read(scenario, parse_sets(sets))
    except ScenarioFaults as error:
        if as_json:
            emit({"faults": [asdict(fault) for fault in error.faults], "sha256": None})
        else:
            count = len(error.faults)
            typer.echo(
                f"{error.told(language(lang))}\n{t('cli.fault' if count == 1 else 'cli.faults', language(lang), count=count)}",
                err=True,
            )
        raise typer.Exit(2) from None
    if as_json:
        emit({"faults": [asdict(warning) for warning in data.warnings], "sha256": data.sha256})
        return
    for warning in data.warnings:
        typer.echo(f"{t('core.severity.warning', language(lang))}: {warning.told(language(lang))}")
    typer.echo(t("cli.valid", language(lang), scenario=scenario, sha256=data.sha256[:16]))


@app.command()
def run(
    scenario: ScenarioFile,
    *,
    sets: Sets = None,
    seed: Seed = None,
    replications: Replications = None,
    jobs: Jobs = 1,
    cluster: Cluster = None,
    out: Out = RUNS,
    report: Formats = None,
    as_json: Json = False,
    lang: Lang = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Simulate a scenario: energy, bill, carbon, output, with intervals."""
    with progress_bar(quiet=quiet) as progress:
        result = load(scenario, sets, quiet=quiet).run(
            seed=seed,
            replications=replications,
            jobs=jobs,
            cluster=cluster,
            progress=progress,
            checkpoint=writable(out),
        )
    deliver(result, out, report, language(lang), as_json=as_json, quiet=quiet, verbose=verbose)


@app.command()
def optimize(
    scenario: ScenarioFile,
    *,
    sets: Sets = None,
    iterations: Annotated[int | None, typer.Option(min=1, help="Limit of the search; makes it reproducible.")] = None,
    seconds: Annotated[float | None, typer.Option(min=0.1, help="Stop after so many seconds.")] = None,
    after: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Folder of a stored plan that is in force, to be planned again.")
    ] = None,
    at: Annotated[str | None, typer.Option(metavar="TIME", help="From when on, e.g. 2026-07-08T14:00.")] = None,
    front: Annotated[
        str | None,
        typer.Option(
            metavar="carbon|lateness|peak", help="Instead of one plan: what less of it costs, point by point."
        ),
    ] = None,
    points: Annotated[int | None, typer.Option(min=2, help="Points of the front; absent: 7.")] = None,
    tariffs: Annotated[
        str | None,
        typer.Option(metavar="ID,ID", help="Plans under several tariffs side by side; a date alone is a version."),
    ] = None,
    seed: Seed = None,
    replications: Replications = None,
    jobs: Jobs = 1,
    out: Out = RUNS,
    report: Formats = None,
    as_json: Json = False,
    lang: Lang = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Schedule against tariff and carbon; check the plan; replay it in the stochastic plant."""
    asked_together(front=front, points=points, tariffs=tariffs, after=after, at=at)
    writable(out)
    if front is not None or tariffs is not None:
        limits: dict[str, Any] = {"iterations": iterations, "seconds": seconds}
        replays = {"seed": seed, "replications": replications, "jobs": jobs}
        with infeasible_told(scenario, sets, as_json=as_json), progress_bar(quiet=quiet) as progress:
            plant = load(scenario, sets, quiet=quiet)
            several = alternatives(plant, front, points, tariffs, {**limits, "progress": progress}, replays)
        deliver(several, out, report, language(lang), as_json=as_json, quiet=quiet, verbose=verbose)
        return
    with infeasible_told(scenario, sets, as_json=as_json), progress_bar(quiet=quiet) as progress:
        result = load(scenario, sets, quiet=quiet).optimize(
            iterations=iterations,
            seconds=seconds,
            seed=seed,
            replications=replications,
            jobs=jobs,
            earlier=None if after is None else stored_plan(after),
            at=at,
            progress=progress,
        )
    deliver(result, out, report, language(lang), as_json=as_json, quiet=quiet, verbose=verbose)
    if result.data.status in {"infeasible", "no_solution"}:
        raise typer.Exit(3)
    if result.data.violations:
        raise typer.Exit(1)


def asked_together(
    *, front: str | None, points: int | None, tariffs: str | None, after: Path | None, at: str | None
) -> None:
    """What the options of a plan ask for must be one question: an option that would be passed over is refused instead."""
    message = None
    if front is not None and tariffs is not None:
        message = "--front and --tariffs are two questions: ask one at a time"
    elif points is not None and front is None:
        message = "--points are those of a front: say of which, e.g. --front carbon"
    elif at is not None and after is None:
        message = "--at is the moment from which a stored plan is planned again: name the plan's folder with --after"
    elif after is not None and (front is not None or tariffs is not None):
        message = "--after plans a stored plan again; it goes neither with --front nor with --tariffs"
    if message is not None:
        raise typer.BadParameter(message)


def alternatives(
    plant: api.Scenario,
    front: str | None,
    points: int | None,
    tariffs: str | None,
    limits: Mapping[str, Any],
    replays: Mapping[str, Any],
) -> api.Result:
    """The front of a plant, or its plans under several tariffs."""
    if front is not None:
        return plant.front(front, points=7 if points is None else points, **limits)
    return plant.under_tariffs((tariffs or "").split(","), **limits, **replays)


@app.command()
def evaluate(
    scenario: ScenarioFile,
    *,
    sets: Sets = None,
    task: Annotated[
        list[str] | None, typer.Option("--task", metavar="ID", help="Task id or file; may be repeated.")
    ] = None,
    bundle: Annotated[str | None, typer.Option(metavar="ID,…|all", help="Also evaluate these tasks together.")] = None,
    dispatch: Annotated[str, typer.Option(help="as-operated, optimized or both")] = "as-operated",
    seed: Seed = None,
    replications: Replications = None,
    jobs: Jobs = 1,
    cluster: Cluster = None,
    out: Out = RUNS,
    report: Formats = None,
    as_json: Json = False,
    lang: Lang = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Effects of carbon-reduction tasks on this plant over a year, with intervals, money and support."""
    with progress_bar(quiet=quiet) as progress:
        result = load(scenario, sets, quiet=quiet).evaluate(
            tasks=task,
            bundle=bundle,
            dispatch=dispatch,
            seed=seed,
            replications=replications,
            jobs=jobs,
            cluster=cluster,
            progress=progress,
            checkpoint=writable(out),
        )
    deliver(result, out, report, language(lang), as_json=as_json, quiet=quiet, verbose=verbose)


@app.command()
def diagnose(
    scenario: ScenarioFile,
    *,
    sets: Sets = None,
    seed: Seed = None,
    replications: Replications = None,
    jobs: Jobs = 1,
    out: Out = RUNS,
    report: Formats = None,
    as_json: Json = False,
    lang: Lang = None,
    quiet: Quiet = False,
) -> None:
    """Where energy is lost, what one step of change is worth, which tasks address it."""
    with progress_bar(quiet=quiet) as progress:
        result = load(scenario, sets, quiet=quiet).diagnose(
            seed=seed, replications=replications, jobs=jobs, progress=progress, checkpoint=writable(out)
        )
    deliver(result, out, report, language(lang), as_json=as_json, quiet=quiet)


@app.command()
def bill(
    meter: Annotated[Path, typer.Argument(help="Metered load: CSV with timestamp and kw or kwh.", show_default=False)],
    tariff: Annotated[str, typer.Option(help="Tariff id, or a file of rates (URDB JSON).")],
    contract_kw: Annotated[float | None, typer.Option(min=0.0, help="Contract power in kW.")] = None,
    interval: Annotated[int | None, typer.Option(min=1, help="Minutes of one row; absent: as found.")] = None,
    stamp: Annotated[str, typer.Option(help="What a timestamp marks: start or end of its interval.")] = "start",
    previous_peak: Annotated[
        list[float] | None, typer.Option(help="Past monthly demand in kW, oldest first; may be repeated.")
    ] = None,
    timezone: Annotated[str, typer.Option(help="Time zone of the stamps where they name none.")] = "Asia/Seoul",
    *,
    advise: Annotated[
        bool, typer.Option("--advise", help="Best option, contract power, power-factor correction.")
    ] = False,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Bill a metered load on a tariff, with all its lines."""
    from twin import api

    result = api.bill(
        meter,
        tariff,
        contract_kw=contract_kw,
        interval_min=interval,
        stamp=stamp,
        previous_peak_kw=previous_peak or [],
        timezone=timezone,
        advise=advise,
    )
    show(result, as_json=as_json, lang=language(lang))


@app.command()
def calibrate(
    scenario: ScenarioFile,
    meter: Annotated[Path, typer.Option(help="Meter log the furnace is fitted to.")],
    heats: Annotated[Path | None, typer.Option(help="Heat log with charges and energies.")] = None,
    test: Annotated[Path | None, typer.Option(help="Meter log kept apart for the test.")] = None,
    write: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the fitted scenario there.")] = None,
    *,
    sets: Sets = None,
    as_json: Json = False,
    lang: Lang = None,
    quiet: Quiet = False,
) -> None:
    """Fit a furnace to its meter, with intervals and an out-of-sample test beside naive predictors."""
    with progress_bar(quiet=quiet) as progress:
        result = load(scenario, sets, quiet=quiet).calibrate(meter=meter, heats=heats, test=test, progress=progress)
    show(result, as_json=as_json, lang=language(lang))
    if write is not None:
        typer.echo(f"fitted scenario: {result.write(write)}", err=True)


@app.command()
def verify(
    seed: Annotated[int | None, typer.Option(min=0, help="Other draws than the fixed ones of each case.")] = None,
    family: Annotated[str | None, typer.Option(help="Only the cases of this family: queues, lines, energy …")] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes that work side by side; absent: all cores.")
    ] = None,
    *,
    as_json: Json = False,
    lang: Lang = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Theory, simulation, interval and verdict of plants whose figures are known exactly; exit status 4 where one fails."""
    from twin import api

    with progress_bar(quiet=quiet) as progress:
        result = api.theory(seed=seed, family=family, jobs=jobs or os.cpu_count() or 1, progress=progress)
    show(result, as_json=as_json, lang=language(lang))
    tell_meta(result, verbose=verbose)
    if result.data.failed:
        raise typer.Exit(4)


@app.command()
def report(
    result: Annotated[
        Path, typer.Argument(metavar="RUN-or-STUDY", help="Folder of a stored result.", show_default=False)
    ],
    formats_: Annotated[str, typer.Option("--format", metavar="html,xlsx", callback=checked_formats)] = "html",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder of the report; absent: the result's.")
    ] = None,
    *,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Write a report of a stored result and print its path."""
    from twin import api

    paths = api.open_result(result).report(out or result, split_formats(formats_), language(lang))
    if as_json:
        emit({"reports": [str(path) for path in paths]})
    else:
        for path in paths:
            typer.echo(str(path))


@app.command()
def runs(folder: Annotated[Path, typer.Argument(help="Folder of results.")] = RUNS, *, as_json: Json = False) -> None:
    """List stored results, newest first."""
    from twin.experiment.store import list_runs

    found = list_runs(folder)
    if as_json:
        emit({"runs": found})
    else:
        for item in found:
            typer.echo(f"{item['id']}  {item['kind']:9} {item['status']:9} {item['scenario']}")


def main() -> None:
    """Entry point: turns every expected fault into words and an exit status; being told to end is as being interrupted."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    raise SystemExit(guarded(lambda: app(standalone_mode=False)))


INTERRUPTED = 130
# The base of "wrong use of the command line" in every version of typer, whose own copy of click has moved about.
WrongUse: type[Exception] = typer.BadParameter.__mro__[2]


def guarded(call: Callable[[], Any]) -> int:
    """Run ``call``; expected faults end as words on stderr and their exit status, never as a traceback."""
    from twin.core.faults import ScenarioFaults, TwinError
    from twin.core.messages import t

    try:
        ended = int(call() or 0)
    except ScenarioFaults as error:
        typer.echo(error.told(language(None)), err=True)
        return error.exit_status
    except TwinError as error:
        typer.echo(error.told(language(None)), err=True)
        return error.exit_status
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            unread()
            return 0
        typer.echo(f"{error.filename or 'file'}: {error.strerror or error}; name another folder or file", err=True)
        return 2
    except WrongUse as error:
        error.show()  # type: ignore[attr-defined]
        return 2
    except (KeyboardInterrupt, typer.Abort):
        ended = INTERRUPTED
    if ended == INTERRUPTED:  # typer makes a status of an interruption that it sees
        typer.echo(t("cli.interrupted", language(None)), err=True)
    return ended


if __name__ == "__main__":
    main()

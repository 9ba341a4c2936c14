"""What a user of the library holds: handles with verbs and ``.plot`` over the plain data of the floors below.

>>> import twin
>>> scn = twin.load("scenarios/aluminium-foundry.yaml").set({"site.contract_power": "900 kW"})   # doctest: +SKIP
>>> run = scn.run(replications=4)                                                                # doctest: +SKIP
>>> run.kpis, run.load, run.plot.load_curve()                                                    # doctest: +SKIP

Tables are DataFrames with columns named ``quantity_unit`` and zone-aware interval starts; figures are plotly Figures. Nothing prints.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.core.progress import Progress, silent

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd

    from twin.scenario.scenario import Scenario as ScenarioData

__all__ = [
    "Billing",
    "Calibration",
    "Diagnosis",
    "Front",
    "Plan",
    "Result",
    "Run",
    "Scenario",
    "Study",
    "Tariffs",
    "Verification",
    "bill",
    "calibrate",
    "compare",
    "evaluate",
    "examples",
    "load",
    "open_result",
    "theory",
]


class Plots:
    """Figures of one result, by name: ``run.plot.load_curve(lang="ko")``."""

    def __init__(self, data: Any) -> None:
        self._data = data

    def __dir__(self) -> list[str]:
        from twin.report.figures import names_for

        return list(names_for(self._data))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        from twin.report.figures import figure_of

        if name.startswith("_"):
            raise AttributeError(name)
        return figure_of(self._data, name)


class Result:
    """A result: ``data`` (plain, of the floor that made it), ``payload()``, ``plot``, ``report()``, ``save()``."""

    def __init__(self, data: Any) -> None:
        self.data = data
        self.plot = Plots(data)

    def payload(self) -> dict[str, Any]:
        """The reproducible JSON of the result, as the shell prints it with ``--json``."""
        payload: dict[str, Any] = self.data.payload()
        return payload

    @property
    def meta(self) -> Mapping[str, Any]:
        """Times, memory, ids: what differs from one computation of the same result to the next."""
        meta: Mapping[str, Any] = getattr(self.data, "meta", {})
        return meta

    def save(self, folder: str | Path = "runs") -> Path:
        """Store the result in a new folder below ``folder`` (written aside, then renamed); returns its path."""
        from twin.experiment.store import save

        return save(self.data, Path(folder))

    def report(self, folder: str | Path, formats: Sequence[str] = ("html",), lang: str = "en") -> list[Path]:
        """Write reports (``html``, ``xlsx``) into ``folder``; returns their paths."""
        from twin.report.write import write

        return write(self.data, Path(folder), formats, lang)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.data!r}>" if len(repr(self.data)) < 80 else f"<{type(self).__name__}>"


class Run(Result):
    """A simulated scenario: figures over all replications, and the whole trace of the first."""

    @property
    def kpis(self) -> pd.DataFrame:
        """One row a KPI: mean, low, high (95 %), n."""
        from twin.report.frames import kpis

        return kpis(self.data)

    @property
    def load(self) -> pd.DataFrame:
        """Quarter-hours of the first replication: ``power_kw`` at the meter and by equipment."""
        from twin.report.frames import load

        return load(self.data)

    @property
    def batches(self) -> pd.DataFrame:
        """Batches of the first replication, with energy, carbon and cost allocated to each."""
        from twin.report.frames import batches

        return batches(self.data)

    @property
    def states(self) -> pd.DataFrame:
        """States of every equipment over time, first replication."""
        from twin.report.frames import states

        return states(self.data)

    @property
    def bill(self) -> pd.DataFrame:
        """The lines of the electricity bill, first replication."""
        from twin.report.frames import bill_lines

        return bill_lines(self.data)


class Plan(Result):
    """A certified schedule with its replay."""

    @property
    def schedule(self) -> pd.DataFrame:
        """What starts when and where."""
        from twin.report.frames import schedule

        return schedule(self.data)


class Front(Result):
    """What the schedule costs more for less carbon, less lateness or a lower peak."""

    @property
    def points(self) -> pd.DataFrame:
        """One row a point: the measure, its limit, cost, bound, gap, marginal cost to the next point, shadow price."""
        from twin.report.frames import front

        return front(self.data)


class Tariffs(Result):
    """Plans under several tariffs, side by side."""

    @property
    def cases(self) -> pd.DataFrame:
        """One row a tariff and way of dispatching: plan, replays, as operated, hand rule."""
        from twin.report.frames import tariffs

        return tariffs(self.data)


class Study(Result):
    """The effects of carbon-reduction tasks on one plant."""

    @property
    def tasks(self) -> pd.DataFrame:
        """One row a task and dispatch: effects a year with their intervals, money, verdict."""
        from twin.report.frames import tasks

        return tasks(self.data)


class Diagnosis(Result):
    """Losses, what one step is worth, tasks that address them."""

    @property
    def losses(self) -> pd.DataFrame:
        """One row an equipment and term."""
        from twin.report.frames import losses

        return losses(self.data)

    @property
    def steps(self) -> pd.DataFrame:
        """What one step of change is worth a year."""
        from twin.report.frames import steps

        return steps(self.data)


class Billing(Result):
    """A metered load on a tariff."""

    @property
    def lines(self) -> pd.DataFrame:
        """The lines of the bill."""
        from twin.report.frames import bill_lines

        return bill_lines(self.data)


class Calibration(Result):
    """A furnace fitted to its meter."""

    @property
    def parameters(self) -> pd.DataFrame:
        """One row a parameter: value, interval, whether the data identify it."""
        from twin.report.frames import parameters

        return parameters(self.data)

    def write(self, path: str | Path) -> Path:
        """Write the fitted scenario, comments kept; returns its path."""
        written: Path = self.data.write(Path(path))
        return written


class Verification(Result):
    """Theory cases with their verdicts."""

    @property
    def cases(self) -> pd.DataFrame:
        """One row a case: name, family, exact, mean, low, high, pass, unit, n, source."""
        from twin.report.frames import theory_cases

        return theory_cases(self.data)


class Scenario:
    """A scenario, frozen: every change gives a new one."""

    def __init__(self, data: ScenarioData) -> None:
        self.data = data

    @property
    def sha256(self) -> str:
        """SHA-256 of the canonical JSON: what identifies the scenario."""
        return self.data.sha256

    @property
    def warnings(self) -> list[str]:
        """What is odd but allowed, with the arithmetic."""
        return [str(warning) for warning in self.data.warnings]

    def set(self, changes: Mapping[str, Any]) -> Scenario:
        """A copy with ``{"dotted.path": value}`` changed, validated; raises ScenarioFaults with all faults."""
        return Scenario(self.data.changed(changes))

    def what_if(self, name: str) -> Scenario:
        """A copy with the named what-if of the file applied; raises KeyError with the names there are."""
        known = self.data.spec.what_if
        if name not in known:
            message = f"no what-if {name!r}; the scenario has: {', '.join(sorted(known)) or 'none'}"
            raise KeyError(message)
        return self.set(known[name])

    def run(
        self,
        *,
        seed: int | None = None,
        replications: int | None = None,
        jobs: int = 1,
        cluster: str | None = None,
        precision: float | None = None,
        progress: Progress = silent,
        checkpoint: str | Path | None = None,
    ) -> Run:
        """Simulate; ``precision`` adds replications in rounds until the half-width of the energy falls below this share.

        Finished replications are kept below ``checkpoint``, so that a killed run resumes; saving the result clears them. A scenario with
        a power cap or a battery is simulated without them too, on the same draws, so that the result tells what they cost and bring.
        """
        from twin.experiment.runner import run

        return Run(
            run(
                self.data,
                seed=seed,
                replications=replications,
                jobs=jobs,
                cluster=cluster,
                precision=precision,
                compare=True,
                progress=progress,
                checkpoint=Path(checkpoint) if checkpoint else None,
            )
        )

    def optimize(
        self,
        *,
        iterations: int | None = None,
        seconds: float | None = None,
        seed: int | None = None,
        replications: int | None = None,
        jobs: int = 1,
        earlier: Plan | None = None,
        at: str | dt.datetime | None = None,
        progress: Progress = silent,
    ) -> Plan:
        """Schedule against tariff and carbon, check, replay.

        ``earlier``: a plan in force, which is planned again from ``at`` on (civil time; what is begun up to ``plan.freeze`` later stands).
        """
        from twin.optimize.optimize import earlier_plan, optimize

        return Plan(
            optimize(
                self.data,
                iterations=iterations,
                seconds=seconds,
                seed=seed,
                replications=replications,
                jobs=jobs,
                earlier=None if earlier is None else earlier_plan(self.data, earlier.data.plan, at),
                progress=progress,
            )
        )

    def front(
        self,
        axis: str,
        *,
        points: int = 7,
        iterations: int | None = None,
        seconds: float | None = None,
        progress: Progress = silent,
    ) -> Front:
        """What less ``carbon``, ``lateness`` or ``peak`` costs in the horizon of ``plan``, with a bound at every point."""
        from twin.optimize.trade_off import trade_off

        return Front(
            trade_off(self.data, axis, points=points, iterations=iterations, seconds=seconds, progress=progress)
        )

    def under_tariffs(self, tariffs: Sequence[str], **options: Any) -> Tariffs:
        """:meth:`optimize` under each of ``tariffs`` (ids, or dates alone for versions of the scenario's own), with its ``options``."""
        from twin.optimize.trade_off import under_tariffs

        return Tariffs(under_tariffs(self.data, tariffs, **options))

    def evaluate(
        self,
        *,
        tasks: Sequence[str] | None = None,
        bundle: str | None = None,
        dispatch: str = "as-operated",
        seed: int | None = None,
        replications: int | None = None,
        jobs: int = 1,
        cluster: str | None = None,
        progress: Progress = silent,
        checkpoint: str | Path | None = None,
    ) -> Study:
        """Effects of tasks over the composed year, paired draw by draw."""
        from twin.tasks.evaluate import evaluate as evaluate_tasks

        return Study(
            evaluate_tasks(
                self.data,
                tasks=tasks,
                bundle=bundle,
                dispatch=dispatch,
                seed=seed,
                replications=replications,
                jobs=jobs,
                cluster=cluster,
                progress=progress,
                checkpoint=Path(checkpoint) if checkpoint else None,
            )
        )

    def diagnose(
        self,
        *,
        seed: int | None = None,
        replications: int | None = None,
        jobs: int = 1,
        progress: Progress = silent,
        checkpoint: str | Path | None = None,
    ) -> Diagnosis:
        """Losses, what one step is worth, tasks that address them."""
        from twin.tasks.diagnose import diagnose

        return Diagnosis(
            diagnose(
                self.data,
                seed=seed,
                replications=replications,
                jobs=jobs,
                progress=progress,
                checkpoint=Path(checkpoint) if checkpoint else None,
            )
        )

    def calibrate(
        self,
        *,
        meter: str | Path,
        heats: str | Path | None = None,
        test: str | Path | None = None,
        progress: Progress = silent,
    ) -> Calibration:
        """Fit the furnace to a meter log."""
        from twin.meters.calibrate import calibrate as fit

        return Calibration(
            fit(
                self.data,
                meter=Path(meter),
                heats=Path(heats) if heats else None,
                test=Path(test) if test else None,
                progress=progress,
            )
        )

    def __repr__(self) -> str:
        return f"<Scenario {self.data.spec.name!r} {self.sha256[:12]}>"


def load(path: str | Path, changes: Mapping[str, str] | None = None) -> Scenario:
    """Read a scenario file; raises ScenarioFaults with every fault at once."""
    from twin.scenario.scenario import read

    return Scenario(read(Path(path), changes or {}))


def evaluate(scenario: Scenario, tasks: Sequence[str] | None = None, **options: Any) -> Study:
    """``scenario.evaluate(tasks=…)``."""
    return scenario.evaluate(tasks=tasks, **options)


def calibrate(scenario: Scenario, **options: Any) -> Calibration:
    """``scenario.calibrate(meter=…)``."""
    return scenario.calibrate(**options)


def bill(
    load: pd.DataFrame | str | Path,
    tariff: str,
    *,
    contract_kw: float | None = None,
    interval_min: int | None = None,
    stamp: str = "start",
    previous_peak_kw: Sequence[float] = (),
    timezone: str = "Asia/Seoul",
    advise: bool = False,
) -> Billing:
    """Bill a load (a CSV file, or a DataFrame with ``timestamp`` and ``kw`` or ``kwh``) on a tariff.

    The two public steps below it are :func:`twin.ledger.tariff.quantities` and :func:`twin.ledger.tariff.charges`.
    """
    from twin.meters.billing import bill_meter

    return Billing(
        bill_meter(
            load,
            tariff,
            contract_kw=contract_kw,
            interval_min=interval_min,
            stamp=stamp,
            previous_peak_kw=tuple(previous_peak_kw),
            timezone=timezone,
            advise=advise,
        )
    )


def theory(
    *, seed: int | None = None, family: str | None = None, jobs: int = 1, progress: Progress = silent
) -> Verification:
    """Simulate plants whose figures theory knows exactly and judge each figure within simultaneous 99 % intervals."""
    from twin.verify.verify import verify as verify_theory

    return Verification(verify_theory(seed=seed, family=family, jobs=jobs, progress=progress))


def compare(base: Run, other: Run) -> pd.DataFrame:
    """Paired differences ``other − base`` of every KPI, draw by draw: mean, low, high, variance reduction."""
    from twin.report.frames import paired

    return paired(base.data, other.data)


def examples() -> list[dict[str, str]]:
    """The examples that come with the twin: id, name, path."""
    from twin.shipped import listed

    return listed("en")


def open_result(folder: str | Path) -> Result:
    """A stored run, plan, front, plans under tariffs, study or diagnosis; raises InputFault where the folder holds none or is damaged."""
    from twin.experiment.store import load as load_result

    kind, data = load_result(Path(folder))
    kinds = {"run": Run, "plan": Plan, "front": Front, "tariffs": Tariffs, "study": Study, "diagnosis": Diagnosis}
    return kinds[kind](data)

"""The carbon twin: a digital twin of energy-intensive batch plants.

A scenario file is read, simulated event by event, billed, scheduled and used to judge carbon-reduction tasks:

>>> import twin
>>> scn = twin.load("scenarios/aluminium-foundry.yaml")  # doctest: +SKIP
>>> run = scn.run(replications=4)                        # doctest: +SKIP
>>> run.kpis                                             # doctest: +SKIP

The public names live in :mod:`twin.api` and are loaded when first used, so that ``import twin`` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.api import (
        Billing,
        Calibration,
        Diagnosis,
        Front,
        Plan,
        Result,
        Run,
        Scenario,
        Study,
        Tariffs,
        Verification,
        bill,
        calibrate,
        compare,
        evaluate,
        examples,
        load,
        open_result,
        theory,
    )

__version__ = "0.1.0"

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
    "__version__",
    "bill",
    "calibrate",
    "compare",
    "evaluate",
    "examples",
    "load",
    "open_result",
    "theory",
]


def __getattr__(name: str) -> Any:
    """A public name of :mod:`twin.api`, loaded when first asked for; `AttributeError` for any other."""
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}; its public names are {', '.join(sorted(__all__))}"
        raise AttributeError(message)
    from importlib import import_module

    value = getattr(import_module("twin.api"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

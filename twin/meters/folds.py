"""Cross-validation inside one log: each stretch of its heats is predicted by a fit that never saw it.

This is how the predictors' form is chosen: on the training log, never on the log that judges them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from twin.core.faults import InputFault
from twin.core.progress import Progress, silent
from twin.meters.calibrate import BY, LEAST_HEATS, Log, fit_log, furnace_of
from twin.meters.metrics import Scores, score
from twin.meters.naive import Naive, place

if TYPE_CHECKING:
    from twin.scenario.scenario import Scenario

Predictions = dict[tuple[str, str], list[np.ndarray]]


def cross_validate(
    scenario: Scenario,
    *,
    meter: str | Path,
    heats: str | Path | None = None,
    folds: int = 5,
    progress: Progress = silent,
) -> dict[str, dict[str, Scores]]:
    """By what was given (starts_only, starts_and_taps) and by predictor (``model`` and the naive ones): the figures over the whole log.

    The heats are parted into ``folds`` stretches of following heats; everything, the physics too, is fitted anew without each. Raises
    InputFault where what is left has fewer than ten heats.
    """
    _, shop = furnace_of(scenario)
    log = Log.read(meter, scenario.spec.site.timezone)
    many = len(log.heats)
    fold = np.arange(many) * folds // many
    if folds < 2 or np.bincount(fold, minlength=folds).max() > many - LEAST_HEATS:
        msg = f"{meter}: {many} heats are too few for {folds} folds; at least {LEAST_HEATS} must be left for each fit"
        raise InputFault(msg)
    found: Predictions = {}
    for k in range(folds):
        progress(k, folds, "fitting without one stretch")
        seen = replace(log, heats=tuple(heat for heat, at in zip(log.heats, fold, strict=True) if at != k))
        model, naive = fit_log(shop, seen, heats).model, Naive.fit(seen.load, seen.heats)
        for taps, given in BY.items():
            predicted = {"model": model.paths(log.heats, taps=taps)} | naive.predicted(log.heats, taps=taps)
            for name, paths in predicted.items():
                kept = found.setdefault((given, name), [np.zeros(0)] * many)
                kept[:] = [new if at == k else old for new, old, at in zip(paths, kept, fold, strict=True)]
    progress(folds, folds, "done")
    return {
        given: {name: _score(log, paths) for (by, name), paths in found.items() if by == given} for given in BY.values()
    }


def _score(log: Log, paths: list[np.ndarray]) -> Scores:
    kwh = [float(path.sum()) / 60.0 for path in paths]
    predicted = place(log.load, log.heats, paths)
    return score(log.load.power_kw, predicted, log.load.t0_s, [heat.energy_kwh for heat in log.heats], kwh)

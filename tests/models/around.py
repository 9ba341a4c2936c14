"""Small surroundings of utilities, for tests: equipment with states, flows and heat written by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from twin.ledger.trace import CARRIER, NONE, STATE, TERM, typed
from twin.models.served import Surroundings

END_S = 3600.0


def _columns(rows, names):
    table = np.array(rows, dtype=np.float64).reshape(-1, len(names))
    return {name: table[:, k] for k, name in enumerate(names)}


def around(
    states: list[tuple[int, str, float, float]],
    flows: list[tuple[int, str, float, float, float]] = (),
    heat: list[tuple[int, str, float, float, float]] = (),
    *,
    stations: dict[int, str] | None = None,
    utilities: dict[str, Any] | None = None,
    site: dict[str, Any] | None = None,
    parts: dict[str, Any] | None = None,
    end_s: float = END_S,
) -> Surroundings:
    """Equipment ``k`` of station ``s{k}``; ``states`` (equipment, state, t0, t1), ``flows`` (equipment, carrier, t0, t1, rate), ``heat``
    (equipment, term, t0, t1, kWh); ``parts`` are the stations' own fields.
    """
    count = max(row[0] for row in states) + 1
    names = [f"s{k}.1" for k in range(count)]
    of = [f"s{k}" if stations is None else stations[k] for k in range(count)]
    tables = {
        "states": typed(
            "states", [_columns([(e, STATE[s], a, b) for e, s, a, b in states], ("equipment", "state", "t0", "t1"))]
        ),
        "flows": typed(
            "flows",
            [
                _columns(
                    [(e, STATE["processing"], CARRIER[c], NONE, a, b, rate, 0.0, 1.0) for e, c, a, b, rate in flows],
                    ("equipment", "state", "carrier", "batch", "t0", "t1", "base", "amp", "tau"),
                )
            ],
        ),
        "counters": typed("counters", [_columns([], ("equipment", "state", "carrier", "batch", "kwh"))]),
        "heat": typed(
            "heat",
            [
                _columns(
                    [(e, STATE["processing"], NONE, TERM[t], a, b, kwh) for e, t, a, b, kwh in heat],
                    ("equipment", "state", "batch", "term", "t0", "t1", "kwh"),
                )
            ],
        ),
    }
    plain = {"weather": None, "outdoors_c": 15.0, "humidity": 0.65, "power_factor": None} | (site or {})
    scenario = SimpleNamespace(
        stations={
            name: SimpleNamespace(power_factor=None, steam={}, cooling={}, **(parts or {}).get(name, {})) for name in of
        },
        utilities=utilities or {},
        spec=SimpleNamespace(site=SimpleNamespace(**plain)),
    )
    return Surroundings(scenario, names, of, tables, end_s)  # type: ignore[arg-type]


def energy_kwh(rows: dict[str, dict[str, np.ndarray]], carrier: str = "electricity") -> float:
    """Integral of the flows of a carrier; the counters must say the same."""
    mine = rows["flows"]["carrier"] == CARRIER[carrier]
    flows = {name: column[mine] for name, column in rows["flows"].items()}
    found = float(np.sum(flows["base"] * (flows["t1"] - flows["t0"])) / 3600.0)
    counted = rows["counters"]["kwh"][rows["counters"]["carrier"] == CARRIER[carrier]]
    assert abs(float(counted.sum()) - found) <= 1e-9 * max(abs(found), 1.0)
    return found

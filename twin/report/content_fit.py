"""The report of a calibration: how well the model meets its meter, and what the data cannot tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twin.report.content import Both, Column, Content, Table, own, say, word
from twin.report.figures import names_for
from twin.report.figures.fit import METRICS
from twin.report.notes import translated
from twin.report.words import number


def calibration_content(data: Any) -> Content:
    """Sentences, figures and tables of a calibration."""
    import twin

    payload = data.payload()
    provenance = payload.get("provenance") or {
        "version": twin.__version__,
        "scenario_sha256": getattr(data, "scenario_sha256", ""),
        "data_class": "fitted",
    }
    notes = translated(getattr(data, "notes", ()))
    return Content(
        "calibration",
        say("title.calibration"),
        own(str(getattr(data, "station", ""))),
        None,
        provenance,
        short=_short(payload),
        figures=names_for(data),
        tables=[errors_table(payload), parameters_table(payload), leave_one_out(payload)],
        notes=notes,
    )


def _short(payload: Mapping[str, Any]) -> list[Both]:
    scores = (payload.get("out_of_sample") or payload["in_sample"])["starts_and_taps"]
    said = [
        say(
            "short.calibration",
            total=number(scores["total_error_pct"], 2),
            mape=number(scores["batch_mape_pct"], 2),
            cv=number(scores["cvrmse_hourly_pct"], 1),
        )
    ]
    blind = (payload.get("out_of_sample") or payload["in_sample"]).get("starts_only")
    if blind:
        said.append(
            say(
                "short.calibration_starts",
                total=number(blind["total_error_pct"], 2),
                mape=number(blind["batch_mape_pct"], 2),
                cv=number(blind["cvrmse_hourly_pct"], 1),
            )
        )
    unknown = [word("parameter", row["name"], row["name"]) for row in payload["parameters"] if not row["identified"]]
    names = Both(", ".join(one.en for one in unknown), ", ".join(one.ko for one in unknown))
    return said + ([say("short.unidentified", names=names)] if unknown else [])


def errors_table(payload: Mapping[str, Any]) -> Table:
    """Errors of the twin and of naive predictors, by what was given."""
    judged = payload.get("out_of_sample") or payload["in_sample"]
    columns = [Column(say("col.predictor")), *(Column(word("metric", name), "number", 2) for name in METRICS)]
    rows: list[list[Any]] = []
    for given in ("starts_and_taps", "starts_only"):
        predictors = {"model": judged.get(given), **(payload["naive"].get(given) or {})}
        for name, scores in predictors.items():
            if scores:
                who, what = word("predictor", name), word("given", given)
                rows.append(
                    [Both(f"{who.en} ({what.en})", f"{who.ko} ({what.ko})"), *(scores[metric] for metric in METRICS)]
                )
    return Table("errors", say("head.errors"), columns, rows)


def parameters_table(payload: Mapping[str, Any]) -> Table:
    """Fitted parameters with intervals."""
    columns = [
        Column(say("col.parameter")),
        Column(say("col.value"), "number"),
        Column(say("col.low"), "number"),
        Column(say("col.high"), "number"),
        Column(say("col.unit")),
        Column(say("col.identified"), "flag"),
        Column(say("col.told")),
    ]
    rows = [
        [
            word("parameter", row["name"], row["name"]),
            row["value"],
            row["low"],
            row["high"],
            "" if row["unit"] == "1" else row["unit"],
            row["identified"],
            _told(row),
        ]
        for row in payload["parameters"]
    ]
    return Table("parameters", say("head.parameters"), columns, rows)


def _told(row: Mapping[str, Any]) -> Both:
    """What the data say of a parameter: known, only together with others, or hardly, so that its prior is kept."""
    together = [word("parameter", name, name) for name in row.get("not_separated_from", ())]
    if row["identified"]:
        return say("told.known")
    if together:
        return say(
            "told.together", names=Both(", ".join(one.en for one in together), ", ".join(one.ko for one in together))
        )
    share = row.get("share_of_prior")
    return say("told.prior") if share is None else say("told.prior_share", share=number(100.0 * share, 0))


def leave_one_out(payload: Mapping[str, Any]) -> Table:
    """Each weighed heat predicted by the fit without it."""
    rows = [[str(row["heat"]), row["error_pct"]] for row in payload["leave_one_out"]]
    return Table(
        "leave_one_out",
        say("head.leave_one_out"),
        [Column(say("col.heat")), Column(say("col.error_pct"), "number", 2)],
        rows,
        in_terminal=False,
    )

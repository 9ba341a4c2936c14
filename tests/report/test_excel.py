"""The workbook: opens, holds the numbers, and no text of a user becomes a formula."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.report import results
from twin.report import excel
from twin.report.write import write


def cells(book: Any) -> list[Any]:
    return [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value is not None]


def test_workbook_of_a_run(run: Any, tmp_path: Path) -> None:
    """Proves: the sheets asked for are there, figures equal the payload, the bill's lines sum to its total, a native chart is drawn."""
    (path,) = run.report(tmp_path, ["xlsx"])
    book = openpyxl.load_workbook(path)
    assert {"KPIs", "Bill", "Load", "Batches", "Provenance"} <= set(book.sheetnames)
    kpis = {row[0].value: row[1].value for row in book["KPIs"].iter_rows(min_row=2)}
    assert kpis["Electricity"] == pytest.approx(run.payload()["kpis"]["electricity_kwh"]["mean"])
    amounts = [row[5].value for row in book["Bill"].iter_rows(min_row=2)]
    assert sum(amounts[:-1]) == pytest.approx(amounts[-1]) == pytest.approx(run.data.accounts0.bill.total)
    assert book["Load"].max_row == 7 * 96 + 1
    assert len(book["Bill"]._charts) == 1


def test_korean_headers(aluminium: Any, tmp_path: Path) -> None:
    """Proves: sheets and headers speak Korean where asked."""
    (path,) = aluminium.report(tmp_path, ["xlsx"], "ko")
    book = openpyxl.load_workbook(path)
    assert {"핵심지표", "전기요금", "부하", "배치", "근거"} <= set(book.sheetnames)
    assert book["전기요금"]["A1"].value == "항목"


def test_formulas_are_neutralised(aluminium: Any, tmp_path: Path) -> None:
    """Proves: a task called =HYPERLINK(…) is text with an apostrophe before it; the workbook holds no formula at all."""
    path = excel.write(results.study(aluminium.data.scenario), tmp_path / "study.xlsx")
    found = cells(openpyxl.load_workbook(path))
    assert not [cell for cell in found if cell.data_type == "f"]
    assert not [cell for cell in found if isinstance(cell.value, str) and cell.value.startswith(("=", "+", "@"))]
    assert [cell for cell in found if cell.value == f"'{results.FORMULA}"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1"])
def test_neutral(text: str) -> None:
    """Proves: every beginning that a spreadsheet may run is disarmed, plain text stays."""
    assert excel.neutral(text) == f"'{text}"
    assert excel.neutral("melt.1") == "melt.1"


def test_other_kinds(aluminium: Any, tmp_path: Path) -> None:
    """Proves: every kind has its workbook and page; an unknown format is refused with those that are known."""
    scenario = aluminium.data.scenario
    for data in (results.study(scenario), results.plan(scenario), results.diagnosis(scenario), results.calibration()):
        paths = write(data, tmp_path / data.kind, ["html", "xlsx"], "ko")
        assert [path.name for path in paths] == ["report.html", "report.xlsx"]
        assert openpyxl.load_workbook(paths[1]).sheetnames
    with pytest.raises(Exception, match="html, xlsx"):
        write(results.calibration(), tmp_path, ["pdf"])

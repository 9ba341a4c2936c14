"""The first notebook runs from top to bottom, and its two forms are one."""

from __future__ import annotations

from tests.support import ROOT

NOTEBOOK = ROOT / "notebooks" / "01_first_what_if.ipynb"


def test_notebook_runs_and_equals_its_script() -> None:
    """Proves: every cell of the shipped notebook runs without error, and the script beside it holds the same cells."""
    import jupytext
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    script = jupytext.read(NOTEBOOK.with_suffix(".py"))
    assert [cell.source for cell in notebook.cells] == [cell.source for cell in script.cells]
    NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(NOTEBOOK.parent)}}
    ).execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert not [output for output in shown if output.output_type == "error"]
    assert sum("application/vnd.plotly.v1+json" in output.get("data", {}) for output in shown) == 3

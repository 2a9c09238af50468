"""Run docs/analysis.ipynb and keep its answers in it; called by scripts/cookbook."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

REPOSITORY = Path(__file__).parent.parent
NOTEBOOK = REPOSITORY / "docs" / "analysis.ipynb"


def run_notebook(folder: Path) -> nbformat.NotebookNode:
    """Run it in a folder, whose builds/current it asks, and leave out what differs from run to run."""
    os.environ["PYTHONPATH"] = str(REPOSITORY)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return notebook


if __name__ == "__main__":
    nbformat.write(run_notebook(Path(sys.argv[1])), NOTEBOOK)

"""The notebook of docs/ runs on the sample, and what is kept in it is fit to be read elsewhere."""

from __future__ import annotations

import os
import re
from pathlib import Path

import nbformat
import pytest

from kg.config import KgConfig
from kg.graph.build_dir import Build
from scripts.write_notebook import NOTEBOOK, run_notebook


def pictures(notebook: nbformat.NotebookNode) -> int:
    return sum("image/png" in o.get("data", {}) for cell in notebook.cells for o in cell.get("outputs", ()))


def texts(notebook: nbformat.NotebookNode) -> list[str]:
    """What its cells show, but for pictures, whose bytes differ from machine to machine."""
    shown = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    return [output.get("text") or output.data.get("text/plain", "") for output in shown]


# The kernel's client and pyzmq are others' code, and not all of their sockets are closed when they end.
@pytest.mark.filterwarnings("ignore")
def test_it_runs_on_the_sample(
    sample_build: Build, sample_config: KgConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "builds").mkdir()
    (tmp_path / "builds" / "current").symlink_to(sample_build.path)
    for name in [name for name in os.environ if name.startswith("KG_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("KG_CACHE_DIR", str(sample_config.cache_dir))
    monkeypatch.setenv("PYTHONPATH", "")  # which running it changes
    made = run_notebook(tmp_path)
    kept = nbformat.read(NOTEBOOK, as_version=4)
    assert pictures(made) == pictures(kept) == 4
    assert [cell.source for cell in made.cells] == [cell.source for cell in kept.cells]
    assert texts(made) == texts(kept), "run it again with scripts/cookbook"


def test_what_is_kept_is_small_and_names_no_place_of_a_machine() -> None:
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert len(text) < 250_000
    for cell in nbformat.reads(text, as_version=4).cells:
        for output in cell.get("outputs", ()):
            assert output.output_type != "error"
            shown = output.get("text", "") + "".join(v for k, v in output.get("data", {}).items() if "text" in k)
            assert not re.search(r"(?<![\w/])/(home|root|work|tmp|Users|usr)/", shown)

"""Run the command line as its user does: whole processes, streams apart."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kg.config import KgConfig
from kg.graph.build_dir import Build

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def kg(sample_config: KgConfig, tmp_path: Path) -> Run:
    """Call ``kg`` in an empty folder."""

    def run(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("KG_")}
        return subprocess.run(
            [sys.executable, "-c", "from kg.cli.main import run; run()", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=tmp_path,
            timeout=240,
            env={**inherited, "KG_CACHE_DIR": str(sample_config.cache_dir), "COLUMNS": "160", **environment},
        )

    return run


@pytest.fixture
def built(sample_build: Build) -> str:
    """Folder of the sample's build, for ``--build``."""
    return str(sample_build.path)

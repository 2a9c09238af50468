"""A graph is asked from Python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import kg
from kg.config import KgConfig
from kg.errors import BuildError, ConfigError, QueryError, ReadOnlyError
from kg.graph.build_dir import Build


def test_a_build_is_asked_and_its_tables_are_there(sample_build: Build, sample_config: KgConfig) -> None:
    with kg.open(sample_build.path, config=sample_config) as graph:
        assert sample_build.manifest.build_id in repr(graph)
        (row,) = graph.query("MATCH (d:Dataset {id: $id}) RETURN d.id AS id, d.in_snapshot AS read", id="DANDI:000053")
        assert row == {"id": "DANDI:000053", "read": True}
        assert graph.cookbook("changed-since", since="2999").rows == []
        edges = graph.table("edges").filter(kind="biological").height
        assert graph.cookbook("edge-table").to_networkx().number_of_edges() == edges
        few = graph.run("MATCH (d:Dataset) RETURN d.id AS id ORDER BY id", row_limit=2)
        assert (len(few), few.truncated) == (2, True)
        with pytest.raises(ReadOnlyError):
            graph.query("MATCH (d:Dataset) SET d.x = 1")
        with pytest.raises(QueryError, match="no parameter 'sinse'"):
            graph.cookbook("changed-since", sinse="2999")
        with pytest.raises(QueryError, match="no table 'claim'"):
            graph.table("claim")


def test_what_cannot_be_opened_is_said(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="no build here"):
        kg.open(tmp_path).query("RETURN 1 AS x")
    with pytest.raises(ConfigError, match="no engine 'oracle'"):
        kg.open(on="oracle")  # type: ignore[arg-type]


def test_importing_kg_imports_nothing_heavy() -> None:
    program = "import kg, sys; print({'polars', 'pydantic', 'yaml', 'networkx', 'neo4j'} & {*sys.modules}, kg.open)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("set() ")

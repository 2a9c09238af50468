"""The builds that are published: their graphs, and finding one that is kept here by what a server says of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

import polars as pl
from pydantic import ValidationError

from kg.errors import BuildError
from kg.export._tables import GRAPH_TABLES
from kg.export.neo4j.graph import Graph, make_graph
from kg.graph.build_dir import Build, Manifest


class PublishedBuild(Protocol):
    """What is published: a `kg.graph.build_dir.Build`."""

    @property
    def digest(self) -> str:
        """Hash of the tables' contents."""

    def table(self, name: str) -> pl.DataFrame:
        """Read a table."""


def load_graph(build: PublishedBuild) -> Graph:
    """Give a build's graph, without keeping the tables that it is made of in memory.

    Parameters
    ----------
    build : PublishedBuild
        A build.
    """
    # A build keeps every table that it has read.
    source = Build(build.path, build.manifest) if isinstance(build, Build) else build
    return make_graph({name: source.table(name) for name in GRAPH_TABLES})


def find_build(folder: Path, digest: str) -> Build | None:
    """Find a build by its digest.

    Parameters
    ----------
    folder : Path
        Folder of builds.
    digest : str
        `kg.graph.build_dir.Build.digest`.

    Returns
    -------
    Build or None
        Opened and checked; None where it isn't kept, or is damaged.
    """
    for path in sorted(folder.glob("*/manifest.json")):
        if path.parent.name.startswith("."):
            continue
        try:
            manifest = Manifest.model_validate_json(path.read_bytes())
            if Build(path.parent, manifest).digest == digest:
                return Build.open(path.parent.resolve())
        except (OSError, ValidationError, BuildError):  # of another version, or being removed: it is no base
            continue
    return None


def is_alive(pid: int) -> bool:
    """Whether a process of this machine is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True

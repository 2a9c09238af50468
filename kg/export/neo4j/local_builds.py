"""The builds that are published: their graphs, and finding one that is kept here by what a server says of it."""

from __future__ import annotations

import json
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from kg.errors import BuildError
from kg.graph.layout import MANIFEST, digest_tables
from kg.graph.locks import Reading

if TYPE_CHECKING:
    import polars as pl

    from kg.export.neo4j.graph import Graph
    from kg.graph.build_dir import Build


class PublishedBuild(Protocol):
    """What is published: a `kg.graph.build_dir.Build`."""

    @property
    def digest(self) -> str:
        """Hash of the tables' contents."""

    def table(self, name: str) -> pl.DataFrame:
        """Read a table."""


class LazyBuild:
    """A build of which only its name is read until its tables are asked for: then it is opened, and checked.

    Parameters
    ----------
    path : Path
        The build's folder.

    Raises
    ------
    BuildError
        If there is no build.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # From now on nobody removes it.
        self._reading = Reading(path / MANIFEST)
        try:
            manifest = json.loads((path / MANIFEST).read_bytes())
            self.build_id = str(manifest["build_id"])
            self.digest = digest_tables({name: info["sha256"] for name, info in manifest["tables"].items()})
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            opened = _open(path)  # which says what is wrong
            self.build_id, self.digest = opened.manifest.build_id, opened.digest

    @cached_property
    def opened(self) -> Build:
        """The build itself."""
        opened = _open(self.path)
        if opened.digest != self.digest:
            raise BuildError("another build has taken the place of this one", str(self.path), "run it again")
        return opened

    def table(self, name: str) -> pl.DataFrame:
        """Read a table."""
        return self.opened.table(name)


def _open(path: Path) -> Build:
    from kg.graph.build_dir import Build

    return Build.open(path)


def load_graph(build: PublishedBuild) -> Graph:
    """Give a build's graph, without keeping the tables that it is made of in memory.

    Parameters
    ----------
    build : PublishedBuild
        A build.
    """
    from kg.export._tables import GRAPH_TABLES
    from kg.export.neo4j.graph import make_graph
    from kg.graph.build_dir import Build

    if isinstance(build, LazyBuild):
        build = build.opened
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
    from pydantic import ValidationError

    from kg.graph.build_dir import Build, Manifest

    for path in sorted(folder.glob(f"*/{MANIFEST}")):
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

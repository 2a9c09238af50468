"""neurokg: a knowledge graph that links open neuroscience datasets to disease mechanisms."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from os import PathLike

    from kg.config import KgConfig
    from kg.export.opened import OpenGraph

try:
    __version__ = version("neurokg")
except PackageNotFoundError:  # a source tree on the path, never installed
    __version__ = "0+unknown"

__all__ = ["__version__", "open"]


def open(
    build: str | PathLike[str] | None = None,
    *,
    on: Literal["embedded", "neo4j"] = "embedded",
    config: KgConfig | str | PathLike[str] | None = None,
) -> OpenGraph:
    """Open a build's graph for questions.

    Parameters
    ----------
    build : path, optional
        A build's folder. Without it, the newest good build (builds/current).
    on : {'embedded', 'neo4j'}, default 'embedded'
        What answers: the build's own store, or the Neo4j server that the settings mean.
    config : KgConfig or path, optional
        Settings, or their file. Without it, kg.toml of the working directory if there is one.

    Returns
    -------
    OpenGraph
        With ``query(cypher, **params)`` and ``cookbook(name, **params)``.

    Examples
    --------
    >>> graph = open("no/such/build")
    >>> graph.query("MATCH (d:Dataset) RETURN d.id AS id")
    Traceback (most recent call last):
    kg.errors.BuildError: no/such/build: there is no build here
      mend: make one with 'kg build', or name one that is there
    """
    # Late, so that 'import kg' takes no time.
    from kg.export.opened import open_graph

    return open_graph(build, on=on, config=config)

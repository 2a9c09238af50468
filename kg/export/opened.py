"""Asking a build from Python: what `kg.open` gives."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

from kg.config import KgConfig, load_config
from kg.errors import ConfigError, QueryError
from kg.export.result import QueryResult, Result

if TYPE_CHECKING:
    import polars as pl

    from kg.export._child import Worker
    from kg.graph.build_dir import Build

Engine = Literal["embedded", "neo4j"]


class Session(Protocol):
    """What answers queries: a store's process, or a server."""

    def run(
        self,
        cypher: str,
        params: Mapping[str, Any] | None = None,
        *,
        timeout_s: float = ...,
        row_limit: int = ...,
    ) -> QueryResult:
        """Answer a query."""

    def close(self) -> None:
        """Let go of the process or the connection."""


class OpenGraph:
    """A graph that is open for questions, which nothing can change; close it, or use it in a ``with``.

    Parameters
    ----------
    config : KgConfig
        The settings.
    build : Path, optional
        A build's folder; without it, the newest good build.
    on : {'embedded', 'neo4j'}
        What answers: the build's own store, or the server that the settings mean.
    worker : Worker, optional
        A process that `kg.export.ahead.start_engine` started, for the build's store; it ends with the graph.
    """

    def __init__(self, config: KgConfig, build: Path | None, on: Engine, worker: Worker | None = None) -> None:
        self._config, self._path, self._on, self._worker = config, build, on, worker
        self._build: Build | None = None
        self._session: Session | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        if self._on == "neo4j":
            return "<the graph on the Neo4j server>"
        return f"<the graph of build {self.build.manifest.build_id}>"

    @property
    def build(self) -> Build:
        """The build: its manifest and its tables."""
        if self._build is None:
            from kg.graph.build_dir import resolve_build

            self._build = resolve_build(self._path, self._config.build.out)
        return self._build

    def table(self, name: str) -> pl.DataFrame:
        """Read a table of the build: nodes, edges, claims, evidence, mentions, records or problems.

        Raises
        ------
        QueryError
            If there is no such table.
        """
        from kg.graph.tables import TABLES

        if name not in TABLES:
            raise QueryError(f"there is no table {name!r}", "table", f"these are: {', '.join(TABLES)}")
        return self.build.table(name)

    def query(self, cypher: str, /, **params: Any) -> Result:
        """Answer a Cypher query that only reads.

        Parameters
        ----------
        cypher : str
            One statement.
        **params
            Values of its parameters: anything that JSON has.

        Returns
        -------
        Result
            All its rows; ``to_polars()`` and ``to_networkx()`` make more of them.

        Raises
        ------
        ReadOnlyError
            If the query would write.
        QueryTimeoutError
            If it takes longer than ``query.timeout_s`` of the settings.
        QueryError
            If it is wrong, or lacks a parameter.
        """
        return self.run(cypher, params)

    def run(
        self,
        cypher: str,
        params: Mapping[str, Any] | None = None,
        *,
        timeout_s: float | None = None,
        row_limit: int | None = None,
    ) -> Result:
        """Answer a query within limits of its own; `query` is this with the settings' limits, and all rows."""
        session = self._session or self.connect()
        within_s, rows = timeout_s or self._config.query.timeout_s, row_limit or sys.maxsize - 1
        return Result(session.run(cypher, params, timeout_s=within_s, row_limit=rows))

    def cookbook(self, name: str, /, **params: Any) -> Result:
        """Answer a question of the cookbook.

        Parameters
        ----------
        name : str
            Of a recipe, as ``kg cookbook list`` prints it.
        **params
            Values in place of the recipe's own.

        Raises
        ------
        QueryError
            If there is no such recipe, or it has no such parameter.
        """
        from kg.export.cookbook import find_recipe

        recipe = find_recipe(name)
        return self.run(recipe.cypher, recipe.values(params))

    def close(self) -> None:
        """Let go of the engine; the next query starts it again."""
        if self._session is not None:
            self._session.close()
            self._session = None
        if self._worker is not None:
            self._worker.end()
            self._worker = None

    def connect(self) -> Session:
        """Start what answers, which the first query does too."""
        if self._session is None:
            self._session = self._on_server() if self._on == "neo4j" else self._on_store()
        return self._session

    def _on_server(self) -> Session:
        from kg.export.neo4j.connection import find_target
        from kg.export.neo4j.query import ServerSession

        return ServerSession(find_target(self._config))

    def _on_store(self) -> Session:
        from kg.export.ahead import start_engine

        # First of all: the engine's process takes longest, and needs the other core.
        worker, self._worker = self._worker or start_engine(), None
        try:
            build = self.build
        except BaseException:
            worker.end()
            raise
        from kg.export.begun import begin

        begun = begin(build, self._config.cache_dir, worker)
        from kg.export.query import QuerySession

        return QuerySession(build, cache_dir=self._config.cache_dir, begun=begun)


def open_graph(
    build: str | PathLike[str] | None,
    *,
    on: Engine,
    config: KgConfig | str | PathLike[str] | None,
    worker: Worker | None = None,
) -> OpenGraph:
    """Open a build's graph: what `kg.open` does; `worker` as for `OpenGraph`.

    Raises
    ------
    ConfigError
        If `on` is no engine, or a server is to answer for a named build.
    """
    if on not in ("embedded", "neo4j"):
        raise ConfigError(f"there is no engine {on!r}", "on", "say 'embedded' or 'neo4j'")
    if on == "neo4j" and build is not None:
        raise ConfigError(
            "a server answers from the build that was published to it, not from a folder",
            str(build),
            "leave the build out, or publish it first: kg publish neo4j --build FOLDER",
        )
    settings = config if isinstance(config, KgConfig) else load_config(None if config is None else Path(config))
    return OpenGraph(settings, None if build is None else Path(build), on, worker)

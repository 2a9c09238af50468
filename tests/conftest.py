"""Fixtures that more than one part's tests use."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.build.pipeline import build
from kg.config import KgConfig, Neo4jConfig, load_config, sample_dir
from kg.export.neo4j.connection import Target
from kg.export.neo4j.server import USER, LocalServer, local_server
from kg.graph.build_dir import Build

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Folder of the measured corpora; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("KG_SHARED_DIR", REPOSITORY.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip(f"the measured corpora are not at {folder} (set KG_SHARED_DIR)")
    return folder


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cache that the whole session shares, so that vocabularies are compiled once."""
    given = os.environ.get("KG_CACHE_DIR")
    return Path(given) if given else tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def sample_config(tmp_path_factory: pytest.TempPathFactory, cache_dir: Path) -> KgConfig:
    """Settings that build the bundled sample into a folder of the tests' own."""
    config = load_config(sample_dir() / "kg.toml")
    out = tmp_path_factory.mktemp("builds")
    return config.model_copy(update={"cache_dir": cache_dir, "build": config.build.model_copy(update={"out": out})})


@pytest.fixture(scope="session")
def sample_build(sample_config: KgConfig) -> Build:
    """The bundled sample, built once for every test that reads a build."""
    return build(sample_config).build


@pytest.fixture(scope="session")
def neo4j_local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """A Neo4j server of the session's own; where it can't be had, the tests that need it fail."""
    # Its jars stay in the user's cache from run to run: they are 140 MB.
    with socket.socket() as free:  # of others' sessions, one may want the usual port at the same time
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    home = tmp_path_factory.mktemp("neo4j")
    config = KgConfig(neo4j=Neo4jConfig(home=home, port=port, heap="1g", page_cache="128m"))
    server = local_server(config)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def neo4j_server(request: pytest.FixtureRequest) -> Target:
    """The Neo4j server that tests publish to: NEO4J_URI's, else one of the session's own.

    Whoever publishes to it says what it holds first (`kg.export.neo4j.publish` does): tests share it.
    """
    if uri := os.environ.get("NEO4J_URI"):
        user, password = os.environ.get("NEO4J_USER", USER), os.environ["NEO4J_PASSWORD"]
        return Target(uri, os.environ.get("NEO4J_DATABASE", "neo4j"), user, password)
    server: LocalServer = request.getfixturevalue("neo4j_local")
    return Target(server.status().uri, "neo4j", USER, server.password())

"""An emptied database for each module that publishes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from synthetic_graph import Tables
from tiny_graph import make_tiny

from kg.export.neo4j.connection import Target, open_driver
from kg.export.neo4j.publish import Options, Summary, publish

#: Small batches, so that a tiny graph takes many.
BATCHES = Options(small_rows=0, batch_rows=7)
WHOLE = Options()


class Database:
    """A database of the test server: publishing to it, and asking it."""

    def __init__(self, target: Target) -> None:
        self.target = target

    def ask(self, cypher: str, **params: Any) -> list[Any]:
        with open_driver(self.target) as driver:
            return [record.values() for record in driver.execute_query(cypher, params).records]

    def publish(self, build: Tables, options: Options = WHOLE, **more: Any) -> Summary:
        return publish(self.target, build, build.digest, options, **more)

    def empty(self) -> None:
        self.ask("MATCH (n) DETACH DELETE n")


@pytest.fixture
def database(neo4j_server: Target) -> Iterator[Database]:
    """The test server's database with nothing in it."""
    found = Database(neo4j_server)
    found.empty()
    yield found
    found.empty()


@pytest.fixture(scope="session")
def first() -> Tables:
    return make_tiny(1)


@pytest.fixture(scope="session")
def second() -> Tables:
    return make_tiny(2)


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A folder with no builds."""
    return tmp_path / "builds"

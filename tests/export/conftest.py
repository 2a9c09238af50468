"""A synthetic graph, loaded once for the session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from synthetic_graph import Tables, make_tables

from kg.export.query import QuerySession


@pytest.fixture(scope="session")
def tables() -> Tables:
    return make_tables()


@pytest.fixture(scope="session")
def store_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cache with the synthetic graph's store, once a session has opened it."""
    return tmp_path_factory.mktemp("stores")


@pytest.fixture(scope="session")
def session(tables: Tables, store_cache: Path) -> Iterator[QuerySession]:
    with QuerySession(tables, cache_dir=store_cache) as opened:
        yield opened

"""The CSV files of a bulk import, and a real import of them."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from synthetic_graph import Tables
from tiny_graph import make_tiny

from kg.errors import ExportError, ServerError
from kg.export.neo4j.admin_import import fill_lists, write_import
from kg.export.neo4j.connection import Target
from kg.export.neo4j.graph import make_graph
from kg.export.neo4j.server import USER, LocalServer
from kg.export.neo4j.verify import verify
from tests.export.neo4j.conftest import Database
from tests.export.neo4j.test_publish import HOSTILE, assert_holds


def hostile_build() -> Tables:
    build = make_tiny(3, datasets=len(HOSTILE))
    rows = build["nodes"].to_dicts()
    for row, text in zip(rows, HOSTILE, strict=False):
        row |= {"name": text, "keywords": [text, "z", f"{text};\x1f,"], "archive": text, "doi": None}
    return Tables({**build, "nodes": pl.DataFrame(rows, schema=build["nodes"].schema)}, "hostile-import")


def test_an_import_gives_the_same_graph_as_a_publish(neo4j_local: LocalServer, tmp_path: Path) -> None:
    build = hostile_build()
    target = Target(neo4j_local.status().uri, "neo4j", USER, neo4j_local.password())
    files = write_import(make_graph(build), tmp_path / "csv", build_id=build.digest, digest=build.digest)
    assert files.command.startswith("neo4j-admin database import full neo4j --overwrite-destination=true")
    neo4j_local.stop()
    try:
        neo4j_local.admin(*files.arguments)
    finally:
        neo4j_local.start()
    with pytest.raises(ServerError, match="kg publish neo4j finishes it"):
        verify(target, build)
    database = Database(target)
    summary = database.publish(build)
    assert not any(summary.counts.values())
    assert_holds(database, build)
    database.empty()


class Recorder:
    """A driver that notes what it is asked to run."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    @contextmanager
    def session(self, **settings: Any) -> Any:
        yield self

    def run(self, cypher: str) -> Any:
        self.ran.append(cypher)
        return SimpleNamespace(consume=lambda: None)


@pytest.mark.parametrize(
    ("lists", "is_all", "filled"),
    [
        ([["a"], []], True, 1),
        ([["a"], None], True, 0),
        ([[], None], False, 0),  # which of the gaps are lists shows only when the database is compared
        ([["a"], [""]], False, 0),  # to the importer, a list of an empty text is none
        ([[], [""]], False, 1),
    ],
)
def test_empty_lists_are_filled_in_where_nothing_else_is_missing(
    lists: list[list[str] | None], is_all: bool, filled: int
) -> None:
    build = make_tiny(1, datasets=2, claims=0)
    keywords = pl.Series("keywords", [*lists, *[None] * 5], dtype=pl.List(pl.String))
    nodes = build["nodes"].with_columns(keywords, synonyms=pl.lit(None, pl.List(pl.String)))
    recorder = Recorder()
    graph = make_graph(Tables({**build, "nodes": nodes}, "x"))
    assert fill_lists(recorder, "neo4j", graph) is is_all  # type: ignore[arg-type]
    assert len(recorder.ran) == filled
    assert all("SET n.keywords = []" in statement for statement in recorder.ran)


def test_a_running_server_refuses_the_import_with_a_reason(neo4j_local: LocalServer, tmp_path: Path) -> None:
    build = make_tiny()
    files = write_import(make_graph(build), tmp_path / "csv", build_id="x", digest="x")
    with pytest.raises(ServerError, match=r"(?s)neo4j-admin ended with status .*(in use|lock|running|stopped)"):
        neo4j_local.admin(*files.arguments)


def test_the_separator_is_one_that_no_list_has(tmp_path: Path) -> None:
    files = write_import(make_graph(hostile_build()), tmp_path, build_id="x", digest="x")
    assert "--array-delimiter=U+001E" in files.arguments
    every = make_tiny()
    keywords = pl.when(pl.col("keywords").is_null()).then(None).otherwise(["\x1f\x1e\x1d\u241f"])
    nodes = every["nodes"].with_columns(keywords=keywords)
    with pytest.raises(ExportError, match="every character that could separate"):
        write_import(make_graph(Tables({**every, "nodes": nodes}, "x")), tmp_path, build_id="x", digest="x")


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    graph = make_graph(make_tiny())
    write_import(graph, tmp_path, build_id="x", digest="x")
    write_import(graph, tmp_path, build_id="x", digest="x")
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(ExportError, match=r"'thesis\.tex'"):
        write_import(graph, tmp_path, build_id="x", digest="x")
    assert len(list(tmp_path.iterdir())) > 5
    shutil.rmtree(tmp_path)

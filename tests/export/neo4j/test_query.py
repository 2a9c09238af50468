"""A server answers queries with the embedded store's plain values, only reads, and stops when it is told to."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from synthetic_graph import Tables, make_tables

import kg
from kg.config import KgConfig, Neo4jConfig
from kg.errors import ConfigError, QueryError, QueryTimeoutError, ReadOnlyError
from kg.export.neo4j.connection import Target, open_driver
from kg.export.neo4j.publish import Options, publish
from kg.export.neo4j.query import ServerSession
from kg.export.query import QuerySession
from tests.export.neo4j.conftest import Database
from tests.export.test_query import UNFIT

ENDLESS = "UNWIND range(1, 1000000) AS x UNWIND range(1, 1000000) AS y WITH x + y AS z RETURN count(z) AS n"


@pytest.fixture(scope="module")
def asked(neo4j_server: Target) -> Target:
    """The test server with the graph that the embedded `session` has; who comes next empties it."""
    with open_driver(neo4j_server) as driver:
        driver.execute_query("MATCH (n) DETACH DELETE n")
    tables: Tables = make_tables()
    publish(neo4j_server, tables, tables.digest, Options())
    return neo4j_server


@pytest.fixture(scope="module")
def server(asked: Target) -> Iterator[ServerSession]:
    with ServerSession(asked) as opened:
        yield opened


def typed(value: object) -> object:
    if isinstance(value, dict):
        return {key: typed(inner) for key, inner in value.items()}
    return [typed(item) for item in value] if isinstance(value, list) else (type(value).__name__, value)


@pytest.mark.parametrize(
    "expression",
    [
        "[1, 1.0, true, null, 'ä🧠\\n', 9007199254740993, 7 / 2, 2 ^ 3, 1.0 / 0]",
        "{a: {b: [1, 2.5]}}",
        "date('2020-02-29')",
        "localdatetime('2020-02-29T10:11:12')",
        "[datetime('2020-02-29T10:11:12Z'), datetime('2020-02-29T10:11:12.123456789-03:30'), time('10:11:12.5+02:00')]",
        "[datetime('2020-02-29T10:11[Europe/Berlin]'), localtime('10:11'), localtime('10:11:12.25')]",
        "duration('P1DT2H')",
        "duration('P1Y2M3DT4H5M6S')",
    ],
)
def test_expressions_have_the_same_plain_values(server: ServerSession, session: QuerySession, expression: str) -> None:
    cypher = f"RETURN {expression} AS x"
    assert typed(server.run(cypher).rows) == typed(session.run(cypher).rows)


@pytest.mark.parametrize(
    "cypher",
    [
        "MATCH p = (d:Dataset {id: 'DANDI:0003'})-[r:RECORDS_FROM]->(b:BrainRegion) WITH p, d, r, b, r.claim_id AS k "
        "RETURN p, d, r, [b] AS list, {region: b} AS map ORDER BY k",
        "MATCH (c:Claim {kind: 'biological'})-[s:SUBJECT]->(m:Mechanism) RETURN c, s, m.synonyms ORDER BY c.id LIMIT 9",
        # Ends that the server sends without their properties.
        "MATCH (:Dataset {id: 'DANDI:0003'})-[r]->() WITH r, r.claim_id AS k RETURN [r] AS rs ORDER BY k",
        "MATCH (w:WikiPage) WITH w ORDER BY w.id LIMIT 5 RETURN w, properties(w).name AS name, keys(w)[0] IS NULL AS x",
    ],
)
def test_nodes_relationships_and_paths_are_the_same(server: ServerSession, session: QuerySession, cypher: str) -> None:
    answer = server.run(cypher)
    assert answer.rows
    assert answer == session.run(cypher)
    assert typed(answer.rows) == typed(session.run(cypher).rows)


def test_order_is_by_code_points_and_null_is_last(server: ServerSession, session: QuerySession) -> None:
    cypher = "UNWIND ['b', null, 'É', 'a', 'ﬁ', 'B', 'ζ', 'e', ''] AS x RETURN x ORDER BY x"
    expected = [
        [
            "",
        ],
        ["B"],
        ["a"],
        ["b"],
        ["e"],
        ["É"],
        ["ζ"],
        ["ﬁ"],
        [None],
    ]
    assert server.run(cypher).rows == session.run(cypher).rows == expected


def test_rows_above_the_limit_are_left_out_and_that_is_said(server: ServerSession) -> None:
    cypher = "UNWIND range(1, 3000000) AS x RETURN x"
    answer = server.run(cypher, row_limit=1234)
    assert (answer.rows, answer.truncated) == ([[x] for x in range(1, 1235)], True)
    assert server.run("UNWIND range(1, 5) AS x RETURN x", row_limit=5).truncated is False


def test_columns_are_there_without_rows_and_unknown_labels_are_noted(server: ServerSession) -> None:
    answer = server.run("MATCH (n:Datset) RETURN n.id AS id, n.name AS name;")
    assert (answer.columns, answer.rows, answer.notes) == (("id", "name"), [], ("no node has the label 'Datset'",))


def test_plans_can_be_asked_for(server: ServerSession) -> None:
    assert "Dataset" in str(server.run("EXPLAIN MATCH (d:Dataset {id: 'x'}) RETURN d").rows)


def test_writing_is_refused_before_it_runs_and_by_the_server(
    server: ServerSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kg.export.cypher import tokenize

    with pytest.raises(ReadOnlyError, match="CREATE would add"):
        server.run("CREATE (n:Dataset {id: 'x'})")
    monkeypatch.setattr("kg.export.neo4j.query.check_read_only", tokenize)
    for cypher in (
        "CREATE (n:Dataset {id: 'x'})",
        "MATCH (n:Dataset) SET n.x = 1",
        "CREATE INDEX x FOR (n:X) ON (n.x)",
    ):
        with pytest.raises(ReadOnlyError, match="queries only read"):
            server.run(cypher)
    assert server.run("MATCH (n:Dataset) WHERE n.x = 1 OR n.id = 'x' RETURN count(n)").rows == [[0]]


@pytest.mark.parametrize(
    ("cypher", "what", "where"),
    [
        ("MATCH (n)\nRETURN m", "variable `m` not defined", "query, line 2, column 8"),
        ("RETURN 1 / 0", "/ by zero", "query"),
        ("MATCH (n:Dataset {id: $id}) RETURN n", "$id has no value", "query"),
    ],
)
def test_errors_say_what_and_where_and_how_to_mend_it(
    server: ServerSession, cypher: str, what: str, where: str
) -> None:
    with pytest.raises(QueryError) as caught:
        server.run(cypher)
    assert what in caught.value.what
    assert caught.value.where == where
    assert caught.value.mend


@pytest.mark.parametrize(("value", "said"), UNFIT)
def test_parameters_that_cannot_be_passed_are_refused(server: ServerSession, value: object, said: str) -> None:
    with pytest.raises(QueryError, match=rf"the parameter \$x has a value that can't be passed: .*{said}"):
        server.run("RETURN $x AS x", {"x": value})


def test_the_outermost_parameters_are_passed(server: ServerSession, session: QuerySession) -> None:
    params = {"x": [2**63 - 1, -(2**63), 1.7e308, "\U0010ffff\0", {"": [[[]]]}]}
    assert server.run("RETURN $x AS x", params).rows == session.run("RETURN $x AS x", params).rows


#: What docs/cypher.md says differs and what it says to write instead: (written, embedded, on the server, instead).
DIFFERENCES: list[tuple[str, object, object, str]] = [
    ("keys({b: 1, a: 2})", ["b", "a"], ["a", "b"], "COLLECT { UNWIND keys({b: 1, a: 2}) AS k RETURN k ORDER BY k }"),
    ("percentileCont(x, 0.5)", 2.0, 2, "toFloat(percentileCont(x, 0.5))"),
    ("point({x: 1.0, y: 2.0})", {"x": 1.0, "y": 2.0, "crs": "cartesian", "srid": 7203}, [1.0, 2.0], "[1.0, 2.0]"),
    ("split('🧠a', '')", ["🧠", "a"], ["?", "?", "a"], "[i IN range(0, size('🧠a') - 1) | substring('🧠a', i, 1)]"),
    ("cot(2.2)", -0.7278957760047939, -0.727895776004794, "1.0 / tan(2.2)"),
]


@pytest.mark.parametrize(("written", "embedded", "of_server", "instead"), DIFFERENCES)
def test_expressions_differ_as_the_page_says(
    server: ServerSession, session: QuerySession, written: str, embedded: object, of_server: object, instead: str
) -> None:
    """When this fails an engine has changed: take the row out of docs/cypher.md."""
    ask = "UNWIND [1, 2, 3] AS x RETURN {} AS y" if "(x," in written else "RETURN {} AS y"
    assert typed(session.run(ask.format(written)).rows[0]) == typed([embedded])
    assert typed(server.run(ask.format(written)).rows[0]) == typed([of_server])
    assert typed(session.run(ask.format(instead)).rows) == typed(server.run(ask.format(instead)).rows)
    page = (Path(__file__).parents[3] / "docs" / "cypher.md").read_text(encoding="utf-8")
    assert f"`{written.partition('(')[0]}(" in page


def test_averages_are_equal_but_for_the_last_digit(server: ServerSession, session: QuerySession) -> None:
    cypher = "UNWIND [0.1, 0.2, 0.3, 0.7, 1.1] AS x RETURN {}"
    assert session.run(cypher.format("avg(x)")).rows != server.run(cypher.format("avg(x)")).rows
    alike = cypher.format("round(avg(x), 6), sum(x), count(x)")
    assert session.run(alike).rows == server.run(alike).rows


def test_plans_profiles_and_procedures_differ_as_the_page_says(server: ServerSession, session: QuerySession) -> None:
    asked = "MATCH (d:Dataset) RETURN count(d) AS n"
    assert session.run(f"EXPLAIN {asked}").columns == ("executionPlan", "executionPlanAsString")
    assert session.run(f"PROFILE {asked}") == session.run(asked)
    for word in ("EXPLAIN", "PROFILE"):
        plan = server.run(f"{word} {asked}")
        assert plan.columns == ("plan",)
        assert any("NodeCountFromCountStore" in row[0] for row in plan.rows)
    visualized = "CALL db.schema.visualization()"
    assert session.run(visualized).columns == ("name", "type", "properties")
    assert server.run(visualized).columns == ("nodes", "relationships")
    for procedure in ("labels", "relationshipTypes", "propertyKeys"):
        ours, theirs = (engine.run(f"CALL db.{procedure}()") for engine in (session, server))
        assert ours.columns == theirs.columns
        assert {*map(tuple, ours.rows)} & {*map(tuple, theirs.rows)}


def test_what_one_engine_alone_knows(server: ServerSession, session: QuerySession) -> None:
    for cypher in (
        "RETURN size(range(1, 20000000)) AS x",
        "MATCH p = SHORTEST 1 (:Dataset {id: 'DANDI:0003'})-[]-+(:Disease {id: 'MONDO:0007'}) RETURN p",
    ):
        assert server.run(cypher).rows
        with pytest.raises(QueryError):
            session.run(cypher)
    with pytest.raises(QueryError, match="unknown function"):
        server.run("RETURN apoc.text.join(['a'], '') AS x")
    assert session.run("RETURN apoc.text.join(['a'], '') AS x").rows == [["a"]]
    for engine in (server, session):
        assert engine.run("UNWIND [9223372036854775807, 1] AS x RETURN sum(x) AS n").rows == [[2.0**63]]
        with pytest.raises(QueryError, match="overflow"):
            engine.run("RETURN 9223372036854775807 + 1 AS n")
        with pytest.raises(ReadOnlyError, match="can't begin with 'CYPHER'"):
            engine.run("CYPHER 25 RETURN 1 AS x")


def test_the_mark_of_publishing_is_seen_in_properties_alone(server: ServerSession, session: QuerySession) -> None:
    cypher = "MATCH (d:Dataset {id: 'DANDI:0003'}) RETURN properties(d)._neurokg AS mark, d"
    (of_server, node), (embedded, same) = server.run(cypher).rows[0], session.run(cypher).rows[0]
    assert (of_server, embedded) == ("DANDI:0003", None)
    assert node == same


def running(target: Target) -> list[str]:
    with open_driver(target) as driver:
        found = driver.execute_query("SHOW TRANSACTIONS YIELD currentQuery, status RETURN currentQuery, status").records
    return [r["currentQuery"] for r in found if r["currentQuery"] == ENDLESS and r["status"] == "Running"]


def test_a_query_out_of_time_is_ended_on_the_server(server: ServerSession, asked: Target) -> None:
    start = time.monotonic()
    with pytest.raises(QueryTimeoutError, match=r"within 0\.5 s"):
        server.run(ENDLESS, timeout_s=0.5)
    assert time.monotonic() - start < 15
    assert running(asked) == []
    assert server.run("RETURN 1 AS x").rows == [[1]]


def test_ctrl_c_ends_the_query_on_the_server(server: ServerSession, asked: Target) -> None:
    started: list[list[str]] = []

    def interrupt() -> None:
        while not (found := running(asked)):
            time.sleep(0.1)
        started.append(found)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        server.run(ENDLESS, timeout_s=60)
    assert started
    until = time.monotonic() + 20
    while running(asked) and time.monotonic() < until:
        time.sleep(0.2)
    assert running(asked) == []
    assert server.run("RETURN 1 AS x").rows == [[1]]


def test_a_server_is_asked_from_python(asked: Target, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KG_NEO4J_PASSWORD", asked.password)
    config = KgConfig(neo4j=Neo4jConfig(uri=asked.uri, database=asked.database, user=asked.user))
    with kg.open(on="neo4j", config=config) as graph:
        answer = graph.query(
            "MATCH (d:Dataset {id: $id})-[r:RECORDS_FROM]->(b:BrainRegion) RETURN d, r, b", id="DANDI:0003"
        )
        made: Any = answer.to_networkx()
        assert made.nodes["DANDI:0003"]["label"] == "Dataset"
        assert all("_neurokg" not in attributes for _, attributes in made.nodes(data=True))
        assert {attributes["type"] for *_, attributes in made.edges(data=True)} == {"RECORDS_FROM"}
        assert len(graph.cookbook("edge-table")) > 100
    with pytest.raises(ConfigError, match="not from a folder"):
        kg.open(tmp_path, on="neo4j", config=config)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (None, "no build was published"),
        ("publishing", "on its way from one build to the next"),
        ("damaged", "differed from the build"),
        ("imported", "import isn't finished"),
    ],
)
def test_a_graph_that_isnt_there_or_not_whole_is_said(database: Database, status: str | None, said: str) -> None:
    if status:
        database.ask("CREATE (:Build {_neurokg: 'build', status: $status})", status=status)
    with ServerSession(database.target) as session:
        answer = session.run("MATCH (n:Dataset) RETURN count(n) AS n")
    assert answer.rows == [[0]]
    assert len(answer.notes) == 1
    assert said in answer.notes[0]


def test_what_fails_on_closing_still_knows_of_the_interrupt(asked: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    session = ServerSession(asked)
    close = session._driver.close

    def fail() -> None:
        close()
        raise BufferError("Existing exports of data: object cannot be re-sized")

    monkeypatch.setattr(session._driver, "close", fail)
    with pytest.raises(BufferError) as caught, session:
        raise KeyboardInterrupt
    error: BaseException | None = caught.value
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    assert error is not None

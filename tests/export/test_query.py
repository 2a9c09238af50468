"""Queries give right answers (computed again without the engine), stop when they must, and say what is wrong."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import networkx as nx
import polars as pl
import pytest
from synthetic_graph import Tables

from kg.config import KgConfig
from kg.errors import BuildError, QueryError, QueryTimeoutError, ReadOnlyError
from kg.export.ahead import start_engine
from kg.export.begun import begin
from kg.export.opened import OpenGraph
from kg.export.query import QueryResult, QuerySession, run_query

HOLDS_ITSELF: list[object] = []
HOLDS_ITSELF.append(HOLDS_ITSELF)
#: Values that no engine is given, and why.
UNFIT = [
    ({1, 2}, "a set is none of JSON's"),
    (b"x", "a bytes is none"),
    ([object()], "a object is none"),
    (2**63, "more than 64 bits"),
    ({"k": [-(2**63) - 1]}, "more than 64 bits"),
    (10**400, "more than 64 bits"),
    ("\ud800", "half of a character"),
    (["ok", {"\udcff": 1}], "half of a character"),
    (math.nan, "nan is no number"),
    ([-math.inf], "-inf is no number"),
    ({1: 2}, "the key 1 is no text"),
    ({0: 2}, "the key 0 is no text"),
    (HOLDS_ITSELF, "holds itself"),
]
ENDLESS = "MATCH (a:Entity)-[*1..12]-(b:Entity) RETURN count(*) AS n"


@pytest.fixture(scope="session")
def graph(tables: Tables) -> nx.MultiDiGraph:
    """The graph without the engine."""
    made: nx.MultiDiGraph = nx.MultiDiGraph()
    for node in tables["nodes"].iter_rows(named=True):
        made.add_node(node["id"], **node)
    for edge in tables["edges"].iter_rows(named=True):
        made.add_edge(edge["subject"], edge["object"], key=edge["claim_id"], type=edge["predicate"], **edge)
    return made


def hierarchy(graph: nx.MultiDiGraph) -> nx.DiGraph:
    up = [(s, o) for s, o, e in graph.edges(data=True) if e["type"] in ("PART_OF", "SUBCLASS_OF")]
    made: nx.DiGraph = nx.DiGraph()
    made.add_nodes_from(n for n, d in graph.nodes(data=True) if d["label"] == "BrainRegion")
    made.add_edges_from((s, o) for s, o in up if s in made and o in made)
    return made


def root(graph: nx.MultiDiGraph) -> str:
    """A region with many parts."""
    regions = hierarchy(graph)
    return max(sorted(regions), key=lambda region: len(nx.ancestors(regions, region)))


# Answers


def test_counts_by_label(session: QuerySession, tables: Tables) -> None:
    result = session.run("MATCH (n:Entity) RETURN [l IN labels(n) WHERE l <> 'Entity'][0] AS kind, count(*) AS n")
    expected = Counter(tables["nodes"]["label"]) + Counter(
        Claim=tables["claims"].height, Evidence=tables["evidence"].height
    )
    assert dict(map(tuple, result.rows)) == expected


def test_counts_by_type(session: QuerySession, tables: Tables) -> None:
    result = session.run(
        "MATCH (:Entity)-[r]->(:Entity) WHERE r.claim_id IS NOT NULL RETURN type(r) AS t, count(r) AS n"
    )
    assert dict(map(tuple, result.rows)) == Counter(tables["edges"]["predicate"])


def test_ancestors_over_paths_of_any_length(session: QuerySession, graph: nx.MultiDiGraph) -> None:
    regions = hierarchy(graph)
    for region in sorted(regions)[::10]:
        result = session.run(
            "MATCH (r:BrainRegion {id: $id})-[:PART_OF|SUBCLASS_OF*0..8]->(a:BrainRegion) "
            "RETURN DISTINCT a.id AS id ORDER BY id",
            {"id": region},
        )
        near = nx.single_source_shortest_path_length(regions, region, cutoff=8)
        assert [row[0] for row in result.rows] == sorted(near)


def test_depth_of_sub_regions(session: QuerySession, graph: nx.MultiDiGraph) -> None:
    result = session.run(
        "MATCH p = (r:BrainRegion {id: $id})<-[:PART_OF|SUBCLASS_OF*0..8]-(s:BrainRegion) "
        "RETURN s.id AS id, min(length(p)) AS depth",
        {"id": root(graph)},
    )
    expected = nx.single_source_shortest_path_length(hierarchy(graph).reverse(), root(graph), cutoff=8)
    assert len(expected) > 3
    assert dict(map(tuple, result.rows)) == dict(expected)


def test_datasets_of_a_region_or_its_parts(session: QuerySession, graph: nx.MultiDiGraph) -> None:
    result = session.run(
        "MATCH (r:BrainRegion {id: $id})<-[:PART_OF|SUBCLASS_OF*0..8]-(s:BrainRegion)<-[:RECORDS_FROM]-(d:Dataset) "
        "RETURN DISTINCT d.id AS id ORDER BY id",
        {"id": root(graph)},
    )
    parts = nx.single_source_shortest_path_length(hierarchy(graph).reverse(), root(graph), cutoff=8)
    expected = {s for s, o, e in graph.edges(data=True) if e["type"] == "RECORDS_FROM" and o in parts}
    assert [row[0] for row in result.rows] == sorted(expected)


def test_datasets_per_sub_region_with_zero_counts(session: QuerySession, graph: nx.MultiDiGraph) -> None:
    result = session.run(
        "MATCH (s:BrainRegion) OPTIONAL MATCH (d:Dataset)-[:RECORDS_FROM]->(s) "
        "RETURN s.id AS region, count(d) AS n ORDER BY n, region"
    )
    counts = Counter(o for _, o, e in graph.edges(data=True) if e["type"] == "RECORDS_FROM")
    assert result.rows == sorted(([r, counts[r]] for r in hierarchy(graph)), key=lambda row: (row[1], row[0]))


def test_evidence_behind_each_edge_of_a_path(session: QuerySession, tables: Tables) -> None:
    result = session.run(
        "MATCH (m:Mechanism)-[c:CONTRIBUTES_TO]->(d:Disease) WITH m, d, c, c.claim_id AS claim "
        "MATCH (cl:Claim {id: claim})-[:SUPPORTED_BY]->(e:Evidence)-[:EXTRACTED_FROM]->(x:Entity) "
        "WITH m, d, claim, c, e, x ORDER BY e.id "
        "RETURN m.id, d.id, claim, c.evidence_count AS n, collect(e.id) AS evidence, collect(x.id) AS records "
        "ORDER BY claim"
    )
    edges = tables["edges"].filter(pl.col("predicate") == "CONTRIBUTES_TO", pl.col("object").str.starts_with("MONDO"))
    edges = edges.filter(pl.col("subject").str.starts_with("mechanism")).sort("claim_id")
    grouped = tables["evidence"].sort("id").group_by("claim_id").agg("id", "record_id")
    joined = edges.join(grouped, on="claim_id", how="left").sort("claim_id")
    expected = joined.select("subject", "object", "claim_id", "evidence_count", "id", "record_id").rows()
    assert len(expected) > 5
    assert result.rows == [list(row) for row in expected]


def test_claims_without_an_edge_are_found_through_their_node(session: QuerySession, tables: Tables) -> None:
    result = session.run(
        "MATCH (s:Entity)<-[:SUBJECT]-(c:Claim)-[:OBJECT]->(o:Entity) WHERE c.status = 'negated' "
        "RETURN c.id, s.id, o.id ORDER BY c.id"
    )
    negated = tables["claims"].filter(pl.col("status") == "negated").select("id", "subject", "object")
    assert negated.height
    assert result.rows == [list(row) for row in negated.rows()]


def test_paths_from_dataset_to_disease_with_their_confidence(session: QuerySession, graph: nx.MultiDiGraph) -> None:
    result = session.run(
        "MATCH p = (ds:Dataset)-[:RELEVANT_TO]->(m:Mechanism)-[:CONTRIBUTES_TO]->(d:Disease) "
        "RETURN [n IN nodes(p) | n.id] AS ids, [r IN relationships(p) | type(r)] AS types, "
        "reduce(c = 1.0, r IN relationships(p) | c * r.confidence) AS conf"
    )
    expected = [
        ([s, m, d], ["RELEVANT_TO", "CONTRIBUTES_TO"], 1.0 * e["confidence"] * f["confidence"])
        for s, m, e in graph.edges(data=True)
        if e["type"] == "RELEVANT_TO" and m.startswith("mechanism")
        for _, d, f in graph.out_edges(m, data=True)
        if f["type"] == "CONTRIBUTES_TO" and d.startswith("MONDO")
    ]
    assert len(expected) > 10
    assert sorted(map(tuple, result.rows)) == sorted(expected)


def test_existence_of_patterns(session: QuerySession, graph: nx.MultiDiGraph) -> None:
    result = session.run(
        "MATCH (m:Mechanism) WHERE EXISTS { (m)-[:OCCURS_IN]->(:BrainRegion) } "
        "AND NOT EXISTS { (m)-[c:CONTRIBUTES_TO]->(:Disease) WHERE c.confidence > 0.5 } RETURN m.id ORDER BY m.id"
    )

    def has(node: str, kind: str, prefix: str, low: float) -> bool:
        edges = graph.out_edges(node, data=True)
        return any(e["type"] == kind and o.startswith(prefix) and e["confidence"] > low for _, o, e in edges)

    mechanisms = [n for n, d in graph.nodes(data=True) if d["label"] == "Mechanism"]
    expected = [
        m for m in mechanisms if has(m, "OCCURS_IN", "UBERON", -1) and not has(m, "CONTRIBUTES_TO", "MONDO", 0.5)
    ]
    assert [row[0] for row in result.rows] == sorted(expected)


def test_three_valued_logic_of_absent_properties(session: QuerySession, tables: Tables) -> None:
    result = session.run(
        "MATCH (d:Dataset) RETURN sum(CASE WHEN d.is_open THEN 1 ELSE 0 END) AS yes, "
        "sum(CASE WHEN NOT d.is_open THEN 1 ELSE 0 END) AS no, count(d.is_open) AS known, count(*) AS n"
    )
    flags = tables["nodes"].filter(pl.col("label") == "Dataset")["is_open"]
    assert result.rows == [[flags.sum(), (~flags).sum(), flags.count(), len(flags)]]


def test_anonymous_two_hop_patterns_count_right(session: QuerySession, graph: nx.MultiDiGraph) -> None:
    result = session.run("MATCH (:Dataset)-[:RECORDS_FROM]->()-[:PART_OF]->() RETURN count(*) AS n")
    expected = sum(
        1
        for _, o, e in graph.edges(data=True)
        if e["type"] == "RECORDS_FROM"
        for *_, f in graph.out_edges(o, data=True)
        if f["type"] == "PART_OF"
    )
    assert expected > 50
    assert result.rows == [[expected]]


def test_lists_in_properties_are_lists(session: QuerySession, tables: Tables) -> None:
    result = session.run(
        "MATCH (:Entity)-[r:CITES|MENTIONS]->(:Entity) UNWIND r.sources AS s "
        "WITH s, count(*) AS n RETURN s, n ORDER BY n DESC, s"
    )
    edges = tables["edges"].filter(pl.col("predicate").is_in(["CITES", "MENTIONS"]))
    counts = Counter(edges["sources"].explode())
    assert result.rows == sorted(([s, n] for s, n in counts.items()), key=lambda row: (-row[1], row[0]))


def test_shortest_paths_in_either_direction(session: QuerySession, graph: nx.MultiDiGraph) -> None:
    kinds = ("RECORDS_FROM", "AFFECTED_IN", "RELEVANT_TO", "CONTRIBUTES_TO", "OCCURS_IN")
    near = nx.Graph((s, o) for s, o, e in graph.edges(data=True) if e["type"] in kinds)
    a, b = "DANDI:0003", "MONDO:0007"
    result = session.run(
        f"MATCH (a:Dataset {{id: $a}}), (b:Disease {{id: $b}}) "
        f"MATCH p = shortestPath((a)-[:{'|'.join(kinds)}*..8]-(b)) RETURN length(p)",
        {"a": a, "b": b},
    )
    assert result.rows == [[nx.shortest_path_length(near, a, b)]]


# Form


def test_nodes_relationships_and_paths_are_plain(session: QuerySession, tables: Tables) -> None:
    edge = tables["edges"].filter(pl.col("predicate") == "RECORDS_FROM").row(0, named=True)
    result = session.run(
        "MATCH p = (d:Dataset)-[r:RECORDS_FROM {claim_id: $claim}]->(b:BrainRegion) "
        "RETURN r, d, p, [b] AS bs, {a: b} AS m",
        {"claim": edge["claim_id"]},
    )
    assert result.columns == ("r", "d", "p", "bs", "m")
    relationship, dataset, path, regions, mapped = result.rows[0]
    properties = {name: edge[name] for name in edge if name not in ("subject", "object", "predicate")}
    assert relationship == {
        "type": "RECORDS_FROM",
        "start": edge["subject"],
        "end": edge["object"],
        "properties": properties,
    }
    assert (dataset["id"], dataset["labels"]) == (edge["subject"], ["Dataset", "Entity"])
    assert dataset["properties"]["id"] == edge["subject"]
    assert path == {"nodes": [dataset, regions[0]], "relationships": [relationship]}
    assert mapped == {"a": regions[0]}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1", 1),
        ("1.0", 1.0),
        ("true", True),
        ("null", None),
        ("'ä🧠\\n'", "ä🧠\n"),
        ("[1, 'a', [null]]", [1, "a", [None]]),
        ("{a: {b: 1}}", {"a": {"b": 1}}),
        ("9007199254740993", 9007199254740993),
        ("7 / 2", 3),
        ("2 ^ 3", 8.0),
        ("date('2020-02-29')", "2020-02-29"),
        ("duration('P1DT2H')", "P1DT2H"),
        ("size('🧠')", 1),
        ("1.0 / 0", math.inf),
    ],
)
def test_values_have_plain_types(session: QuerySession, expression: str, value: object) -> None:
    found = session.run(f"RETURN {expression} AS x").rows[0][0]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("cypher", "columns"),
    [
        ("MATCH (n:Dataset) WHERE false RETURN n.id AS z, n AS a, 1 + 1, n.name", ("z", "a", "1 + 1", "n.name")),
        ("MATCH (n:Dataset) RETURN n.id AS z, n.nothing AS a LIMIT 1", ("z", "a")),
        (
            "MATCH (n:Dataset) WHERE false RETURN n.id AS id UNION MATCH (n:Disease) WHERE false RETURN n.id AS id",
            ("id",),
        ),
        ("MATCH (n:Dataset) RETURN * LIMIT 1", ("n",)),
        ("CALL db.relationshipTypes()", ("relationshipType",)),
        ("RETURN 1 AS one;  // the end", ("one",)),
    ],
)
def test_columns_are_in_the_order_of_return_with_and_without_rows(
    session: QuerySession, cypher: str, columns: tuple[str, ...]
) -> None:
    assert session.run(cypher).columns == columns


def test_plans_can_be_asked_for(session: QuerySession) -> None:
    result = session.run("EXPLAIN MATCH (d:Dataset {id: 'DANDI:0001'}) RETURN d")
    assert any("Dataset" in str(value) for value in result.rows[0])


def test_parameters_of_every_json_type(session: QuerySession) -> None:
    params = {"a": None, "b": [1, 2.5, "x", True, None, {"y": []}], "c": "'; DROP", "d": 2**62, "e": {"k": "v"}}
    assert session.run("RETURN $a, $b, $c, $d, $e.k", params).rows == [[None, params["b"], "'; DROP", 2**62, "v"]]


def test_rows_above_the_limit_are_left_out_and_that_is_said(session: QuerySession) -> None:
    cypher = "UNWIND range(1, 2000) AS x RETURN x"
    assert session.run(cypher, row_limit=1234) == QueryResult(("x",), [[x] for x in range(1, 1235)], truncated=True)
    assert session.run(cypher, row_limit=2000).truncated is False


def test_labels_that_the_graph_cannot_have_are_noted(session: QuerySession) -> None:
    result = session.run("MATCH (n:Datset) RETURN n.id AS id")
    assert result == QueryResult(("id",), [], truncated=False, notes=("no node has the label 'Datset'",))


# Faults


@pytest.mark.parametrize(
    ("cypher", "what", "where"),
    [
        ("MATCH (n)\nRETURN m", "Variable 'm' not defined", "query, line 2, column 8"),
        ("MATCH (n RETURN n", "no viable alternative", "query, line 1, column 10"),
        ("RETURN nosuch(1)", "nosuch", "query"),
        ("RETURN 1 / 0", "/ by zero", "query"),
        ("RETURN 9223372036854775807 + 1", "overflow", "query"),
    ],
)
def test_errors_say_what_and_where_and_how_to_mend(session: QuerySession, cypher: str, what: str, where: str) -> None:
    with pytest.raises(QueryError) as caught:
        session.run(cypher)
    assert what in caught.value.what
    assert caught.value.where == where
    assert caught.value.mend
    assert "com.arcadedb" not in str(caught.value)


def test_a_missing_parameter_is_named(session: QuerySession) -> None:
    with pytest.raises(QueryError, match=r"\$id has no value") as caught:
        session.run("MATCH (n:Dataset {id: $id}) RETURN n", {"other": 1})
    assert "--param id=" in caught.value.mend


@pytest.mark.parametrize(("value", "said"), UNFIT)
def test_parameters_that_cannot_be_passed_are_refused(session: QuerySession, value: object, said: str) -> None:
    with pytest.raises(QueryError, match=rf"the parameter \$x has a value that can't be passed: .*{said}"):
        session.run("RETURN $x AS x", {"x": value})
    assert session.run("RETURN 1").rows == [[1]]


def test_the_outermost_parameters_are_passed(session: QuerySession) -> None:
    params = {"x": [2**63 - 1, -(2**63), 1.7e308, "\U0010ffff\0", {"": [[[]]]}]}
    assert session.run("RETURN $x AS x", params).rows == [[params["x"]]]


def test_a_query_that_is_no_text_is_refused(session: QuerySession) -> None:
    with pytest.raises(QueryError, match="no UTF-8") as caught:
        session.run("RETURN 1 AS a,\n'\udcff' AS x")
    assert caught.value.where == "query, line 2, column 2"


def test_writing_is_refused_by_the_engine_too(session: QuerySession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.export.query.check_read_only", lambda cypher: tokenize(cypher))
    from kg.export.cypher import tokenize

    for cypher in (
        "CREATE (n:Dataset {id: 'x'})",
        "MATCH (n:Dataset) SET n.x = 1 RETURN n",
        "MATCH (n:Dataset) DETACH DELETE n",
    ):
        with pytest.raises(QueryError):
            session.run(cypher)
    with pytest.raises(QueryError):
        session.run("LOAD CSV FROM 'file:///etc/hostname' AS line RETURN line")
    assert session.run("MATCH (n:Dataset) WHERE n.x = 1 OR n.id = 'x' RETURN count(n)").rows == [[0]]


def test_a_query_that_would_write_is_refused_before_a_store_is_loaded(tables: Tables, tmp_path: Path) -> None:
    with pytest.raises(ReadOnlyError):
        run_query(tables, "MATCH (n) DETACH DELETE n", cache_dir=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_query_out_of_time_is_ended_and_the_session_goes_on(session: QuerySession) -> None:
    start = time.monotonic()
    with pytest.raises(QueryTimeoutError, match=r"within 0\.5 s") as caught:
        session.run(ENDLESS, timeout_s=0.5)
    assert time.monotonic() - start < 15
    assert caught.value.facts["timeout_s"] == 0.5
    assert session.run("RETURN 1 AS x").rows == [[1]]


@pytest.mark.slow
def test_ctrl_c_ends_the_query_and_leaves_no_process_and_no_noise(
    tables: Tables, session: QuerySession, tmp_path: Path
) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
from synthetic_graph import make_tables
from kg.export.query import QuerySession
with QuerySession(make_tables(), cache_dir=Path({str(session.store.path.parents[2])!r})) as session:
    print(session.run("RETURN 1 AS x").rows, session._worker._process.pid, flush=True)
    try:
        session.run({ENDLESS!r}, timeout_s=60)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
""",
        encoding="utf-8",
    )
    work = tmp_path / "work"
    work.mkdir()
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(
        [sys.executable, str(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=work,
        env=environment,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    worker = int(first.rsplit(maxsplit=1)[-1])
    time.sleep(0.5)
    # A terminal sends it to the whole group, the worker included.
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (first, out, err) == (f"[[1]] {worker}\n", "interrupted\n", "")
    assert process.returncode == 0
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
    assert not list(work.iterdir()), "the engine leaves nothing in the working directory"


def test_a_worker_ends_with_its_parent(session: QuerySession) -> None:
    worker = start_engine()
    try:
        worker.send({"store": str(session.store.path), "names": []})
        worker.receive()
        worker.send({"cypher": ENDLESS, "parameters": {}, "row_limit": 1, "has_columns": True})
        time.sleep(0.3)
        assert worker._process.stdin is not None
        worker._process.stdin.close()  # what happens when a parent is killed
        assert worker._process.wait(timeout=10) == 0
    finally:
        worker.end()


def test_sessions_share_a_store(tables: Tables, session: QuerySession, store_cache: Path) -> None:
    answers: list[object] = []

    def ask() -> None:
        answers.append(run_query(tables, "MATCH (n:Entity) RETURN count(n) AS n", cache_dir=store_cache).rows)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    here = session.run("MATCH (n:Entity) RETURN count(n) AS n").rows
    for thread in threads:
        thread.join()
    assert answers == [here, here]


def test_a_process_begun_ahead_answers_and_its_death_is_made_good(
    tables: Tables, session: QuerySession, store_cache: Path
) -> None:
    for dies in (False, True):
        begun = begin(tables, store_cache)
        if dies:
            begun.worker._process.kill()
        with QuerySession(tables, cache_dir=store_cache, begun=begun) as opened:
            assert opened.run("MATCH (n:Dataset) RETURN count(n) AS n").rows == [[40]]
            assert (opened._worker is begun.worker) is not dies
        assert not begun.worker.is_alive


def test_a_process_begun_ahead_ends_with_whoever_began_it(tables: Tables, store_cache: Path, tmp_path: Path) -> None:
    begun = begin(tables, store_cache)
    QuerySession(tables, cache_dir=store_cache, begun=begun).close()
    assert not begun.worker.is_alive
    worker = start_engine()
    OpenGraph(KgConfig(), tmp_path, "embedded", worker).close()
    assert not worker.is_alive
    worker = start_engine()
    graph = OpenGraph(KgConfig(), tmp_path, "embedded", worker)
    with pytest.raises(BuildError):
        graph.connect()
    assert not worker.is_alive


def test_a_large_graph_gets_an_engine_of_its_own(
    tables: Tables, session: QuerySession, store_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kg.export.begun._BRIEF_ROWS", 10)
    ahead = start_engine()
    begun = begin(tables, store_cache, ahead)
    assert not ahead.is_alive
    with QuerySession(tables, cache_dir=store_cache, begun=begun) as opened:
        assert opened.run("MATCH (n:Dataset) RETURN count(n) AS n").rows == [[40]]
        assert opened._worker is begun.worker


def test_asking_a_store_that_is_there_imports_no_tables(tables: Tables, session: QuerySession) -> None:
    heavy = "{'polars', 'yaml', 'numpy', 'rich'}"
    program = f"import sys, kg.export.query, kg.export.opened, kg.cli.query; print({heavy} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"

"""Publishing to a real server: what is there afterwards, what isn't touched, and what the server says of itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from synthetic_graph import Tables
from tiny_graph import make_tiny

from kg.errors import BuildError, ReadBackError, ServerError
from kg.export.neo4j import attempt
from kg.export.neo4j import publish as publishing
from kg.export.neo4j.attempt import Attempt
from kg.export.neo4j.connection import open_driver
from kg.export.neo4j.graph import find_difference, make_graph, no_difference
from kg.export.neo4j.local_builds import LazyBuild, find_build
from kg.export.neo4j.publish import Options, held_state, publish, rollback
from kg.export.neo4j.read import read_graph
from kg.export.neo4j.turns import TakenOverError
from kg.export.neo4j.verify import Finding, ReadBack, verify
from kg.graph.build_dir import Build, Manifest, point_current, write_build
from kg.graph.tables import TABLES
from tests.export.neo4j.conftest import BATCHES, WHOLE, Database


def find_builds_by(monkeypatch: pytest.MonkeyPatch, find: Callable[[Path, str], Tables | None]) -> None:
    for module in (publishing, attempt):
        monkeypatch.setattr(module, "find_build", find)


HOSTILE = [
    "'}) DETACH DELETE n //",
    '"}) MATCH (x) DETACH DELETE x //',
    "`); DROP CONSTRAINT neokg",
    "$rows",
    "row[0]",
    "\\'\\\"\\\\",
    "line\nbreak\r\ttab",
    "",
    " ",
    "\x00nul",
    "\u202eright to left",
    "😀é",
    "null",
    "x" * 20_000,
]


def assert_holds(database: Database, build: Tables) -> None:
    """Compare row by row, not by sample."""
    with open_driver(database.target) as driver:
        there = read_graph(driver, database.target.database)
    assert find_difference(there, make_graph(build)).counts == no_difference().counts
    state = held_state(database.target)
    assert (state.digest, state.status, state.publisher) == (build.digest, "ready", "")
    verify(database.target, build)


def test_a_build_is_published_and_read_back(database: Database, first: Tables) -> None:
    build = first
    summary = database.publish(build)
    assert (summary.manner, summary.compared) == ("one transaction", "nothing")
    assert summary.read_back is not None
    assert summary.read_back.nodes == summary.counts["nodes added"]
    assert_holds(database, build)
    found = database.ask("MATCH (d:Dataset:Entity {id: 'DANDI:000001'}) RETURN d.name, labels(d)")
    # Their order is that in which the database first saw any: an import before, in the same database, has its own.
    assert [(name, sorted(labels)) for name, labels in found] == [("DANDI:000001 1", ["Dataset", "Entity"])]
    online = database.ask(
        "SHOW INDEXES YIELD name, state, labelsOrTypes WHERE name STARTS WITH 'neurokg_' RETURN state"
    )
    assert len(online) >= 15
    assert {state for (state,) in online} == {"ONLINE"}


def test_an_unchanged_build_changes_nothing(database: Database, first: Tables) -> None:
    database.publish(first)
    asked = "MATCH (b:Build) RETURN b.published_at, b.run_id"
    before = database.ask(asked)
    summary = database.publish(first, Options(run_id="a night"))
    assert summary.manner == "unchanged"
    assert not any(summary.counts.values())
    assert database.ask(asked) == before


def test_the_database_says_which_run_published(database: Database, first: Tables, second: Tables) -> None:
    told = []
    for build, options in ((first, Options(run_id="a night")), (second, Options())):  # then somebody by hand
        database.publish(build, options)
        told += database.ask("MATCH (b:Build) RETURN b.run_id")
    assert told == [["a night"], [None]]


@pytest.mark.parametrize("options", [WHOLE, BATCHES], ids=["whole", "batches"])
def test_a_difference_takes_one_build_to_the_other(
    database: Database, first: Tables, second: Tables, options: Options
) -> None:
    database.publish(first)
    summary = database.publish(second, options)
    assert summary.manner == ("batches" if options is BATCHES else "one transaction")
    assert all(summary.counts.values())
    assert_holds(database, second)
    state = held_state(database.target)
    assert (state.id, state.previous_id) == (second.digest, first.digest)


def test_of_edges_between_the_same_two_nodes_only_the_one_that_is_meant_changes_or_goes(database: Database) -> None:
    tiny = make_tiny()
    others = tiny["edges"].with_row_index("n").filter(pl.col("n") > 0).drop("n")

    def build(*parallel: tuple[str, str, float]) -> Tables:
        rows = [
            tiny["edges"].head(1).with_columns(claim_id=pl.lit(c), predicate=pl.lit(p), confidence=pl.lit(x))
            for c, p, x in parallel
        ]
        return Tables({**tiny, "edges": pl.concat([others, *rows])}, f"parallel {len(parallel)}")

    of_one, of_other = ("claim:1", "claim:2"), ("claim:3", "claim:4")
    before = [*((c, "RECORDS_FROM", 0.5) for c in of_one), *((c, "MENTIONS", 0.5) for c in of_other)]
    database.publish(build(*before))
    after = build(("claim:1", "RECORDS_FROM", 0.25), ("claim:3", "MENTIONS", 0.5), ("claim:4", "MENTIONS", 0.75))
    summary = database.publish(after)
    assert summary.compared == "database"
    assert {name: count for name, count in summary.counts.items() if count} == {"edges changed": 2, "edges deleted": 1}
    assert_holds(database, after)


def test_a_dry_run_says_what_would_be_done_and_does_nothing(database: Database, first: Tables, second: Tables) -> None:
    database.publish(first)
    summary = database.publish(second, dry_run=True)
    assert summary.manner == "dry run"
    assert summary.counts == find_difference(make_graph(first), make_graph(second)).counts
    assert_holds(database, first)


def test_hostile_names_are_data(database: Database) -> None:
    build = make_tiny(1, datasets=len(HOSTILE))
    rows = build["nodes"].to_dicts()
    for row, text in zip(rows, HOSTILE, strict=False):
        row |= {"name": text, "keywords": [text, text], "archive": text}
    # Ids come from records too.
    ids = {row["id"]: f"DANDI:{text[:50]}" for row, text in zip(rows, HOSTILE, strict=False)}
    for row in rows:
        row["id"] = ids.get(row["id"], row["id"])
    renamed = {name: build[name].with_columns(_renamed(build[name], ids)) for name in build}
    hostile = Tables({**renamed, "nodes": pl.DataFrame(rows, schema=build["nodes"].schema)}, "hostile")
    database.ask("CREATE (:Bystander)")
    database.publish(hostile)
    assert_holds(database, hostile)
    assert database.ask("MATCH (n:Bystander) RETURN count(n)") == [[1]]
    database.publish(build, BATCHES)
    assert_holds(database, build)


def _renamed(frame: pl.DataFrame, ids: dict[str, str]) -> list[pl.Expr]:
    return [pl.col(n).replace(ids) for n in ("subject", "object", "record_id") if n in frame.columns]


def test_a_label_that_the_schema_doesnt_know_is_refused(database: Database, first: Tables) -> None:
    injected = first["nodes"].with_columns(label=pl.lit("X {a: 1}) DETACH DELETE n //"))
    with pytest.raises(Exception, match="the schema has no label"):
        database.publish(Tables({**first, "nodes": injected}, "injected"))


def test_a_node_whose_label_changes_keeps_what_others_hung_on_it(database: Database, first: Tables) -> None:
    database.publish(first)
    moved_id = "UBERON:0000005"
    database.ask("MATCH (n {id: $id}) CREATE (:Note)-[:ABOUT]->(n) SET n.mine = 1", id=moved_id)
    label = pl.when(pl.col("id") == moved_id).then(pl.lit("CellType")).otherwise("label")
    moved = Tables({**first, "nodes": first["nodes"].with_columns(label=label)}, "moved")
    summary = database.publish(moved)
    assert summary.counts["nodes changed"] == 1
    assert summary.counts["nodes deleted"] == 0
    assert_holds(database, moved)
    found = database.ask("MATCH (:Note)-[:ABOUT]->(n:CellType) RETURN n.mine, 'BrainRegion' IN labels(n)")
    assert found == [[1, False]]


OTHERS = """
CREATE (a:Entity:Dataset {id: 'DANDI:000001', name: 'theirs'}), (b:Entity {id: 'DANDI:000001'}),
       (a)-[:RECORDS_FROM {weight: 1}]->(b),
       (b)-[:SUBJECT]->(a), (c:Claim {id: 'claim:x'})-[:SUBJECT]->(a), (d:Evidence), (e:Build {id: 'ci-run'}),
       (f:Person {name: 'Ann'})-[:KNOWS]->(a), (c)-[:SUPPORTED_BY]->(d)
"""


def test_other_peoples_nodes_are_never_touched(database: Database, first: Tables, second: Tables) -> None:
    database.ask(OTHERS)
    query = (
        "MATCH (n) WHERE n._neurokg IS NULL OPTIONAL MATCH (n)-[r]->(m) "
        "RETURN labels(n), properties(n), type(r), properties(r), m.id ORDER BY labels(n), type(r), m.id"
    )
    before = database.ask(query)
    assert len(before) == 7
    for build, options in ((first, WHOLE), (second, BATCHES), (first, Options(full=True))):
        database.publish(build, options)
        assert database.ask(query) == before
        assert_holds(database, build)
    nothing = Tables({name: frame.clear() for name, frame in first.items()}, "nothing")
    assert database.publish(nothing).detached == 0
    assert database.ask(query) == before


def test_what_others_hang_on_our_nodes_stays_while_the_nodes_do(
    database: Database, first: Tables, second: Tables
) -> None:
    database.publish(first)
    database.ask("MATCH (n {id: 'DANDI:000001'}) CREATE (:Note {of: 1})-[:ABOUT]->(n)")  # goes with the next build
    database.ask("MATCH (n {id: 'DANDI:000005'}) CREATE (:Note {of: 5})-[:ABOUT]->(n) SET n.stars = 3, n:Favourite")
    summary = database.publish(second)
    assert summary.detached == 1
    assert database.ask("MATCH (n:Favourite) RETURN n.stars, n.name") == [[3, "DANDI:000005 2"]]
    assert database.ask("MATCH (n:Note) OPTIONAL MATCH (n)-[:ABOUT]->(m) RETURN n.of, m.id ORDER BY n.of") == [
        [1, None],
        [5, "DANDI:000005"],
    ]


SPOIL = {
    "a property": "MATCH (n {id: 'DANDI:000003'}) SET n.name = 'other'",
    "another type": "MATCH (n {id: 'DANDI:000003'}) SET n.name = 7",
    "a label": "MATCH (n {id: 'DANDI:000003'}) SET n:Disease",
    "no label": "MATCH (n {id: 'DANDI:000003'}) REMOVE n:Dataset",
    "an id": "MATCH (n {id: 'DANDI:000003'}) SET n.id = 'other'",
    "a node": "MATCH (n:Evidence) WITH n LIMIT 1 DETACH DELETE n",
    "an edge": "MATCH ()-[r:RECORDS_FROM]->() WITH r LIMIT 1 DELETE r",
    "an edge twice": "MATCH (a)-[r:RECORDS_FROM]->(b) WITH a, r, b LIMIT 1 CREATE (a)-[s:RECORDS_FROM]->(b) SET s = r",
    "an audit edge": "MATCH ()-[r:SUPPORTED_BY]->() WITH r LIMIT 1 DELETE r",
    "an edge's property": "MATCH ()-[r:RECORDS_FROM]->() SET r.confidence = 0.123",
    "another claim": "MATCH ()-[r:RECORDS_FROM]->() WITH r LIMIT 1 SET r.claim_id = 'claim:strange'",
}


def test_what_somebody_spoilt_is_found_and_mended(database: Database, first: Tables, second: Tables) -> None:
    database.publish(first)
    for what, statement in SPOIL.items():
        database.ask(statement)
        with pytest.raises(ReadBackError) as caught:
            verify(database.target, first)
        assert caught.value.facts["findings"], what
        database.publish(first, Options(full=True))
        assert_holds(database, first)
    # Without being told to look, the publish finds it too, and then compares row by row.
    database.ask(SPOIL["an edge"])
    database.publish(first)
    assert_holds(database, first)


def test_what_is_read_back_otherwise_even_after_a_full_comparison_is_an_error_and_said_so_on_the_server(
    database: Database, first: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.publish(first)
    finding = Finding("edges RECORDS_FROM of infores:x", 2, 1)
    monkeypatch.setattr("kg.export.neo4j.attempt.read_back", lambda *_, **__: ReadBack(0, 0, "", (finding,)))
    with pytest.raises(ReadBackError, match=r"edges RECORDS_FROM of infores:x: wrote 2, read back 1"):
        database.publish(first)
    assert held_state(database.target).status == "damaged"


def test_a_base_that_isnt_as_it_says_is_compared_row_by_row(
    database: Database, first: Tables, second: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.publish(first)
    database.ask("MATCH (n {id: 'UBERON:0000001'}) DETACH DELETE n")  # new edges need it
    find_builds_by(monkeypatch, lambda folder, digest: first)
    summary = database.publish(second, Options(builds=Path()))
    assert summary.compared == "database"
    assert_holds(database, second)


def test_a_known_base_is_compared_here(
    database: Database, first: Tables, second: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.publish(first)
    find_builds_by(monkeypatch, lambda folder, digest: first if digest == first.digest else None)
    assert database.publish(second, Options(builds=Path())).compared == "build"
    assert_holds(database, second)


def test_rolling_back_goes_to_the_build_before_and_forth_again(
    database: Database, first: Tables, second: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ServerError, match="remembers no build before"):
        rollback(database.target, Options(builds=Path("builds")))
    database.publish(first)
    database.publish(second)
    with pytest.raises(BuildError, match=f"build {first.digest}, .* isn't kept here"):
        rollback(database.target, Options(builds=Path("builds")))
    kept = {build.digest: build for build in (first, second)}
    find_builds_by(monkeypatch, lambda folder, digest: kept[digest])
    rollback(database.target, Options(builds=Path()))
    assert_holds(database, first)
    rollback(database.target, Options(builds=Path()))
    assert_holds(database, second)


def test_rolling_back_a_publish_that_was_cut_short_goes_to_the_build_that_was_there(
    database: Database, first: Tables, second: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    third = make_tiny(3)
    database.publish(first)
    database.publish(second)

    def cut(step: str, done: int, total: int) -> None:
        if step == "publishing":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        database.publish(third, BATCHES, progress=cut)
    assert held_state(database.target).status == "publishing"
    kept = {build.digest: build for build in (first, second, third)}
    find_builds_by(monkeypatch, lambda folder, digest: kept[digest])
    rollback(database.target, Options(builds=Path()))
    assert_holds(database, second)
    state = held_state(database.target)
    assert (state.id, state.previous_id, state.target_digest) == (second.digest, first.digest, "")


def test_the_same_graph_under_another_name_gets_that_name(database: Database, first: Tables) -> None:
    database.publish(first)
    summary = publish(database.target, first, "tonight", WHOLE)
    assert not any(summary.counts.values())
    assert held_state(database.target).id == "tonight"
    assert publish(database.target, first, "tonight", WHOLE).manner == "unchanged"


def test_verifying_another_build_names_the_one_that_is_there(database: Database, first: Tables, second: Tables) -> None:
    with pytest.raises(ServerError, match="nothing was published"):
        verify(database.target, first)
    database.publish(first)
    with pytest.raises(ServerError, match=f"holds build {first.digest}"):
        verify(database.target, second)


def test_two_that_publish_at_once_are_told_of_one_another(database: Database, first: Tables, second: Tables) -> None:
    database.publish(first)
    database.ask("MATCH (b:Build {_neurokg: 'build'}) SET b.publisher = 'elsewhere:12:a', b.heartbeat = datetime()")
    with pytest.raises(ServerError, match="process 12 on elsewhere is publishing") as caught:
        database.publish(second)
    assert "--take-over" in caught.value.mend
    database.publish(second, Options(take_over=True))
    assert_holds(database, second)
    database.ask(
        "MATCH (b:Build {_neurokg: 'build'}) "
        "SET b.publisher = 'elsewhere:12:a', b.heartbeat = datetime() - duration('PT2M'), b.status = 'publishing'"
    )
    database.publish(first)  # one that is silent for so long is gone
    assert_holds(database, first)


def test_who_was_taken_over_stops(database: Database, first: Tables, second: Tables) -> None:
    database.publish(first)
    taken: list[int] = []

    def progress(step: str, done: int, total: int) -> None:
        if step == "publishing" and not taken:
            taken.append(done)
            database.ask("MATCH (b:Build {_neurokg: 'build'}) SET b.publisher = 'elsewhere:12:a'")

    with pytest.raises(TakenOverError):
        database.publish(second, BATCHES, progress=progress)
    database.publish(second, Options(take_over=True))
    assert_holds(database, second)


def test_readers_of_a_small_difference_never_see_a_mixture(
    database: Database, first: Tables, second: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.publish(first)
    seen: list[Any] = []
    stamp = Attempt._run_stamp

    def looking(self: Any, tx: Any, state: Any) -> None:
        stamp(self, tx, state)  # all is written, and not yet committed
        seen.append(database.ask("MATCH (n:Dataset) RETURN n.name ORDER BY n.name"))

    monkeypatch.setattr(Attempt, "_run_stamp", looking)
    before = database.ask("MATCH (n:Dataset) RETURN n.name ORDER BY n.name")
    database.publish(second)
    assert seen == [before]


def test_a_large_difference_announces_itself(database: Database, first: Tables, second: Tables) -> None:
    database.publish(first)
    said: list[Any] = []

    def progress(step: str, done: int, total: int) -> None:
        if step == "publishing":
            said.append(database.ask("MATCH (b:Build) RETURN b.status, b.id, b.target_id")[0])

    database.publish(second, BATCHES._replace(batch_rows=40), progress=progress)
    assert said
    assert all(line == ["publishing", first.digest, second.digest] for line in said)
    assert database.ask("MATCH (b:Build) RETURN b.status, b.id, b.target_id") == [["ready", second.digest, None]]


def test_an_id_too_long_for_an_index_is_refused_before_anything_is_written(database: Database, first: Tables) -> None:
    nodes = first["nodes"].with_columns(id=pl.col("id") + "x" * 5000)
    with pytest.raises(Exception, match="more than 4000 bytes"):
        database.publish(Tables({**first, "nodes": nodes}, "long"))


@pytest.fixture
def kept(tmp_path: Path, first: Tables) -> Build:
    """A build in a folder of builds."""
    tables = {name: first.get(name, pl.DataFrame(schema=schema)) for name, schema in TABLES.items()}
    manifest = Manifest(
        build_id="b1",
        code_version="",
        package_version="",
        vocabulary="",
        vocabularies={},
        configuration={},
        inputs={},
        counts={},
    )
    build = write_build(tmp_path / "b1", tables, manifest)
    point_current(tmp_path, build.path)
    return build


def test_a_kept_build_is_found_by_its_digest(kept: Build) -> None:
    found = find_build(kept.path.parent, kept.digest)
    assert found is not None
    assert found.path == kept.path
    assert find_build(kept.path.parent, "other") is None
    (kept.path / "nodes.parquet").write_bytes(b"")
    assert find_build(kept.path.parent, kept.digest) is None


def test_a_build_has_its_name_before_it_is_opened(kept: Build, tmp_path: Path) -> None:
    named = LazyBuild(kept.path)
    assert (named.build_id, named.digest) == (kept.manifest.build_id, kept.digest)
    assert named.table("nodes").equals(kept.table("nodes"))
    replaced = LazyBuild(kept.path)
    manifest = kept.path / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"build_id": "b1"', '"build_id": "b2"'))
    assert replaced.opened.manifest.build_id == "b2"  # the same graph
    replaced = LazyBuild(kept.path)
    write_build(kept.path, {**kept.tables, "mentions": kept.table("nodes")}, kept.manifest)
    with pytest.raises(BuildError, match="another build has taken the place"):
        replaced.table("nodes")
    with pytest.raises(BuildError, match="there is no build here"):
        LazyBuild(tmp_path / "none")
    manifest.write_text("{}")
    with pytest.raises(BuildError, match="manifest can't be read"):
        LazyBuild(kept.path)


def test_the_driver_is_imported_without_what_it_takes_along() -> None:
    script = (
        "import sys; from kg.cli.publish import _import_driver; _import_driver(); "
        "assert 'neo4j' in sys.modules and not {'numpy', 'pyarrow', 'pandas', 'polars'} & sys.modules.keys(); "
        "import numpy, kg.export.neo4j.publish; assert numpy.array([1]).sum() == 1"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_commands_publish_verify_and_roll_back(database: Database, kept: Build) -> None:
    target = database.target
    environment = {
        **os.environ,
        "KG_NEO4J__URI": target.uri,
        "KG_NEO4J__USER": target.user,
        "KG_NEO4J__DATABASE": target.database,
        "KG_NEO4J_PASSWORD": target.password,
        "KG_BUILD__OUT": str(kept.path.parent),
    }

    def kg(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from kg.cli.main import run; run()", *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

    done = kg("publish", "neo4j")
    assert done.returncode == 0, done.stderr
    assert f"holds build {kept.manifest.build_id}" in done.stdout
    assert target.password not in done.stdout + done.stderr
    again = kg("publish", "neo4j", "--dry-run", "--json")
    assert json.loads(again.stdout)["before"] == "b1"
    database.ask("MATCH (n:Evidence) WITH n LIMIT 1 DETACH DELETE n")
    spoilt = kg("verify", "neo4j")
    assert spoilt.returncode == 1
    assert "nodes Evidence: wrote" in spoilt.stderr
    none = kg("rollback", "neo4j")
    assert none.returncode == 3
    assert "remembers no build before" in none.stderr

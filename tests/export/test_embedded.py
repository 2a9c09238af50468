"""The embedded store holds what the tables hold, is loaded once, and is loaded again when it is damaged."""

from __future__ import annotations

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from synthetic_graph import Tables, table

from kg.errors import ExportError, ReadBackError
from kg.export import embedded
from kg.export._tables import edge_frames, expected_counts, vertex_frames
from kg.export.embedded import KEEP, _prune, _read_back_error, load_store, open_store
from kg.export.query import QuerySession
from kg.model.schema import NODE_TYPES, Label


def tiny(nodes: list[dict[str, Any]], digest: str = "tiny") -> Tables:
    """Nodes and nothing else."""
    empty = {name: table(name, []) for name in ("claims", "evidence", "edges")}
    return Tables({"nodes": table("nodes", nodes), **empty}, digest)


def test_every_row_of_the_tables_is_a_vertex_or_an_edge(tables: Tables) -> None:
    counts = expected_counts(tables)
    assert sum(counts[label] for label in NODE_TYPES) == sum(
        tables[name].height for name in ("nodes", "claims", "evidence")
    )
    assert counts["SUPPORTED_BY"] == counts["EXTRACTED_FROM"] == tables["evidence"].height
    assert counts["SUBJECT"] == counts["OBJECT"] == tables["claims"].height
    assert sum(counts.values()) - sum(counts[label] for label in NODE_TYPES) == (
        tables["edges"].height + 2 * tables["claims"].height + 2 * tables["evidence"].height
    )


def test_claims_and_evidence_have_names(tables: Tables) -> None:
    frames = dict(vertex_frames(tables))
    claim = frames["Claim"].row(0, named=True)
    row = tables["claims"].row(by_predicate=pl.col("id") == claim["id"], named=True)
    assert claim["name"] == f"{row['subject']} {row['predicate']} {row['object']}"
    assert frames["Evidence"]["name"].null_count() == 0


@pytest.mark.parametrize(("quote", "name"), [("short", "short"), ("x" * 80, "x" * 80), ("🧠" * 81, "🧠" * 79 + "…")])
def test_names_of_evidence_are_short(quote: str, name: str, tables: Tables) -> None:
    piece = tables["evidence"].head(1).with_columns(quote=pl.lit(quote))
    assert dict(vertex_frames({**tables, "evidence": piece}))["Evidence"]["name"].to_list() == [name]


@pytest.mark.parametrize(
    ("name", "column", "frames"), [("nodes", "label", vertex_frames), ("edges", "predicate", edge_frames)]
)
def test_labels_and_types_outside_the_schema_are_refused(tables: Tables, name: str, column: str, frames: Any) -> None:
    odd = {**tables, name: tables[name].with_columns(pl.lit("Odd").alias(column))}
    with pytest.raises(ExportError, match="'Odd'"):
        list(frames(odd))


def test_stored_nodes_are_the_tables_rows(session: QuerySession, tables: Tables) -> None:
    for label, frame in vertex_frames(tables):
        rows = session.run(f"MATCH (n:{label}) RETURN properties(n) AS p").rows
        found = {row[0]["id"]: row[0] for row in rows}
        # Nulls are absent; an empty list is there.
        expected = {r["id"]: {k: v for k, v in r.items() if v is not None} for r in frame.iter_rows(named=True)}
        assert found == expected


def test_stored_edges_are_the_tables_rows(session: QuerySession, tables: Tables) -> None:
    for name, frame in edge_frames(tables):
        rows = session.run(f"MATCH (s:Entity)-[r:{name}]->(o:Entity) RETURN s.id, o.id, properties(r)").rows
        found = sorted((s, o, json.dumps(p, sort_keys=True)) for s, o, p in rows)
        expected = sorted(
            (
                r.pop("subject"),
                r.pop("object"),
                json.dumps({k: v for k, v in r.items() if v is not None}, sort_keys=True),
            )
            for r in frame.iter_rows(named=True)
        )
        assert found == expected


def test_null_properties_are_absent(session: QuerySession, tables: Tables) -> None:
    without = tables["nodes"].filter(pl.col("label") == "Dataset", pl.col("is_open").is_null())["id"].to_list()
    rows = session.run("MATCH (d:Dataset) WHERE d.is_open IS NULL RETURN d.id, keys(d) ORDER BY d.id").rows
    assert [row[0] for row in rows] == without
    assert not any("is_open" in row[1] or "definition" in row[1] for row in rows)


def test_a_good_store_is_opened_and_not_loaded_again(
    session: QuerySession, tables: Tables, store_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "load_store", lambda *a, **k: pytest.fail("loaded again"))
    assert open_store(tables, store_cache) == session.store


def test_queries_leave_the_store_as_it_is(session: QuerySession, tables: Tables, store_cache: Path) -> None:
    def state() -> dict[str, tuple[int, bytes]]:
        return {p.name: (p.stat().st_mtime_ns, p.read_bytes()) for p in session.store.path.iterdir()}

    before = state()
    with QuerySession(tables, cache_dir=store_cache) as other:
        assert (
            other.run("MATCH (n:Entity) RETURN count(n)").rows == session.run("MATCH (n:Entity) RETURN count(n)").rows
        )
    assert state() == before


@pytest.mark.parametrize("fault", ["truncated", "changed", "missing", "marker", "engine"])
def test_a_damaged_store_is_not_taken_for_whole(
    session: QuerySession, store_cache: Path, tmp_path: Path, fault: str
) -> None:
    folder = tmp_path / "store"
    shutil.copytree(session.store.path.parent, folder)
    assert embedded._open_whole(folder) is not None, "a copy with new times is whole: its checksums say so"
    largest = max((folder / "database").iterdir(), key=lambda path: path.stat().st_size)
    marker = folder / "store.json"
    if fault == "truncated":
        os.truncate(largest, largest.stat().st_size // 2)
    elif fault == "changed":
        content = bytearray(largest.read_bytes())
        content[100] ^= 1
        largest.write_bytes(content)
    elif fault == "missing":
        largest.unlink()
    elif fault == "marker":
        marker.write_text(marker.read_text(encoding="utf-8")[:-20], encoding="utf-8")
    else:
        marker.write_text(json.dumps(json.loads(marker.read_bytes()) | {"engine": "0"}), encoding="utf-8")
    assert embedded._open_whole(folder) is None


def copy_store(session: QuerySession, cache: Path) -> Path:
    """Copy the session's store into another cache; gives the store's folder."""
    source = session.store.path.parent
    return Path(shutil.copytree(source, cache / "embedded" / source.name))


def test_a_damaged_store_is_loaded_again_once_for_all_who_wait(
    session: QuerySession, tables: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in copy_store(session, tmp_path).glob("database/Dataset_0.*"):
        os.truncate(path, 10)
    loads: list[Path] = []
    load = embedded.load_store
    monkeypatch.setattr(embedded, "load_store", lambda t, target, **k: (loads.append(target), load(t, target, **k))[1])
    with ThreadPoolExecutor(3) as pool:
        stores = list(pool.map(lambda _: open_store(tables, tmp_path), range(3)))
    assert len(loads) == 1
    assert all(store.counts == session.store.counts for store in stores)
    assert [path.name for path in (tmp_path / "embedded").iterdir() if path.is_dir()] == [tables.digest], (
        "none is left aside"
    )


def test_a_store_that_the_engine_finds_short_is_loaded_again(tmp_path: Path, session: QuerySession) -> None:
    folder = copy_store(session, tmp_path)
    content = json.loads((folder / "store.json").read_bytes())
    content["counts"]["Dataset"] += 1
    (folder / "store.json").write_text(json.dumps(content), encoding="utf-8")
    build = tiny([{"id": "DANDI:1", "label": "Dataset", "name": "one"}], folder.name)
    with QuerySession(build, cache_dir=tmp_path) as opened:
        assert opened.run("MATCH (d:Dataset) RETURN d.name").rows == [["one"]]
        assert opened.store.counts["Dataset"] == 1


def test_an_edge_without_its_end_is_named(tables: Tables, tmp_path: Path) -> None:
    # The first type of the tables, so that little is loaded in vain.
    edges = tables["edges"].filter(pl.col("predicate") == "RECORDS_FROM")
    lost = edges["object"][0]
    broken = {
        "nodes": tables["nodes"].filter(pl.col("id") != lost),
        "edges": edges,
        "claims": tables["claims"].head(0),
        "evidence": tables["evidence"].head(0),
    }
    with pytest.raises(ExportError, match=f"there is no node '{lost}'"):
        load_store(broken, tmp_path / "database")


def test_the_same_id_twice_is_refused(tmp_path: Path) -> None:
    build = tiny(
        [{"id": "X:1", "label": "Dataset", "name": "a"}, {"id": "X:1", "label": "Disease", "name": "b"}], "twice"
    )
    with pytest.raises(ExportError, match="X:1"):
        open_store(build, tmp_path)
    assert [path.name for path in (tmp_path / "embedded").iterdir()] == ["twice.lock"]


def test_read_back_errors_name_what_differs(tmp_path: Path) -> None:
    differences: list[dict[str, object]] = [
        {"name": "CITES", "wrote": 3, "found": 2, "first": ["a", "b"]},
        *({"name": name, "wrote": 1, "found": 0} for name in "XYZ"),
    ]
    error = _read_back_error(differences, tmp_path)
    assert isinstance(error, ReadBackError)
    assert "CITES: wrote 3, read back 2 (first missing: ['a', 'b'])" in error.what
    assert error.what.endswith("and 1 more")


def test_the_last_used_stores_are_kept(tmp_path: Path) -> None:
    for age in range(KEEP + 3):
        folder = tmp_path / f"store{age}"
        folder.mkdir()
        (folder / "store.json").touch()
        os.utime(folder / "store.json", (1000 - age, 1000 - age))
        (tmp_path / f"store{age}.lock").touch()
    _prune(tmp_path, keep=tmp_path / f"store{KEEP + 2}")
    kept = {f"store{age}" for age in (*range(KEEP - 1), KEEP + 2)}
    assert {path.name for path in tmp_path.iterdir()} == kept | {f"{name}.lock" for name in kept}


def test_a_cache_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ExportError, match="can't be written") as caught:
        open_store(tiny([]), tmp_path / "file")
    assert "cache_dir" in caught.value.mend


#: What breaks statements, JSON and storage: quotes, escapes, line breaks, controls, NUL, astral code points.
NASTY = st.one_of(
    st.text(max_size=200),
    st.text(alphabet=st.sampled_from("\"'\\`\n\r\t\x00\x01\x7f\x85\u2028\ufeff\ufffe\U0001f9e0{}[]$;#:"), max_size=40),
)
KNOWN_NASTY = ["", "null", "true", "1", "2020-01-01", '{"a": 1}', "#1:0", "x" * 100_000, "🧠\x00\\" * 30_000, "\\u0000"]


@pytest.mark.slow
@settings(
    max_examples=1, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], phases=[Phase.generate]
)
@given(values=st.lists(NASTY, min_size=150, max_size=200))
def test_hostile_strings_survive_loading_and_reading_back(tmp_path: Path, values: list[str]) -> None:
    # One load of many strings: a load of one string takes as long.
    values = KNOWN_NASTY + values
    rows = [
        {
            "id": f"MONDO:{number}:{name[:500]}",
            "label": str(Label.DISEASE),
            "name": name,
            "synonyms": [name, *values[-3:]],
        }
        for number, name in enumerate(values)
    ]
    ids = [row["id"] for row in rows]
    with QuerySession(tiny(rows, "hostile"), cache_dir=tmp_path) as opened:
        found = opened.run("MATCH (d:Disease) RETURN d.id, d.name, d.synonyms").rows
        assert sorted(found) == sorted([row["id"], row["name"], row["synonyms"]] for row in rows)
        by_name = opened.run("MATCH (d:Disease) WHERE d.name IN $names RETURN count(d)", {"names": values})
        assert by_name.rows == [[len(rows)]]
        by_id = opened.run("UNWIND $ids AS id MATCH (d:Disease {id: id}) RETURN d.id", {"ids": ids})
        assert [row[0] for row in by_id.rows] == ids, "the index finds each"

"""The process that loads a build into a new store: ``python -m kg.export.load_worker``.

It takes one request, loads, closes, opens what it wrote again, reads it back and answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Final

import polars as pl

from kg.errors import ExportError
from kg.export import _child, _engine, _loading
from kg.export._tables import GRAPH_TABLES, edge_frames, expected_counts, vertex_frames
from kg.model.claim import Predicate
from kg.model.schema import AUDIT_EDGES

#: Edges that are read back at once, about.
_GROUP_EDGES: Final = 200_000


def main() -> None:
    """Serve one request to load."""
    requests, answers = _child.take_over_streams()
    request = next(requests)
    tables = {name: pl.read_parquet(Path(request["tables"]) / f"{name}.parquet") for name in GRAPH_TABLES}
    target = Path(request["target"])
    try:
        _engine.start_engine(request["heap"], is_brief=request["is_brief"])
        _loading.create_store(target, tables, lambda name, rows: _child.reply(answers, {"name": name, "rows": rows}))
        differences = _read_back(target, tables, answers)
    except ExportError as error:
        _child.reply(answers, {"error": list(error.args)})
    except _engine.ENGINE_ERRORS as error:
        _child.reply(answers, {"error": [f"the engine can't load the graph: {error}", "embedded store", "build again"]})
    else:
        _child.reply(answers, {"done": True, "differences": differences, "engine": _engine.engine_version()})
    _child.leave()


def _read_back(target: Path, tables: Mapping[str, pl.DataFrame], answers: IO[bytes]) -> list[dict[str, Any]]:
    """Compare the store, opened again, with the tables: every node and every edge by its identity."""
    database = _engine.open_read_only(target)
    expected = expected_counts(tables)
    found_counts = _engine.count_records(database, expected)
    differences: list[dict[str, Any]] = [
        {"name": name, "wrote": count, "found": found_counts[name]}
        for name, count in expected.items()
        if found_counts[name] != count
    ]
    for label, frame in vertex_frames(tables):
        differences += _compare(label, frame.select("id"), _loading.read_vertices(database, label))
        _child.reply(answers, {"name": label, "rows": frame.height})
    for group in _groups(expected):
        found = _loading.read_edges(database, group)
        for name, frame in edge_frames(tables):
            if name in group:
                differences += _compare(name, _edge_identities(name, frame), found.filter(pl.col("type") == name))
                _child.reply(answers, {"name": name, "rows": frame.height})
    return differences


def _edge_identities(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    claim = pl.col("claim_id") if "claim_id" in frame.columns else pl.lit(None, pl.String).alias("claim_id")
    return frame.select(pl.lit(name).alias("type"), "subject", "object", claim)


def _compare(name: str, wrote: pl.DataFrame, found: pl.DataFrame) -> list[dict[str, Any]]:
    """Compare two bags of rows; name the first that is missing."""
    columns = wrote.columns
    if wrote.sort(columns).equals(found.sort(columns)):
        return []
    missing = wrote.join(found, on=columns, how="anti", nulls_equal=True).head(1).rows()
    return [{"name": name, "wrote": wrote.height, "found": found.height, "first": missing[0] if missing else None}]


def _groups(counts: Mapping[str, int]) -> list[list[str]]:
    """Put the relationship types into groups of not too many edges."""
    groups: list[list[str]] = []
    room = 0
    for name in (*map(str, Predicate), *AUDIT_EDGES):
        if counts[name] and (not groups or counts[name] > room):
            groups.append([])
            room = _GROUP_EDGES
        if counts[name]:
            groups[-1].append(name)
            room -= counts[name]
    return groups


if __name__ == "__main__":
    main()

"""The process that loads a build into a new store: ``python -m kg.export.load_worker``.

It takes one request, loads, closes, opens what it wrote again, reads it back and answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import polars as pl

from kg.errors import ExportError
from kg.export import _child, _engine, _loading
from kg.export._tables import GRAPH_TABLES, edge_frames, expected_counts, vertex_frames


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
    for frames in (vertex_frames(tables), edge_frames(tables)):
        for name, frame in frames:
            found = _loading.read_identities(database, name)
            wrote = frame.select(found.columns)
            if not wrote.sort(found.columns).equals(found.sort(found.columns)):
                missing = wrote.join(found, on=found.columns, how="anti", nulls_equal=True).head(1).rows()
                first = missing[0] if missing else None
                differences.append({"name": name, "wrote": wrote.height, "found": found.height, "first": first})
            _child.reply(answers, {"name": name, "rows": found.height})
    return differences


if __name__ == "__main__":
    main()

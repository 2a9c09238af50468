"""The process that answers queries: ``python -m kg.export.query_worker``.

The first request starts the engine, the second names the store; each further one is a query. It ends with
its parent, or when its parent ends it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import IO, Any, Final

# The bridge to Java imports numpy if it is there, for arrays that no query gives: a fifth of a second for nothing.
sys.modules.setdefault("numpy", None)  # type: ignore[arg-type]

from kg.export import _child, _engine, _values  # noqa: E402

_BATCH_ROWS: Final = 500


def main() -> None:
    """Open a store and answer queries until the parent is gone."""
    requests, answers = _child.take_over_streams()
    try:
        request = next(requests)
        _engine.start_engine(request["heap"], is_brief=request["is_brief"])
        request = next(requests)
        database = _engine.open_read_only(Path(request["store"]))
        counts = _engine.count_records(database, request["names"])
    except _engine.ENGINE_ERRORS as error:
        _child.reply(answers, {"error": str(error)})
        _child.leave()
    _child.reply(answers, {"counts": counts})
    for request in requests:
        _answer(database, request, answers)


def _answer(database: Any, request: dict[str, Any], answers: IO[bytes]) -> None:
    """Run one query and send its rows; then its columns, or the engine's error."""
    try:
        columns = _values.find_columns(database, request["cypher"]) if request["has_columns"] else []
        rows: list[list[Any]] = []
        limit, truncated = request["row_limit"], False
        parameters = request["parameters"]
        result = database.query("opencypher", request["cypher"], *([parameters] if parameters else []))
        for number, row in enumerate(result.iter_dicts()):
            if number == limit:
                truncated = True
                break
            columns += [name for name in row if name not in columns]
            rows.append([_values.to_plain(row.get(name)) for name in columns])
            if len(rows) == _BATCH_ROWS:
                _child.reply(answers, {"rows": rows})
                rows = []
        result.close()
    except _engine.ENGINE_ERRORS as error:
        _child.reply(answers, {"error": str(error)})
    except (OverflowError, UnicodeError) as error:
        _child.reply(answers, {"error": f"a parameter can't be passed to the engine: {error}"})
    except RecursionError:
        _child.reply(answers, {"error": "a value in the answer is nested too deeply"})
    else:
        _child.reply(answers, {"rows": rows, "columns": columns, "truncated": truncated})


if __name__ == "__main__":
    main()

"""Small values that a harvester remembers from run to run: cursors, watermarks, dates."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import AbstractContextManager
from typing import Any


class SourceStates(MutableMapping[str, Any]):
    """A mapping of names to JSON values, kept in the store as they are set."""

    def __init__(
        self, db: sqlite3.Connection, source: str, batch: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._db, self._source, self._batch = db, source, batch

    def __getitem__(self, name: str) -> Any:
        row = self._db.execute(
            "SELECT value FROM states WHERE source = ? AND name = ?", (self._source, name)
        ).fetchone()
        if row is None:
            raise KeyError(name)
        return json.loads(row["value"])

    def __setitem__(self, name: str, value: Any) -> None:
        text = json.dumps(value, sort_keys=True, ensure_ascii=False)
        with self._batch():
            self._db.execute("INSERT OR REPLACE INTO states VALUES (?, ?, ?)", (self._source, name, text))

    def __delitem__(self, name: str) -> None:
        with self._batch():
            cursor = self._db.execute(
                "DELETE FROM states WHERE source = ? AND name = ?", (self._source, name)
            )
        if not cursor.rowcount:
            raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        rows = self._db.execute(
            "SELECT name FROM states WHERE source = ? ORDER BY name", (self._source,)
        ).fetchall()
        return iter([row["name"] for row in rows])

    def __len__(self) -> int:
        return int(
            self._db.execute("SELECT count(*) FROM states WHERE source = ?", (self._source,)).fetchone()[0]
        )

"""What was found out about pages in earlier runs, by the hash of everything that it depends on."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from kg.config import curated_dir

#: Most results that are kept: those that were not asked for longest go first.
_MOST: Final = 200_000
_PRUNE: Final = "DELETE FROM results WHERE key IN (SELECT key FROM results ORDER BY run DESC LIMIT -1 OFFSET ?)"
_LIBRARIES: Final = ("markdown-it-py", "mdit-py-plugins", "mermaidx", "spacy")


class ResultCache:
    """Results by key, in a file. One that can't be read is begun anew: nothing in it can't be found out again.

    Parameters
    ----------
    cache_dir : Path
        `kg.config.KgConfig.cache_dir`.
    """

    def __init__(self, cache_dir: Path) -> None:
        self.path = cache_dir / "wiki" / "results.sqlite"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._prepare()
        except sqlite3.DatabaseError:
            self.path.unlink(missing_ok=True)
            self._prepare()

    def _prepare(self) -> None:
        with closing(self._connect()) as connection, connection:
            connection.execute("CREATE TABLE IF NOT EXISTS results (key BLOB PRIMARY KEY, value TEXT, run INTEGER)")
            (newest,) = connection.execute("SELECT max(run) FROM results").fetchone()
        self._run = (newest or 0) + 1

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=60)

    def find(self, keys: Iterable[bytes]) -> dict[bytes, Any]:
        """Give what is known of keys."""
        wanted = list(dict.fromkeys(keys))
        found: dict[bytes, Any] = {}
        with closing(self._connect()) as connection, connection:
            for at in range(0, len(wanted), 500):
                some = wanted[at : at + 500]
                marks = ",".join("?" * len(some))
                query = f"SELECT key, value FROM results WHERE key IN ({marks})"  # noqa: S608 - question marks
                found.update((key, json.loads(value)) for key, value in connection.execute(query, some))
            connection.executemany("UPDATE results SET run = ? WHERE key = ?", [(self._run, key) for key in found])
        return found

    def keep(self, results: Mapping[bytes, Any]) -> None:
        """Keep results, each for its key."""
        rows = [(key, json.dumps(value, ensure_ascii=False), self._run) for key, value in results.items()]
        with closing(self._connect()) as connection, connection:
            connection.executemany("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", rows)
            connection.execute(_PRUNE, (_MOST,))


def make_key(*parts: str | bytes) -> bytes:
    """Give the key of what depends on these."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.digest()[:20]


@cache
def code_fingerprint() -> str:
    """Hash this package's sources, its tables, and the versions of what parses pages: another linter, other findings.

    The tables are more than the vocabulary knows of: the judge's words are among them.
    """
    digest = hashlib.sha256()
    for folder, pattern in ((Path(str(files("kg"))), "*.py"), (curated_dir(), "*")):
        for path in sorted(path for path in folder.rglob(pattern) if path.is_file()):
            data = path.read_bytes()
            digest.update(f"{path.relative_to(folder).as_posix()}\0{len(data)}\0".encode() + data)
    digest.update(" ".join(f"{name} {version(name)}" for name in _LIBRARIES).encode())
    return digest.hexdigest()

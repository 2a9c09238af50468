"""The record store's tables, and what is read from them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

#: Raised when the tables change; an older store is then migrated or refused, never misread.
SCHEMA_VERSION: Final = 1
#: Columns that came later, which versions of kg before neither read nor miss: a writer adds them to an older store.
LATER_COLUMNS: Final = (("runs", "nightly_id", "TEXT"),)

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS items (        -- one row for each item that a source ever listed or failed to give
    source TEXT NOT NULL,
    key TEXT NOT NULL,
    relative TEXT,                        -- the name under which a build reads it; NULL: kept, but not read
    sha256 TEXT,                          -- of the last good payload; NULL: there never was one
    size_bytes INTEGER,
    url TEXT,
    meta TEXT NOT NULL DEFAULT '{}',      -- what the harvester wants to remember: modified stamps
    fetched_at TEXT,                      -- when the payload came
    checked_at TEXT,                      -- when it was last known to be current
    run_id INTEGER,                       -- the run that checked it
    deleted_at TEXT,
    deleted_reason TEXT,
    failed_at TEXT,                       -- the first failure since it was last current
    tried_at TEXT,                        -- the last one
    failure TEXT,
    PRIMARY KEY (source, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS versions (     -- every payload that an item ever had
    source TEXT NOT NULL, key TEXT NOT NULL, sha256 TEXT NOT NULL, fetched_at TEXT NOT NULL, superseded_at TEXT
);
CREATE INDEX IF NOT EXISTS versions_of ON versions (source, key);
CREATE TABLE IF NOT EXISTS receipts (     -- one row for each answer that was used
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL, key TEXT NOT NULL, url TEXT NOT NULL, params TEXT NOT NULL, etag TEXT, last_modified TEXT,
    sha256 TEXT, size_bytes INTEGER, fetched_at TEXT NOT NULL, status INTEGER NOT NULL, attempts INTEGER NOT NULL,
    run_id INTEGER
);
CREATE INDEX IF NOT EXISTS receipts_of ON receipts (url, params, id);
CREATE INDEX IF NOT EXISTS receipts_for ON receipts (source, key);
CREATE TABLE IF NOT EXISTS states (
    source TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (source, name)
);
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY, source TEXT NOT NULL, options TEXT NOT NULL, started_at TEXT NOT NULL, finished_at TEXT,
    nightly_id TEXT                       -- the run of kg nightly that it was part of, or the last that took it up
);
CREATE TABLE IF NOT EXISTS sources (      -- how each source fared as a whole
    source TEXT PRIMARY KEY, good_at TEXT, tried_at TEXT, stale_since TEXT, reason TEXT
);
"""


class Change(StrEnum):
    """What putting a payload changed."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


class Receipt(NamedTuple):
    """Where a payload came from: the request and what the server said about its answer."""

    url: str
    params: Mapping[str, str] = MappingProxyType({})
    status: int = 200
    etag: str | None = None
    last_modified: str | None = None
    attempts: int = 1
    fetched_at: str | None = None  # the store's clock where it is None


class Validators(NamedTuple):
    """What makes a request conditional."""

    etag: str | None = None
    last_modified: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The request headers that they make."""
        found = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in found.items() if value}


class StoredItem(NamedTuple):
    """The last good payload of an item, and how good it still is."""

    source: str
    key: str
    relative: str | None
    sha256: str
    size_bytes: int
    path: Path
    fetched_at: str
    checked_at: str
    url: str
    meta: dict[str, Any]
    stale_since: str | None = None
    tried_at: str | None = None
    reason: str | None = None

    def read(self) -> bytes:
        """Give the payload's bytes."""
        return self.path.read_bytes()


class FailedItem(NamedTuple):
    """An item whose last try failed, whether or not there is a good payload of it."""

    key: str
    reason: str
    since: str
    has_record: bool


class SourceState(NamedTuple):
    """How a source fared as a whole."""

    good_at: str | None = None
    tried_at: str | None = None
    stale_since: str | None = None
    reason: str | None = None

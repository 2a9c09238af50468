"""The record store's folder and database: opening, the lock of the one writer, writing several things at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from kg.errors import StoreBusyError, StoreError
from kg.harvest.live.clock import Clock, SystemClock, iso_time
from kg.harvest.live.objects import ObjectFolder
from kg.harvest.live.rows import LATER_COLUMNS, SCHEMA, SCHEMA_VERSION

_MEND = "see whether the disk is full, and whether the folder may be written"


class StoreDatabase:
    """A store that is open; `kg.harvest.live.store` has what is done with it.

    Parameters
    ----------
    folder : Path
        The store.
    clock : Clock
        Time.
    lock : FileLock or None
        Held by a writer; a reader has none.
    """

    def __init__(self, folder: Path, clock: Clock, lock: FileLock | None) -> None:
        self.folder = folder
        self.objects = ObjectFolder(folder / "objects")
        self._clock, self._lock = clock, lock
        self._depth = 0
        #: The run of each source that is going on.
        self._runs: dict[str, int] = {}
        try:
            self.db = self._connect()
        except sqlite3.Error as error:
            if lock is not None:
                lock.release()
            raise self._damaged(error) from error

    @classmethod
    def open(cls, folder: Path, *, write: bool = True, wait: bool = False, clock: Clock | None = None) -> Self:
        """Open a store, and make it if it is to be written and isn't there.

        Parameters
        ----------
        folder : Path
            The store.
        write : bool, default True
            Take the lock of the one writer. Readers need none.
        wait : bool, default False
            Wait for another writer instead of leaving.
        clock : Clock, optional
            Time.

        Raises
        ------
        StoreBusyError
            If another process is writing to it.
        StoreError
            If there is no store to read, or it is damaged.
        """
        folder = folder.absolute()
        if not write:
            if not (folder / "store.sqlite").is_file():
                raise StoreError("there is no record store", str(folder), "make one with 'kg harvest'")
            return cls(folder, clock or SystemClock(), None)
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "writer.lock")
        try:
            lock.acquire(timeout=-1 if wait else 0)  # the system frees it when its holder dies
        except Timeout as error:
            raise StoreBusyError(
                "another harvest is writing to this store", str(folder), "wait for it, or say --wait"
            ) from error
        return cls(folder, clock or SystemClock(), lock)

    def _connect(self) -> sqlite3.Connection:
        file = self.folder / "store.sqlite"
        db = sqlite3.connect(file, timeout=30, isolation_level=None)
        db.row_factory = sqlite3.Row
        if self._lock is None:
            db.execute("PRAGMA query_only = ON")
        else:
            db.execute("PRAGMA journal_mode = WAL")
            # A lost receipt is asked for again; a payload is durable before its receipt in any case.
            db.execute("PRAGMA synchronous = NORMAL")
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, SCHEMA_VERSION) or (version == 0 and self._lock is None):
            db.close()
            raise StoreError(
                f"it has format {version}, and this version of kg reads format {SCHEMA_VERSION}",
                str(file),
                "use the version of kg that wrote it, or harvest into a new folder",
            )
        if version == 0:
            db.executescript(f"BEGIN;{SCHEMA}PRAGMA user_version = {SCHEMA_VERSION};COMMIT;")
        elif self._lock is not None:
            for table, column, kind in LATER_COLUMNS:
                if column not in {row["name"] for row in db.execute(f"PRAGMA table_info({table})")}:
                    db.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")
        return db

    def close(self) -> None:
        """Close it, and let the next writer in."""
        self.objects.forget()
        self.db.close()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self.close()
        finally:
            if isinstance(error, sqlite3.Error):
                raise self._damaged(error) from error

    def _damaged(self, error: sqlite3.Error) -> StoreError:
        return StoreError(
            f"its database can't be read: {error}",
            str(self.folder / "store.sqlite"),
            "restore it, or move the folder away and harvest again",
        )

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Put several payloads at once: all of them are kept, or, if the block raises, none."""
        self._depth += 1
        if self._depth > 1:
            try:
                yield
            finally:
                self._depth -= 1
            return
        try:
            self.db.execute("BEGIN IMMEDIATE")
            yield
            self.objects.flush()
            self.db.execute("COMMIT")
        except BaseException as error:
            self.objects.forget()
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise StoreError(f"it can't be written: {error}", str(self.folder), _MEND) from error
            raise
        finally:
            self._depth -= 1

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read the store as it is at one moment, whatever a harvest writes in the meantime."""
        self.db.execute("BEGIN")
        try:
            yield
        finally:
            self.db.execute("COMMIT")

    def now(self) -> str:
        """Give the time, as the store writes it."""
        return iso_time(self._clock.now())

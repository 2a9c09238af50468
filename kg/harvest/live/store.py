"""The record store: payloads by content hash, and receipts of where they came from.

A store is a folder: ``objects/ab/<sha256>``, ``store.sqlite`` and the reports of ``runs``. What is
written to the database refers only to payloads that are durable, so a store that was cut off at any
point is whole: at worst it lacks the answers that were in flight. Nothing is replaced by less: a
payload that is empty or much smaller than the one before is refused until a second answer confirms
it, a failure marks a record stale and leaves it, a deletion needs the caller's positive evidence.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any, Final

from kg.errors import PayloadError, StoreError
from kg.harvest.live.clock import iso_time
from kg.harvest.live.database import StoreDatabase
from kg.harvest.live.rows import (
    Change,
    FailedItem,
    Receipt,
    SourceState,
    StoredItem,
    Validators,
)
from kg.harvest.live.state import SourceStates

#: A payload of less than this share of the one before is suspect.
_SHRUNK: Final = 0.5
#: Payloads smaller than this may halve without anybody wondering.
_SMALL_BYTES: Final = 2048
#: A run that was cut off is taken up again within this time; after it, everything is asked anew.
_RESUME_S: Final = 24 * 3600


class RecordStore(StoreDatabase):
    """The records of every live source, with their history.

    Use `open`, and close it or use it in a ``with`` statement.
    """

    # Runs: what was checked in one that was cut off isn't asked for again.

    def start_run(
        self, source: str, options: Mapping[str, object] | None = None, *, nightly_id: str | None = None
    ) -> bool:
        """Start a run of a source, or take up the one that was cut off.

        Parameters
        ----------
        source : str
            Whose run it is.
        options : mapping, optional
            What is asked for; a run with other options is not taken up.
        nightly_id : str, optional
            The run of ``kg nightly`` that it is part of.

        Returns
        -------
        bool
            Whether a run was taken up: `is_checked` then knows what it had done.
        """
        asked = json.dumps(dict(options or {}), sort_keys=True, default=str)
        oldest = iso_time(self._clock.now() - _RESUME_S)
        with self.batch():
            row = self.db.execute(
                "SELECT id, options, started_at, finished_at FROM runs WHERE source = ? ORDER BY id DESC LIMIT 1",
                (source,),
            ).fetchone()
            if row and row["finished_at"] is None and row["options"] == asked and row["started_at"] >= oldest:
                self._runs[source] = row["id"]
                self.db.execute("UPDATE runs SET nightly_id = ? WHERE id = ?", (nightly_id, row["id"]))
                return True
            cursor = self.db.execute(
                "INSERT INTO runs (source, options, started_at, nightly_id) VALUES (?, ?, ?, ?)",
                (source, asked, self.now(), nightly_id),
            )
            self._runs[source] = int(cursor.lastrowid or 0)
        return False

    def finish_run(self, source: str, *, reason: str | None = None, is_whole: bool = True) -> None:
        """End a run: well, or with the reason why the source as a whole is now stale.

        A run that didn't look at the whole source (`is_whole`) vouches for what it asked for and for nothing else.
        """
        now = self.now()
        with self.batch():
            self.db.execute("UPDATE runs SET finished_at = ? WHERE id = ?", (now, self._runs.get(source)))
            if reason is None and is_whole:
                self.db.execute("INSERT OR REPLACE INTO sources VALUES (?, ?, ?, NULL, NULL)", (source, now, now))
            elif reason is None:
                self.db.execute("INSERT OR IGNORE INTO sources (source) VALUES (?)", (source,))
                self.db.execute("UPDATE sources SET tried_at = ? WHERE source = ?", (now, source))
            else:
                self.db.execute("INSERT OR IGNORE INTO sources (source) VALUES (?)", (source,))
                # What the run found current before it failed is not stale: hence since its start, not its end.
                self.db.execute(
                    "UPDATE sources SET tried_at = ?, reason = ?, stale_since = coalesce(stale_since,"
                    " (SELECT started_at FROM runs WHERE id = ?), ?) WHERE source = ?",
                    (now, reason, self._runs.get(source), now, source),
                )
        self._runs.pop(source, None)

    def source_state(self, source: str) -> SourceState:
        """Tell how a source fared in its last runs."""
        row = self.db.execute(
            "SELECT good_at, tried_at, stale_since, reason FROM sources WHERE source = ?", (source,)
        ).fetchone()
        return SourceState(*row) if row else SourceState()

    def is_checked(self, source: str, key: str) -> bool:
        """Tell whether an item was found current, deleted or failing in the present run, or before it was cut off."""
        row = self.db.execute("SELECT run_id FROM items WHERE source = ? AND key = ?", (source, key)).fetchone()
        return row is not None and row["run_id"] is not None and row["run_id"] == self._runs.get(source)

    # Items.

    def put(
        self,
        source: str,
        key: str,
        payload: bytes,
        receipt: Receipt,
        *,
        relative: str | None = None,
        meta: Mapping[str, Any] | None = None,
        confirmed: bool = False,
    ) -> Change:
        """Keep a payload as the current one of its item.

        Parameters
        ----------
        source, key : str
            Which item.
        payload : bytes
            As the server sent it.
        receipt : Receipt
            Of the answer; its parameters must be redacted, as `Response.receipt` has them.
        relative : str, optional
            Name under which a build reads it, as ``dandi/000053/draft.json``. Without one it is only kept.
        meta : mapping, optional
            Small JSON values to remember with the item, in place of those before.
        confirmed : bool, default False
            That a second answer was as small as this one, and so is to be believed.

        Returns
        -------
        Change

        Raises
        ------
        PayloadError
            If it is empty, or less than half of the one before and not confirmed.
        """
        row = self._row(source, key)
        _check_size(source, key, payload, None if confirmed else row)
        now = receipt.fetched_at or self.now()
        with self.batch():
            sha256 = self.objects.add(payload)
            is_same = row is not None and row["sha256"] == sha256
            is_current = is_same and row["deleted_at"] is None
            self._add_receipt(source, key, receipt._replace(fetched_at=now), sha256, len(payload))
            if not is_current:  # also one that comes back as it was: its version ended when it was deleted
                self.db.execute(
                    "UPDATE versions SET superseded_at = ? WHERE source = ? AND key = ? AND superseded_at IS NULL",
                    (now, source, key),
                )
                self.db.execute("INSERT INTO versions VALUES (?, ?, ?, ?, NULL)", (source, key, sha256, now))
            self.db.execute(
                "INSERT OR REPLACE INTO items (source, key, relative, sha256, size_bytes, url, meta, fetched_at,"
                " checked_at, run_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    source,
                    key,
                    relative,
                    sha256,
                    len(payload),
                    receipt.url,
                    json.dumps(dict(meta or {}), sort_keys=True, ensure_ascii=False),
                    row["fetched_at"] if row is not None and is_same else now,
                    now,
                    self._runs.get(source),
                ),
            )
        if row is None or row["sha256"] is None or row["deleted_at"] is not None:
            return Change.NEW
        return Change.UNCHANGED if is_same else Change.CHANGED

    def confirm(
        self, source: str, key: str, receipt: Receipt | None = None, *, meta: Mapping[str, Any] | None = None
    ) -> Change:
        """Note that an item's payload is still current: a 304, or a ``modified`` stamp that is the same."""
        now = (receipt.fetched_at if receipt else None) or self.now()
        with self.batch():
            row = self._row(source, key)
            if row is None or row["sha256"] is None:
                raise StoreError("an item without a payload can't be current", f"{source} {key}")
            if receipt is not None:
                self._add_receipt(source, key, receipt._replace(fetched_at=now), row["sha256"], row["size_bytes"])
            if row["deleted_at"] is not None:
                self.db.execute("INSERT INTO versions VALUES (?, ?, ?, ?, NULL)", (source, key, row["sha256"], now))
            text = row["meta"] if meta is None else json.dumps(dict(meta), sort_keys=True, ensure_ascii=False)
            self.db.execute(
                "UPDATE items SET checked_at = ?, run_id = ?, meta = ?, deleted_at = NULL, deleted_reason = NULL,"
                " failed_at = NULL, tried_at = NULL, failure = NULL WHERE source = ? AND key = ?",
                (now, self._runs.get(source), text, source, key),
            )
        return Change.UNCHANGED

    def mark_deleted(self, source: str, key: str, reason: str) -> bool:
        """Note that the source has taken an item back; its payloads stay until ``kg store gc``.

        The caller needs positive evidence: a 404 or 410 for the item itself, a list of deletions. That an
        item is missing from a listing is none. Gives whether the item was there before.
        """
        with self.batch():
            cursor = self.db.execute(
                "UPDATE items SET deleted_at = coalesce(deleted_at, ?), deleted_reason = ?, run_id = ?,"
                " failed_at = NULL, tried_at = NULL, failure = NULL WHERE source = ? AND key = ?",
                (self.now(), reason, self._runs.get(source), source, key),
            )
            self.db.execute(
                "UPDATE versions SET superseded_at = ? WHERE source = ? AND key = ? AND superseded_at IS NULL",
                (self.now(), source, key),
            )
        return cursor.rowcount > 0

    def mark_failed(self, source: str, key: str, reason: str) -> None:
        """Note that an item couldn't be had; its last good payload stays current, and is stale from now on."""
        now = self.now()
        with self.batch():
            self.db.execute("INSERT OR IGNORE INTO items (source, key) VALUES (?, ?)", (source, key))
            self.db.execute(
                "UPDATE items SET failed_at = coalesce(failed_at, ?), tried_at = ?, failure = ?, run_id = ?"
                " WHERE source = ? AND key = ?",
                (now, now, reason, self._runs.get(source), source, key),
            )

    def get(self, source: str, key: str) -> StoredItem | None:
        """Give an item's last good payload; None where there is none, or it is deleted."""
        row = self._row(source, key)
        if row is None or row["sha256"] is None or row["deleted_at"] is not None:
            return None
        return self._item(row, self.source_state(source))

    def current(self, source: str) -> Iterator[StoredItem]:
        """Give every item of a source that has a payload and isn't deleted, sorted by key."""
        state = self.source_state(source)
        rows = self.db.execute(
            "SELECT * FROM items WHERE source = ? AND sha256 IS NOT NULL AND deleted_at IS NULL ORDER BY key",
            (source,),
        )
        yield from (self._item(row, state) for row in rows)

    def failed(self, source: str) -> Iterator[FailedItem]:
        """Give the items whose last try failed, to be tried again; also one that was deleted and is listed again."""
        rows = self.db.execute(
            "SELECT * FROM items WHERE source = ? AND failed_at IS NOT NULL ORDER BY key", (source,)
        )
        yield from (_failed(row) for row in rows)

    def failed_in_run(self, source: str) -> Iterator[FailedItem]:
        """Give the items that failed in the present run, or before it was cut off."""
        run = self._runs.get(source)
        rows = self.db.execute(
            "SELECT * FROM items WHERE source = ? AND run_id = ? AND failed_at IS NOT NULL ORDER BY key", (source, run)
        )
        yield from (_failed(row) for row in rows)

    def count(self, source: str) -> int:
        """Give how many current items a source has."""
        sql = "SELECT count(*) FROM items WHERE source = ? AND sha256 IS NOT NULL AND deleted_at IS NULL"
        return int(self.db.execute(sql, (source,)).fetchone()[0])

    def validators(self, url: str, params: Mapping[str, str] | None = None) -> Validators:
        """Give what makes a request conditional; nothing where the payload that it would confirm isn't there.

        `params` must be redacted, as in the receipt.
        """
        row = self.db.execute(
            "SELECT r.*, i.sha256 AS held FROM receipts r LEFT JOIN items i ON i.source = r.source AND i.key = r.key"
            " AND i.deleted_at IS NULL WHERE r.url = ? AND r.params = ? ORDER BY r.id DESC LIMIT 1",
            (url, _params_text(params)),
        ).fetchone()
        if row is None or row["sha256"] != row["held"] or not self.objects.has(row["sha256"], row["size_bytes"]):
            return Validators()
        return Validators(row["etag"], row["last_modified"])

    def state(self, source: str) -> SourceStates:
        """Give the small values that a harvester remembers from run to run: ``store.state("dandi")["watermark"]``."""
        return SourceStates(self.db, source, self.batch)

    def _row(self, source: str, key: str) -> Any:
        return self.db.execute("SELECT * FROM items WHERE source = ? AND key = ?", (source, key)).fetchone()

    def _item(self, row: sqlite3.Row, state: SourceState) -> StoredItem:
        # An item's own failure says more than its source's, unless the source failed before it was tried.
        since, tried, reason = row["failed_at"], row["tried_at"], row["failure"]
        checked = row["checked_at"]
        if since is None and state.good_at is not None:
            checked = max(checked, state.good_at)  # a good run vouches for what it had no reason to ask for
        if since is None and state.stale_since is not None and checked < state.stale_since:
            since, tried, reason = state.stale_since, state.tried_at, state.reason
        return StoredItem(
            source=row["source"],
            key=row["key"],
            relative=row["relative"],
            sha256=row["sha256"],
            size_bytes=row["size_bytes"],
            path=self.objects.path(row["sha256"]),
            fetched_at=row["fetched_at"],
            checked_at=checked,
            url=row["url"],
            meta=json.loads(row["meta"]),
            stale_since=since,
            tried_at=tried,
            reason=reason,
        )

    def _add_receipt(self, source: str, key: str, receipt: Receipt, sha256: str, size_bytes: int) -> None:
        self.db.execute(
            "INSERT INTO receipts (source, key, url, params, etag, last_modified, sha256, size_bytes, fetched_at,"
            " status, attempts, run_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                source,
                key,
                receipt.url,
                _params_text(receipt.params),
                receipt.etag,
                receipt.last_modified,
                sha256,
                size_bytes,
                receipt.fetched_at,
                receipt.status,
                receipt.attempts,
                self._runs.get(source),
            ),
        )


def _failed(row: sqlite3.Row) -> FailedItem:
    has_record = row["sha256"] is not None and row["deleted_at"] is None
    return FailedItem(row["key"], row["failure"], row["failed_at"], has_record)


def _params_text(params: Mapping[str, str] | None) -> str:
    return json.dumps(dict(params or {}), sort_keys=True, ensure_ascii=False)


def _check_size(source: str, key: str, payload: bytes, row: sqlite3.Row | None) -> None:
    """Refuse what is less than what there is; `row` is the item's, or None where nothing is to be compared."""
    if not payload.strip():
        raise PayloadError("the payload is empty", f"{source} {key}", "", source=source, key=key)
    if row is None or row["sha256"] is None or row["deleted_at"] is not None:
        return
    before = row["size_bytes"]
    if before >= _SMALL_BYTES and len(payload) < before * _SHRUNK:
        raise PayloadError(
            f"the payload has {len(payload):,} bytes where the one before has {before:,}: less is not believed "
            "until a second answer says the same",
            f"{source} {key}",
            "",
            source=source,
            key=key,
            is_shrunk=True,
        )

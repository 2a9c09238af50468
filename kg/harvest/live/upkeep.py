"""Look after a record store: say what is in it, check it, and let go of what is old."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from kg.harvest.live.clock import iso_time, seconds_of
from kg.harvest.live.store import RecordStore


class Swept(NamedTuple):
    """What `gc` let go of."""

    versions: int
    items: int
    payloads: int
    size_bytes: int
    receipts: int
    left_overs: int
    reports: int


class Damage(NamedTuple):
    """Something that a store lacks or has wrong."""

    source: str
    key: str
    sha256: str
    reason: str


def list_sources(store: RecordStore) -> list[dict[str, Any]]:
    """Give a row for each source of a store: its records, their size and history, and how its last runs went."""
    rows = []
    names = [
        row["source"] for row in store.db.execute("SELECT DISTINCT source FROM items UNION SELECT source FROM sources")
    ]
    for source in sorted(names):
        state = store.source_state(source)
        sums = store.db.execute(
            "SELECT count(*) FILTER (WHERE sha256 IS NOT NULL AND deleted_at IS NULL) AS records,"
            " coalesce(sum(size_bytes) FILTER (WHERE deleted_at IS NULL), 0) AS size_bytes,"
            " count(*) FILTER (WHERE failed_at IS NOT NULL) AS failing,"
            " count(*) FILTER (WHERE deleted_at IS NOT NULL) AS deleted FROM items WHERE source = ?",
            (source,),
        ).fetchone()
        old = "SELECT count(*) FROM versions WHERE source = ? AND superseded_at IS NOT NULL"
        rows.append(
            {
                "source": source,
                **dict(sums),
                "old_versions": store.db.execute(old, (source,)).fetchone()[0],
                "good_at": state.good_at,
                "stale_since": state.stale_since,
                "reason": state.reason,
            }
        )
    return rows


def list_items(store: RecordStore, source: str) -> list[dict[str, Any]]:
    """Give a row for each item of a source, the deleted and the failing too, sorted by key."""
    rows = store.db.execute(
        "SELECT key, relative, size_bytes, fetched_at, checked_at, deleted_at, deleted_reason, failed_at, failure,"
        " sha256, url FROM items WHERE source = ? ORDER BY key",
        (source,),
    )
    return [dict(row) for row in rows]


def verify(store: RecordStore) -> list[Damage]:
    """Read every payload and compare its hash.

    Returns
    -------
    list of Damage
        The versions whose payload is missing or isn't what was stored; empty if all is well.
    """
    rows = store.db.execute("SELECT DISTINCT source, key, sha256 FROM versions ORDER BY source, key, sha256").fetchall()
    with ThreadPoolExecutor(4) as threads:
        sound = threads.map(store.objects.is_sound, (row["sha256"] for row in rows))
        return [
            Damage(row["source"], row["key"], row["sha256"], _fault(store, row["sha256"]))
            for row, is_sound in zip(rows, sound, strict=True)
            if not is_sound
        ]


def _fault(store: RecordStore, sha256: str) -> str:
    return "its bytes aren't those that were stored" if store.objects.path(sha256).is_file() else "it is missing"


def drop_damaged(store: RecordStore, damages: list[Damage]) -> int:
    """Remove payloads whose bytes are wrong, so that the next harvest fetches them again; give how many.

    Of old versions that are lost the history goes too: nobody can bring them back.
    """
    found = {damage.sha256 for damage in damages if store.objects.path(damage.sha256).is_file()}
    for sha256 in found:
        store.objects.remove(sha256)
    with store.batch():
        for damage in damages:
            store.db.execute(
                "DELETE FROM versions WHERE source = ? AND key = ? AND sha256 = ? AND superseded_at IS NOT NULL",
                (damage.source, damage.key, damage.sha256),
            )
    return len(found)


def gc(store: RecordStore, *, keep_days: float, dry_run: bool = False) -> Swept:
    """Let go of old versions, of deleted records, and of receipts that nothing needs.

    The current payload of a record that isn't deleted is always kept, and so is its last receipt, which
    makes the next request conditional.

    Parameters
    ----------
    store : RecordStore
        Open for writing.
    keep_days : float
        What was superseded or deleted within so many days stays.
    dry_run : bool
        Only count.
    """
    oldest = iso_time(seconds_of(store.now()) - keep_days * 86_400)
    if dry_run:
        return _count(store, oldest)
    with store.batch():
        versions = store.db.execute(f"DELETE {_OLD_VERSIONS}", (oldest,)).rowcount
        items = store.db.execute("DELETE FROM items WHERE deleted_at < ?", (oldest,)).rowcount
        receipts = store.db.execute(f"DELETE {_OLD_RECEIPTS}", (oldest,)).rowcount
        store.db.execute("DELETE FROM runs WHERE started_at < ? AND finished_at IS NOT NULL", (oldest,))
    # After the rows, never before: a store that is cut off here has payloads too many, not too few.
    held = {row["sha256"] for row in store.db.execute(_HELD)}
    freed, payloads = 0, 0
    for sha256 in list(store.objects.names()):
        if sha256 not in held:
            freed += store.objects.remove(sha256)
            payloads += 1
    left_overs = store.objects.remove_left_overs()
    return Swept(versions, items, payloads, freed, receipts, left_overs, _old_reports(store, oldest, remove=True))


_OLD_VERSIONS = "FROM versions WHERE superseded_at < ?"
# What is current counts by itself: a payload never goes for what the history says of it.
_HELD = "SELECT sha256 FROM versions UNION SELECT sha256 FROM items WHERE sha256 IS NOT NULL AND deleted_at IS NULL"
_OLD_RECEIPTS = (
    "FROM receipts WHERE fetched_at < ? AND id NOT IN (SELECT max(r.id) FROM receipts r JOIN items i"
    " ON i.source = r.source AND i.key = r.key AND i.sha256 = r.sha256 AND i.deleted_at IS NULL"
    " GROUP BY r.url, r.params, r.key)"
)


def _count(store: RecordStore, oldest: str) -> Swept:
    def count(sql: str) -> int:
        return int(store.db.execute(f"SELECT count(*) {sql}", (oldest,)).fetchone()[0])

    going = (
        "SELECT DISTINCT sha256 FROM versions WHERE sha256 NOT IN"
        " (SELECT sha256 FROM versions WHERE superseded_at IS NULL OR superseded_at >= ?"
        " UNION SELECT sha256 FROM items WHERE sha256 IS NOT NULL AND deleted_at IS NULL)"
    )
    hashes = [row["sha256"] for row in store.db.execute(going, (oldest,))]
    sizes = [path.stat().st_size for path in map(store.objects.path, hashes) if path.is_file()]
    return Swept(
        count(_OLD_VERSIONS),
        count("FROM items WHERE deleted_at < ?"),
        len(sizes),
        sum(sizes),
        count(_OLD_RECEIPTS),
        0,
        _old_reports(store, oldest, remove=False),
    )


def _old_reports(store: RecordStore, oldest: str, *, remove: bool) -> int:
    stamp = oldest.replace(":", "").replace("-", "")
    found = [path for path in sorted((store.folder / "runs").glob("*.json")) if path.name < stamp]
    for path in found if remove else ():
        path.unlink()
    return len(found)

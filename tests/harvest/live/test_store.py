"""The record store: nothing is lost, nothing is replaced by less, and it is whole wherever it was cut off."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.errors import PayloadError, StoreBusyError, StoreError
from kg.harvest.live.rows import Change, Receipt
from kg.harvest.live.store import RecordStore
from kg.harvest.live.upkeep import drop_damaged, gc, list_items, list_sources, verify
from tests.harvest.live.clocks import FakeClock

RECEIPT = Receipt("https://x.org/a", {"id": "1"}, etag='"1"', last_modified="Sun, 06 Nov 1994 08:49:37 GMT")
DAY = 86_400


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[RecordStore]:
    with RecordStore.open(tmp_path / "store", clock=clock) as opened:
        yield opened


def test_a_payload_is_kept_and_found_again(store: RecordStore) -> None:
    assert store.put("dandi", "1", b"one", RECEIPT, relative="dandi/1.json", meta={"modified": "x"}) is Change.NEW
    assert store.put("dandi", "1", b"one", RECEIPT, relative="dandi/1.json") is Change.UNCHANGED
    assert store.put("dandi", "1", b"two", RECEIPT, relative="dandi/1.json") is Change.CHANGED
    (item,) = store.current("dandi")
    assert (item.key, item.relative, item.read(), item.url) == ("1", "dandi/1.json", b"two", RECEIPT.url)
    assert item.path.name == item.sha256
    assert not list(store.current("pubmed"))


def test_old_versions_stay_until_they_are_let_go(store: RecordStore, clock: FakeClock) -> None:
    store.put("dandi", "1", b"one", RECEIPT)
    store.put("dandi", "2", b"other", RECEIPT)
    clock.sleep(DAY)
    store.put("dandi", "1", b"two", RECEIPT)
    store.mark_deleted("dandi", "2", "404")
    assert len(list(store.objects.names())) == 3
    assert gc(store, keep_days=2).payloads == 0
    clock.sleep(3 * DAY)
    planned = gc(store, keep_days=2, dry_run=True)
    swept = gc(store, keep_days=2)
    assert (swept.versions, swept.items, swept.payloads, swept.size_bytes) == (2, 1, 2, 8)
    assert planned == swept
    assert [item.read() for item in store.current("dandi")] == [b"two"]
    assert store.validators(RECEIPT.url, {"id": "1"}).etag == '"1"'
    assert not verify(store)


@pytest.mark.parametrize("payload", [b"", b"  \n", b"x" * 4999])
def test_nothing_is_replaced_by_less(store: RecordStore, payload: bytes) -> None:
    store.put("dandi", "1", b"x" * 10_000, RECEIPT)
    with pytest.raises(PayloadError):
        store.put("dandi", "1", payload, RECEIPT)
    (item,) = store.current("dandi")
    assert item.size_bytes == 10_000


def test_less_is_believed_when_it_is_confirmed(store: RecordStore) -> None:
    store.put("dandi", "1", b"x" * 10_000, RECEIPT)
    assert store.put("dandi", "1", b"short", RECEIPT, confirmed=True) is Change.CHANGED


def test_a_failure_marks_a_record_stale_and_keeps_it(store: RecordStore, clock: FakeClock) -> None:
    store.put("dandi", "1", b"one", RECEIPT)
    first = store.now()
    clock.sleep(DAY)
    store.mark_failed("dandi", "1", "503")
    failed_at = store.now()
    clock.sleep(DAY)
    store.mark_failed("dandi", "1", "429")
    (item,) = store.current("dandi")
    assert (item.read(), item.checked_at, item.stale_since, item.reason) == (b"one", first, failed_at, "429")
    assert [failed.key for failed in store.failed("dandi")] == ["1"]
    store.confirm("dandi", "1")
    (item,) = store.current("dandi")
    assert (item.stale_since, item.reason, list(store.failed("dandi"))) == (None, None, [])


def test_an_item_that_never_came_is_listed_as_failing(store: RecordStore) -> None:
    store.mark_failed("dandi", "9", "503")
    (failed,) = store.failed("dandi")
    assert (failed.key, failed.has_record, store.count("dandi")) == ("9", False, 0)
    assert store.put("dandi", "9", b"at last", RECEIPT) is Change.NEW


def test_what_was_deleted_and_then_fails_is_tried_again(store: RecordStore) -> None:
    store.put("dandi", "1", b"one", RECEIPT)
    store.mark_deleted("dandi", "1", "410")
    assert not list(store.failed("dandi"))
    store.mark_failed("dandi", "1", "503")  # it is listed again, and can't be had
    (failed,) = store.failed("dandi")
    assert (failed.key, failed.has_record, list_sources(store)[0]["failing"]) == ("1", False, 1)


def test_what_was_deleted_can_come_back(store: RecordStore) -> None:
    store.put("dandi", "1", b"one", RECEIPT)
    store.mark_deleted("dandi", "1", "410")
    assert store.get("dandi", "1") is None
    assert store.validators(RECEIPT.url, {"id": "1"}).headers == {}
    assert store.put("dandi", "1", b"one", RECEIPT) is Change.NEW
    assert store.count("dandi") == 1


def test_what_came_back_as_it_was_outlives_the_sweeping(store: RecordStore, clock: FakeClock) -> None:
    for key in ("put", "confirmed"):
        store.put("dandi", key, key.encode(), RECEIPT)
        store.mark_deleted("dandi", key, "410")
    clock.sleep(DAY)
    store.put("dandi", "put", b"put", RECEIPT)
    store.confirm("dandi", "confirmed")
    clock.sleep(DAY)
    planned = gc(store, keep_days=1, dry_run=True)
    assert gc(store, keep_days=1) == planned
    assert [item.read() for item in store.current("dandi")] == [b"confirmed", b"put"]
    assert not verify(store)


def test_a_store_that_lost_track_of_a_version_keeps_its_payload(store: RecordStore, clock: FakeClock) -> None:
    store.put("dandi", "1", b"one", RECEIPT)
    store.db.execute("UPDATE versions SET superseded_at = fetched_at")  # as earlier releases left them
    clock.sleep(9 * DAY)
    assert gc(store, keep_days=1, dry_run=True).payloads == gc(store, keep_days=1).payloads == 0
    assert [item.read() for item in store.current("dandi")] == [b"one"]


def test_a_source_that_fails_makes_stale_what_it_did_not_check(store: RecordStore, clock: FakeClock) -> None:
    store.start_run("dandi")
    store.put("dandi", "1", b"one", RECEIPT)
    store.put("dandi", "2", b"two", RECEIPT)
    store.finish_run("dandi")
    good = store.source_state("dandi").good_at
    clock.sleep(DAY)
    store.start_run("dandi")
    store.confirm("dandi", "1")
    clock.sleep(60)
    store.finish_run("dandi", reason="it is down")
    first, second = store.current("dandi")
    assert first.stale_since is None
    assert (second.stale_since is not None, second.reason, second.checked_at) == (True, "it is down", good)
    store.start_run("dandi")
    store.finish_run("dandi")
    assert all(item.stale_since is None for item in store.current("dandi"))


def test_a_run_of_a_part_vouches_for_that_part_alone(store: RecordStore, clock: FakeClock) -> None:
    store.start_run("dandi")
    store.put("dandi", "1", b"one", RECEIPT)
    store.put("dandi", "2", b"two", RECEIPT)
    store.finish_run("dandi")
    good = store.source_state("dandi").good_at
    clock.sleep(DAY)
    store.start_run("dandi")
    store.finish_run("dandi", reason="it is down")
    clock.sleep(DAY)
    store.start_run("dandi", {"limit": 1})
    store.confirm("dandi", "1")
    store.finish_run("dandi", is_whole=False)
    first, second = store.current("dandi")
    assert (first.stale_since, first.checked_at) == (None, store.now())
    assert (second.reason, second.checked_at) == ("it is down", good)
    assert store.source_state("dandi").tried_at == store.now()


def test_a_run_that_was_cut_off_is_taken_up(tmp_path: Path, clock: FakeClock) -> None:
    with RecordStore.open(tmp_path, clock=clock) as store:
        assert not store.start_run("dandi", {"limit": None})
        store.put("dandi", "1", b"one", RECEIPT)
    with RecordStore.open(tmp_path, clock=clock) as store:
        assert store.start_run("dandi", {"limit": None})
        assert store.is_checked("dandi", "1")
        assert not store.is_checked("dandi", "2")
        store.finish_run("dandi")
        assert not store.start_run("dandi", {"limit": None})
        assert not store.is_checked("dandi", "1")


@pytest.mark.parametrize(("options", "hours"), [({"limit": 5}, 0), ({"limit": None}, 25)])
def test_a_run_with_other_options_or_of_another_day_starts_anew(
    tmp_path: Path, clock: FakeClock, options: dict[str, object], hours: int
) -> None:
    with RecordStore.open(tmp_path, clock=clock) as store:
        store.start_run("dandi", {"limit": None})
    clock.sleep(hours * 3600)
    with RecordStore.open(tmp_path, clock=clock) as store:
        assert not store.start_run("dandi", options)


def test_conditional_requests_need_the_payload_that_they_confirm(store: RecordStore) -> None:
    store.put("dandi", "1", b"one", RECEIPT)
    found = store.validators(RECEIPT.url, {"id": "1"})
    assert found.headers == {"If-None-Match": '"1"', "If-Modified-Since": RECEIPT.last_modified}
    assert store.validators(RECEIPT.url, {"id": "2"}).headers == {}
    (item,) = store.current("dandi")
    item.path.unlink()
    assert store.validators(RECEIPT.url, {"id": "1"}).headers == {}


def test_a_payload_put_again_heals_what_was_damaged(store: RecordStore) -> None:
    store.put("dandi", "1", b"one", RECEIPT)
    (item,) = store.current("dandi")
    item.path.write_bytes(b"0ne")
    (damage,) = verify(store)
    assert (damage.key, drop_damaged(store, [damage])) == ("1", 1)
    assert "missing" in verify(store)[0].reason
    store.put("dandi", "1", b"one", RECEIPT)
    assert not verify(store)


def test_an_old_version_that_is_damaged_is_forgotten_with_its_payload(store: RecordStore) -> None:
    store.put("dandi", "1", b"one", RECEIPT)
    (item,) = store.current("dandi")
    store.put("dandi", "1", b"two", RECEIPT)
    item.path.write_bytes(b"0ne")
    assert drop_damaged(store, verify(store)) == 1
    assert not verify(store)
    assert store.count("dandi") == 1


def test_a_database_damaged_inside_is_a_damaged_store(tmp_path: Path) -> None:
    with RecordStore.open(tmp_path) as store, store.batch():
        for number in range(300):
            store.put("dandi", str(number), b"%d" % number, RECEIPT)
    file = tmp_path / "store.sqlite"
    file.write_bytes(file.read_bytes()[: 3 * 4096].ljust(file.stat().st_size, b"\xff"))
    with pytest.raises(StoreError, match="malformed"), RecordStore.open(tmp_path, write=False) as store:
        list(store.current("dandi"))


def test_a_batch_is_kept_whole_or_not_at_all(store: RecordStore) -> None:
    with pytest.raises(RuntimeError), store.batch():
        store.put("dandi", "1", b"one", RECEIPT)
        store.state("dandi")["cursor"] = 1
        raise RuntimeError
    assert store.count("dandi") == 0
    assert not list(store.objects.names())
    assert dict(store.state("dandi")) == {}
    with store.batch():
        store.put("dandi", "1", b"one", RECEIPT)
        store.put("dandi", "2", b"one", RECEIPT)
    assert store.count("dandi") == 2


@pytest.mark.parametrize("at", ["_sync", "os.replace"])
def test_a_full_disk_is_said_and_leaves_the_store_whole(
    store: RecordStore, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    store.put("dandi", "1", b"one", RECEIPT)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(f"kg.harvest.live.objects.{at}", full)
        with pytest.raises(StoreError, match="No space left on device"):
            store.put("dandi", "1", b"two", RECEIPT)
    (item,) = store.current("dandi")
    assert item.read() == b"one"
    assert len(list(store.objects.names())) == 1
    assert not verify(store)
    assert store.put("dandi", "1", b"two", RECEIPT) is Change.CHANGED


def test_a_second_writer_leaves_and_a_reader_does_not_mind(store: RecordStore) -> None:
    with pytest.raises(StoreBusyError, match="another harvest is writing"):
        RecordStore.open(store.folder)
    store.put("dandi", "1", b"one", RECEIPT)
    with RecordStore.open(store.folder, write=False) as reader:
        assert reader.count("dandi") == 1


def test_a_store_that_is_absent_damaged_or_of_tomorrow_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no record store"):
        RecordStore.open(tmp_path / "none", write=False)
    (tmp_path / "store.sqlite").write_bytes(b"no database at all, but long enough to be read as one" * 100)
    with pytest.raises(StoreError, match="can't be read"):
        RecordStore.open(tmp_path)
    (tmp_path / "store.sqlite").unlink()
    with RecordStore.open(tmp_path) as store:
        store.db.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="format 99"):
        RecordStore.open(tmp_path)


def test_a_harvest_is_known_by_the_nightly_run_that_it_was_part_of(tmp_path: Path) -> None:
    with RecordStore.open(tmp_path) as store:
        store.db.execute("ALTER TABLE runs DROP COLUMN nightly_id")  # as a version of kg before made it
        store.db.execute("INSERT INTO runs (source, options, started_at) VALUES ('dandi', '{}', '2026')")
    with RecordStore.open(tmp_path, write=False) as store:
        assert store.source_state("dandi").good_at is None
    for night, was_cut_off in (("one", False), ("two", True)):
        with RecordStore.open(tmp_path) as store:
            assert store.start_run("dandi", nightly_id=night) is was_cut_off
    with RecordStore.open(tmp_path) as store:
        rows = store.db.execute("SELECT nightly_id FROM runs ORDER BY id").fetchall()
        assert [row["nightly_id"] for row in rows] == [None, "two"]


def test_states_are_kept_from_run_to_run(store: RecordStore) -> None:
    state = store.state("dandi")
    state["watermark"] = {"at": 1.5, "ids": ["é"]}
    assert json.loads(json.dumps(dict(store.state("dandi")))) == {"watermark": {"at": 1.5, "ids": ["é"]}}
    del state["watermark"]
    assert state.get("watermark") is None
    with pytest.raises(KeyError):
        del state["watermark"]


def test_a_store_can_be_listed(store: RecordStore) -> None:
    store.put("dandi", "1", b"one", RECEIPT)
    store.put("dandi", "1", b"two", RECEIPT)
    store.mark_failed("dandi", "2", "503")
    (row,) = list_sources(store)
    assert (row["records"], row["failing"], row["old_versions"], row["size_bytes"]) == (1, 1, 1, 3)
    assert [item["key"] for item in list_items(store, "dandi")] == ["1", "2"]


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["put", "same", "delete", "fail", "confirm", "gc", "day"]),
        st.sampled_from("ab"),
        st.sampled_from([b"one", b"two"]),  # few, so that what was deleted comes back as it was
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=ACTIONS)
def test_a_store_is_what_a_dictionary_would_be(tmp_path_factory: pytest.TempPathFactory, actions: list[tuple]) -> None:  # type: ignore[type-arg]
    clock, truth = FakeClock(), dict[str, bytes]()
    with RecordStore.open(tmp_path_factory.mktemp("store"), clock=clock) as store:
        for action, key, payload in actions:
            if action == "put":
                store.put("dandi", key, payload, RECEIPT)
                truth[key] = payload
            elif action == "same" and key in truth:
                assert store.put("dandi", key, truth[key], RECEIPT) is Change.UNCHANGED
            elif action == "delete":
                store.mark_deleted("dandi", key, "404")
                truth.pop(key, None)
            elif action == "fail":
                store.mark_failed("dandi", key, "503")
            elif action == "confirm" and key in truth:
                store.confirm("dandi", key, RECEIPT)
            elif action == "gc":
                gc(store, keep_days=1)
            elif action == "day":
                clock.sleep(DAY)
        assert {item.key: item.read() for item in store.current("dandi")} == truth
        assert not verify(store)

"""Harvests of an archive that behaves as the real one: what changes, goes, is withheld, or moves while it is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kg.config import DandiHarvestConfig, HarvestConfig
from kg.harvest.live.dandi import DandiHarvester
from kg.harvest.live.dandi_assets import AssetSummary
from kg.harvest.live.dandi_listing import read_listing
from kg.harvest.live.run import plan_harvest
from kg.harvest.live.store import RecordStore
from tests.harvest.live.clocks import FakeClock
from tests.harvest.live.conftest import HarvestDandi
from tests.harvest.live.dandi_server import FakeDandi, make_asset, make_metadata
from tests.harvest.live.switchboard import Answer, Fault, Request, Switchboard

DAY = 86_400


def stored(folder: Path) -> dict[str, dict[str, object]]:
    with RecordStore.open(folder, write=False) as store:
        return {item.key: json.loads(item.read()) for item in store.current("dandi")}


def wanted(fake: FakeDandi) -> dict[str, dict[str, object]]:
    """What a store must hold of an archive: the metadata of each draft, and of the newest published version."""
    found = {f"{key}/draft": item.draft.metadata for key, item in fake.dandisets.items() if item.embargo == "OPEN"}
    for key, item in fake.dandisets.items():
        if item.published and item.embargo == "OPEN":
            found[f"{key}/published"] = item.published[-1].metadata
    return found


def metadata_in(folder: Path) -> dict[str, object]:
    return {key: found["metadata"] for key, found in stored(folder).items()}


def test_a_first_harvest_stores_every_version_as_it_was_sent(harvest_dandi: HarvestDandi, tmp_path: Path) -> None:
    fake = FakeDandi(7)
    with Switchboard(fake) as board:
        report = harvest_dandi(board, page_size=3)
    assert metadata_in(tmp_path / "store") == wanted(fake)
    (source,) = report.sources
    assert (source.summary.new, source.summary.is_complete, report.exit_code) == (11, True, 0)
    assert json.loads(report.path.read_text())["sources"][0]["new"] == 11  # type: ignore[union-attr]
    with RecordStore.open(tmp_path / "store", write=False) as store:
        item = store.get("dandi", "000001/published")
        assert item is not None
        assert item.relative == "dandi/000001/published.json"
        answer = fake(Request("GET", f"/api/dandisets/000001/versions/{item.meta['version']}/info/", {}, {}))
        assert item.read() == answer.body


@pytest.mark.parametrize("versions", [("draft",), ("published",)])
def test_only_the_versions_that_are_wanted_are_asked_for(
    harvest_dandi: HarvestDandi, tmp_path: Path, versions: tuple[str, ...]
) -> None:
    fake = FakeDandi(5)
    with Switchboard(fake) as board:
        harvest_dandi(board, versions=versions)
    assert set(metadata_in(tmp_path / "store")) == {key for key in wanted(fake) if key.endswith(versions)}


def test_versions_that_are_no_longer_wanted_leave_the_builds(harvest_dandi: HarvestDandi, tmp_path: Path) -> None:
    fake = FakeDandi(3)
    with Switchboard(fake) as board:
        harvest_dandi(board)
        report = harvest_dandi(board, versions=("published",))
        assert (report.sources[0].summary.deleted, report.sources[0].summary.unchanged) == (3, 2)
        assert set(stored(tmp_path / "store")) == {"000001/published", "000003/published"}
        harvest_dandi(board)
    assert metadata_in(tmp_path / "store") == wanted(fake)


def test_a_stamp_of_tomorrow_hides_no_change_of_today(
    harvest_dandi: HarvestDandi, tmp_path: Path, clock: FakeClock
) -> None:
    fake = FakeDandi(12)
    fake.dandisets["000001"].published[-1].modified = 10**8  # in 2214
    with Switchboard(fake) as board:
        harvest_dandi(board, page_size=3)
        fake.minute = (clock.now() - 1_704_067_200) / 60 + 10_000
        clock.sleep(8 * DAY)
        for number in (2, 4, 6, 8):
            fake.edit(number)
        harvest_dandi(board, page_size=3, full_every_days=99)
    assert metadata_in(tmp_path / "store") == wanted(fake)


def test_a_second_unchanged_harvest_moves_next_to_nothing(harvest_dandi: HarvestDandi, clock: FakeClock) -> None:
    fake = FakeDandi(40, words=900)
    with Switchboard(fake) as board:
        harvest_dandi(board, page_size=5)
        first = board.bytes_sent
        board.seen.clear()
        fake.minute += 2000
        fake.edit(40)
        harvest_dandi(board, page_size=5)
        board.seen.clear()
        clock.sleep(DAY)
        report = harvest_dandi(board, page_size=5)
        assert board.requests <= 2
        assert board.bytes_sent < 0.02 * first
    assert report.sources[0].summary.unchanged == 60


def test_only_what_changed_is_asked_for_again(harvest_dandi: HarvestDandi, tmp_path: Path, clock: FakeClock) -> None:
    fake = FakeDandi(30)
    with Switchboard(fake) as board:
        harvest_dandi(board)
        fake.minute += 2000
        fake.edit(4)
        fake.publish(6)
        fake.add(31)
        board.seen.clear()
        clock.sleep(DAY)
        report = harvest_dandi(board, page_size=5)
        infos = [seen for seen in board.seen if seen.request.path.endswith("/info/")]
        assert len(infos) == 3
    assert (report.sources[0].summary.new, report.sources[0].summary.changed) == (2, 1)
    assert metadata_in(tmp_path / "store") == wanted(fake)


def test_the_whole_listing_finds_what_the_order_hides(
    harvest_dandi: HarvestDandi, tmp_path: Path, clock: FakeClock
) -> None:
    # A draft that is edited after its dandiset was published doesn't come to the front: the archive orders by the
    # stamp of the newest version.
    fake = FakeDandi(30)
    with Switchboard(fake) as board:
        harvest_dandi(board)
        fake.minute += 2000
        fake.add(31)
        harvest_dandi(board)
        fake.edit(3)
        clock.sleep(DAY)
        harvest_dandi(board, page_size=5)
        assert metadata_in(tmp_path / "store") != wanted(fake)
        clock.sleep(7 * DAY)
        harvest_dandi(board, page_size=5)
    assert metadata_in(tmp_path / "store") == wanted(fake)


def test_a_deletion_is_found_by_the_count_and_proved_by_a_404(
    harvest_dandi: HarvestDandi, tmp_path: Path, clock: FakeClock
) -> None:
    fake = FakeDandi(30)
    with Switchboard(fake) as board:
        harvest_dandi(board)
        fake.minute += 2000
        fake.edit(30)
        harvest_dandi(board)
        fake.delete(8)
        fake.dandisets["000009"].published.clear()
        clock.sleep(DAY)
        report = harvest_dandi(board, page_size=5)
        assert any(seen.request.path == "/api/dandisets/000008/" and seen.status == 404 for seen in board.seen)
    assert report.sources[0].summary.deleted == 2
    assert metadata_in(tmp_path / "store") == wanted(fake)


def test_without_drafts_the_count_of_the_listing_is_understood(harvest_dandi: HarvestDandi, clock: FakeClock) -> None:
    fake = FakeDandi(12)
    with Switchboard(fake) as board:
        harvest_dandi(board, versions=("published",), page_size=3)
        fake.minute += 2000
        fake.add(13, published=1)
        clock.sleep(DAY)
        harvest_dandi(board, versions=("published",), page_size=3)
        board.seen.clear()
        harvest_dandi(board, versions=("published",), page_size=3)
        assert board.requests <= 2


def test_a_listing_that_lost_items_deletes_nothing_by_itself(harvest_dandi: HarvestDandi, tmp_path: Path) -> None:
    fake = FakeDandi(12)
    hidden = {"on": False}

    def forgetful(request: Request) -> Answer:
        answer = fake(request)
        if hidden["on"] and request.path == "/api/dandisets/":
            document = json.loads(answer.body)
            document["results"], document["count"] = document["results"][:4], 4
            return answer._replace(body=json.dumps(document).encode())
        return answer

    with Switchboard(forgetful) as board:
        harvest_dandi(board)
        hidden["on"] = True
        report = harvest_dandi(board)
    assert report.sources[0].summary.deleted == 0
    assert metadata_in(tmp_path / "store") == wanted(fake)


@pytest.mark.parametrize("refresh", [False, True])
def test_an_archive_that_denies_everything_at_once_is_doubted(
    harvest_dandi: HarvestDandi, tmp_path: Path, *, refresh: bool
) -> None:
    fake = FakeDandi(20)
    with Switchboard(fake) as board:
        harvest_dandi(board)
        for number in range(1, 16):
            fake.delete(number)
        report = harvest_dandi(board, refresh=refresh)
    (source,) = report.sources
    assert (source.summary.deleted > 0, report.exit_code) == (refresh, 0 if refresh else 1)
    assert len(stored(tmp_path / "store")) == (len(wanted(fake)) if refresh else 30)


def test_a_404_that_is_a_page_of_html_is_no_evidence(harvest_dandi: HarvestDandi, tmp_path: Path) -> None:
    fake = FakeDandi(3)
    with Switchboard(fake) as board:
        harvest_dandi(board)
        fake.edit(2)
        board.switch(Fault.HTML_404, match="/000002/", times=9)
        report = harvest_dandi(board)
    assert [failure.key for failure in report.sources[0].summary.failed] == ["000002/draft"]
    assert "not as the archive does" in report.sources[0].summary.failed[0].reason
    assert "000002/draft" in stored(tmp_path / "store")


def test_an_item_that_is_listed_and_then_gone_is_noted(harvest_dandi: HarvestDandi, tmp_path: Path) -> None:
    fake = FakeDandi(5)
    with Switchboard(fake) as board:
        board.before = lambda request: (
            fake.delete(3) if "/000005/" in request.path and "000003" in fake.dandisets else None
        )
        report = harvest_dandi(board)
    assert any("000003/draft is listed, and then isn't there" in note for note in report.sources[0].summary.notes)
    assert metadata_in(tmp_path / "store") == wanted(fake)
    assert report.exit_code == 0


@pytest.mark.parametrize("status", [403, 404])
def test_what_a_denial_quotes_of_a_credential_is_written_nowhere(
    harvest_dandi: HarvestDandi, tmp_path: Path, status: int
) -> None:
    token = "t0ken-of-the-tests"
    fake = FakeDandi(3, token=token)

    def denying(request: Request) -> Answer:
        body = json.dumps({"detail": f"no: {token}"}).encode()
        return Answer(status, "application/json", body) if "/000002/versions/" in request.path else fake(request)

    with Switchboard(fake) as board:
        harvest_dandi(board, token=token)
        board.app = denying
        url = f"{board.url.replace('//', '//me:passw0rd@')}/api"
        report = harvest_dandi(board, token=token, refresh=True, url=url)
    assert "no: ***" in str(report.as_json()) or report.sources[0].summary.deleted == 1
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(token.encode() in text or b"passw0rd" in text for text in written)


def test_what_is_withheld_is_listed_and_no_fault(harvest_dandi: HarvestDandi, tmp_path: Path) -> None:
    fake = FakeDandi(3, token="t0ken-of-the-tests")
    fake.add(4, embargo="EMBARGOED")
    with Switchboard(fake) as board:
        assert harvest_dandi(board).exit_code == 0
        assert set(stored(tmp_path / "store")) == set(wanted(fake))
        with_token = harvest_dandi(board, store="mine", token="t0ken-of-the-tests")
        assert "000004/draft" in stored(tmp_path / "mine")
        # Embargoed between the listing and the request.
        fake.edit(2)
        board.before = lambda request: (
            setattr(fake.dandisets["000002"], "embargo", "EMBARGOED") if "/info" in request.path else None
        )
        report = harvest_dandi(board, refresh=True)
    assert with_token.exit_code == 0
    assert "withheld now: 401" in report.sources[0].summary.failed[0].reason
    assert "000002/draft" in stored(tmp_path / "store")
    texts = [
        path.read_bytes() for folder in ("mine", "store") for path in (tmp_path / folder).rglob("*") if path.is_file()
    ]
    assert not any(b"t0ken-of-the-tests" in text for text in texts)


@pytest.mark.parametrize("act", ["edit", "add", "delete", "publish"])
@pytest.mark.parametrize("page", [1, 2, 3])
def test_no_item_is_lost_or_doubled_when_pages_shift(
    harvest_dandi: HarvestDandi, tmp_path: Path, act: str, page: int
) -> None:
    fake = FakeDandi(14)
    done: list[str] = []

    def shift(request: Request) -> None:
        if request.path == "/api/dandisets/" and request.params.get("page") == str(page + 1) and not done:
            done.append(act)
            getattr(fake, act)(2 if act != "add" else 15)

    with Switchboard(fake) as board:
        board.before = shift
        report = harvest_dandi(board, page_size=4)
    assert done
    assert metadata_in(tmp_path / "store") == wanted(fake)
    assert report.exit_code == 0


def test_an_answer_older_than_the_listing_is_asked_for_again(
    harvest_dandi: HarvestDandi, tmp_path: Path, clock: FakeClock
) -> None:
    fake, old = FakeDandi(3), dict[str, Answer]()

    def remembering(request: Request) -> Answer:
        answer = fake(request)
        return old.setdefault(request.path, answer) if "/info/" in request.path else answer

    with Switchboard(remembering) as board:
        harvest_dandi(board)
        fake.edit(2)
        report = harvest_dandi(board)
        (failure,) = report.sources[0].summary.failed
        assert (failure.key, report.exit_code) == ("000002/draft", 1)
        assert "the listing has one of" in failure.reason
        old.clear()
        clock.sleep(DAY)
        assert harvest_dandi(board).exit_code == 0
    assert metadata_in(tmp_path / "store") == wanted(fake)


def test_a_listing_that_never_holds_still_is_not_taken_as_whole(harvest_dandi: HarvestDandi, tmp_path: Path) -> None:
    fake = FakeDandi(14)
    number = iter(range(100, 200))
    with Switchboard(fake) as board:
        board.before = lambda request: fake.add(next(number)) and None if request.params.get("page") == "2" else None
        report = harvest_dandi(board, page_size=6)
        (failure,) = report.sources[0].summary.failed
        assert (failure.key, report.exit_code) == ("listing", 1)
        assert "kept changing" in failure.reason
        with RecordStore.open(tmp_path / "store", write=False) as store:
            assert store.source_state("dandi").good_at is None  # nobody has seen all of it
        board.before = None
        assert harvest_dandi(board, page_size=6, limit=1).exit_code == 0
        with RecordStore.open(tmp_path / "store", write=False) as store:
            assert store.source_state("dandi").good_at is None
        assert harvest_dandi(board, page_size=6).exit_code == 0
        with RecordStore.open(tmp_path / "store", write=False) as store:
            assert store.source_state("dandi").good_at is not None
    assert metadata_in(tmp_path / "store") == wanted(fake)


def test_assets_are_summed_up_over_their_pages(harvest_dandi: HarvestDandi, tmp_path: Path) -> None:
    fake = FakeDandi(2, assets=25)
    with Switchboard(fake) as board:
        harvest_dandi(board, assets=True, page_size=10)
    summary = stored(tmp_path / "store")["000001/draft"]["assetListing"]
    assert isinstance(summary, dict)
    assert (summary["numberOfFiles"], summary["numberOfSubjects"]) == (25, 4)
    assert [entry["name"] for entry in summary["species"]] == ["Mus musculus - House mouse", "Homo sapiens - Human"]
    assert summary["measurementTechnique"][0] == {"name": "spike sorting technique", "assets": 25}


def test_assets_that_move_while_they_are_paged_are_counted_again(harvest_dandi: HarvestDandi, tmp_path: Path) -> None:
    fake = FakeDandi(0)
    dandiset = fake.add(1, assets=25)
    done: list[int] = []

    def remove(request: Request) -> None:
        if request.path.endswith("/assets/") and request.params["page"] == "2" and not done:
            done.append(1)
            del dandiset.draft.assets[0]

    with Switchboard(fake) as board:
        board.before = remove
        report = harvest_dandi(board, assets=True, page_size=10)
    assert report.exit_code == 0
    summary = stored(tmp_path / "store")["000001/draft"]["assetListing"]
    assert summary["numberOfFiles"] == 24  # type: ignore[index]


def test_a_summary_of_assets_does_not_depend_on_their_order() -> None:
    assets = [make_asset(1, index) for index in range(30)] + [
        {"path": "a", "metadata": None},
        {"path": "b"},
        {"path": "b"},
    ]
    forwards, backwards = AssetSummary(), AssetSummary()
    for asset in assets:
        forwards.add(asset)
    for asset in reversed(assets):
        backwards.add(asset)
    assert forwards.result() == backwards.result()
    assert (forwards.count, forwards.result()["withoutMetadata"]) == (32, 2)


def test_what_the_archive_sent_stays_as_it_is_where_something_is_added(
    harvest_dandi: HarvestDandi, tmp_path: Path
) -> None:
    fake = FakeDandi(1, assets=1)
    fake.dandisets["000001"].draft.metadata["odd"] = ["\ud800", 10**30, "é"]

    def odd(request: Request) -> Answer:
        answer = fake(request)
        return answer._replace(body=json.dumps(json.loads(answer.body), indent=1).encode() + b"\n")

    with Switchboard(odd) as board:
        assert harvest_dandi(board, assets=True, versions=["draft"]).exit_code == 0
        sent = odd(Request("GET", "/api/dandisets/000001/versions/draft/info/", {}, {})).body
    with RecordStore.open(tmp_path / "store", write=False) as store:
        (item,) = store.current("dandi")
    assert item.read().startswith(sent.rstrip()[:-1].rstrip())
    assert json.loads(item.read())["metadata"] == fake.dandisets["000001"].draft.metadata


def test_switching_assets_on_asks_for_everything_again(harvest_dandi: HarvestDandi, tmp_path: Path) -> None:
    with Switchboard(FakeDandi(3, assets=2)) as board:
        harvest_dandi(board)
        report = harvest_dandi(board, assets=True)
    assert report.sources[0].summary.changed == 5
    assert all("assetListing" in found for found in stored(tmp_path / "store").values())


def test_an_archive_whose_info_lacks_the_metadata_is_asked_for_it(harvest_dandi: HarvestDandi, tmp_path: Path) -> None:
    fake = FakeDandi(3)
    fake.bare_info = True
    with Switchboard(fake) as board:
        harvest_dandi(board)
    assert metadata_in(tmp_path / "store") == wanted(fake)


def test_a_refresh_is_conditional_on_nothing_and_a_change_of_stamp_on_the_etag(
    harvest_dandi: HarvestDandi, tmp_path: Path
) -> None:
    fake = FakeDandi(3)
    fake.with_etags = True
    with Switchboard(fake) as board:
        harvest_dandi(board)
        with RecordStore.open(tmp_path / "store") as store:
            for item in store.current("dandi"):
                store.confirm("dandi", item.key, meta={**item.meta, "modified": "another"})
        report = harvest_dandi(board, full_every_days=0)
        assert (report.sources[0].traffic.not_modified, report.sources[0].summary.unchanged) == (5, 5)
        report = harvest_dandi(board, refresh=True)
        assert (report.sources[0].traffic.not_modified, report.sources[0].summary.unchanged) == (0, 5)


def test_a_record_that_shrinks_is_asked_for_twice(harvest_dandi: HarvestDandi, tmp_path: Path) -> None:
    fake = FakeDandi(2, words=800)
    with Switchboard(fake) as board:
        harvest_dandi(board)
        fake.edit(2, text="Withdrawn by its authors.")
        board.seen.clear()
        report = harvest_dandi(board)
        assert sum("/000002/" in seen.request.path for seen in board.seen) == 2
    assert (report.sources[0].summary.changed, report.exit_code) == (1, 0)
    assert metadata_in(tmp_path / "store") == wanted(fake)


def test_a_limit_takes_the_newest_and_leaves_the_rest_for_the_next_run(
    harvest_dandi: HarvestDandi, tmp_path: Path
) -> None:
    fake = FakeDandi(9)
    with Switchboard(fake) as board:
        harvest_dandi(board, limit=4)
        assert set(stored(tmp_path / "store")) == {"000009/draft", "000009/published", "000008/draft", "000007/draft"}
        report = harvest_dandi(board)
    assert report.sources[0].summary.new == 10
    assert metadata_in(tmp_path / "store") == wanted(fake)


def test_since_reads_the_listing_no_further_back(harvest_dandi: HarvestDandi, tmp_path: Path) -> None:
    fake = FakeDandi(4)
    fake.minute += 10_000
    fake.edit(2)
    with Switchboard(fake) as board:
        harvest_dandi(board, since="2024-01-05", page_size=1)
    assert set(stored(tmp_path / "store")) == {"000002/draft"}


def test_a_plan_asks_nobody(tmp_path: Path, clock: FakeClock) -> None:
    config = HarvestConfig(
        store=tmp_path / "store", dandi=DandiHarvestConfig(url="http://127.0.0.1:1/api", assets=True)
    )
    steps = plan_harvest(config, [DandiHarvester(config, slots=tmp_path, clock=clock)], limit=3)["dandi"]
    assert steps[0] == "list the dandisets of http://127.0.0.1:1/api, all of them; 5 requests a second"
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    "entry",
    [
        {"identifier": "000007"},
        {"identifier": "DANDI:000007", "draft_version": None, "most_recent_published_version": None},
        {"identifier": "000007", "draft_version": {"modified": 5}},
        {"identifier": "000007", "draft_version": {"version": "draft", "modified": "yesterday", "a new field": []}},
    ],
)
def test_a_listing_may_lack_fields_and_have_others(entry: dict[str, object]) -> None:
    listing = read_listing(lambda number, size: {"count": 1, "results": [entry]}, stop_before=None)
    assert listing.found["000007"].draft is not None
    assert listing.is_stable


def test_an_entry_that_names_nothing_is_noted_and_costs_no_other(harvest_dandi: HarvestDandi, tmp_path: Path) -> None:
    fake = FakeDandi(3)

    def odd(request: Request) -> Answer:
        answer = fake(request)
        if request.path == "/api/dandisets/":
            document = json.loads(answer.body)
            document["results"] += [None, {"identifier": "../../etc"}]
            document["count"] += 2
            return answer._replace(body=json.dumps(document).encode())
        return answer

    with Switchboard(odd) as board:
        report = harvest_dandi(board)
        assert len([seen for seen in board.seen if seen.request.path == "/api/dandisets/"]) == 1
    assert report.sources[0].summary.notes == ["2 entries of the listing name no dandiset and are left out"]
    assert metadata_in(tmp_path / "store") == wanted(fake)


def test_metadata_is_made_in_every_schema_version() -> None:
    assert {make_metadata(number, "draft")["schemaVersion"] for number in range(6)} >= {"0.4.4", "0.7.0"}

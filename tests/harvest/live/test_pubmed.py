"""What PubMed's harvester asks for, keeps, and says."""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kg.errors import ConfigError
from kg.harvest import InputFile, read_file
from kg.harvest.live.pubmed_listing import list_pmids
from kg.harvest.live.rows import Receipt
from kg.harvest.live.store import RecordStore
from kg.model import ArticleRecord, Source
from tests.harvest.live.entrez_server import FakeEntrez
from tests.harvest.live.pubmed_runs import PubmedBench, truth
from tests.harvest.live.switchboard import Answer, Fault, Request, Switchboard
from tests.harvest.live.synthetic import make_article, make_book

ARTICLES = [make_article(pmid) for pmid in range(1, 121)] + [make_book(121)]


@pytest.fixture
def pubmed() -> FakeEntrez:
    return FakeEntrez.holding(ARTICLES)


@pytest.fixture
def board(pubmed: FakeEntrez) -> Iterator[Switchboard]:
    with Switchboard(pubmed) as board:
        yield board


def matching(pubmed: FakeEntrez, word: str) -> set[int]:
    return {pmid for pmid, item in pubmed.articles.items() if word in f"{item.title} {item.abstract}".lower()}


def test_pmids_books_and_dois_are_harvested_and_a_build_reads_them(
    tmp_path: Path, board: Switchboard, pubmed: FakeEntrez
) -> None:
    doi = pubmed.articles[7].doi
    bench = PubmedBench(
        tmp_path, board.url, ids=[5, "PMID: 6", 121, f"https://doi.org/{doi}", "10.5555/none"]
    )
    summary = bench.run()
    assert (summary.new, summary.failed, summary.notes) == (4, [], ["1 DOIs are not in PubMed"])
    assert bench.stored() == truth([pubmed.articles[pmid] for pmid in (5, 6, 7, 121)])
    with RecordStore.open(tmp_path / "store", write=False) as store:
        files = [InputFile(Source.PUBMED, item.path, item.relative or "") for item in store.current("pubmed")]
    records = [item for file in files for item in read_file(file) if isinstance(item, ArticleRecord)]
    assert {record.id for record in records} == {"PMID:5", "PMID:6", "PMID:7", "PMID:121"}
    assert {record.receipt.path for record in records} == {f"pubmed/{pmid}.xml" for pmid in (5, 6, 7, 121)}
    assert all(asked.params["tool"] == "neurokg" and "@" in asked.params["email"] for asked in pubmed.asked)


def test_second_run_moves_next_to_nothing(tmp_path: Path, board: Switchboard) -> None:
    bench = PubmedBench(tmp_path, board.url, queries=["contributes"], ids=["10.5555/none", 999])
    first = bench.run()
    moved, before = board.bytes_sent, bench.stored()
    bench.clock.pass_days(1)
    second = bench.run()
    assert (second.new, second.changed, second.unchanged) == (0, 0, first.new)
    assert board.bytes_sent - moved < 0.02 * moved
    assert bench.stored() == before


def test_only_what_was_modified_is_fetched_again(
    tmp_path: Path, board: Switchboard, pubmed: FakeEntrez
) -> None:
    by_query, by_name = max(matching(pubmed, "epilepsy")), 5
    bench = PubmedBench(tmp_path, board.url, queries=["epilepsy"], ids=[by_name])
    bench.run()
    bench.clock.pass_days(3)
    today = datetime.date.fromtimestamp(bench.clock.now())
    for pmid in (by_query, by_name):
        pubmed.articles[pmid] = pubmed.articles[pmid].revise(today)
    pubmed.asked.clear()
    summary = bench.run()
    assert summary.changed == 2
    fetched = {
        pmid for asked in pubmed.asked if asked.tool == "efetch" for pmid in asked.params["id"].split(",")
    }
    assert fetched == {str(by_query), str(by_name)}
    stored = bench.stored()
    assert {pmid: stored[pmid] for pmid in (by_query, by_name)} == truth(
        [pubmed.articles[pmid] for pmid in (by_query, by_name)]
    )


def test_modified_record_is_fetched_again_in_one_night_or_two_and_then_left_alone(
    tmp_path: Path, board: Switchboard, pubmed: FakeEntrez
) -> None:
    by_query, by_name = max(matching(pubmed, "epilepsy")), 5
    bench = PubmedBench(tmp_path, board.url, queries=["epilepsy"], ids=[by_name, 6, 7], refresh_days=20)
    bench.run()
    fetched: list[str] = []
    for night in range(24):
        bench.clock.pass_days(1)
        if night in (2, 19):  # the second time, the query is listed whole in the same night
            today = datetime.date.fromtimestamp(bench.clock.now())
            for pmid in (by_query, by_name):
                pubmed.articles[pmid] = pubmed.articles[pmid].revise(today)
        pubmed.asked.clear()
        bench.run()
        fetched += [
            pmid for one in pubmed.asked if one.tool == "efetch" for pmid in one.params["id"].split(",")
        ]
        stored = bench.stored()
        for pmid in (by_query, by_name):
            assert stored[pmid] == truth([pubmed.articles[pmid]])[pmid], night
    for pmid in (by_query, by_name):
        assert (
            2 <= fetched.count(str(pmid)) <= 8
        )  # of 24: twice modified, with two days of overlap, and its turn


def test_record_that_is_named_again_is_asked_for_since_it_came(
    tmp_path: Path, board: Switchboard, pubmed: FakeEntrez
) -> None:
    bench = PubmedBench(tmp_path, board.url, ids=[5, 6])
    bench.run()
    bench.settings["ids"] = [6]
    bench.clock.pass_days(3)
    bench.run()
    pubmed.articles[5] = pubmed.articles[5].revise(datetime.date.fromtimestamp(bench.clock.now()))
    for _ in range(2):
        bench.clock.pass_days(5)
        bench.run()
    bench.settings["ids"] = [5, 6]
    bench.clock.pass_days(1)
    bench.run()
    assert bench.stored() == truth([pubmed.articles[5], pubmed.articles[6]])


def test_payload_that_is_lost_from_the_disk_is_fetched_again(tmp_path: Path, board: Switchboard) -> None:
    bench = PubmedBench(tmp_path, board.url, queries=["epilepsy"])
    bench.run()
    before = bench.stored()
    with RecordStore.open(tmp_path / "store", write=False) as store:
        next(iter(store.current("pubmed"))).path.unlink()
    bench.clock.pass_days(1)
    assert bench.run().is_complete
    assert bench.stored() == before


def test_new_match_of_a_query_is_found_by_the_next_run(
    tmp_path: Path, board: Switchboard, pubmed: FakeEntrez
) -> None:
    bench = PubmedBench(tmp_path, board.url, queries=["epilepsy"])
    bench.run()
    bench.clock.pass_days(2)
    today = datetime.date.fromtimestamp(bench.clock.now())
    late = replace(make_article(5000), title="New epilepsy", entered=today, revised=today)
    pubmed.articles[5000] = late
    assert (bench.run().new, bench.stored()[5000]) == (1, truth([late])[5000])


def test_every_record_has_its_turn_within_the_refresh_time(
    tmp_path: Path, board: Switchboard, pubmed: FakeEntrez
) -> None:
    bench = PubmedBench(tmp_path, board.url, queries=["epilepsy"], refresh_days=10, named_by=[])
    bench.run()
    for pmid, item in list(pubmed.articles.items()):
        pubmed.articles[pmid] = replace(item, revision=1)  # silently: PubMed's date of modification stays
    for _ in range(16):
        bench.clock.pass_days(1)
        bench.run()
    assert bench.stored() == truth([pubmed.articles[pmid] for pmid in matching(pubmed, "epilepsy")])


def test_dois_are_asked_for_once_and_absence_expires(
    tmp_path: Path, board: Switchboard, pubmed: FakeEntrez
) -> None:
    bench = PubmedBench(tmp_path, board.url, ids=["10.5555/late"], absent_days=30)
    bench.run()
    pubmed.asked.clear()
    bench.clock.pass_days(10)
    bench.run()
    assert pubmed.asked == []
    pubmed.articles[200] = replace(make_article(200), doi="10.5555/late")
    bench.clock.pass_days(25)
    assert (bench.run().new, set(bench.stored())) == (1, {200})


def test_record_that_only_mentions_a_doi_is_not_taken_for_its_own(
    tmp_path: Path, board: Switchboard, pubmed: FakeEntrez
) -> None:
    pubmed.articles[300] = replace(make_article(300), found_by=("10.5555/of.another",))
    bench = PubmedBench(tmp_path, board.url, ids=["10.5555/of.another"])
    assert (bench.run().new, bench.stored()) == (0, {})


def test_doi_with_parentheses_is_asked_for_whole(
    tmp_path: Path, board: Switchboard, pubmed: FakeEntrez
) -> None:
    pubmed.articles[301] = replace(make_article(301), doi="10.1016/s0140-6736(05)12345-6")
    bench = PubmedBench(tmp_path, board.url, ids=["10.1016/S0140-6736(05)12345-6"])
    assert (bench.run().new, set(bench.stored())) == (1, {301})


def test_pmid_that_pubmed_has_not_is_listed_and_believed_for_a_while(
    tmp_path: Path, board: Switchboard, pubmed: FakeEntrez
) -> None:
    bench = PubmedBench(tmp_path, board.url, ids=[5, 99999999])
    for _ in range(2):
        summary = bench.run()
        assert [failure.key for failure in summary.withheld] == ["PMID:99999999"]
        assert summary.is_complete
    assert (pubmed.count("efetch"), pubmed.count("esearch")) == (
        2,
        1,
    )  # with the others, by itself, by its id


def test_record_listed_and_then_gone_is_said_to_be_missing(
    tmp_path: Path, board: Switchboard, pubmed: FakeEntrez
) -> None:
    gone = min(matching(pubmed, "epilepsy"))
    pubmed.gone.add(gone)
    bench = PubmedBench(tmp_path, board.url, queries=["epilepsy"])
    summary = bench.run()
    assert [failure.key for failure in summary.failed] == [f"PMID:{gone}"]
    assert bench.failed() == {gone}
    pubmed.gone.clear()
    assert (bench.run().new, bench.failed()) == (1, set())


def test_record_that_vanishes_keeps_its_last_copy_stale(
    tmp_path: Path, board: Switchboard, pubmed: FakeEntrez
) -> None:
    bench = PubmedBench(tmp_path, board.url, ids=[5, 6])
    bench.run()
    before = bench.stored()
    pubmed.gone.add(5)
    bench.clock.pass_days(1)
    summary = bench.run(refresh=True)
    assert [failure.key for failure in summary.failed] == ["PMID:5"]
    assert bench.stored() == before
    with RecordStore.open(tmp_path / "store", write=False) as store:
        item = store.get("pubmed", "5")
        assert item is not None
        assert item.reason == "PubMed lists it, and EFetch doesn't give it"


def test_records_that_come_twice_are_kept_once(
    tmp_path: Path, board: Switchboard, pubmed: FakeEntrez
) -> None:
    pubmed.doubled = True
    bench = PubmedBench(tmp_path, board.url, ids=[5, 6, 121, 6])
    assert (bench.run().new, set(bench.stored())) == (3, {5, 6, 121})


def test_record_that_shrinks_is_believed_after_a_second_answer(
    tmp_path: Path, board: Switchboard, pubmed: FakeEntrez
) -> None:
    pubmed.articles[400] = make_article(400, padding=60)
    bench = PubmedBench(tmp_path, board.url, ids=[400])
    bench.run()
    pubmed.articles[400] = make_article(400)
    assert (bench.run(refresh=True).changed, bench.stored()) == (1, truth([pubmed.articles[400]]))


def test_queries_of_topics_and_diseases_say_which_words_pubmed_left_out(
    tmp_path: Path, board: Switchboard, pubmed: FakeEntrez
) -> None:
    bench = PubmedBench(tmp_path, board.url, topics=["hippocampus", "nosuchword"], diseases=["epilepsy"])
    summary = bench.run()
    assert set(bench.stored()) == matching(pubmed, "hippocampus") & matching(pubmed, "epilepsy")
    assert summary.notes == [
        "query (nosuchword) AND (epilepsy): PubMed doesn't know and left out: nosuchword"
    ]


def test_query_that_pubmed_refuses_fails_alone(tmp_path: Path, board: Switchboard) -> None:
    board.switch(Fault.HTML_404, times=99, match="term=broken")
    bench = PubmedBench(tmp_path, board.url, queries=["broken", "epilepsy"])
    summary = bench.run()
    assert [failure.key for failure in summary.failed] == ["query broken"]
    assert summary.new > 0


def test_limit_takes_part_and_the_next_run_takes_the_rest(
    tmp_path: Path, board: Switchboard, pubmed: FakeEntrez
) -> None:
    bench = PubmedBench(tmp_path, board.url, queries=["epilepsy"], ids=["10.5555/synthetic.5"])
    assert bench.run(limit=4).new == 4
    pubmed.asked.clear()
    bench.run()
    assert set(bench.stored()) == matching(pubmed, "epilepsy") | {5}
    assert pubmed.count("esearch") == 0  # the listing of the same day is still at hand
    bench.run(refresh=True)
    assert pubmed.count("esearch") > 0


def test_since_does_not_make_later_runs_skip_what_it_left_out(
    tmp_path: Path, board: Switchboard, pubmed: FakeEntrez
) -> None:
    bench = PubmedBench(tmp_path, board.url, queries=["epilepsy"])
    bench.run(since="2020-01-01")
    some = {pmid for pmid in matching(pubmed, "epilepsy") if pubmed.articles[pmid].revised.year >= 2020}
    assert set(bench.stored()) == some
    bench.run()
    assert set(bench.stored()) == matching(pubmed, "epilepsy")


def test_words_that_are_no_ids_are_refused(tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text(
        "# articles\n31086362  # the first\nDOI: 10.1234/x\nsoon\n", encoding="utf-8"
    )
    with pytest.raises(ConfigError, match=r"ids.txt:4: 'soon' is neither"):
        PubmedBench(tmp_path, "http://127.0.0.1:9", id_files=[str(tmp_path / "ids.txt")]).run()


def test_articles_that_dandisets_and_pages_name_are_harvested(tmp_path: Path, board: Switchboard) -> None:
    bench = PubmedBench(tmp_path, board.url)
    dandiset = (
        b'{"identifier": "DANDI:000001", "name": "Made up", "schemaKey": "Dandiset", "relatedResource":'
        b' [{"relation": "dcite:IsDescribedBy", "identifier": "doi:10.5555/synthetic.9", "schemaKey": "Resource"}]}'
    )
    page = b"---\nslug: mechanisms/x\n---\n\n# X\n\nTau spreads (PMID: 11).\n"
    with RecordStore.open(tmp_path / "store", clock=bench.clock) as store:
        store.put("dandi", "000001/draft", dandiset, Receipt("x"), relative="dandi/000001/draft.json")
        store.put("wiki", "mechanisms/x", page, Receipt("y"), relative="wiki/mechanisms/x.md")
    assert (bench.run().new, set(bench.stored())) == (2, {9, 11})


def test_listing_goes_around_the_limit_and_says_where_it_cannot(
    pubmed: FakeEntrez, tmp_path: Path, board: Switchboard
) -> None:
    pubmed.reach, pubmed.page_cap = 20, 7
    bench = PubmedBench(tmp_path, board.url, queries=["contributes"])
    bench.run()
    assert set(bench.stored()) == matching(pubmed, "contributes")
    day = datetime.date(2011, 3, 4)
    for pmid in range(600, 640):
        pubmed.articles[pmid] = replace(make_article(pmid), title="contributes", entered=day)
    summary = bench.run(refresh=True)
    (failure,) = summary.failed
    assert "records entered on 2011-03-04, and PubMed gives the first 20" in failure.reason
    assert len(set(bench.stored()) & set(range(600, 640))) == 20


@pytest.mark.parametrize("seed", range(12))
def test_listing_that_changes_while_it_is_paged_loses_nothing(seed: int) -> None:
    rng = random.Random(seed)
    pubmed = FakeEntrez.holding(ARTICLES)
    pubmed.page_cap = rng.choice((5, 9, 20))
    pubmed.reach = rng.choice((25, 60, 9_999))
    pubmed.history_uses = rng.choice((1, 2, 10**9))
    changes = rng.randrange(6)
    calls = 0

    def change(server: FakeEntrez) -> None:
        nonlocal calls
        calls += 1
        if changes and calls % 5 == 3 and calls < 5 * changes:
            new = 1000 + calls
            server.articles[new] = replace(make_article(new), title="contributes")
            server.articles.pop(rng.choice(sorted(server.articles)))

    pubmed.before_search = change
    there = matching(pubmed, "contributes")
    with Switchboard(pubmed) as board:
        client = _client(board)
        listing = list_pmids(client, "contributes", today=datetime.date(2027, 1, 15))
    # What came meanwhile may or may not be in it: the next run asks for what was entered since.
    lost = matching(pubmed, "contributes") & there - listing.pmids
    assert not lost or listing.missing


def test_server_that_heeds_no_dates_is_found_out(pubmed: FakeEntrez, tmp_path: Path) -> None:
    def deaf(request: Request) -> Answer:
        return pubmed(request._replace(params={k: v for k, v in request.params.items() if k != "mindate"}))

    pubmed.reach = 20
    with Switchboard(deaf) as board:
        listing = list_pmids(_client(board), "contributes", today=datetime.date(2027, 1, 15), reach=20)
    assert len(pubmed.asked) < 10
    assert "ranges of dates make no difference to the server" in listing.missing[0]


def test_pages_are_read_for_their_citations_once(
    tmp_path: Path, board: Switchboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = PubmedBench(tmp_path, board.url)
    with RecordStore.open(tmp_path / "store", clock=bench.clock) as store:
        store.put(
            "wiki", "x", b"# X\n\nTau spreads (PMID: 11).\n", Receipt("y"), relative="wiki/mechanisms/x.md"
        )
    bench.run()
    monkeypatch.setattr(
        "kg.harvest.live.pubmed_wanted.read_file", lambda file: pytest.fail(f"{file} is read again")
    )
    assert bench.run().unchanged == 1


def _client(board: Switchboard):  # type: ignore[no-untyped-def]
    import tempfile

    from kg.config import HarvestConfig
    from kg.harvest.live.entrez import EntrezClient
    from kg.harvest.live.session import HttpSession

    session = HttpSession(HarvestConfig(tries=2), slots=Path(tempfile.gettempdir()) / "none", rate_per_s=0)
    return EntrezClient(session, board.url)


def test_key_is_sent_and_written_nowhere(tmp_path: Path, board: Switchboard, pubmed: FakeEntrez) -> None:
    bench = PubmedBench(tmp_path, board.url, ids=[5])
    bench.key = "k3y-of-the-tests"
    bench.run()
    assert {asked.params["api_key"] for asked in pubmed.asked} == {bench.key}
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"k3y-of-the-tests" not in written


def test_key_that_an_error_in_a_200_quotes_is_written_nowhere(
    tmp_path: Path, board: Switchboard, pubmed: FakeEntrez
) -> None:
    bench = PubmedBench(tmp_path, board.url, queries=["epilepsy"], ids=[5])
    bench.key = "k3y-of-the-tests"

    def quoting(request: Request) -> Answer:
        said = f"Cannot process term=epilepsy&amp;api_key={request.params['api_key']}"
        is_fetch = request.path.endswith("efetch.fcgi")
        kind = "eFetchResult" if is_fetch else "eSearchResult"
        return Answer(200, "text/xml", f"<{kind}><ERROR>{said}</ERROR></{kind}>".encode())

    board.app = quoting
    summary = bench.run()
    assert "Cannot process" in str([summary.stale, *summary.failed])
    assert bench.key not in str([summary.stale, *summary.failed])
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(bench.key.encode() in text for text in written)


def test_wrong_key_ends_the_run_and_is_not_shown(tmp_path: Path, board: Switchboard) -> None:
    bench = PubmedBench(tmp_path, board.url, ids=[5])
    bench.key = "wrong-s3cret"
    stale = bench.run().stale
    assert stale is not None
    assert "API key invalid" in stale
    assert b"s3cret" not in b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_pace_is_ncbis_with_and_without_a_key(tmp_path: Path, board: Switchboard, pubmed: FakeEntrez) -> None:
    for key, limit in ((None, 3), ("k3y-of-the-tests", 10)):
        bench = PubmedBench(
            tmp_path / str(limit), board.url, queries=["contributes"], batch=2, rate_per_s=None
        )
        bench.key, pubmed.limit_per_s, pubmed.clock = key, 3, bench.clock.now
        started = bench.clock.now()
        before = len(pubmed.asked)
        assert bench.run().failed == []
        requests = len(pubmed.asked) - before
        assert (requests - 1) / limit <= bench.clock.now() - started < 1.2 * requests / limit
        assert all(seen.status == 200 for seen in board.seen)

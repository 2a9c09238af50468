"""Wikis of every kind: what is harvested of them, and what a build reads of that."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kg.config import HarvestConfig, WikiHarvestConfig
from kg.errors import ConfigError
from kg.harvest import InputFile, read_file
from kg.harvest.live.harvester import SourceSummary
from kg.harvest.live.run import run_harvest
from kg.harvest.live.store import RecordStore
from kg.harvest.live.wiki import WikiHarvester
from kg.model import Record, Source, WikiPageRecord
from tests.harvest.live.kills import run_and_kill
from tests.harvest.live.mediawiki_server import FakeMediawiki, WikiPage
from tests.harvest.live.pubmed_runs import FakeClock
from tests.harvest.live.scidex_server import FakeScidex
from tests.harvest.live.switchboard import Answer, Fault, Request, Switchboard
from tests.harvest.live.synthetic import make_page

App = FakeScidex | FakeMediawiki
CORE = {"contact": "tests@example.org", "timeout_s": 0.3, "deadline_s": 0.4, "tries": 3, "max_bytes": 2**21}


class WikiBench:
    """A store and settings; each `run` is one run of the harvester."""

    def __init__(self, folder: Path, url: str, **settings: Any) -> None:
        self.folder, self.clock, self.token = folder, FakeClock(), None
        self.settings = {"url": url, "rate_per_s": 0, "page_size": 5, **settings}

    def run(self, **options: Any) -> SourceSummary:
        config = HarvestConfig(
            store=self.folder / "store", wiki=WikiHarvestConfig(**self.settings), backoff_s=0.1, **CORE
        )
        harvester = WikiHarvester(config, slots=self.folder / "slots", token=self.token, clock=self.clock)
        self.report = run_harvest(config, [harvester], clock=self.clock, **options)
        return self.report.sources[0].summary

    def stored(self) -> dict[str, str]:
        """Give the texts of the store's pages."""
        with RecordStore.open(self.folder / "store", write=False) as store:
            return {item.key: _text(item.read()) for item in store.current("wiki")}

    def records(self) -> list[WikiPageRecord]:
        """Give what a build reads."""
        with RecordStore.open(self.folder / "store", write=False) as store:
            files = [InputFile(Source.WIKI, item.path, item.relative or "") for item in store.current("wiki")]
        found = [item for file in files for item in read_file(file)]
        return [item for item in found if isinstance(item, WikiPageRecord)]


def _text(payload: bytes) -> str:
    if not payload.startswith(b"{"):
        return payload.decode()
    page = json.loads(payload)
    return str(
        page["content"]["content_md"]
        if "content" in page
        else page["revisions"][0]["slots"]["main"]["content"]
    )


def texts(server: App) -> dict[str, str]:
    if isinstance(server, FakeScidex):
        return {key: page["content"]["content_md"] for key, page in server.pages.items()}
    return {str(number): page.text for number, page in server.pages.items() if not page.is_redirect}


def change(server: App, number: int, rng: random.Random) -> None:
    """Edit, add or remove a page."""
    if isinstance(server, FakeScidex):
        if rng.random() < 0.4:
            server.pages.pop(rng.choice(list(server.pages)))
        elif rng.random() < 0.5:
            server.edit(
                rng.choice(list(server.pages)), f" Edit {number}.", at=f"2026-04-{number % 28 + 1:02}"
            )
        else:
            new = make_page(1000 + number)
            server.pages = {new["ref"]["id"]: {**new, "updated_at": "2026-05-01"}, **server.pages}
        return
    if rng.random() < 0.4:
        server.pages.pop(rng.choice(list(server.pages)))
    elif rng.random() < 0.5:
        page = server.pages[rng.choice(list(server.pages))]
        page.text, page.revid = page.text + f" Edit {number}.", 5000 + number
    else:
        server.pages[900 + number] = WikiPage(f"A page {number}", "New.", 5000 + number)


APPS: dict[str, Callable[[], App]] = {
    "scidex": lambda: FakeScidex.holding(17),
    "cursor": lambda: FakeScidex.holding(17, paging="cursor", has_total=False),
    "texts": lambda: FakeScidex.holding(17, lists_text=True, has_stamps=False),
    "all": lambda: FakeScidex.holding(17, paging="none", has_stamps=False, has_total=False),
    "mediawiki": lambda: FakeMediawiki.holding(17),
}


@pytest.fixture(params=APPS)
def server(request: pytest.FixtureRequest) -> App:
    return APPS[request.param]()


@pytest.fixture
def board(server: App) -> Iterator[Switchboard]:
    with Switchboard(server, drip_s=0.05, retry_after_s=20) as board:
        yield board


@pytest.fixture
def bench(tmp_path: Path, board: Switchboard, server: App) -> WikiBench:
    return make_bench(tmp_path, board, server)


def make_bench(folder: Path, board: Switchboard, server: App, **settings: Any) -> WikiBench:
    if isinstance(server, FakeMediawiki):
        return WikiBench(folder, f"{board.url}/w/api.php", kind="mediawiki", **settings)
    return WikiBench(folder, f"{board.url}/api/scidex", kind="scidex", **settings)


def test_pages_are_harvested_and_a_build_reads_them(bench: WikiBench, server: App) -> None:
    assert bench.run().is_complete
    assert bench.stored() == texts(server)
    records = bench.records()
    assert len(records) == 17
    by_slug = {record.slug: record for record in records}
    page = by_slug["mechanisms/page-3"]
    assert (page.page_type, page.url is not None) == ("mechanisms", isinstance(server, FakeMediawiki))
    assert [reference.curie for reference in page.references] == ["PMID:1003"]
    assert any(passage.marks for passage in page.passages)
    assert page.date == "2026-03-01" or page.date == "2026-01-02"


def test_second_run_asks_for_the_listing_alone(bench: WikiBench, server: App) -> None:
    bench.run()
    before = len(server.asked)
    bench.clock.pass_days(1)
    summary = bench.run()
    assert (summary.new, summary.changed, summary.unchanged, summary.failed) == (0, 0, 17, [])
    if not (isinstance(server, FakeScidex) and not server.has_stamps and not server.lists_text):
        assert len(server.asked) - before <= 8  # a cursor without a count is followed twice


def test_edits_and_new_pages_come_and_deleted_ones_go(bench: WikiBench, server: App) -> None:
    bench.run()
    if isinstance(server, FakeScidex):
        first, second = list(server.pages)[:2]
        server.edit(first, " More.", at="2026-06-01T00:00:00Z")
        server.put(make_page(50), at="2026-06-01T00:00:00Z")
        del server.pages[second]
    else:
        server.pages[1] = WikiPage("Mechanisms/Page 1", "Other.", 700)
        server.pages[50] = WikiPage("Mechanisms/Page 50", "New.", 701)
        server.pages[3].text, server.pages[3].revid = "#REDIRECT [[Page 1]]", 702
    # Without stamps and texts in the listing, a page has its turn within thirty runs.
    is_silent = isinstance(server, FakeScidex) and not server.has_stamps and not server.lists_text
    for _ in range(18 if is_silent else 1):
        bench.clock.pass_days(1)
        summary = bench.run()
        assert summary.failed == []
    assert bench.stored() == texts(server)


def test_page_listed_and_then_gone_is_named(tmp_path: Path) -> None:
    server = FakeScidex.holding(6)
    server.gone.add("mechanisms-page-3")
    with Switchboard(server) as board:
        bench = make_bench(tmp_path, board, server)
        summary = bench.run()
    assert [failure.key for failure in summary.withheld] == ["mechanisms-page-3"]
    assert len(bench.stored()) == 5


def test_many_pages_gone_at_once_are_not_believed_until_refresh(bench: WikiBench, server: App) -> None:
    bench.run()
    before = bench.stored()
    for key in list(server.pages)[:12]:  # type: ignore[arg-type]
        del server.pages[key]  # type: ignore[arg-type]
    summary = bench.run()
    assert any("12 of 17 pages are gone at once" in failure.reason for failure in summary.failed)
    assert bench.stored() == before
    assert (bench.run(refresh=True).deleted, bench.stored()) == (12, texts(server))


@pytest.mark.parametrize("seed", range(4))
def test_listing_that_changes_while_it_is_paged_loses_nothing(
    bench: WikiBench, board: Switchboard, server: App, seed: int
) -> None:
    rng = random.Random(seed)
    there = set(texts(server))
    calls = 0

    def before_list(_: object) -> None:
        nonlocal calls
        calls += 1
        if calls in (2, 3, 5):
            change(server, calls, rng)

    server.before_list = before_list  # type: ignore[assignment]
    summary = bench.run()
    server.before_list = None
    lost = (set(texts(server)) & there) - set(bench.stored())
    assert not lost or summary.failed
    bench.run(refresh=True)
    assert bench.stored() == texts(server)


@pytest.mark.parametrize("kind", ["scidex", "mediawiki"])
@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.name.lower())
def test_each_fault_is_overcome_or_named(tmp_path: Path, kind: str, fault: Fault) -> None:
    server = APPS[kind]()
    with Switchboard(server, drip_s=0.05, retry_after_s=20) as board:
        bench = make_bench(tmp_path, board, server)
        board.switch(fault, skip=random.Random(fault.name).randrange(6))
        summary = bench.run()
        assert bench.stored().items() <= texts(server).items()
        assert summary.stale or summary.failed or bench.stored() == texts(server)
        board.clear()
        assert bench.run().is_complete
        assert bench.stored() == texts(server)


@pytest.mark.parametrize("start", range(0, 200, 20))
def test_faults_in_random_combination_never_leave_a_wrong_store(tmp_path: Path, start: int) -> None:
    quick = [f for f in Fault if f not in (Fault.DRIP, Fault.DRIP_HEADERS, Fault.HUGE, Fault.BOMB)]
    for seed in range(start, start + 20):
        rng = random.Random(seed)
        server = APPS[rng.choice(list(APPS))]()
        with Switchboard(server, retry_after_s=20) as board:
            bench = make_bench(tmp_path / str(seed), board, server)

            def plan(_: Request, rng: random.Random = rng) -> Fault | None:
                return rng.choice(quick) if rng.random() < 0.35 else None

            board.plan = plan
            summary = bench.run()
            assert bench.stored().items() <= texts(server).items()
            assert summary.stale or summary.failed or bench.stored() == texts(server)
            board.clear()
            bench.run()
            assert bench.stored() == texts(server), seed


def test_killed_at_any_point_it_ends_with_the_same_store(tmp_path: Path, server: App) -> None:
    with Switchboard(server) as board:
        whole = make_bench(tmp_path / "whole", board, server)
        whole.run()
        needed, rng = board.requests, random.Random(9)
        for point in range(6):  # of each of five wikis
            board.clear()
            bench = make_bench(tmp_path / str(point), board, server)
            at = run_and_kill(bench.run, board, needed, rng)
            bench.run()
            assert bench.stored() == whole.stored() == texts(server), (point, at)


def test_database_lag_is_waited_for(tmp_path: Path) -> None:
    server = FakeMediawiki.holding(4)
    server.lagging = 2
    with Switchboard(server) as board:
        bench = make_bench(tmp_path, board, server)
        started = bench.clock.now()
        assert bench.run().is_complete
    assert bench.clock.now() - started >= 14
    assert all(asked["maxlag"] == "5" for asked in server.asked)


def test_texts_in_parts_forgotten_continuations_and_hidden_pages(tmp_path: Path) -> None:
    server = FakeMediawiki.holding(9)
    server.texts, server.forgets = 2, True
    server.pages[4].is_hidden = True
    with Switchboard(server) as board:
        bench = make_bench(tmp_path, board, server)
        summary = bench.run()
    assert [(failure.key, failure.reason) for failure in summary.failed] == [("4", "its text is hidden")]
    assert set(bench.stored()) == {str(number) for number in range(1, 10)} - {"4"}


def test_types_and_limits_take_part_of_a_wiki(tmp_path: Path) -> None:
    wiki, mediawiki = FakeScidex.holding(17), FakeMediawiki.holding(17)
    with Switchboard(wiki) as board:
        bench = make_bench(tmp_path / "a", board, wiki, page_types=["datasets"])
        bench.run()
        assert {record.page_type for record in bench.records()} == {"datasets"}
        bench = make_bench(tmp_path / "b", board, wiki, limit=7)
        assert (bench.run().new, bench.run().deleted, len(bench.stored())) == (7, 0, 7)
        bench = make_bench(tmp_path / "c", board, wiki)
        assert bench.run(limit=3).new == 3
        assert bench.run().new == 14
    with Switchboard(mediawiki) as board:
        bench = make_bench(tmp_path / "d", board, mediawiki, page_types=["Mechanisms"])
        assert bench.run().new == 9


def test_token_is_sent_and_written_nowhere(tmp_path: Path) -> None:
    server = FakeScidex.holding(3, token="w1ki-s3cret")
    with Switchboard(server) as board:
        bench = make_bench(tmp_path, board, server)
        assert "401" in str(bench.run().stale)
        bench.token = "w1ki-s3cret"  # type: ignore[assignment]
        assert bench.run().new == 3
    assert b"w1ki-s3cret" not in b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


# Folders.


def make_folder(folder: Path) -> Path:
    for number in range(4):
        page = make_page(number)
        path = folder / "mechanisms" / f"page-{number}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page["content"]["content_md"], encoding="utf-8")  # type: ignore[index]
    (folder / "mechanisms" / "page-1.refs.json").write_text('{"ref1": {"pmid": "1001"}}', encoding="utf-8")
    (folder / "README.md").write_text("# Not a page\n", encoding="utf-8")
    return folder


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(
        ["git", *who, "-C", str(folder), *words], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_folder_is_harvested_by_its_bytes_with_the_commit_it_is_of(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "wiki")
    git(folder, "init")
    git(folder, "add", ".")
    git(folder, "commit", "-m", "Pages")
    bench = WikiBench(tmp_path, str(folder), kind="folder")
    summary = bench.run()
    assert (summary.new, summary.notes) == (4, [f"git commit {git(folder, 'rev-parse', 'HEAD')}"])
    by_slug = {record.slug: record for record in bench.records()}
    assert [reference.curie for reference in by_slug["mechanisms/page-1"].references] == ["PMID:1001"]
    assert by_slug["mechanisms/page-0"].receipt.path == "wiki/mechanisms/page-0.md"
    (folder / "mechanisms" / "page-2.md").write_text("# Page 2\n\nOther.\n", encoding="utf-8")
    (folder / "mechanisms" / "page-3.md").unlink()
    summary = bench.run()
    assert (summary.new, summary.changed, summary.unchanged, summary.deleted) == (0, 1, 2, 1)
    assert set(bench.stored()) == {f"mechanisms/page-{number}.md" for number in range(3)}


def test_folder_reads_as_the_same_records_as_without_the_store(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "wiki")
    bench = WikiBench(tmp_path, str(folder), kind="folder")
    bench.run()
    drop = {"receipt": True}
    direct: list[Record] = []
    for path in sorted(folder.rglob("page-*.md")):
        file = InputFile(Source.WIKI, path, path.relative_to(folder).as_posix())
        direct += [item for item in read_file(file) if isinstance(item, Record)]
    stored = sorted(bench.records(), key=lambda record: record.id)
    assert [record.model_dump(exclude=drop) for record in stored] == [
        record.model_dump(exclude=drop) for record in sorted(direct, key=lambda record: record.id)
    ]


def test_folder_that_is_not_there_leaves_its_pages_stale(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "wiki")
    bench = WikiBench(tmp_path, str(folder), kind="folder")
    bench.run()
    folder.rename(tmp_path / "away")
    assert "no such folder" in str(bench.run().stale)
    assert len(bench.stored()) == 4


def test_another_wiki_takes_the_place_of_the_first(tmp_path: Path) -> None:
    bench = WikiBench(tmp_path, str(make_folder(tmp_path / "wiki")), kind="folder")
    bench.run()
    server = FakeScidex.holding(5)
    with Switchboard(server) as board:
        bench.settings |= {"kind": "scidex", "url": f"{board.url}/api/scidex"}
        assert bench.run().deleted == 4
    assert bench.stored() == texts(server)


def test_wiki_without_an_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is no address"):
        WikiBench(tmp_path, "wiki.example.org", kind="scidex").run()


def test_cursor_that_goes_in_a_circle_ends_the_listing(tmp_path: Path) -> None:
    server = FakeScidex.holding(3)

    def circling(request: Request) -> Answer:
        if not request.path.endswith("/list"):
            return server(request)
        following = "b" if request.json.get("cursor") == "a" else "a"
        items = [{"ref": {"id": key}} for key in server.pages]
        return Answer(200, "application/json", json.dumps({"items": items, "next_cursor": following}).encode())

    with Switchboard(circling) as board:
        summary = WikiBench(tmp_path, f"{board.url}/api/scidex").run()
        assert board.requests < 30
    assert (summary.new, [failure.key for failure in summary.failed]) == (3, ["listing"])


def test_texts_that_go_on_without_end_are_given_up(tmp_path: Path) -> None:
    server = FakeMediawiki.holding(3)

    def endless(request: Request) -> Answer:
        answer = server(request)
        if "pageids" not in request.params:
            return answer
        going_on = {**json.loads(answer.body), "continue": {"continue": "||info"}}
        return answer._replace(body=json.dumps(going_on).encode())

    with Switchboard(endless) as board:
        summary = WikiBench(tmp_path, f"{board.url}/w/api.php", kind="mediawiki").run()
        assert board.requests < 30
    assert {failure.reason for failure in summary.failed} == {"its answer goes in a circle"}
    assert len(summary.failed) == 3


def test_folder_whose_name_is_not_absolute_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "datasets-x.md").write_text("# X\n\nA page.\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert WikiBench(tmp_path, "pages", kind="folder").run().new == 1  # as KG_HARVEST__WIKI__URL may have it

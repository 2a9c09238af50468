"""PubMed's harvester when everything goes wrong: the store ends right, or says exactly what is missing."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.harvest.live.entrez_server import FakeEntrez
from tests.harvest.live.kills import run_and_kill
from tests.harvest.live.pubmed_runs import PubmedBench, truth
from tests.harvest.live.switchboard import Answer, Fault, Request, Switchboard
from tests.harvest.live.synthetic import make_article, make_book

ARTICLES = [make_article(pmid) for pmid in range(1, 41)] + [make_book(41)]
WANTED = {
    item.pmid
    for item in ARTICLES
    if "epilepsy" in f"{item.title} {item.abstract}".lower() or item.pmid in (2, 5, 6, 40, 41)
}
TRUTH = truth([item for item in ARTICLES if item.pmid in WANTED])
#: Real waiting costs time, so slow answers are short, and rare among the random ones.
CORE = {"timeout_s": 0.3, "deadline_s": 0.4, "tries": 3, "max_bytes": 2 * 2**20, "backoff_s": 0.1}


class Erring:
    """E-utilities whose answers are errors inside an HTTP 200, when `choose` says so."""

    BODIES = (
        b'{"error":"API rate limit exceeded","api-key":"127.0.0.1","count":"4","limit":"3"}',
        b'<?xml version="1.0"?><eFetchResult><ERROR>Search Backend failed: server error</ERROR></eFetchResult>',
        b'<?xml version="1.0"?><eSearchResult><ERROR>Unable to obtain query #1</ERROR></eSearchResult>',
        b'<?xml version="1.0"?><eFetchResult><ERROR>Empty id list - nothing todo</ERROR></eFetchResult>',
        b'<?xml version="1.0" ?><PubmedArticleSet></PubmedArticleSet>',
        b"Resource temporarily unavailable",
        b"\x1f\x8b\x08\x00 no gzip",
    )

    def __init__(self, pubmed: FakeEntrez, choose: Callable[[], bytes | None]) -> None:
        self._pubmed, self._choose = pubmed, choose

    def __call__(self, request: Request) -> Answer:
        body = self._choose()
        return self._pubmed(request) if body is None else Answer(200, "text/xml; charset=UTF-8", body)


def make_bench(folder: Path, board: Switchboard) -> PubmedBench:
    ids = [2, 5, 6, 41, "10.5555/synthetic.40", "10.5555/none"]
    return PubmedBench(folder, board.url, core=CORE, queries=["epilepsy"], ids=ids, batch=6)


@pytest.fixture(scope="module")
def board() -> Iterator[Switchboard]:
    pubmed = FakeEntrez.holding(ARTICLES)
    pubmed.page_cap = 8
    with Switchboard(pubmed, drip_s=0.05, retry_after_s=20) as board:
        yield board


@pytest.fixture(autouse=True)
def _calm(board: Switchboard) -> Iterator[None]:
    yield
    board.clear()
    if isinstance(board.app, Erring):
        board.app = board.app._pubmed


def check(bench: PubmedBench, summary: object) -> None:
    """The store holds nothing that is wrong, and lacks nothing that isn't named."""
    stored, failed = bench.stored(), bench.report.sources[0].summary.failed
    assert stored.items() <= TRUTH.items()
    named = {failure.key for failure in failed}
    lacking = {f"PMID:{pmid}" for pmid in WANTED - stored.keys()}
    is_listing_named = any(key.startswith(("query ", "DOI:")) for key in named)
    assert lacking <= named or is_listing_named or bench.report.sources[0].summary.stale, (lacking, named)


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.name.lower())
@pytest.mark.parametrize("tool", ["esearch", "efetch"])
def test_each_fault_once_is_overcome_or_named(
    tmp_path: Path, board: Switchboard, fault: Fault, tool: str
) -> None:
    bench = make_bench(tmp_path, board)
    board.switch(fault, match=tool, skip=1)
    check(bench, bench.run())
    board.clear()
    bench.clock.pass_days(1)
    assert bench.run().is_complete
    assert bench.stored() == TRUTH


@pytest.mark.parametrize("body", Erring.BODIES, ids=lambda body: body[:60].decode("latin-1"))
@pytest.mark.parametrize("number", [1, 3, 6])
def test_each_error_inside_a_200_is_overcome_or_named(
    tmp_path: Path, board: Switchboard, body: bytes, number: int
) -> None:
    bench = make_bench(tmp_path, board)
    calls = iter(range(1, 1000))
    board.app = Erring(board.app, lambda: body if next(calls) == number else None)  # type: ignore[arg-type]
    check(bench, bench.run())
    bench.clock.pass_days(1)
    bench.run()
    assert bench.stored() == TRUTH


def test_server_that_is_down_leaves_the_last_records_stale(tmp_path: Path, board: Switchboard) -> None:
    bench = make_bench(tmp_path, board)
    bench.run()
    board.plan = lambda request: Fault.UNAVAILABLE
    bench.clock.pass_days(1)
    summary = bench.run()
    assert summary.stale is not None
    assert "503" in summary.stale
    assert bench.stored() == TRUTH


def test_batch_with_a_record_that_breaks_it_costs_that_record_alone(
    tmp_path: Path, board: Switchboard
) -> None:
    pubmed = board.app

    def breaking(request: Request) -> Answer:
        answer = pubmed(request)
        if request.path.endswith("efetch.fcgi") and "5" in request.params["id"].split(","):
            return answer._replace(body=answer.body.replace(b'<PMID Version="1">5<', b"<PMID &5<"))
        return answer

    board.app = breaking
    try:
        bench = make_bench(tmp_path, board)
        summary = bench.run()
    finally:
        board.app = pubmed
    assert [failure.key for failure in summary.failed] == ["PMID:5"]
    assert bench.stored().keys() == WANTED - {5}


def test_what_failed_before_a_run_was_cut_off_is_named_by_the_run_that_takes_it_up(
    tmp_path: Path, board: Switchboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    pubmed = board.app

    def refusing(request: Request) -> Answer:
        answer = pubmed(request)
        is_asked = request.path.endswith("efetch.fcgi") and "41" in request.params["id"].split(",")
        return answer._replace(body=b"<broken>") if is_asked else answer

    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    board.app = refusing
    try:
        bench = make_bench(tmp_path, board)
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr("kg.harvest.live.pubmed.PubmedHarvester._remember", cut_off)
            bench.run()
        summary = bench.run()
    finally:
        board.app = pubmed
    assert bench.report.sources[0].was_resumed
    assert [failure.key for failure in summary.failed] == ["PMID:41"]
    assert bench.report.exit_code == 1


def _random_faults(rng: random.Random, share: float) -> Callable[[Request], Fault | None]:
    slow = {Fault.DRIP, Fault.DRIP_HEADERS, Fault.HUGE, Fault.HUGE_DECLARED, Fault.BOMB}
    quick = [fault for fault in Fault if fault not in slow]

    def choose(request: Request) -> Fault | None:
        if rng.random() >= share:
            return None
        return rng.choice(sorted(slow)) if rng.random() < 0.01 else rng.choice(quick)

    return choose


@pytest.mark.parametrize("start", range(0, 200, 20))
def test_faults_in_random_combination_never_leave_a_wrong_store(
    tmp_path: Path, board: Switchboard, start: int
) -> None:
    for seed in range(start, start + 20):
        rng = random.Random(seed)
        bench = make_bench(tmp_path / str(seed), board)
        share = rng.choice((0.1, 0.3, 0.6))
        board.plan = _random_faults(rng, share)
        pubmed = board.app

        def choose(rng: random.Random = rng, share: float = share) -> bytes | None:
            return rng.choice(Erring.BODIES) if rng.random() < share / 2 else None

        board.app = Erring(pubmed, choose)  # type: ignore[arg-type]
        check(bench, bench.run())
        if rng.random() < 0.3:
            bench.clock.pass_days(1)
            check(bench, bench.run())
        board.clear()
        board.app = pubmed
        bench.clock.pass_days(1)
        bench.run()
        assert bench.stored() == TRUTH, seed
        assert not bench.failed(), seed


def test_killed_at_any_point_it_ends_with_the_same_store(tmp_path: Path, board: Switchboard) -> None:
    whole = make_bench(tmp_path / "whole", board)
    whole.run()
    needed = board.requests
    rng = random.Random(6)
    for point in range(30):
        board.clear()
        bench = make_bench(tmp_path / str(point), board)
        at = run_and_kill(bench.run, board, needed, rng)
        bench.run()
        assert bench.stored() == TRUTH, (point, at)
        # What was in flight is asked for again, and a query whose listing was being paged from its first page.
        assert board.requests <= needed + 5, (point, at)

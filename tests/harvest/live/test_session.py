"""The HTTP session before a server that goes wrong in every way known."""

from __future__ import annotations

import json
import logging
import multiprocessing
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.config import HarvestConfig
from kg.errors import BodyError, FetchError, HarvestError, RateLimitedError, SourceDownError, StatusError
from kg.harvest.live.clock import SystemClock
from kg.harvest.live.limits import HostLimiter
from kg.harvest.live.rows import Validators
from kg.harvest.live.session import HttpSession
from tests.harvest.live.clocks import FakeClock
from tests.harvest.live.switchboard import HARMLESS, TRANSIENT, Answer, Fault, Request, Switchboard

RECORD = {"identifier": "000001", "text": "réseau " * 40}
SECRET = "s3cr3t/with+signs"


def source(request: Request) -> Answer:
    if request.path == "/gzip":
        import gzip

        return Answer(body=gzip.compress(json.dumps(RECORD).encode()), headers={"Content-Encoding": "gzip"})
    if request.path == "/here":
        return Answer(302, headers={"Location": "/record"})
    if request.path == "/etag":
        is_known = request.headers.get("If-None-Match") == '"1"'
        return Answer(304 if is_known else 200, body=b"" if is_known else b'{"identifier": 1}', headers={"ETag": '"1"'})
    if request.path == "/gone":
        return Answer(404, body=b'{"detail": "Not found."}')
    return Answer(body=json.dumps(RECORD, ensure_ascii=False).encode())


@pytest.fixture(scope="module")
def server() -> Iterator[Switchboard]:
    with Switchboard(source) as board:
        yield board


@pytest.fixture
def board(server: Switchboard) -> Switchboard:
    server.clear()
    return server


@pytest.fixture
def session(tmp_path: Path, clock: FakeClock) -> Iterator[HttpSession]:
    with make(tmp_path, clock) as made:
        yield made


def make(tmp_path: Path, clock: FakeClock, rate: float = 0, **settings: object) -> HttpSession:
    config = HarvestConfig(
        **{"timeout_s": 0.5, "deadline_s": 0.5, "max_bytes": 2**20, "contact": "me@example.org", **settings}  # type: ignore[arg-type]
    )
    return HttpSession(config, slots=tmp_path / "slots", rate_per_s=rate, secrets=[SECRET], clock=clock)


def is_record(document: object) -> str | None:
    return None if isinstance(document, dict) and "identifier" in document else "it is no record"


@pytest.mark.parametrize("fault", TRANSIENT, ids=lambda fault: fault.name)
def test_a_passing_fault_is_waited_out_and_the_answer_is_whole(
    board: Switchboard, session: HttpSession, clock: FakeClock, fault: Fault
) -> None:
    board.switch(fault)
    response = session.get(f"{board.url}/record", check=is_record)
    assert response.document == RECORD
    assert board.requests == (1 if fault in HARMLESS else 2)
    if fault in (Fault.LIMIT_SECONDS, Fault.LIMIT_DATE, Fault.UNAVAILABLE_AFTER):
        assert sum(clock.slept) >= board.retry_after_s


@pytest.mark.parametrize("fault", sorted(set(TRANSIENT) - set(HARMLESS)), ids=lambda fault: fault.name)
def test_a_fault_that_stays_is_an_error_and_never_an_answer(board: Switchboard, tmp_path: Path, fault: Fault) -> None:
    board.switch(fault, times=10)
    with make(tmp_path, FakeClock(), tries=2) as session, pytest.raises(FetchError) as caught:
        session.get(f"{board.url}/record", check=is_record)
    assert "after 2 tries" in str(caught.value)
    assert board.requests == 2


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault.ELSEWHERE, "it redirects to http://localhost.example.org, which is not followed"),
        (Fault.HUGE, "more than 1,048,576 bytes"),
        (Fault.HUGE_DECLARED, "10,737,418,240 bytes"),
        (Fault.BOMB, "more than 1,048,576 bytes"),
        (Fault.HTML_404, "it answers 404"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_what_no_try_can_better_is_tried_once(
    board: Switchboard, session: HttpSession, fault: Fault, said: str
) -> None:
    board.switch(fault)
    with pytest.raises(FetchError, match=said):
        session.get(f"{board.url}/record")
    assert board.requests == 1
    assert session.traffic.bytes_received < 2**22


@pytest.mark.parametrize("url", ["api.example.org/api", "ftp://example.org/api", "http://"])
def test_what_is_no_address_is_tried_once(session: HttpSession, url: str) -> None:
    with pytest.raises(FetchError, match="no address that can be asked"):
        session.get(url)
    assert session.traffic.retries == 0


def test_a_loop_of_redirects_ends(board: Switchboard, session: HttpSession) -> None:
    board.switch(Fault.LOOP, times=50)
    with pytest.raises(FetchError, match="redirects more than 5 times"):
        session.get(f"{board.url}/record")
    assert board.requests == 6


def test_an_entity_bomb_is_refused_unparsed(board: Switchboard, session: HttpSession) -> None:
    board.switch(Fault.ENTITIES)
    with pytest.raises(BodyError, match="declares XML entities"):
        session.get(f"{board.url}/record", expect="xml")


def test_a_redirect_on_the_host_is_followed_but_not_with_a_body(board: Switchboard, session: HttpSession) -> None:
    assert session.get(f"{board.url}/here").document == RECORD
    with pytest.raises(FetchError, match="not followed"):
        session.post(f"{board.url}/here", json={"type": "page"})


def test_compressed_answers_are_decompressed(board: Switchboard, session: HttpSession) -> None:
    assert session.get(f"{board.url}/gzip").document == RECORD


def test_a_conditional_request_may_be_answered_with_nothing(board: Switchboard, session: HttpSession) -> None:
    first = session.get(f"{board.url}/etag")
    second = session.get(f"{board.url}/etag", validators=Validators(first.receipt.etag))
    assert (first.status, second.status, second.not_modified, second.body) == (200, 304, True, b"")


def test_an_answer_that_nothing_changed_needs_a_question_whether_it_has(board: Switchboard, tmp_path: Path) -> None:
    board.app = lambda request: Answer(304)
    try:
        with make(tmp_path, FakeClock(), tries=2) as session, pytest.raises(StatusError, match="without conditions"):
            session.get(f"{board.url}/record")
    finally:
        board.app = source


def test_a_status_that_means_something_is_given(board: Switchboard, session: HttpSession) -> None:
    assert session.get(f"{board.url}/gone", allow={404}).status == 404
    with pytest.raises(StatusError) as caught:
        session.get(f"{board.url}/gone")
    assert caught.value.facts["status"] == 404


def test_a_pause_longer_than_our_patience_is_not_cut_short(tmp_path: Path, board: Switchboard) -> None:
    board.retry_after_s = 3600
    try:
        board.switch(Fault.LIMIT_SECONDS)
        with make(tmp_path, FakeClock(), patience_s=60) as session:
            for _ in range(2):
                with pytest.raises(RateLimitedError):
                    session.get(f"{board.url}/record")
        assert board.requests == 1
    finally:
        board.retry_after_s = 7


def test_a_pause_holds_for_every_session(tmp_path: Path, board: Switchboard, clock: FakeClock) -> None:
    board.switch(Fault.LIMIT_SECONDS)
    with make(tmp_path, clock, rate=10, tries=1) as first, pytest.raises(HarvestError):
        first.get(f"{board.url}/record")
    with make(tmp_path, clock, rate=10) as second:
        second.get(f"{board.url}/record")
    assert sum(clock.slept) >= board.retry_after_s - 0.1


def test_backoff_grows_and_is_capped(tmp_path: Path, board: Switchboard, clock: FakeClock) -> None:
    board.switch(Fault.UNAVAILABLE, times=20)
    with make(tmp_path, clock, tries=12, backoff_s=1, backoff_max_s=8) as session, pytest.raises(StatusError):
        session.get(f"{board.url}/record")
    assert len(clock.slept) == 11
    assert all(slept <= min(8, 2**number) for number, slept in enumerate(clock.slept))
    assert session.traffic.waiting_s == pytest.approx(sum(clock.slept))


def test_a_source_that_is_down_is_given_up(tmp_path: Path, board: Switchboard) -> None:
    board.switch(Fault.UNAVAILABLE, times=100)
    with make(tmp_path, FakeClock(), tries=2, give_up_after=3) as session:
        for _ in range(2):
            with pytest.raises(StatusError):
                session.get(f"{board.url}/record")
        with pytest.raises(SourceDownError, match="3 requests in a row"):
            session.get(f"{board.url}/record")


def test_requests_keep_their_pace(tmp_path: Path, board: Switchboard, clock: FakeClock) -> None:
    with make(tmp_path, clock, rate=4) as session:
        for _ in range(9):
            session.get(f"{board.url}/record")
    assert clock.time - 1_790_000_000 == pytest.approx(2.0)


def _reserve(folder: Path, number: int) -> None:
    limiter = HostLimiter(folder, 100, SystemClock())
    for _ in range(number):
        limiter.reserve("https://example.org/a", patience_s=60)


def test_processes_share_the_pace(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_reserve, args=(tmp_path, 100)) for _ in range(3)]
    started = time.time()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    slots = [float(path.read_text()) for path in tmp_path.glob("*.slot")]
    assert started + 3 <= slots[0] <= time.time() + 3


def test_who_asks_is_said(board: Switchboard, session: HttpSession) -> None:
    session.get(f"{board.url}/record")
    assert board.seen[0].request.headers["User-Agent"].startswith("neurokg/")
    assert "me@example.org" in board.seen[0].request.headers["User-Agent"]


@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.name)
def test_credentials_are_in_no_error_log_receipt_or_repr(
    tmp_path: Path, board: Switchboard, caplog: pytest.LogCaptureFixture, fault: Fault
) -> None:
    caplog.set_level(logging.DEBUG)
    board.switch(fault, times=3)
    written: list[str] = []
    with make(tmp_path, FakeClock(), tries=2) as session:
        try:
            response = session.get(
                f"{board.url}/record",
                params={"id": "1", "api_key": SECRET},
                headers={"Authorization": f"token {SECRET}"},
            )
            written += [repr(response), json.dumps(response.receipt)]
        except HarvestError as error:
            written += [str(error), repr(error), repr(error.facts), repr(error.__cause__)]
        written += [repr(session), caplog.text]
    assert board.seen[0].request.params["api_key"] == SECRET
    for text in written:
        assert SECRET not in text
        assert "s3cr3t" not in text


def test_a_password_of_netrc_is_not_taken(
    tmp_path: Path, board: Switchboard, session: HttpSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password pw\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    session.get(f"{board.url}/record")
    assert "Authorization" not in board.seen[0].request.headers

"""Every fault, alone and in random company: the store ends right, or the report says exactly what is missing."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from kg.harvest.live.run import RunReport
from kg.harvest.live.store import RecordStore
from kg.harvest.live.upkeep import verify
from tests.harvest.live.clocks import FakeClock
from tests.harvest.live.conftest import HarvestDandi
from tests.harvest.live.dandi_server import FakeDandi
from tests.harvest.live.switchboard import Fault, Request, Switchboard
from tests.harvest.live.test_dandi import DAY, metadata_in, wanted

#: Faults that cost as long as a deadline; one in a while is enough of them.
SLOW = (Fault.DRIP, Fault.DRIP_HEADERS)
SEEDS = 200


@pytest.fixture(scope="module")
def board() -> Switchboard:
    with Switchboard(FakeDandi(), drip_s=0.1) as made:
        yield made  # type: ignore[misc]


@pytest.fixture(autouse=True)
def _without_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.harvest.live.objects._sync", lambda path: None)


def check(folder: Path, fake: FakeDandi, report: RunReport, history: dict[str, list[object]]) -> None:
    """See that the store is right, or that what isn't is said."""
    (source,) = report.sources
    summary, held = source.summary, metadata_in(folder)
    assert all(found in history[key] for key, found in held.items()), "something was stored that was never true"
    assert len(held) == source.records
    if summary.stale is not None:
        assert report.exit_code == 1
        return
    failed = {failure.key for failure in summary.failed}
    truth = wanted(fake)
    wrong = {key for key in held.keys() | truth.keys() if held.get(key) != truth.get(key)}
    assert wrong <= failed, f"wrong and not said: {wrong - failed}"
    assert report.exit_code == (1 if failed else 0)
    with RecordStore.open(folder, write=False) as store:
        assert {item.key for item in store.failed("dandi")} >= failed
        assert all(item.stale_since for item in store.current("dandi") if item.key in failed)
        assert not verify(store)


def remember(history: dict[str, list[object]], fake: FakeDandi) -> None:
    for key, metadata in wanted(fake).items():
        history.setdefault(key, []).append(json.loads(json.dumps(metadata)))


@pytest.mark.parametrize(("match", "times"), [("ordering=", 1), ("/info/", 1), ("/info/", 3), ("/assets/", 3)])
@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.name)
def test_a_fault_alone_leaves_the_store_right_or_is_said(
    board: Switchboard, harvest_dandi: HarvestDandi, tmp_path: Path, fault: Fault, match: str, times: int
) -> None:
    fake, history = FakeDandi(2, assets=2), dict[str, list[object]]()
    remember(history, fake)
    board.clear()
    board.app = fake
    http = {"tries": 2, "deadline_s": 0.4, "timeout_s": 0.4, "give_up_after": 3}
    board.switch(fault, times=1 if fault in SLOW else times, match=match)
    report = harvest_dandi(board, assets=True, http=http)
    check(tmp_path / "store", fake, report, history)
    board.clear()
    again = harvest_dandi(board, assets=True, http=http)
    assert metadata_in(tmp_path / "store") == wanted(fake)
    assert again.exit_code == 0


def change(fake: FakeDandi, chance: random.Random) -> None:
    """Let something happen in the archive."""
    numbers = [int(key) for key in fake.dandisets]
    act = chance.choice(("edit", "edit", "publish", "add", "delete"))
    if act == "add" or len(numbers) < 2:
        fake.add(max(numbers) + 1, published=chance.randrange(2))
    else:
        getattr(fake, act)(chance.choice(numbers))


@pytest.mark.parametrize("block", range(10))
def test_faults_in_random_company_leave_the_store_right_or_are_said(
    board: Switchboard, harvest_dandi: HarvestDandi, clock: FakeClock, tmp_path: Path, block: int
) -> None:
    quick = [fault for fault in Fault if fault not in SLOW]
    for seed in range(block * SEEDS // 10, (block + 1) * SEEDS // 10):
        chance = random.Random(seed)
        fake, history, folder = FakeDandi(3), dict[str, list[object]](), f"store-{seed}"
        board.clear()
        board.app = fake
        share = chance.choice((0.05, 0.2, 0.5))

        def plan(request: Request, chance: random.Random = chance, share: float = share) -> Fault | None:
            return chance.choice(quick) if chance.random() < share else None

        http = {"tries": 3, "give_up_after": 4, "max_bytes": 2**17}
        for _ in range(2):
            remember(history, fake)
            board.plan = plan
            report = harvest_dandi(board, store=folder, page_size=3, full_every_days=0, http=http)
            check(tmp_path / folder, fake, report, history)
            for _ in range(chance.randrange(4)):
                change(fake, chance)
            clock.sleep(DAY)
        board.plan = None
        report = harvest_dandi(board, store=folder, page_size=3, full_every_days=0)
        assert (report.exit_code, metadata_in(tmp_path / folder)) == (0, wanted(fake)), f"seed {seed}"


@pytest.mark.parametrize("seed", range(12))
def test_an_archive_that_changes_during_every_request_is_right_once_it_rests(
    board: Switchboard, harvest_dandi: HarvestDandi, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(1000 + seed)
    fake = FakeDandi(6)
    board.clear()
    board.app = fake
    board.before = lambda request: change(fake, chance) if chance.random() < 0.3 else None
    for _ in range(2):
        harvest_dandi(board, page_size=3, full_every_days=0)
    board.before = None
    report = harvest_dandi(board, page_size=3, full_every_days=0)
    assert (report.exit_code, metadata_in(tmp_path / "store")) == (0, wanted(fake))


def test_a_source_that_is_down_keeps_its_records_and_says_since_when(
    harvest_dandi: HarvestDandi, tmp_path: Path, clock: FakeClock
) -> None:
    fake = FakeDandi(4)
    with Switchboard(fake) as board:
        harvest_dandi(board)
        clock.sleep(DAY)
        board.switch(Fault.UNAVAILABLE, times=500)
        report = harvest_dandi(board)
        assert report.exit_code == 1
        assert "it answers 503" in str(report.sources[0].summary.stale)
        with RecordStore.open(tmp_path / "store", write=False) as store:
            assert all(item.stale_since for item in store.current("dandi"))
            assert store.count("dandi") == 6
        board.clear()
        assert harvest_dandi(board).exit_code == 0
        with RecordStore.open(tmp_path / "store", write=False) as store:
            assert not any(item.stale_since for item in store.current("dandi"))

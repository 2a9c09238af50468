"""Runs that are killed, and runs that meet: the store ends as if nothing had happened."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from kg.config import DandiHarvestConfig, HarvestConfig
from kg.errors import StoreBusyError
from kg.harvest.live.dandi import DandiHarvester
from kg.harvest.live.run import run_harvest
from kg.harvest.live.store import RecordStore
from kg.harvest.live.upkeep import verify
from tests.harvest.live.conftest import HarvestDandi
from tests.harvest.live.dandi_server import FakeDandi
from tests.harvest.live.switchboard import Request, Switchboard
from tests.harvest.live.test_dandi import metadata_in, wanted

POINTS = 30

# One process reads the modules, and every harvest is a fork of it: so that thirty kills take seconds. The clock is the
# real one. "wait" stands for kg harvest --wait.
_FORKS = """
import json, os, sys
from pathlib import Path
from kg.config import DandiHarvestConfig, HarvestConfig
from kg.errors import StoreBusyError
from kg.harvest.live.dandi import DandiHarvester
from kg.harvest.live.run import run_harvest

for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if child:
        print(child, flush=True)
        if asked["reap"]:
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    config = HarvestConfig(store=Path(asked["store"]), contact="tests@example.org",
        dandi=DandiHarvestConfig(url=asked["url"], rate_per_s=0, page_size=4, assets=True))
    harvester = DandiHarvester(config, slots=Path(asked["store"]) / "slots")
    try:
        os._exit(run_harvest(config, [harvester], wait=asked["wait"]).exit_code)
    except StoreBusyError:
        os._exit(3)
"""


class Forks:
    """The process of which every harvest is a fork."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def start(self, board: Switchboard, store: Path, *, wait: bool = False, reap: bool = True) -> int:
        asked = {"url": f"{board.url}/api", "store": str(store), "wait": wait, "reap": reap}
        stdin: IO[str] = self._process.stdin  # type: ignore[assignment]
        stdin.write(json.dumps(asked) + "\n")
        stdin.flush()
        return int(self._process.stdout.readline())  # type: ignore[union-attr]

    def exit_code(self) -> int:
        """Wait for the last one that was started."""
        return int(self._process.stdout.readline())  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    command = [sys.executable, "-c", _FORKS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Forks(process)


def contents(folder: Path) -> dict[str, Any]:
    """What a store holds, but for times."""
    with RecordStore.open(folder, write=False) as store:
        assert not verify(store)
        items = {item.key: (item.sha256, item.relative, item.meta, item.reason) for item in store.current("dandi")}
        assert not list(store.failed("dandi"))
        kept = {name: store.state("dandi")[name] for name in ("watermark", "settings")}
        return {"items": items, "payloads": sorted(store.objects.names()), **kept}


def test_a_run_killed_at_any_point_and_started_again_ends_with_the_same_store(forks: Forks, tmp_path: Path) -> None:
    fake = FakeDandi(4, assets=5)
    with Switchboard(fake) as board:
        forks.start(board, tmp_path / "whole")
        assert forks.exit_code() == 0
        truth, asked_whole = contents(tmp_path / "whole"), board.requests
        assert {seen.request.path for seen in board.seen} >= {
            "/api/dandisets/",
            "/api/dandisets/000001/versions/draft/info/",
        }
        again: list[int] = []
        for point in range(POINTS):
            chance = random.Random(point)
            folder = tmp_path / f"cut-{point}"
            at, delay, child = chance.randrange(1, asked_whole + 1), chance.random() * 0.012, [0]

            def kill(request: Request, at: int = at, delay: float = delay, child: list[int] = child) -> None:
                if board.requests == at - 1 and child[0]:
                    time.sleep(delay)
                    os.kill(child[0], signal.SIGKILL)
                    child[0] = 0

            board.clear()
            board.before = kill
            # Half of them are killed at a moment after an answer, while it is written, and not while it is awaited.
            if point % 2:
                board.before = None
                child[0] = forks.start(board, folder)
                time.sleep(chance.random() * 0.25)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child[0], signal.SIGKILL)
            else:
                child[0] = forks.start(board, folder)
            code = forks.exit_code()
            assert code in (-signal.SIGKILL, 0)
            board.before = None
            forks.start(board, folder)
            assert forks.exit_code() == 0
            assert contents(folder) == truth
            all_infos = [seen.request.path for seen in board.seen if "/info/" in seen.request.path]
            again.append(len(all_infos) - len(set(all_infos)))
    assert max(again) <= 1  # what was in flight, and nothing else


def test_left_overs_of_killed_runs_are_swept_up(forks: Forks, tmp_path: Path) -> None:
    from kg.harvest.live.upkeep import gc

    with RecordStore.open(tmp_path) as store:
        store.objects.add(b"written aside by a process that was killed")
        store.objects._waiting.clear()
    with RecordStore.open(tmp_path) as store:
        assert gc(store, keep_days=90).left_overs == 1


def test_of_two_runs_at_once_the_second_leaves_or_waits(
    forks: Forks, harvest_dandi: HarvestDandi, tmp_path: Path
) -> None:
    fake = FakeDandi(6, assets=2)
    with Switchboard(fake) as board:
        with RecordStore.open(tmp_path / "store"):
            forks.start(board, tmp_path / "store")
            assert forks.exit_code() == 3
            forks.start(board, tmp_path / "store", wait=True, reap=False)
            time.sleep(0.05)
            assert not board.seen
            config = HarvestConfig(
                store=tmp_path / "store", contact="x@y.org", dandi=DandiHarvestConfig(url=f"{board.url}/api")
            )
            with pytest.raises(StoreBusyError):
                run_harvest(config, [DandiHarvester(config, slots=tmp_path / "slots")])
        forks.start(board, tmp_path / "store", wait=True)
        assert forks.exit_code() == 0
        paths = [seen.request.path for seen in board.seen if "/info/" in seen.request.path]
        assert len(paths) == len(set(paths))
    assert metadata_in(tmp_path / "store") == wanted(fake)

"""Kill a run of a harvester at a random point of its talk with a server."""

from __future__ import annotations

import os
import random
import signal
import time
import warnings
from collections.abc import Callable

from tests.harvest.live.switchboard import Request, Switchboard


def start_in_fork(run: Callable[[], object]) -> int:
    """Run a harvester in another process, which shares nothing with this one but the folder."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of fork beside threads: the child uses none of them
        child = os.fork()
    if child == 0:
        try:
            run()
        finally:
            os._exit(0)
    return child


def run_and_kill(run: Callable[[], object], board: Switchboard, needed: int, rng: random.Random) -> int:
    """Run it and kill it with -9, a little before one of its `needed` requests is answered; tell before which."""
    at, later_s = rng.randrange(1, needed + 1), rng.choice((0, 0, 0.001, 0.003, 0.008))
    children: list[int] = []

    def kill(request: Request) -> None:
        if board.requests + 1 == at:
            time.sleep(later_s)
            os.kill(children[0], signal.SIGKILL)

    board.before = kill
    children.append(start_in_fork(run))
    os.waitpid(children[0], 0)
    board.before = None
    return at

"""How far a run is, in its log: what it does as it begins it, and a word once a minute while it lasts."""

from __future__ import annotations

import logging
import time
from typing import Final

from kg.model.progress import Progress

_log = logging.getLogger(__name__)
#: Seconds between two words on the same thing: a log that is silent for longer looks as if the run hung.
_EVERY: Final = 60.0


class LoggedProgress:
    """Tells the log and who listens. What is done is named once a step, however often it is told of.

    Parameters
    ----------
    then : Progress
        Who listens.
    """

    def __init__(self, then: Progress) -> None:
        self._then = then
        self._step = ""
        self._told: dict[str, float] = {}

    def begin(self, step: str) -> None:
        """Say that what is told of from now on is part of a step."""
        self._step, self._told = step, {}

    def __call__(self, doing: str, done: int, total: int) -> None:
        """Tell what is done, how much of it is, and how much there is (0 where that isn't known)."""
        now = time.monotonic()
        is_new = doing not in self._told
        if is_new or now - self._told[doing] >= _EVERY:
            self._told[doing] = now
            far = "" if is_new else f", {done:,} of {total:,}" if total else f", {done:,}"
            extra = {"step": self._step, "doing": doing, "done": done, "total": total}
            _log.info("%s: %s%s", self._step, doing, far, extra=extra)
        self._then(doing, done, total)

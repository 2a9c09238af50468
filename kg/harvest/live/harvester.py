"""What a harvester is, and what it says of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from kg.harvest.live.rows import Change
from kg.harvest.live.session import HttpSession
from kg.harvest.live.store import RecordStore
from kg.model.progress import Progress


class Failure(NamedTuple):
    """An item that couldn't be had."""

    key: str
    reason: str


@dataclass(slots=True)
class SourceSummary:
    """What a run of one source came to."""

    source: str
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    deleted: int = 0
    failed: list[Failure] = field(default_factory=list)
    #: Items that are there and may not be read: listed, and no fault.
    withheld: list[Failure] = field(default_factory=list)
    #: Why the source as a whole was given up; its last good records stay, stale.
    stale: str | None = None
    notes: list[str] = field(default_factory=list)

    def add(self, change: Change) -> None:
        """Count what putting a payload changed."""
        setattr(self, change.value, getattr(self, change.value) + 1)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.failed and self.stale is None


class Harvester(Protocol):
    """Brings a store up to date with one source.

    The runner (`kg.harvest.live.run`) gives it an open session and store, has started the store's run,
    and ends it; a `HarvestError` that leaves `harvest` marks the source as a whole stale. An item that
    fails is the harvester's to note: ``store.mark_failed`` and ``summary.failed``.
    """

    source: str

    def make_session(self) -> HttpSession | None:
        """Make the session with the source's pace and credentials; None for a source that lies in a folder."""
        ...

    def plan(
        self, store: RecordStore | None, *, since: str | None, limit: int | None, refresh: bool
    ) -> list[str]:
        """Say in sentences what `harvest` would do; asks no server. `store` is None where there is none yet."""
        ...

    def harvest(
        self,
        session: HttpSession | None,
        store: RecordStore,
        summary: SourceSummary,
        *,
        since: str | None,
        limit: int | None,
        refresh: bool,
        progress: Progress,
    ) -> None:
        """Bring the store up to date, and count into `summary` what that came to.

        Parameters
        ----------
        session : HttpSession or None
            From `make_session`.
        store : RecordStore
            Open for writing, in a run: ``store.is_checked`` knows what a run that was cut off had done.
        summary : SourceSummary
            Filled while it goes, so that it is right also where this raises.
        since : str or None
            ISO date: only what changed since then, in place of what the last run left as its mark.
        limit : int or None
            Most items to ask for; a run with a limit is never taken as complete.
        refresh : bool
            Ask for everything, also what is thought to be known.
        progress : Progress
            Told of each step: its name, how many are done, how many there are (0 where that isn't known).

        Raises
        ------
        HarvestError
            If the source as a whole can't be harvested.
        """
        ...

"""One run: every source brought up to date, whatever happens to the others, and a report of it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kg import __version__
from kg.config import HarvestConfig
from kg.errors import ConfigError, HarvestError, StoreBusyError
from kg.harvest.live.clock import Clock, SystemClock, iso_time, seconds_of
from kg.harvest.live.harvester import Failure, Harvester, SourceSummary
from kg.harvest.live.session import HttpSession, Traffic
from kg.harvest.live.store import RecordStore
from kg.model import Source
from kg.model.progress import Progress, silent


@dataclass(slots=True)
class SourceReport:
    """What a run of one source came to, and what it cost."""

    summary: SourceSummary
    traffic: Traffic = field(default_factory=Traffic)
    seconds: float = 0.0
    was_resumed: bool = False
    records: int = 0

    @property
    def waiting_share(self) -> float:
        """Share of the time that was spent waiting: for the pace, for pauses that servers asked for."""
        return self.traffic.waiting_s / self.seconds if self.seconds else 0.0


@dataclass(slots=True)
class RunReport:
    """What a run came to."""

    started_at: str
    finished_at: str
    options: dict[str, Any]
    sources: list[SourceReport]
    path: Path | None = None
    #: The run of ``kg nightly`` that it was part of.
    run_id: str | None = None

    @property
    def exit_code(self) -> int:
        """0 if nothing is missing, 1 if an item or a source failed and its last good records stay."""
        return 0 if all(source.summary.is_complete for source in self.sources) else 1

    def as_json(self) -> dict[str, Any]:
        """Give the report as JSON values."""
        return {
            "version": __version__,
            "run_id": self.run_id,
            "started_at": self.started_at,
            "finished_at": self.finished_at,
            "options": self.options,
            "complete": self.exit_code == 0,
            "sources": [
                {
                    "source": source.summary.source,
                    "new": source.summary.new,
                    "changed": source.summary.changed,
                    "unchanged": source.summary.unchanged,
                    "deleted": source.summary.deleted,
                    "failed": [failure._asdict() for failure in source.summary.failed],
                    "withheld": [failure._asdict() for failure in source.summary.withheld],
                    "stale": source.summary.stale,
                    "notes": source.summary.notes,
                    "records": source.records,
                    "was_resumed": source.was_resumed,
                    "seconds": round(source.seconds, 3),
                    "waiting_share": round(source.waiting_share, 4),
                    "traffic": {
                        name: round(value, 3) if isinstance(value, float) else value
                        for name, value in asdict(source.traffic).items()
                    },
                }
                for source in self.sources
            ],
        }


def run_harvest(
    config: HarvestConfig,
    harvesters: Sequence[Harvester],
    *,
    since: str | None = None,
    limit: int | None = None,
    refresh: bool = False,
    wait: bool = False,
    progress: Progress = silent,
    clock: Clock | None = None,
    run_id: str | None = None,
) -> RunReport:
    """Bring the store up to date with every source.

    Parameters
    ----------
    config : HarvestConfig
        Where the store is.
    harvesters : sequence of Harvester
        From `make_harvesters`.
    since : str, optional
        ISO date: ask only for what changed since then.
    limit : int, optional
        Most items of each source.
    refresh : bool
        Ask for everything.
    wait : bool
        Wait for another run that is writing to the store.
    progress : Progress
        Told of each step.
    clock : Clock, optional
        Time.
    run_id : str, optional
        The run of ``kg nightly`` that it is part of: it stands in the report and in the store's table of runs.

    Returns
    -------
    RunReport
        Also written to the store's ``runs`` folder.

    Raises
    ------
    ConfigError
        If `since` is no date, or no contact is named.
    StoreBusyError
        If another run is writing, and `wait` is not set.
    """
    clock = clock or SystemClock()
    if since is not None:
        _check_date(since)
    options: dict[str, Any] = {"since": since, "limit": limit, "refresh": refresh}
    with _open_store(config.store, clock, progress, wait=wait) as store:
        started_at = store.now()
        reports = [
            _run_source(harvester, store, options, progress, clock, config.contact, run_id) for harvester in harvesters
        ]
        report = RunReport(started_at, store.now(), options, reports, run_id=run_id)
        report.path = _write(report, config.store / "runs", clock)
    return report


def _open_store(folder: Path, clock: Clock, progress: Progress, *, wait: bool) -> RecordStore:
    try:
        return RecordStore.open(folder, clock=clock)
    except StoreBusyError:
        if not wait:
            raise
        progress("waiting for another harvest", 0, 0)
        return RecordStore.open(folder, wait=True, clock=clock)


def _check_date(since: str) -> None:
    try:
        seconds_of(since)
    except ValueError as error:
        raise ConfigError(f"{since!r} is no date", "--since", "write it as 2026-11-01") from error


def _run_source(
    harvester: Harvester,
    store: RecordStore,
    options: dict[str, Any],
    progress: Progress,
    clock: Clock,
    contact: str | None,
    run_id: str | None,
) -> SourceReport:
    summary = SourceSummary(harvester.source)
    report = SourceReport(summary)
    session: HttpSession | None = harvester.make_session()
    if session is not None and not contact:
        session.close()
        raise ConfigError(
            "nobody is named whom the servers' owners could write to",
            "kg.toml: harvest.contact",
            'add contact = "you@example.org" under [harvest]; it is sent with every request',
        )
    # Time by the clock that waits, so that a test's clock counts its waiting; and what the clock doesn't see.
    started, began = clock.now(), time.perf_counter()
    report.was_resumed = store.start_run(harvester.source, options, nightly_id=run_id)
    try:
        harvester.harvest(session, store, summary, progress=progress, **options)
    except HarvestError as error:
        text = error.what if not error.where else f"{error.where}: {error.what}"
        summary.stale = session.redact(text) if session is not None else text
    finally:
        if session is not None:
            report.traffic = session.traffic
            session.close()
        report.seconds = max(clock.now() - started, time.perf_counter() - began)
    if report.was_resumed:
        _add_earlier_failures(store, summary)
    # A listing that failed names no item: what it would have listed was not looked at.
    items = {failure.key for failure in store.failed(harvester.source)}
    has_listed = all(
        failure.key.startswith("DOI:") or failure.key.removeprefix("PMID:") in items for failure in summary.failed
    )
    is_whole = has_listed and options["since"] is None and options["limit"] is None
    store.finish_run(harvester.source, reason=summary.stale, is_whole=is_whole)
    report.records = store.count(harvester.source)
    return report


def _add_earlier_failures(store: RecordStore, summary: SourceSummary) -> None:
    """Name what failed before the run was cut off, and isn't asked for again in it."""
    prefix = "PMID:" if summary.source == Source.PUBMED else ""
    named = {failure.key for failure in summary.failed}
    earlier = [Failure(f"{prefix}{item.key}", item.reason) for item in store.failed_in_run(summary.source)]
    summary.failed += [failure for failure in earlier if failure.key not in named]


def _write(report: RunReport, folder: Path, clock: Clock) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    name = iso_time(clock.now()).replace(":", "").replace("-", "")
    path, number = folder / f"{name}.json", 1
    while path.exists():
        number += 1
        path = folder / f"{name}-{number}.json"
    aside = path.with_suffix(f".{os.getpid()}.part")
    aside.write_text(json.dumps(report.as_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    aside.replace(path)
    return path


def plan_harvest(
    config: HarvestConfig,
    harvesters: Collection[Harvester],
    *,
    since: str | None = None,
    limit: int | None = None,
    refresh: bool = False,
) -> dict[str, list[str]]:
    """Say what `run_harvest` would do, source by source; asks no server and writes nothing."""
    if since is not None:
        _check_date(since)
    if not (config.store / "store.sqlite").is_file():
        return {h.source: h.plan(None, since=since, limit=limit, refresh=refresh) for h in harvesters}
    with RecordStore.open(config.store, write=False) as store:
        return {h.source: h.plan(store, since=since, limit=limit, refresh=refresh) for h in harvesters}

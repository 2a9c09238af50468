"""The whole way, once a night: harvest, build, gates, publish, Neo4j, pages, report.

Whatever happens, readers have either a better graph or last night's, and a report says which and why.
"""

from __future__ import annotations

import logging
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Final

from kg.build.faults import FAULTS, fault_of, told_of
from kg.build.gates import COMPARISON, GateReport
from kg.build.lock import NIGHTLY, only_one
from kg.build.pipeline import BuildResult, build
from kg.build.publication import Verdict, forget_waiting, publish_gated
from kg.build.run_facts import RunFacts, StepFact, gate_facts, source_health
from kg.build.run_record import (
    RunRecord,
    Step,
    close_ended_runs,
    last_reported,
    new_run_id,
    now,
    prune_runs,
    write_record,
)
from kg.build.run_report import write_run_report
from kg.build.snapshot import build_id_of, take_snapshot
from kg.build.step_log import LoggedProgress
from kg.config import KgConfig
from kg.errors import BuildError
from kg.graph.build_dir import Build
from kg.graph.diff import BuildDiff, diff_builds
from kg.graph.publications import current_path, history
from kg.model import Source
from kg.model.progress import Progress, silent
from kg.ontology import load_vocabulary

_log = logging.getLogger(__name__)

PUBLISHED: Final = 0
HELD: Final = 1
FAILED: Final = 3
#: The build is published, or there was nothing new; but a source, the server or the pages need somebody.
REMAINING: Final = 4
INTERRUPTED: Final = 130


class _Skipped(Exception):  # noqa: N818 - nothing went wrong
    """A step that isn't configured."""


class _Run:
    """A run under way: its record on disk is always as far as it is."""

    def __init__(self, config: KgConfig, run_id: str, progress: Progress) -> None:
        self.config, self.progress = config, LoggedProgress(progress)
        self.out = config.build.out
        self.record = RunRecord(run_id=run_id, started_at=now())
        #: The build that the last report was about: what is reported is what changed since.
        self.previous: Build | None = None
        self.last = last_reported(self.out)
        self.made: BuildResult | None = None
        self.gates: GateReport | None = None
        write_record(self.out, self.record)

    def keep(self) -> None:
        """Write the record; a disk that is full must not hide why, nor undo what was done."""
        try:
            write_record(self.out, self.record)
        except OSError as error:
            _log.error("the run's record can't be written: %s", error)
            told = f"record: {told_of(error)}"
            if told not in self.record.remaining:
                self.record.remaining.append(told)

    @contextmanager
    def step(self, name: str, *, is_needed: bool = True) -> Iterator[list[str]]:
        """Time a step; what is appended to the list is what it said. A fault ends the run if the step is needed."""
        said: list[str] = []
        started = time.monotonic()  # the clock may be set while it runs
        outcome, fault = "failed", None
        _log.info("%s begins", name, extra={"step": name})
        self.progress.begin(name)
        try:
            yield said
            outcome = "done"
        except _Skipped as reason:
            outcome = "skipped"
            said.append(str(reason))
        except FAULTS as error:
            said.append(told_of(error))
            fault = fault_of(error)
            if not is_needed:
                self.record.remaining.append(f"{name}: {said[-1]}")
        finally:
            if outcome == "failed" and not said and (unknown := sys.exc_info()[1]) is not None:
                said.append(told_of(unknown))
            seconds = round(time.monotonic() - started, 3)
            text = "; ".join(said)
            done = Step.model_validate(
                {"name": name, "outcome": outcome, "seconds": seconds, "peak_mb": peak_mb(), "said": text}
            )
            self.record.steps.append(done)
            extra = {"step": name, "outcome": outcome, "seconds": seconds}
            (_log.error if outcome == "failed" else _log.info)("%s %s: %s", name, outcome, text, extra=extra)
            self.keep()
        if fault is not None and is_needed:
            raise fault


def run_nightly(
    config: KgConfig,
    *,
    accept: str | None = None,
    run_id: str | None = None,
    progress: Progress = silent,
) -> RunRecord:
    """Bring everything up to date, or leave it as it was and say why.

    Parameters
    ----------
    config : KgConfig
        What is harvested, built and published.
    accept : str, optional
        Why gates that fail are passed over tonight.
    run_id : str, optional
        From `new_run_id`.
    progress : Progress
        Told of each step.

    Returns
    -------
    RunRecord
        Finished; its `exit_code` is 0 (published, or nothing new), 1 (a gate holds the build back), 3 (it
        failed, and the last good build is kept) or 4 (published, but something remains to be done).

    Raises
    ------
    BuildError
        If another run is at work.
    """
    out = config.build.out
    with only_one(out / NIGHTLY, mend="wait for it: one run at a time"):
        out.mkdir(parents=True, exist_ok=True)
        for ended in close_ended_runs(out):
            _log.warning("run %s was ended from outside", ended)
        run = _Run(config, run_id or new_run_id(), progress)
        finished = False
        try:
            outcome, code = _work(run, accept)
            finished = True
        except FAULTS as error:
            outcome, code = "failed", FAILED
            run.record.error = told_of(fault_of(error))
            finished = True
        finally:
            if not finished:  # a fault of kg itself, or Ctrl-C, goes on to the top; the record says what it was
                cause = sys.exc_info()[1]
                is_stopped = isinstance(cause, KeyboardInterrupt)
                run.record.error = told_of(cause) if is_stopped and cause else f"a fault of kg: {cause!r}"
                _finish(run, "failed", INTERRUPTED if is_stopped else 70)
        return _finish(run, outcome, code)


def _work(run: _Run, accept: str | None) -> tuple[str, int]:
    config, record = run.config, run.record
    path = current_path(run.out)
    current = _open(path)
    run.previous = _last_reported(run, current)
    with run.step("harvest", is_needed=False) as said:
        _harvest(run, said)
    with run.step("build") as said:
        made = build(config, publish=False, progress=run.progress)
        vocabulary, made = made.vocabulary, made._replace(vocabulary=None)  # the gates are the last to need it
        run.made, record.build_id, record.work = made, made.build.manifest.build_id, made.work
        said.append(f"{record.build_id}{', was there already' if made.is_reused else ''}")
        for name, seconds in made.seconds.items():
            _log.info("build: %s took %.1f s", name, seconds, extra={"step": f"build: {name}", "seconds": seconds})
    is_new = current is None or current.path != made.build.path.resolve()
    with run.step("gates and publication") as said:
        if not is_new:
            forget_waiting(run.out)
            raise_skipped("nothing is new")
        verdict = publish_gated(config, made.build, accept=accept, run_id=record.run_id, vocabulary=vocabulary)
        _note(run, verdict, accept, said)
    del vocabulary
    if is_new and record.failed_gates and record.accepted is None:
        return "held", HELD
    with run.step("neo4j", is_needed=False) as said:
        _publish_neo4j(run, made.build, said)
    with run.step("pages", is_needed=False) as said:
        _update_pages(run, made.build, said)
    return "published" if is_new else "unchanged", REMAINING if record.remaining else PUBLISHED


def raise_skipped(reason: str) -> None:
    """Leave a step that has nothing to do."""
    raise _Skipped(reason)


def _note(run: _Run, verdict: Verdict, accept: str | None, said: list[str]) -> None:
    run.gates = verdict.report
    run.record.failed_gates = verdict.report.failed
    failed = [gate for gate in verdict.report.gates if not gate.is_passed]
    said += [f"{gate.name}: {gate.said}" for gate in failed]
    if failed and verdict.is_published:
        run.record.accepted = accept
    run.record.remaining += [f"gates: {gate.said}" for gate in verdict.report.gates if gate.name == COMPARISON]
    said.append("published" if verdict.is_published else "not published")


def _harvest(run: _Run, said: list[str]) -> None:
    config = run.config
    if not any(getattr(config.harvest, source.value, None) is not None for source in Source):
        raise_skipped("no source is live: [harvest] names none")
    from kg.harvest.live.run import run_harvest
    from kg.harvest.live.sources import make_harvesters

    report = run_harvest(config.harvest, make_harvesters(config), progress=run.progress, run_id=run.record.run_id)
    records = {health.source: health.records for health in source_health(config.harvest)}
    for source in report.sources:
        summary = source.summary
        said.append(f"{summary.source}: {summary.new} new, {summary.changed} changed, {summary.deleted} deleted")
        if not summary.is_complete:
            why = summary.stale or f"{len(summary.failed)} items failed"
            kept = "its last good records are used" if records.get(summary.source) else "it has no records yet"
            run.record.remaining.append(f"harvest: {summary.source}: {why}; {kept}")


def _publish_neo4j(run: _Run, made: Build, said: list[str]) -> None:
    if not run.config.nightly.neo4j:
        raise_skipped("[nightly] neo4j is not set")
    from kg.export.neo4j.connection import find_target
    from kg.export.neo4j.publish import Options, publish

    chosen = run.config.neo4j
    options = Options(
        builds=run.out, small_rows=chosen.small_rows, batch_rows=chosen.batch_rows, run_id=run.record.run_id
    )
    summary = publish(find_target(run.config), made, made.manifest.build_id, options, progress=run.progress)
    said.append(f"{summary.build_id}: {summary.manner}")


def _update_pages(run: _Run, made: Build, said: list[str]) -> None:
    chosen = run.config.nightly
    if not chosen.pages:
        raise_skipped("[nightly] pages names none")
    from kg.wiki.files import find_pages
    from kg.wiki.updating import CHANGES, update_pages
    from kg.wiki.upload import open_folder

    wiki = run.config.sources.wiki
    roots = [path for given in (wiki.path if wiki else ()) if (path := Path(given)).is_dir()]
    pages = find_pages([Path(path) for path in chosen.pages], roots)
    to = chosen.pages_to
    with nullcontext() if to is None else open_folder(to, pages) as folder:
        found = list(update_pages(pages, made, run.config, write_to=to, in_place=to is None))
        changed = [result for result in found if result.action in CHANGES]
        if folder is not None:
            folder.write_manifest(made.manifest.build_id, changed, run_id=run.record.run_id)
    left = sum(result.needs_attention for result in found)
    said.append(f"{len(changed)} of {len(found)} pages changed, {left} need somebody")


def _finish(run: _Run, outcome: str, code: int) -> RunRecord:
    """Write the report and the record; a fault here is told, and changes nothing of what was published."""
    record, out = run.record, run.out
    path = current_path(out)
    record.current = path.name if path else None
    record.outcome, record.exit_code, record.finished_at = outcome, code, now()  # type: ignore[assignment]
    record.publications = len(history(out))
    run.keep()  # before the report: a run that is killed in between has told all the same
    with run.step("report", is_needed=False) as said:
        diff = _difference(run)
        made = run.made.build if run.made else None
        folder = write_run_report(out, _facts(run), build=made, previous=run.previous, diff=diff)
        said.append(str(folder))
    with run.step("prune", is_needed=False) as said:
        said.append(f"{prune_runs(out, keep=run.config.nightly.keep_runs, spare=record.run_id)} old runs removed")
    if code == PUBLISHED and record.remaining:
        record.exit_code = REMAINING
    record.finished_at = now()
    run.keep()
    return record


def _difference(run: _Run) -> BuildDiff | None:
    if run.made is None or run.previous is None:
        return None
    return diff_builds(run.previous, run.made.build)


def _facts(run: _Run) -> RunFacts:
    record, gates = run.record, run.gates
    builds = run.made.seconds if run.made else {}
    steps = [StepFact(name=step.name, seconds=step.seconds, peak_mb=step.peak_mb) for step in record.steps]
    steps += [StepFact(name=f"build: {name}", seconds=seconds) for name, seconds in builds.items()]
    return RunFacts(
        run_id=record.run_id,
        started_at=record.started_at,
        finished_at=record.finished_at or now(),
        outcome=record.outcome,
        exit_code=record.exit_code or 0,
        error=record.error,
        remaining=tuple(record.remaining),
        accepted=record.accepted,
        since=_since(run),
        steps=tuple(steps),
        peak_mb=peak_mb(),
        work=record.work,
        **(gate_facts(gates) if gates else {}),
        sources=source_health(run.config.harvest),
    )


def _since(run: _Run) -> tuple[str, ...]:
    """Tell of what was published since the last report, by hand or by a run that didn't come to report it."""
    if run.last is None or run.last.publications is None:
        return ()
    lines = []
    for told in history(run.out)[run.last.publications :]:
        if told.run_id == run.record.run_id:
            continue
        done = "taken back to" if told.is_rollback else "published"
        who = f"run {told.run_id}, which was ended" if told.run_id else "hand"
        reason = f", although {', '.join(told.failed_gates)} failed: {told.accepted}" if told.accepted else ""
        lines.append(f"since the last report: {done} {told.build_id} by {who}{reason}")
    return tuple(lines)


def _last_reported(run: _Run, current: Build | None) -> Build | None:
    """Open the build that readers saw when the last run reported; the current one where nobody knows."""
    name = run.last.current if run.last else None
    if name is None or (current is not None and current.path.name == name):
        return current
    path = run.out / name
    return (_open(path) if (path / "manifest.json").is_file() else None) or current


def _open(path: Path | None) -> Build | None:
    try:
        return Build.open(path) if path is not None else None
    except BuildError as error:
        _log.warning("the current build can't be read: %s", error)
        return None


def peak_mb() -> float:
    """Most memory that this process has held, and the largest of its workers, in MB."""
    kilobytes = sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return round(kilobytes / 1024, 1)


def plan_nightly(config: KgConfig) -> Iterator[str]:
    """Say what a run would do; nothing is asked of a server, built or published.

    Yields
    ------
    str
        A line a step.
    """
    from kg.export.neo4j.connection import without_password

    live = [source.value for source in Source if getattr(config.harvest, source.value, None) is not None]
    yield f"harvest: {', '.join(live) if live else 'skipped, no source is live'}"
    snapshot = take_snapshot(config)
    build_id = build_id_of(snapshot, load_vocabulary(config), config)
    counts = ", ".join(f"{name} {count:,}" for name, count in snapshot.count_by_source().items() if count)
    path = config.build.out / build_id
    is_there = (path / "manifest.json").is_file()
    yield f"build: {path}{', which is there already' if is_there else ''}, of the files that are there now: {counts}"
    now_current = current_path(config.build.out)
    compared = f"against {now_current.name}" if now_current else "with nothing to compare"
    yield f"gates and publication: {'nothing new' if now_current == path.resolve() else compared}"
    server = without_password(config.neo4j.uri) if config.neo4j.uri else "the local server"
    yield f"neo4j: {server if config.nightly.neo4j else 'skipped'}"
    yield f"pages: {', '.join(config.nightly.pages) if config.nightly.pages else 'skipped'}"
    yield f"report: {config.build.out / 'runs'}"
    yield f"prune: {config.build.keep} builds and {config.nightly.keep_runs} runs are kept"

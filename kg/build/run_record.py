"""The record of a run of ``kg nightly``: ``builds/runs/<run id>/run.json``, written anew after every step.

A run that is killed leaves a record that says how far it came; the next run says of it that it was ended.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, ValidationError

_log = logging.getLogger(__name__)
RUNS: Final = "runs"
_RECORD: Final = "run.json"
_RUN_ID: Final = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{4}")

Outcome = Literal["running", "published", "unchanged", "held", "failed", "ended"]


class Step(BaseModel):
    """One step of a run."""

    model_config = ConfigDict(extra="forbid")

    name: str
    outcome: Literal["done", "skipped", "failed"]
    seconds: float
    #: Most memory that the process, and its largest worker, had held by the end of the step.
    peak_mb: float | None = None
    said: str = ""


class RunRecord(BaseModel):
    """What happened in a run."""

    model_config = ConfigDict(extra="forbid")

    run_id: str
    started_at: str
    finished_at: str | None = None
    outcome: Outcome = "running"
    exit_code: int | None = None
    #: Why the run failed: what, where and how to mend it.
    error: str | None = None
    accepted: str | None = None
    build_id: str | None = None
    #: The build that readers see at the end.
    current: str | None = None
    steps: list[Step] = []
    work: dict[str, int] = {}
    failed_gates: tuple[str, ...] = ()
    #: How many publications the history had at the end; those after it are news for the next report.
    publications: int | None = None
    #: What is left to do though the build is published.
    remaining: list[str] = []


def new_run_id() -> str:
    """Give an id that begins with the time, so that names sort as runs follow each other."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid4().hex[:4]}"


def now() -> str:
    """Give the time, as records have it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def write_record(out: Path, record: RunRecord) -> Path:
    """Write a run's record in one step; give its folder."""
    folder = out / RUNS / record.run_id
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f".{_RECORD}.{uuid4().hex[:8]}"
    try:
        with aside.open("w", encoding="utf-8") as stream:
            stream.write(record.model_dump_json(indent=2) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(folder / _RECORD)
    except OSError:
        aside.unlink(missing_ok=True)
        if not any(folder.iterdir()):
            folder.rmdir()  # a run without a record is none
        raise
    return folder


def last_reported(out: Path) -> RunRecord | None:
    """Give the record of the run that reported last, whatever the clock says; None if there is none."""
    folder = out / RUNS / "latest"
    return read_record(folder.resolve()) if (folder / _RECORD).is_file() else None


def read_record(folder: Path) -> RunRecord | None:
    """Read a run's record; None where there is none, or it can't be read."""
    try:
        return RunRecord.model_validate_json((folder / _RECORD).read_bytes())
    except (OSError, ValidationError) as error:
        _log.warning("%s is passed over: %s", folder, error)
        return None


def close_ended_runs(out: Path) -> list[str]:
    """Say of runs that never finished that they were ended; give their ids. Only for who holds the run's lock."""
    ended = []
    for folder in run_folders(out):
        if not (folder / _RECORD).exists() and all(path.name.startswith(f".{_RECORD}.") for path in folder.iterdir()):
            shutil.rmtree(folder, ignore_errors=True)  # it was killed, or its disk was full, before it had a record
            continue
        record = read_record(folder)
        if record is not None and record.outcome == "running":
            last = record.steps[-1].name if record.steps else "the start"
            update = {"outcome": "ended", "error": f"it was ended from outside after {last}"}
            write_record(out, record.model_copy(update=update))
            ended.append(record.run_id)
    return ended


def run_folders(out: Path) -> list[Path]:
    """Give the folders of runs, the oldest first."""
    folder = out / RUNS
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(path for path in found if _RUN_ID.fullmatch(path.name) and not path.is_symlink())


def prune_runs(out: Path, *, keep: int, spare: str = "") -> int:
    """Remove the oldest runs beyond `keep`; say how many.

    The one whose id is `spare` stays, and the latest: where the clock was set back they are the oldest by name.
    """
    spared = {spare, (out / RUNS / "latest").resolve().name}
    old = [folder for folder in run_folders(out)[:-keep] if folder.name not in spared]
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    return len(old)

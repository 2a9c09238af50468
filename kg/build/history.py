"""What earlier runs and builds came to, so that tonight's figures can be seen beside them."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from pydantic import Field, ValidationError

from kg.build.run_facts import Outcome, Part
from kg.build.run_record import read_record
from kg.graph.build_dir import Manifest
from kg.graph.publications import history as publications

_log = logging.getLogger(__name__)

#: Folder, beside the builds, with a folder for each run.
RUNS: Final = "runs"
#: Link to the newest of them.
LATEST: Final = "latest"
REPORT: Final = "report.json"
#: Most runs that are drawn; older ones stay on disk.
MOST: Final = 90


class Point(Part):
    """The figures of one run."""

    run_id: str
    at: str
    #: 'ended' of a run that was killed, and has no report of its own.
    outcome: Outcome | Literal["ended"]
    build_id: str | None = None
    #: nodes, edges, claims, evidence, mentions, records.
    totals: dict[str, int] = Field(default_factory=dict)
    #: Datasets in all, and with each kind of link; claims that are contested, rules that are broken.
    figures: dict[str, int] = Field(default_factory=dict)
    scores: dict[str, float] = Field(default_factory=dict)
    failed_gates: tuple[str, ...] = ()
    seconds: float | None = None
    peak_mb: float | None = None


def totals_of(counts: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Add up a manifest's counts."""
    wanted = ("records", "mentions", "evidence", "claims", "nodes", "edges")
    return {name: sum(counts[name].values()) for name in wanted if name in counts}


def history_of(out: Path, *, before: str | None = None) -> list[Point]:
    """Give the figures of earlier runs, the oldest first.

    Parameters
    ----------
    out : Path
        The folder of builds. Runs are read from their reports in ``runs``, and what ``kg build`` published
        without a run from ``published.jsonl`` and the manifests of the builds that are still there.
    before : str, optional
        Id of a run that is left out: the one that is being reported on.

    Returns
    -------
    list of Point
        At most the last `MOST`. A report that can't be read is passed over, with a warning in the log.
    """
    folder = out / RUNS
    # Ids begin with their time, so the names' order is theirs.
    names = (
        sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.is_symlink())
        if folder.is_dir()
        else []
    )
    read = (_read_point(folder / name / REPORT) for name in names[-MOST - 1 :] if name != before)
    points = [point for point in read if point is not None]
    of_runs = {point.run_id for point in points}
    for publication in publications(out):
        if publication.run_id in of_runs or (before is not None and publication.run_id == before):
            continue
        manifest = _read_manifest(out / publication.path / "manifest.json")
        if manifest is not None and not publication.is_rollback:
            points.append(
                Point(
                    run_id=publication.run_id or f"build {publication.build_id}",
                    at=publication.at,
                    outcome="published",
                    build_id=publication.build_id,
                    totals=totals_of(manifest.counts),
                    scores=publication.scores,
                )
            )
    return sorted(points, key=lambda point: (point.at, point.run_id))[-MOST:]


def _read_point(path: Path) -> Point | None:
    try:
        return Point.model_validate(json.loads(path.read_bytes())["point"])
    except FileNotFoundError:
        return _ended(path.parent)
    except (OSError, ValueError, KeyError, TypeError) as error:
        _log.warning("%s is passed over: %s", path, error)
        return None


def _ended(folder: Path) -> Point | None:
    """Give a run that was killed before it could report; one that is under way is none yet."""
    record = read_record(folder) if (folder / "run.json").is_file() else None
    if record is None or record.outcome != "ended":
        return None
    seconds = sum(step.seconds for step in record.steps) or None
    return Point(run_id=record.run_id, at=record.started_at, outcome="ended", seconds=seconds)


def _read_manifest(path: Path) -> Manifest | None:
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError:
        return None  # the build is gone, as builds beyond build.keep are
    except ValidationError as error:
        _log.warning("%s is passed over: %s", path, error.errors()[0]["msg"])
        return None

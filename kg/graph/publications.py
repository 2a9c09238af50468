"""Which build readers see: ``builds/current``, and what it was before.

Publishing is one rename of a link: a reader sees the old build or the new one, and one that has the old one
open finishes with it. ``builds/published.jsonl`` remembers what was published, so that it can be taken back.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from kg.errors import BuildError
from kg.graph.build_dir import Build, point_current
from kg.graph.layout import CURRENT
from kg.graph.locks import unread

_log = logging.getLogger(__name__)
_HISTORY: Final = "published.jsonl"
#: What is being published: written before the switch, so that one who dies after it leaves no gap in the history.
_PENDING: Final = ".publishing.json"
#: Why the newest build is held back; gone as soon as another becomes current.
WAITING: Final = "waiting.json"
#: Names of folders that are ours to remove: a user may keep a build beside them under another name.
_BUILD_ID: Final = re.compile(r"[0-9a-f]{12}")


class Publication(BaseModel):
    """One time that a build became the current one."""

    model_config = ConfigDict(frozen=True)

    build_id: str
    #: The folder's name below the folder of builds, or its whole path.
    path: str
    at: str
    #: Which run of ``kg nightly`` it was, if any.
    run_id: str | None = None
    #: Why gates that failed were passed over.
    accepted: str | None = None
    failed_gates: tuple[str, ...] = ()
    is_rollback: bool = False
    #: What gates compare the next build with, beside the tables: scores on the gold.
    scores: dict[str, float] = {}


def current_path(out: Path) -> Path | None:
    """Give the folder that ``current`` points at, or None."""
    link = out / CURRENT
    return link.resolve() if link.is_symlink() or link.is_dir() else None


def history(out: Path) -> list[Publication]:
    """Give what was published, the oldest first; a line that was cut off by a crash is passed over."""
    told, pending = _told(out), _cut_off(out)
    return [*told, pending] if pending is not None and told[-1:] != [pending] else told


def last_publication(out: Path) -> Publication | None:
    """Give the publication that made ``current`` what it is, or None."""
    now = current_path(out)
    return next((p for p in reversed(history(out)) if now is not None and _folder(out, p) == now), None)


def publish_build(out: Path, build: Build, **details: Any) -> Publication:
    """Make a build the current one.

    Parameters
    ----------
    out : Path
        The folder of builds.
    build : Build
        Whole and open.
    **details
        Of the `Publication`.
    """
    path = build.path.resolve()
    name = path.name if path.parent == out.resolve() else str(path)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    made = Publication(build_id=build.manifest.build_id, path=name, at=at, **details)
    _settle(out)
    was = current_path(out)
    is_told = was != path or bool(made.accepted or made.scores)
    if is_told:
        _announce(out, made)
    point_current(out, build.path)
    try:
        if is_told:
            _remember(out, made)
            (out / _PENDING).unlink()
        # What waited was compared with a build that is no longer the current one.
        (out / WAITING).unlink(missing_ok=True)
    except OSError as error:  # it is published all the same; what is announced counts until the next one settles it
        _log.warning("%s has no line yet of %s: %s", out / _HISTORY, made.build_id, error)
    return made


def previous_build(out: Path) -> Path | None:
    """Give the build that was current before the one that is, if it is still there."""
    return next(iter(earlier_builds(out)), None)


def earlier_builds(out: Path) -> list[Path]:
    """Give the builds that were current before the one that is and are still there, the latest first.

    Taking back twice goes back twice: what was taken back isn't among them.
    """
    now = current_path(out)
    stack: list[Path] = []
    for publication in history(out):
        path = _folder(out, publication)
        if publication.is_rollback and path in stack:
            while stack[-1] != path:
                stack.pop()
        elif stack[-1:] != [path]:
            stack.append(path)
    if now in stack:
        # A link that was set by hand: what was current before this one last became it.
        while stack[-1] != now:
            stack.pop()
    latest_first = dict.fromkeys(reversed(stack))
    return [path for path in latest_first if path != now and (path / "manifest.json").is_file()]


def find_earlier(out: Path) -> Build:
    """Open the latest build before the current one that is whole; those that are damaged are passed over.

    Raises
    ------
    BuildError
        If there is none.
    """
    faults = []
    for path in earlier_builds(out):
        try:
            return Build.open(path)
        except BuildError as error:
            _log.warning("it is passed over: %s: %s", error.where, error.what)
            faults.append(error)
    what = f"no earlier build is whole: {faults[0].what}" if faults else "there is no earlier build to go back to"
    mend = "name one: kg publish --build builds/<build id>"
    raise BuildError(what, faults[0].where if faults else str(out), mend)


def roll_back(out: Path, *, run_id: str | None = None) -> Build:
    """Make the build before the current one current again; one that is damaged is passed over.

    Raises
    ------
    BuildError
        If there is none that is whole.
    """
    build = find_earlier(out)
    before = [p for p in history(out) if _folder(out, p) == build.path]
    publish_build(out, build, run_id=run_id, is_rollback=True, scores=before[-1].scores if before else {})
    return build


def prune_builds(out: Path, *, keep: int) -> list[Path]:
    """Remove the oldest builds beyond `keep`: never the current one, the one before it, or one that waits or is read.

    Returns
    -------
    list of Path
        What was removed.
    """
    builds = [p for p in out.iterdir() if _BUILD_ID.fullmatch(p.name) and (p / "manifest.json").is_file()]
    builds.sort(key=lambda path: (path / "manifest.json").stat().st_mtime_ns, reverse=True)
    # By when they were published, not by the clock, which may have been set back; unpublished ones by age, after.
    order = {_folder(out, publication): number for number, publication in enumerate(history(out))}
    builds.sort(key=lambda path: order.get(path.resolve(), -1), reverse=True)
    safe = {current_path(out), _waiting(out), *([previous_build(out)] if keep > 1 else [])}
    # A build that waits for a decision counts beside those that were published.
    published = [path for path in builds if path.resolve() in order]
    waiting = [path for path in builds if path.resolve() not in order]
    removed = []
    for path in (*published[keep:], *waiting[keep:]):
        if path.resolve() in safe:
            continue
        with unread(path / "manifest.json") as alone:
            if not alone:
                continue
            # The manifest goes first: what is left of a removal that is cut short is no build.
            (path / "manifest.json").unlink()
            shutil.rmtree(path)
            removed.append(path)
    return removed


def _waiting(out: Path) -> Path | None:
    """Give the folder of the build that `WAITING` is about."""
    try:
        return (out / str(json.loads((out / WAITING).read_bytes())["path"])).resolve()
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _folder(out: Path, publication: Publication) -> Path:
    return (out / publication.path).resolve()


def _told(out: Path) -> list[Publication]:
    try:
        lines = (out / _HISTORY).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        try:
            found.append(Publication.model_validate_json(line))
        except ValidationError as error:
            _log.warning("%s has a line that can't be read: %s", out / _HISTORY, error.errors()[0]["msg"])
    return found


def _cut_off(out: Path) -> Publication | None:
    """Give a publication that was cut off after the switch, which the history may lack."""
    try:
        found = Publication.model_validate_json((out / _PENDING).read_bytes())
    except (OSError, ValidationError):
        return None
    return found if _folder(out, found) == current_path(out) else None


def _settle(out: Path) -> None:
    """Finish or forget a publication that was cut off. Only for who holds the lock of publications."""
    pending = _cut_off(out)
    if pending is not None and _told(out)[-1:] != [pending]:
        _remember(out, pending)
    (out / _PENDING).unlink(missing_ok=True)


def _announce(out: Path, publication: Publication) -> None:
    with (out / _PENDING).open("w", encoding="utf-8") as stream:
        stream.write(publication.model_dump_json(exclude_defaults=True))
        stream.flush()
        os.fsync(stream.fileno())


def _remember(out: Path, publication: Publication) -> None:
    line = publication.model_dump_json(exclude_defaults=True) + "\n"
    path = out / _HISTORY
    with path.open("a+b") as stream:
        # A line that a crash cut off must not swallow the next.
        if stream.tell() and not _ends_line(path):
            line = "\n" + line
        stream.write(line.encode())
        stream.flush()
        os.fsync(stream.fileno())


def _ends_line(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) == b"\n"

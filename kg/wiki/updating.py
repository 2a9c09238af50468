"""Keep the diagrams of a wiki's pages up to date: read, decide, write, page by page and in several processes.

What becomes of one page is ``kg.wiki.update``'s to decide; this reads and writes files.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import polars as pl

from kg.config import KgConfig
from kg.diagram.block import Block, DiagramSource, page_block
from kg.diagram.checked import CheckedTexts
from kg.errors import DiagramError, WikiError
from kg.graph.build_dir import Build
from kg.wiki.cache import ResultCache, code_fingerprint, make_key
from kg.wiki.faults import find_fault, short_fault
from kg.wiki.files import PageFile, check_writable, read_page_bytes, remove_leftovers, replace_page
from kg.wiki.journal import note_file
from kg.wiki.moved import Moved, moved_entry, moved_key
from kg.wiki.page import Page
from kg.wiki.place import PLACES
from kg.wiki.pool import work_on
from kg.wiki.quick import QuickCheck
from kg.wiki.subjects import COLUMNS, Subjects
from kg.wiki.update import Action, Decision, Plan, plan_update

#: Diagrams that a process keeps, for pages on the same subject.
_REMEMBERED: Final = 500
_SUBJECTS: Final = "subjects.arrow"
#: Pages that a process writes at a time.
_WRITERS: Final = 4
#: What changes a page.
CHANGES = frozenset({Action.ADDED, Action.UPDATED, Action.REPLACED, Action.STALE, Action.ADOPTED})


@dataclass(frozen=True)
class UpdateJob:
    """How pages are updated; `write_to` is None where nothing is written."""

    build_id: str
    cache_dir: Path
    base_url: str | None
    places: Mapping[str, tuple[str, ...]]
    decision: Decision
    write_to: Path | None = None
    in_place: bool = False
    #: Leave a page that is write-protected; where changed pages go elsewhere, nobody need write it.
    pages_change: bool = True
    #: Hand the old and the new bytes back, for showing what differs.
    with_bytes: bool = False
    #: Folder with what all workers need of the build.
    prepared: Path = Path()


@dataclass(frozen=True)
class Updated:
    """What became of one page."""

    relative: str
    path: Path
    action: Action
    reason: str = ""
    line: int | None = None
    page_id: str | None = None
    sha256: str = ""
    new_sha256: str = ""
    old: bytes | None = None
    new: bytes | None = None
    #: What the next update will say of the page.
    at_rest: str = ""
    #: Which of its lines stand elsewhere now.
    moved: Moved | None = None

    @property
    def needs_attention(self) -> bool:
        """Say whether a person has something to do about it."""
        return self.action is Action.LEFT or self.action is Action.STALE or self.reason.startswith("stale:")


def update_pages(
    pages: Sequence[PageFile],
    build: Build,
    config: KgConfig,
    *,
    decision: Decision = Decision(),  # noqa: B008 - a tuple
    write_to: Path | None = None,
    in_place: bool = False,
    pages_change: bool = True,
    with_bytes: bool = False,
    processes: int = 0,
) -> Iterator[Updated]:
    """Bring the diagrams of pages up to date with a build.

    Parameters
    ----------
    pages : sequence of PageFile
        From `kg.wiki.files.find_pages`.
    build : Build
        What diagrams are drawn from.
    config : KgConfig
        ``wiki`` and ``cache_dir``.
    decision : Decision
        What to do about pages that are otherwise left alone.
    write_to : Path, optional
        Folder that gets the new Markdown of changed pages; the pages stay as they are.
    in_place : bool
        Write changed pages. With neither, nothing is written.
    pages_change : bool
        With neither: whether it is to be found out what `in_place` would do, rather than `write_to`.
    with_bytes : bool
        Give the old and the new bytes of changed pages.
    processes : int, default 0
        Worker processes; 0 means one a core.

    Yields
    ------
    Updated
        In the order of `pages`.
    """
    places = {name: (*config.wiki.places.get(name, ()), *PLACES.get(name, ())) for name in config.wiki.places}
    job = UpdateJob(
        build.manifest.build_id,
        config.cache_dir,
        config.wiki.base_url,
        {**PLACES, **places},
        decision,
        write_to,
        in_place,
        pages_change and write_to is None,
        with_bytes,
    )
    if in_place:
        remove_leftovers({page.path.parent for page in pages})
    cache = ResultCache(config.cache_dir)
    settings = repr((job.base_url, sorted(job.places.items()), decision))
    context = make_key("update", build.digest, build.manifest.build_id, settings, code_fingerprint())
    keys: dict[PageFile, bytes] = {}
    for page in pages:
        try:
            keys[page] = _key(context, page.relative, hashlib.sha256(read_page_bytes(page)).hexdigest())
        except (OSError, WikiError):
            continue  # its worker meets the same, and says so
    known = cache.find(keys.values())
    waiting = [page for page in pages if page not in keys or keys[page] not in known]
    fresh = _work(waiting, job, build, cache, context, processes)
    for page in pages:
        row = known.get(keys[page]) if page in keys else None
        yield next(fresh) if row is None else _from_row(page, row)


def _work(
    pages: Sequence[PageFile], job: UpdateJob, build: Build, cache: ResultCache, context: bytes, processes: int
) -> Iterator[Updated]:
    """Update pages, and keep what came of it."""
    if not pages:
        return
    with tempfile.TemporaryDirectory(prefix="diagrams-", dir=job.cache_dir) as folder:
        DiagramSource.write(build, Path(folder))
        build.read("nodes", COLUMNS).write_ipc(Path(folder) / _SUBJECTS)
        job = replace(job, prepared=Path(folder))
        for batch in work_on(pages, job, _Worker, _Worker.update, _Worker.finish, processes=processes):
            cache.keep({key: row for result in batch for key, row in _rows(context, result, in_place=job.in_place)})
            yield from batch


def _key(context: bytes, relative: str, sha256: str) -> bytes:
    return make_key(context, relative, sha256)


def _rows(context: bytes, result: Updated, *, in_place: bool) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Give what need not be found out again: of a page that stays, and of one that was written and has come to rest."""
    if not result.sha256:
        return
    row = {"page_id": result.page_id, "line": result.line}
    if result.action not in CHANGES:
        row |= {"action": result.action.value, "reason": result.reason, "sha256": result.sha256}
        yield _key(context, result.relative, result.sha256), row
    elif in_place:
        row |= {"action": Action.UNCHANGED.value, "reason": result.at_rest, "sha256": result.new_sha256}
        yield _key(context, result.relative, result.new_sha256), row
        if result.moved is not None:
            yield moved_key(result.relative, result.new_sha256), moved_entry(result.sha256, result.moved)


def _from_row(page: PageFile, row: Mapping[str, Any]) -> Updated:
    return Updated(
        page.relative,
        page.path,
        Action(row["action"]),
        row["reason"],
        row["line"],
        row["page_id"],
        row["sha256"],
        row["sha256"],
    )


class _Begun(NamedTuple):
    """What is becoming of a page; `written` is done when it is."""

    result: Updated
    written: Future[None] | None = None


def _finished(begun: _Begun) -> Updated:
    if begun.written is not None:
        try:
            begun.written.result()
        except (WikiError, OSError) as error:
            return _left(begun.result.relative, begun.result.path, error)
    return begun.result


def _left(relative: str, path: Path, error: WikiError | DiagramError | OSError) -> Updated:
    if isinstance(error, OSError):
        reason = f"it can't be read or written: {error.strerror}"
    else:
        reason = f"{error.what}: {error.mend}" if isinstance(error, WikiError) else error.what
    return Updated(relative, path, Action.LEFT, reason)


class _Worker:
    """What a process needs to update pages: the build's graph, loaded once."""

    def __init__(self, job: UpdateJob) -> None:
        self._job = job
        self._source = DiagramSource.read(job.prepared, build_id=job.build_id)
        self._subjects = Subjects(pl.read_ipc(job.prepared / _SUBJECTS))
        self._checked = CheckedTexts(job.cache_dir)
        self._quick = QuickCheck(self._checked)
        self._blocks: dict[str, Block | None] = {}
        # A page is written when the disk has it, which takes a disk longer than drawing the next one does.
        self._writers = ThreadPoolExecutor(_WRITERS, thread_name_prefix="write")

    def finish(self, begun: list[_Begun]) -> list[Updated]:
        """Wait until a batch's pages are written, and put by which diagrams parse."""
        self._checked.save()
        return [_finished(each) for each in begun]

    def update(self, file: PageFile) -> _Begun:
        """Decide about one page, and begin to write it."""
        try:
            return self._update(file, read_page_bytes(file))
        except (WikiError, DiagramError, OSError) as error:
            return _Begun(_left(file.relative, file.path, error))

    def _update(self, file: PageFile, data: bytes) -> _Begun:
        page = Page(file.path, file.relative, data, with_inline=False)
        name = page.name
        if name is None:
            reason = next((problem.reason for problem in page.problems), "nothing can be read of it")
            action = Action.LEFT if any(page.managed) else Action.NOTHING
            return _Begun(Updated(file.relative, file.path, action, reason, None, None, page.sha256, page.sha256))
        block = self._block(self._subjects.find(name))
        plan = self._plan(page, name.slug, block)
        result = Updated(
            file.relative, file.path, plan.action, plan.reason, plan.line, name.id, page.sha256, page.sha256
        )
        if plan.data is None:
            return _Begun(result)
        if plan.data == data:
            return _Begun(replace(result, action=Action.UNCHANGED))
        if block is not None:
            self._quick.check(block.mermaid)
        after = Page(file.path, file.relative, plan.data, with_inline=False)
        rest = self._plan(after, name.slug, block)
        if rest.data not in (None, plan.data):
            raise WikiError(f"its diagram would not come to rest ({rest.action})", str(file.path), "report the page")
        if self._job.pages_change:
            check_writable(file)
        written = self._writers.submit(self._write, file, data, plan.data)
        old, new = (data, plan.data) if self._job.with_bytes else (None, None)
        moved = None if plan.behind is None else Moved(plan.behind, len(after.lines) - len(page.lines))
        done = replace(result, new_sha256=after.sha256, old=old, new=new, at_rest=rest.reason, moved=moved)
        return _Begun(done, written)

    def _write(self, file: PageFile, old: bytes, new: bytes) -> None:
        if self._job.write_to is not None:
            note_file(self._job.write_to, file.relative)
            target = self._job.write_to / file.relative
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(new)
        elif self._job.in_place:
            replace_page(file, old, new)

    def _block(self, subject: str | None) -> Block | None:
        if subject is None:
            return None
        if subject not in self._blocks:
            if len(self._blocks) >= _REMEMBERED:
                self._blocks.clear()
            self._blocks[subject] = page_block(self._source, subject, base_url=self._job.base_url)
        return self._blocks[subject]

    def _plan(self, page: Page, slug: str, block: Block | None) -> Plan:
        return plan_update(
            page,
            slug,
            block,
            build_id=self._source.build_id,
            fault=self._fault,
            draws=self._draws,
            decision=self._job.decision,
            places=self._job.places,
        )

    def _draws(self, subject: str) -> bool:
        return subject in self._source and self._block(subject) is not None

    def _fault(self, text: str) -> str | None:
        error = find_fault(text, self._checked)
        return short_fault(error) if error is not None else None

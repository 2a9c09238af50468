"""Lint many pages: in several processes, with what was found of unchanged pages in earlier runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from kg.config import KgConfig
from kg.errors import WikiError
from kg.harvest.slugs import page_id, page_slug
from kg.model import Severity
from kg.ontology import vocabulary_fingerprint
from kg.wiki.cache import ResultCache, code_fingerprint, make_key
from kg.wiki.context import LintContext
from kg.wiki.files import PageFile, read_page_bytes, replace_page
from kg.wiki.findings import RULES, Finding
from kg.wiki.fix import apply_edits
from kg.wiki.lint import Placed, lint_page
from kg.wiki.moved import Moved, move_findings, moved_key
from kg.wiki.page import Page
from kg.wiki.pool import work_on
from kg.wiki.selection import Selection

#: Mending one thing may show another; a page that isn't at rest after so many rounds is left.
_ROUNDS = 5


class Report(NamedTuple):
    """A finding as it is reported: lines and columns from 1, in code points, the end exclusive."""

    path: Path
    relative: str
    code: str
    severity: Severity
    line: int
    column: int
    end_line: int
    end_column: int
    message: str
    source: str
    is_fixable: bool


@dataclass(frozen=True)
class LintJob:
    """How pages are linted."""

    config: KgConfig
    titles: Mapping[str, str] | None
    #: Fixable findings to mend; None where nothing is written.
    fix: frozenset[str] | None = None


@dataclass(frozen=True)
class Linted:
    """What was found on one page."""

    relative: str
    path: Path
    sha256: str
    page: str | None
    findings: tuple[Mapping[str, Any], ...]
    mended: int = 0


def lint_pages(
    pages: Sequence[PageFile],
    config: KgConfig,
    *,
    titles: Mapping[str, str] | None,
    known_pages: Collection[str] = (),
    fix: bool = False,
    processes: int = 0,
) -> LintRun:
    """Lint pages.

    Parameters
    ----------
    pages : sequence of PageFile
        From `kg.wiki.files.find_pages`.
    config : KgConfig
        The vocabularies, ``wiki.lint`` and ``cache_dir``.
    titles : mapping of str to str, optional
        PubMed's titles by PMID; without them PMIDs are not looked up.
    known_pages : collection of str
        Ids of pages that there are beside those that are linted.
    fix : bool, default False
        Mend what is mechanical.
    processes : int, default 0
        Worker processes; 0 means one a core.

    Returns
    -------
    LintRun
        Findings in the order of pages and lines.
    """
    selection = Selection.from_config(config.wiki.lint)
    fixable = frozenset(code for code, rule in RULES.items() if rule.is_fixable and selection.is_selected(code))
    job = LintJob(config, titles, fixable if fix else None)
    cache = ResultCache(config.cache_dir)
    known_titles = json.dumps(None if titles is None else sorted(titles.items()))
    links = config.link.model_dump_json()
    context = make_key("lint", vocabulary_fingerprint(config), links, known_titles, code_fingerprint())
    hashes: dict[PageFile, str] = {}
    for page in pages:
        try:
            hashes[page] = hashlib.sha256(read_page_bytes(page)).hexdigest()
        except (OSError, WikiError):
            continue  # its worker meets the same, and says so
    rows = _known(context, hashes, cache)
    if fix:
        # A page with anything to mend goes to a worker, whether it is known or not.
        rows = {page: row for page, row in rows.items() if not any(f["code"] in fixable for f in row["findings"])}
    fresh = [page for page in pages if page not in rows]
    done: dict[PageFile, Linted] = {page: _from_row(page, row) for page, row in rows.items()}
    waiting = iter(fresh)
    for batch in work_on(fresh, job, _Worker, _Worker.lint, _Worker.finish, processes=processes):
        # The batch first: it says how many pages are taken.
        done.update((page, result) for result, page in zip(batch, waiting, strict=False))
        cache.keep(dict(_rows(context, batch)))
    exist = {*known_pages, *(result.page for result in done.values() if result.page)}
    reports = tuple(_reports([done[page] for page in pages], exist, selection))
    return LintRun(reports, sum(result.mended for result in done.values()), len(pages))


def _known(context: bytes, hashes: Mapping[PageFile, str], cache: ResultCache) -> dict[PageFile, Mapping[str, Any]]:
    """Give what is known of pages: as they are, or as they were before a diagram was written into them."""
    keys = {page: _key(context, page.path, page.relative, sha256) for page, sha256 in hashes.items()}
    known = cache.find(keys.values())
    rows: dict[PageFile, Mapping[str, Any]] = {page: known[key] for page, key in keys.items() if key in known}
    origins = {page: moved_key(page.relative, sha256) for page, sha256 in hashes.items() if page not in rows}
    moves = cache.find(origins.values())
    before = {
        page: _key(context, page.path, page.relative, moves[origin]["sha256"])
        for page, origin in origins.items()
        if origin in moves
    }
    found = cache.find(before.values())
    new: dict[bytes, Any] = {}
    for page, key in before.items():
        if key in found:
            move = moves[origins[page]]
            row = move_findings(found[key], Moved(move["line"], move["by"]), hashes[page])
            if row is not None:
                rows[page] = new[keys[page]] = row
    cache.keep(new)
    return rows


class LintRun(NamedTuple):
    """What a run found, how many things it mended, and how many pages it looked at."""

    reports: tuple[Report, ...]
    mended: int
    pages: int


def page_ids(pages: Sequence[PageFile]) -> frozenset[str]:
    """Give the ids that pages have by their paths alone."""
    return frozenset(page_id(slug) for page in pages if (slug := page_slug(page.relative)))


def _key(context: bytes, path: Path, relative: str, sha256: str) -> bytes:
    """Give the key of all that a page's findings depend on."""
    beside = path.with_name(f"{path.name.rsplit('.', 1)[0]}.refs.json")
    references = beside.read_bytes() if beside.is_file() and not beside.is_symlink() else b""
    return make_key(context, relative, sha256, references)


def _rows(context: bytes, batch: Sequence[Linted]) -> Iterator[tuple[bytes, dict[str, Any]]]:
    for result in batch:
        if result.sha256:
            row = {"page": result.page, "sha256": result.sha256, "findings": list(result.findings)}
            yield _key(context, result.path, result.relative, result.sha256), row


def _from_row(page: PageFile, row: Mapping[str, Any]) -> Linted:
    return Linted(page.relative, page.path, row["sha256"], row["page"], tuple(row["findings"]))


def _reports(results: Sequence[Linted], exist: Collection[str], selection: Selection) -> Iterator[Report]:
    for result in results:
        for found in result.findings:
            code, target = found["code"], found["target"]
            if not selection.is_selected(code) or (target is not None and target in exist):
                continue
            line, column, end_line, end_column = found["place"]
            yield Report(
                result.path,
                result.relative,
                code,
                selection.severity(code),
                line,
                column,
                end_line,
                end_column,
                _message(found),
                found["source"],
                found["fixable"],
            )


class _Worker:
    """What a process needs to lint pages: the vocabularies and the linker, loaded once."""

    def __init__(self, job: LintJob) -> None:
        self._job = job
        self._context = LintContext.load(job.config, job.titles)

    def finish(self, results: list[Linted]) -> list[Linted]:
        """Put by which diagrams parse."""
        self._context.checked.save()
        return results

    def lint(self, file: PageFile) -> Linted:
        """Lint a page, and mend it if that is asked for."""
        try:
            return self._lint(file, read_page_bytes(file))
        except WikiError as error:
            return _unreadable(file, error.what)
        except OSError as error:
            return _unreadable(file, f"it can't be read or written: {error.strerror}")

    def _lint(self, file: PageFile, data: bytes) -> Linted:
        page = Page(file.path, file.relative, data)
        found = lint_page(page, self._context)
        mended = 0
        if self._job.fix is not None and page.is_utf8:
            for _ in range(_ROUNDS):
                edits = {edit for each in found if each.finding.code in self._job.fix for edit in each.finding.edits}
                if not edits:
                    break
                mended += sum(bool(each.finding.edits) for each in found if each.finding.code in self._job.fix)
                page = Page(file.path, file.relative, apply_edits(page, edits))
                found = lint_page(page, self._context)
            if page.data != data:
                replace_page(file, data, page.data)
        record = page.record
        return Linted(
            file.relative, file.path, page.sha256, record.id if record else None, tuple(map(_row, found)), mended
        )


def _row(found: Placed) -> dict[str, Any]:
    finding = found.finding
    return {
        "code": finding.code,
        "place": [found.line, found.column, found.end_line, found.end_column],
        "message": finding.message,
        # A paragraph may be long: as much of its line as a reader needs to find the place.
        "source": found.source[: max(400, found.column + 200)],
        "target": finding.target,
        "fixable": bool(finding.edits),
        "refers": finding.refers,
    }


def _message(found: Mapping[str, Any]) -> str:
    message: str = found["message"]
    return message if found["refers"] is None else message.replace("{line}", str(found["refers"]))


def _unreadable(file: PageFile, reason: str) -> Linted:
    finding = Finding("KGW001", 0, 0, reason)
    return Linted(file.relative, file.path, "", None, (_row(Placed(finding, 1, 1, 1, 1, "")),))

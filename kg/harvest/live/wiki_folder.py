"""A wiki that lies in a folder, or a git checkout of it: its Markdown files, with the commit that they are of."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from kg.config import SourceConfig, WikiHarvestConfig
from kg.errors import ConfigError, HarvestError
from kg.harvest.files import find_files
from kg.harvest.live.rows import Receipt
from kg.harvest.live.wiki import Gone, ListedPage, Lost, Page, PageListing
from kg.harvest.slugs import page_slug, page_type
from kg.harvest.wiki import PAGE_LIMIT
from kg.model import Source
from kg.model.progress import Progress

_ENDINGS: Final = (".md", ".markdown", ".txt", ".md.gz", ".json")
_NO_PAGES: Final = frozenset({"readme", "license", "licence", "changelog", "contributing", "code_of_conduct"})


class FolderPages:
    """The pages of a folder.

    Parameters
    ----------
    wiki : WikiHarvestConfig
        Its ``url`` is the folder.
    """

    batch = 200

    def __init__(self, wiki: WikiHarvestConfig) -> None:
        self._wiki, self._root = wiki, Path(wiki.url)
        self._commit: str | None = None
        self._paths: dict[str, Path] = {}

    def list_pages(
        self, *, limit: int | None, since: str | None, offer: Callable[[Page], None], progress: Progress
    ) -> PageListing:
        """List the folder's pages, and hash them: what changed is told by the bytes."""
        if not self._root.is_dir():
            raise HarvestError("there is no such folder", str(self._root), "correct harvest.wiki.url")
        self._commit = commit_of(self._root)
        try:
            files = find_files(Source.WIKI, SourceConfig(path=(str(self._root),)))
        except ConfigError as error:
            raise HarvestError(error.what, str(self._root), error.mend) from error
        listing = PageListing()
        if self._commit:
            listing.notes.append(f"git commit {self._commit}")
        for file in files:
            name = file.relative.lower()
            if not name.endswith(_ENDINGS) or name.rsplit("/", 1)[-1].split(".")[0] in _NO_PAGES:
                continue
            slug = page_slug(file.relative)
            if self._wiki.page_types and (slug is None or page_type(slug) not in self._wiki.page_types):
                continue
            if limit is not None and len(self._paths) >= limit:
                listing.notes.append(
                    f"the folder's other pages are left out by harvest.wiki.limit, {limit:,}"
                )
                listing.is_whole = False
                break
            self._paths[file.relative] = file.path
            page = self._read(file.relative)
            stamp = page.stamp if isinstance(page, Page) else "unreadable"
            listing.pages[file.relative] = ListedPage(file.relative, stamp)
            if len(self._paths) % 500 == 0:
                progress("wiki: files", len(self._paths), len(files))
        return listing

    def fetch(self, keys: Sequence[str]) -> Iterator[Page | Gone | Lost]:
        """Read pages; one whose file isn't there is gone."""
        for key in keys:
            yield self._read(key)

    def _read(self, key: str) -> Page | Gone | Lost:
        path = self._paths.get(key, self._root / key)
        try:
            if not path.is_file():
                return Gone(key, "its file is no longer in the folder")
            if path.stat().st_size > PAGE_LIMIT:
                return Lost(key, f"it has more than {PAGE_LIMIT:,} bytes")
            payload = path.read_bytes()
            beside = path.with_name(f"{path.name.removesuffix('.gz').rsplit('.', 1)[0]}.refs.json")
            if beside.is_file() and not beside.is_symlink():
                payload = _with_references(payload, beside.read_bytes())
        except OSError as error:
            return Lost(key, f"it can't be read: {error.strerror or error}")
        if not payload.strip():
            return Lost(key, "the file is empty")
        params = {"commit": self._commit} if self._commit else {}
        stamp = hashlib.sha256(payload).hexdigest()
        return Page(key, payload, f"wiki/{key}", Receipt(url=path.absolute().as_uri(), params=params), stamp)


def _with_references(page: bytes, references: bytes) -> bytes:
    """Put a page and the references beside it into one payload, in the form of the wiki's API."""
    try:
        envelope = {"content": {"content_md": page.decode("utf-8-sig"), "refs_json": json.loads(references)}}
    except (ValueError, RecursionError):
        return page  # the page says by itself that its citations have no reference
    return json.dumps(envelope, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def commit_of(folder: Path) -> str | None:
    """Give the git commit that a folder is a checkout of; None where it is none, or git isn't there."""
    git = shutil.which("git")
    if git is None:
        return None
    try:
        done = subprocess.run(
            [git, "-C", str(folder), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    commit = done.stdout.strip()
    return commit if done.returncode == 0 and len(commit) == 40 else None

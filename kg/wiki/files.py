"""The files of a wiki: which there are, reading them, and replacing one in a single step.

Only regular files below the folder that was named are read for an update or written: links, devices and paths that
lead elsewhere are refused, each with its reason, as are files that are write-protected.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from kg.errors import ConfigError, WikiError
from kg.graph.locks import Reading, unread
from kg.harvest.scraped import SCRAPED_ID
from kg.harvest.slugs import PAGE_TYPES
from kg.harvest.wiki import PAGE_LIMIT

_ENDINGS: Final = (".md", ".markdown")
_BESIDE: Final = frozenset({"readme", "license", "licence", "changelog", "contributing", "notice", "index"})
_HEAD: Final = 4096
_LEADS_ELSEWHERE: Final = "a link on the way to it leads elsewhere"
#: What a page is written to before it takes the page's place: its name, eight signs that `mkstemp` chose, and this.
_ASIDE: Final = re.compile(r"\..+\.[a-z0-9_]{8}\.kg")


class PageFile(NamedTuple):
    """A page's file, the wiki's folder that it is below, and its path from there, with '/'."""

    path: Path
    root: Path
    relative: str


def find_pages(paths: Sequence[Path], roots: Iterable[Path] = ()) -> list[PageFile]:
    """Find the pages that paths mean.

    Parameters
    ----------
    paths : sequence of Path
        Pages, or folders of them, which are searched to the bottom. Hidden files are left out, and links are not
        followed. What can't be searched is among the pages: whoever reads it meets the reason.
    roots : iterable of Path
        Folders of wikis: a page below one of them has its path from there.

    Returns
    -------
    list of PageFile
        Sorted by path, each once.

    Raises
    ------
    ConfigError
        If there is nothing at a path, or no page below it, or a folder's path goes through a link out of a tree.
    """
    known = [_go_to(root)[0] for root in roots]
    found: dict[Path, PageFile] = {}
    for given in paths:
        path, tree = _go_to(given)
        if path.is_dir() and not path.is_symlink():
            if tree is not None:
                raise ConfigError(_LEADS_ELSEWHERE, str(given), "name it by its own path")
            root = next((root for root in known if path.is_relative_to(root)), path)
            files = list(_pages_below(path))
            if not files:
                raise ConfigError("there is no page below it", str(given), "pages end in .md")
        elif os.path.lexists(path):
            root = tree or next((root for root in known if path.is_relative_to(root)), _root_of(path))
            files = [path]
        else:
            raise ConfigError("there is nothing here", str(given), "give pages, or folders of pages")
        for file in files:
            found.setdefault(file, PageFile(file, root, file.relative_to(root).as_posix()))
    return [found[path] for path in sorted(found)]


def _go_to(given: Path) -> tuple[Path, Path | None]:
    """Give a path without '..', and the folder that a link on the way to it leads out of, if one does."""
    absolute = given.absolute()
    here, tree, is_straight = Path(absolute.anchor), None, True
    parts = absolute.parts[1:]
    for number, part in enumerate(parts, start=1):
        if part == "..":
            if tree is not None:
                raise ConfigError(_LEADS_ELSEWHERE, str(given), "name it by its own path")
            # As the system reads it: from where a link leads, not from where it stands.
            here = (here if is_straight else _real(here)).parent
            continue
        folder, here = here, here / part
        # The last part is looked at when it is read.
        if number < len(parts) and here.is_symlink():
            is_straight = False
            if tree is None and not _real(here).is_relative_to(_real(folder)):
                tree = folder
    return here, tree


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def is_page(path: Path) -> bool:
    """Say whether a file of a wiki's folder is a page: Markdown, or scraped text that names its page."""
    name = path.name.lower()
    if name.endswith(_ENDINGS):
        return name.rsplit(".", 1)[0] not in _BESIDE
    if not name.endswith(".txt") or path.is_symlink():
        return False
    if not os.access(path, os.R_OK):
        return True  # it may be one: whoever reads it meets the reason
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    return SCRAPED_ID.search(" ".join(head.decode("utf-8", "replace").splitlines()[:6])) is not None


def _root_of(path: Path) -> Path:
    """Give the wiki's folder of a single page: above the folder of its type."""
    return path.parent.parent if path.parent.name in PAGE_TYPES else path.parent


def _pages_below(folder: Path) -> Iterator[Path]:
    """Give the pages below a folder, and the folders that can't be searched."""
    closed: list[Path] = []
    for here, folders, names in os.walk(folder, onerror=lambda error: closed.append(Path(error.filename))):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths = (Path(here) / name for name in sorted(names) if not name.startswith("."))
        yield from (path for path in paths if is_page(path))
    yield from closed


def read_page_bytes(file: PageFile, *, limit: int = PAGE_LIMIT) -> bytes:
    """Read a page, and nothing that is no page.

    Raises
    ------
    WikiError
        If it is a link, or no regular file, or lies behind a link out of the wiki, or is too large.
    OSError
        If it can't be read.
    """
    _check_inside(file)
    descriptor = os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise WikiError("it is no regular file", str(file.path), "name a page")
    with os.fdopen(descriptor, "rb") as stream:
        if status.st_size > limit:
            raise WikiError(f"it has more than {limit:,} bytes", str(file.path), "no page is that long")
        return stream.read()


def _check_inside(file: PageFile) -> None:
    mend = "name the page itself, below the folder that it is in"
    if file.path.is_symlink():
        raise WikiError("it is a link, and links are not followed", str(file.path), mend)
    root = file.root.resolve()
    if file.path.parent.resolve() != Path(os.path.normpath(root / file.relative)).parent:
        raise WikiError(_LEADS_ELSEWHERE, str(file.path), mend)


def check_writable(file: PageFile) -> int:
    """Give a page's mode.

    Raises
    ------
    WikiError
        If its owner has protected it from being written: renaming another file to its name would ask the folder alone.
    """
    mode = stat.S_IMODE(file.path.lstat().st_mode)
    # Whoever may do anything may do this as well; a file that nobody may write is meant to stay as it is.
    if not mode & 0o222 or not os.access(file.path, os.W_OK):
        raise WikiError("it is write-protected", str(file.path), "make it writable (chmod u+w)")
    return mode


def remove_leftovers(folders: Iterable[Path]) -> None:
    """Remove what a run that was killed had written beside pages, and not yet renamed."""
    for folder in folders:
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            continue  # nothing can be written there, and its pages are reported
        with os.scandir(folder) as entries:
            found = [Path(entry.path) for entry in entries if _ASIDE.fullmatch(entry.name)]
        for aside in found:
            with unread(aside) as is_left:
                if is_left and not aside.is_symlink():
                    aside.unlink(missing_ok=True)


def replace_page(file: PageFile, old: bytes, new: bytes) -> None:
    """Put a page's new bytes in its place, all or none of them.

    Parameters
    ----------
    file : PageFile
        The page; it keeps its mode.
    old : bytes
        What was read: a page that is another by now stays.
    new : bytes
        What it is to be.

    Raises
    ------
    WikiError
        If the page has changed since it was read, or isn't a file any more, or is write-protected.
    """
    mode = check_writable(file)
    descriptor, name = tempfile.mkstemp(dir=file.path.parent, prefix=f".{file.path.name}.", suffix=".kg")
    aside = Path(name)
    try:
        # Held for as long as it is needed: `remove_leftovers` lets it be.
        held = Reading(aside)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(new)
            stream.flush()
            os.fsync(descriptor)
        aside.chmod(mode)
        # As late as can be: what somebody saved meanwhile is not to be lost.
        if read_page_bytes(file) != old:
            raise WikiError("it changed while it was read", str(file.path), "run again")
        aside.replace(file.path)
    finally:
        aside.unlink(missing_ok=True)
        held.close()

"""The files of a wiki: which there are, reading them, and replacing one in a single step.

Only regular files below the folder that was named are read for an update or written: links, devices and paths that
lead elsewhere are refused, each with its reason.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from kg.errors import ConfigError, WikiError
from kg.harvest.scraped import SCRAPED_ID
from kg.harvest.slugs import PAGE_TYPES
from kg.harvest.wiki import PAGE_LIMIT

_ENDINGS: Final = (".md", ".markdown")
_BESIDE: Final = frozenset({"readme", "license", "licence", "changelog", "contributing", "notice", "index"})
_HEAD: Final = 4096


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
        followed.
    roots : iterable of Path
        Folders of wikis: a page below one of them has its path from there.

    Returns
    -------
    list of PageFile
        Sorted by path, each once.

    Raises
    ------
    ConfigError
        If there is nothing at a path, or no page below it.
    """
    known = [root.absolute() for root in roots]
    found: dict[Path, PageFile] = {}
    for given in paths:
        path = Path(os.path.normpath(given.absolute()))
        if path.is_dir() and not path.is_symlink():
            root = next((root for root in known if path.is_relative_to(root)), path)
            files = [file for file in _walk(path) if is_page(file)]
            if not files:
                raise ConfigError("there is no page below it", str(given), "pages end in .md")
        elif os.path.lexists(path):
            root = next((root for root in known if path.is_relative_to(root)), _root_of(path))
            files = [path]
        else:
            raise ConfigError("there is nothing here", str(given), "give pages, or folders of pages")
        for file in files:
            found.setdefault(file, PageFile(file, root, file.relative_to(root).as_posix()))
    return [found[path] for path in sorted(found)]


def is_page(path: Path) -> bool:
    """Say whether a file of a wiki's folder is a page: Markdown, or scraped text that names its page."""
    name = path.name.lower()
    if name.endswith(_ENDINGS):
        return name.rsplit(".", 1)[0] not in _BESIDE
    if not name.endswith(".txt") or path.is_symlink():
        return False
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    return SCRAPED_ID.search(" ".join(head.decode("utf-8", "replace").splitlines()[:6])) is not None


def _root_of(path: Path) -> Path:
    """Give the wiki's folder of a single page: above the folder of its type."""
    return path.parent.parent if path.parent.name in PAGE_TYPES else path.parent


def _walk(folder: Path) -> Iterator[Path]:
    for here, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(here) / name for name in sorted(names) if not name.startswith("."))


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
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise WikiError("it is no regular file", str(file.path), "name a page")
        if status.st_size > limit:
            raise WikiError(f"it has more than {limit:,} bytes", str(file.path), "no page is that long")
        return stream.read()


def _check_inside(file: PageFile) -> None:
    mend = "name the page itself, below the folder that it is in"
    if file.path.is_symlink():
        raise WikiError("it is a link, and links are not followed", str(file.path), mend)
    root = file.root.resolve()
    if file.path.parent.resolve() != Path(os.path.normpath(root / file.relative)).parent:
        raise WikiError("a link on the way to it leads elsewhere", str(file.path), mend)


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
        If the page has changed since it was read, or isn't a file any more.
    """
    mode = stat.S_IMODE(file.path.lstat().st_mode)
    descriptor, name = tempfile.mkstemp(dir=file.path.parent, prefix=f".{file.path.name}.", suffix=".kg")
    aside = Path(name)
    try:
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

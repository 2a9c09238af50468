"""Who is reading a folder: locks that the system lets go of when their holder dies.

A lock is advisory and on a file that is there anyway, so that reading needs no right to write. Where the
system or the file system has no such locks (Windows, some network drives), nothing is held and nothing is
ever taken for free.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Reading:
    """Says, as long as it lives, that a file's folder is being read.

    Parameters
    ----------
    path : Path
        A file that is there.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = _open(path)
        if self._descriptor is not None:
            self._let_go = weakref.finalize(self, os.close, self._descriptor)
            _lock(self._descriptor, exclusive=False)

    def close(self) -> None:
        """Let go at once, not only when nobody holds this object any more."""
        if self._descriptor is not None:
            self._let_go()


@contextmanager
def unread(path: Path) -> Iterator[bool]:
    """Try to keep readers of a file's folder out; tell whether there are none.

    Nothing is waited for. Where locks don't work the answer is no.
    """
    descriptor = _open(path)
    try:
        yield descriptor is not None and _lock(descriptor, exclusive=True)
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _open(path: Path) -> int | None:
    try:
        return os.open(path, os.O_RDONLY)
    except OSError:
        return None


def _lock(descriptor: int, *, exclusive: bool) -> bool:
    try:
        from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock

        # A reader waits for the moment that a folder is being cleared; who would clear it doesn't wait for readers.
        flock(descriptor, LOCK_EX | LOCK_NB if exclusive else LOCK_SH)
    except (ImportError, OSError):
        return False
    return True

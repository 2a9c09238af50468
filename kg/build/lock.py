"""One at a time: the locks of a folder of builds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from kg.errors import BuildError

#: Names, below a folder of builds, of what only one at a time does there beside making a build.
PUBLICATION = "publication"
NIGHTLY = "nightly"


@contextmanager
def only_one(place: Path, *, mend: str = "wait for it; 'kg build --out' builds elsewhere") -> Iterator[None]:
    """Hold the lock of a place, a file beside it that is there only as long as it is held.

    Beside it, not in the cache: two runs with caches of their own may write to the same folder.

    Parameters
    ----------
    place : Path
        A build's folder, or a name below a folder of builds.
    mend : str
        What who comes second can do.

    Raises
    ------
    BuildError
        If another process holds it.
    """
    path = place.absolute()
    is_new = not path.parent.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=0)  # the system frees it when its holder dies
    try:
        lock.acquire()
    except Timeout as error:
        raise BuildError("another build is at work here", str(place), mend) from error
    try:
        yield
    finally:
        # While it is held: who has opened the file meanwhile sees that it has no name any more, and opens it anew.
        with suppress(OSError):
            os.unlink(lock.lock_file)  # noqa: PTH108 - as one call, which nothing of ours takes the place of
        lock.release()
        if is_new:  # a folder that nothing was put into isn't left behind
            with suppress(OSError):
                path.parent.rmdir()

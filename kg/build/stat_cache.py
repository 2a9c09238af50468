"""Hashes of files that haven't changed, so that nothing is read only to be found the same.

A file's hash is believed as long as its size, inode and times of change are those it was hashed with. Two
changes within one tick of the file system's clock look the same, so what had changed only just before it
was hashed is hashed again (as git does with its index: "racy git"). The time of the inode's change counts
beside that of the contents: tools set the latter back, nothing sets the former.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final
from uuid import uuid4

_log = logging.getLogger(__name__)

#: A change that is younger than this when the file is hashed may have a successor that looks the same.
_TICK_NS: Final = 2 * 10**9
_Stamp = tuple[int, int, int, int, int]


class StatCache:
    """Hashes of the files of one place, kept in one file.

    Parameters
    ----------
    path : Path
        Where it is kept; a damaged one is begun anew.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, tuple[_Stamp, str]] = _load(path)

    def hash_files(self, paths: Sequence[Path]) -> list[str]:
        """Give the sha256 of each file, and remember those of these files alone.

        Raises
        ------
        OSError
            If one can't be read.
        """
        before = time.time_ns()
        names = [str(path) for path in paths]
        stamps = [_stamp(os.stat(name)) for name in names]  # noqa: PTH116 - of ten thousands, a path each costs as much
        hashes = [
            known[1] if (known := self._known.get(name)) is not None and known[0] == stamp else None
            for name, stamp in zip(names, stamps, strict=True)
        ]
        missing = [number for number, digest in enumerate(hashes) if digest is None]
        with ThreadPoolExecutor(4) as threads:  # hashing and reading release the interpreter
            found = dict(
                zip(missing, threads.map(lambda number: _sha256(paths[number]), missing), strict=True)
            )
        kept: dict[str, tuple[_Stamp, str]] = {}
        result: list[str] = []
        for number, (name, stamp, digest) in enumerate(zip(names, stamps, hashes, strict=True)):
            digest = digest or found[number]
            result.append(digest)
            # Also what seems to be of the future: the clock was set back, and nothing can be told from it.
            if max(stamp[1], stamp[2]) + _TICK_NS < before and (
                number not in found or _stamp(paths[number].stat()) == stamp
            ):
                kept[name] = stamp, digest
        if kept != self._known:
            self._known = kept
            _save(self._path, kept)
        return result


def _stamp(stat: os.stat_result) -> _Stamp:
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino, stat.st_dev


def _load(path: Path) -> dict[str, tuple[_Stamp, str]]:
    try:
        head, _, body = path.read_bytes().partition(b"\n")
    except OSError:
        return {}
    if hashlib.sha256(body).hexdigest().encode() != head:
        _log.warning("%s is damaged and is begun anew", path)
        return {}
    found: dict[str, tuple[_Stamp, str]] = {}
    for name, digest, *stamp in json.loads(body):
        size, changed, inode_changed, inode, device = stamp
        found[name] = (size, changed, inode_changed, inode, device), digest
    return found


def _save(path: Path, known: Mapping[str, tuple[_Stamp, str]]) -> None:
    body = json.dumps([[name, digest, *stamp] for name, (stamp, digest) in known.items()]).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    try:
        aside.write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

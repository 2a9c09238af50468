"""Payloads on disk, each under the sha256 of its bytes, durable before anybody is told of them."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from kg.errors import StoreError

_NAME: Final = re.compile(r"[0-9a-f]{64}")
#: Files that are made durable at a time.
_SYNCS: Final = 8


class ObjectFolder:
    """The folder ``objects``: ``ab/ab12…`` holds the bytes whose sha256 is ``ab12…``.

    `add` writes aside; `flush` makes everything added since the last one durable and puts it in place.
    Several small payloads so share the waiting for the disk.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        #: Written aside, not yet in place: sha256 -> temporary file. Paths are strings here: a harvest has thousands.
        self._waiting: dict[str, str] = {}
        self._made: set[str] = set()

    def path(self, sha256: str) -> Path:
        """Where the payload of a hash is, or would be."""
        return self._folder / sha256[:2] / sha256

    def has(self, sha256: str, size_bytes: int) -> bool:
        """Tell whether a payload is there in full, by its size; `is_sound` reads it."""
        if sha256 in self._waiting:
            return True
        try:
            return os.stat(self._place(sha256)).st_size == size_bytes  # noqa: PTH116
        except OSError:
            return False

    def _place(self, sha256: str) -> str:
        return f"{self._folder}/{sha256[:2]}/{sha256}"

    def is_sound(self, sha256: str) -> bool:
        """Tell whether a payload is there and has its hash."""
        try:
            with self.path(sha256).open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest() == sha256
        except OSError:
            return False

    def add(self, payload: bytes) -> str:
        """Write a payload aside, unless it is there, and give its sha256."""
        sha256 = hashlib.sha256(payload).hexdigest()
        if self.has(sha256, len(payload)):
            return sha256
        folder = f"{self._folder}/{sha256[:2]}"
        aside = f"{folder}/.{sha256}.{os.getpid()}.part"
        with self._told():
            if folder not in self._made:
                Path(folder).mkdir(parents=True, exist_ok=True)
                self._made.add(folder)
            self._waiting[sha256] = aside
            with open(aside, "wb") as stream:  # noqa: PTH123
                stream.write(payload)
        return sha256

    def flush(self) -> None:
        """Make durable what was added, then put it in place: a name in the folder always has whole bytes."""
        with self._told():
            _sync_all(list(self._waiting.values()))
            for sha256, aside in self._waiting.items():
                os.replace(aside, self._place(sha256))  # noqa: PTH105
            _sync_all(sorted({f"{self._folder}/{sha256[:2]}" for sha256 in self._waiting}))
        self._waiting.clear()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"a payload can't be written: {error.strerror or error}",
                str(self._folder),
                "see whether the disk is full, and whether the folder may be written",
            ) from error

    def forget(self) -> None:
        """Drop what was added and not flushed."""
        for aside in self._waiting.values():
            Path(aside).unlink(missing_ok=True)
        self._waiting.clear()

    def names(self) -> Iterator[str]:
        """Give the sha256 of every payload in place, sorted."""
        for folder in sorted(self._folder.glob("[0-9a-f][0-9a-f]")):
            yield from sorted(path.name for path in folder.iterdir() if _NAME.fullmatch(path.name))

    def remove(self, sha256: str) -> int:
        """Remove a payload and give the bytes that this frees."""
        path = self.path(sha256)
        size = path.stat().st_size if path.is_file() else 0
        path.unlink(missing_ok=True)
        return size

    def remove_left_overs(self) -> int:
        """Remove what killed processes left aside, and give how many files these were."""
        found = [path for path in self._folder.glob("[0-9a-f][0-9a-f]/.*.part") if path.is_file()]
        for path in found:
            path.unlink(missing_ok=True)
        return len(found)


def _sync_all(paths: Sequence[str]) -> None:
    """Make files or folders durable, several at a time: the disk then writes its journal once for all of them."""
    if len(paths) < 3:
        _sync(paths)
        return
    with ThreadPoolExecutor(_SYNCS) as threads:
        list(threads.map(_sync, (paths[start::_SYNCS] for start in range(_SYNCS))))


def _sync(paths: Sequence[str]) -> None:
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

"""Rows of a table, a few at a time: of a frame in memory, or of a file that processes share.

A file has a row a line, as JSON, and beside it where each row begins. It is mapped into memory: of what several
processes read, there is one copy, and of what none reads, none.
"""

from __future__ import annotations

import json
import mmap
from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, Protocol, overload

import polars as pl

_STARTS: Final = ".starts"


class Rows(Protocol):
    """Rows of a table, by number."""

    def slice(self, start: int, end: int) -> list[tuple[Any, ...]]:
        """Give some rows."""
        ...


class FrameRows:
    """Rows of a frame."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame

    def slice(self, start: int, end: int) -> list[tuple[Any, ...]]:
        """Give some rows."""
        return self._frame.slice(start, end - start).rows()


class FileRows:
    """Rows of a file that `write_rows` wrote."""

    def __init__(self, path: Path) -> None:
        self._data = _map(path)
        self._starts = memoryview(_map(path.with_suffix(_STARTS))).cast("q")

    def slice(self, start: int, end: int) -> list[tuple[Any, ...]]:
        """Give some rows."""
        data = self._data
        return [tuple(json.loads(data[at : data.find(b"\n", at)]).values()) for at in self._starts[start:end].tolist()]


def write_rows(frame: pl.LazyFrame, path: Path, order: Iterable[int] | None = None) -> None:
    """Write a table for `FileRows`.

    Parameters
    ----------
    frame : polars.LazyFrame
        The table: it is written without being held.
    path : Path
        The file.
    order : iterable of int, optional
        Which of its rows is the first, the second and so on; as they are without it.
    """
    frame.sink_ndjson(path, maintain_order=True)
    starts = array("q")
    at = 0
    data = _map(path)
    # Nothing in JSON but its line ends is one.
    while at < len(data):
        starts.append(at)
        at = data.find(b"\n", at) + 1
    with path.with_suffix(_STARTS).open("wb") as stream:
        (starts if order is None else array("q", (starts[row] for row in order))).tofile(stream)


class FileStrings(Sequence[str]):
    """Sorted strings of a file that `write_strings` wrote: to be searched, not held."""

    def __init__(self, path: Path) -> None:
        data = _map(path)
        self._width = int.from_bytes(data[:8], "little")
        self._data = data
        self._count = (len(data) - 8) // self._width

    def __len__(self) -> int:
        """Give how many there are."""
        return self._count

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...
    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        """Give one, or several."""
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(self._count))]
        if not 0 <= at < self._count:
            raise IndexError(at)
        start = 8 + at * self._width
        return self._data[start : start + self._width].rstrip(b"\0").decode()


def write_strings(strings: pl.Series, path: Path) -> None:
    """Write strings for `FileStrings`, none of which ends with a zero."""
    width = max(int(strings.str.len_bytes().max() or 0), 1)  # type: ignore[arg-type]  # of lengths it is a number
    with path.open("wb") as stream:
        stream.write(width.to_bytes(8, "little"))
        for text in strings:
            stream.write(text.encode().ljust(width, b"\0"))


def _map(path: Path) -> mmap.mmap | bytes:
    with path.open("rb") as stream:
        # Nothing can't be mapped.
        return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) if path.stat().st_size else b""

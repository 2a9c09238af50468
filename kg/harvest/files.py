"""Find the files of a source and read their bytes, compressed or not, within bounds.

What the bytes mean is left to the readers (``dandi``, ``pubmed``, ``medline``, ``markdown``, ``scraped``).
"""

from __future__ import annotations

import gzip
import hashlib
import io
import logging
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Final, NamedTuple, cast

from kg.config import SourceConfig
from kg.errors import ConfigError, RecordError
from kg.model import Problem, Receipt, Severity, Source

logger = logging.getLogger(__name__)

#: Most bytes of a file that is read whole (YAML, JSON, a page), after decompression.
WHOLE_LIMIT: Final = 256 * 2**20
#: Most bytes of a file that is streamed (PubMed), after decompression: a baseline file has 0.3 GB.
STREAM_LIMIT: Final = 8 * 2**30
#: As much of a file as is looked at to tell its format.
HEAD_BYTES: Final = 64 * 2**10

_GZIP_MAGIC: Final = b"\x1f\x8b"
_MAGIC_CHARACTERS: Final = re.compile(r"[*?\[]")
#: What a damaged gzip member raises, apart from OSError, of which BadGzipFile is one.
_GZIP_ERRORS: Final = (EOFError, zlib.error)


class InputFile(NamedTuple):
    """A file to read, and its path below the root of its source, with '/'."""

    source: Source
    path: Path
    relative: str


class FileReading(NamedTuple):
    """A file that is being read: what every receipt and problem of it has in common."""

    file: InputFile
    sha256: str
    size_bytes: int

    def receipt(self, position: int = 0) -> Receipt:
        """Give the receipt of the record at a position of the file."""
        return Receipt(
            source=self.file.source,
            path=self.file.relative,
            sha256=self.sha256,
            size_bytes=self.size_bytes,
            position=position,
        )

    def problem(
        self,
        rule: str,
        reason: str,
        *,
        severity: Severity = Severity.ERROR,
        record_id: str | None = None,
        field: str | None = None,
        mend: str = "",
    ) -> Problem:
        """Report something wrong with a record of the file, by default that the record is lost."""
        return file_problem(self.file, rule, reason, severity=severity, record_id=record_id, field=field, mend=mend)


def file_problem(
    file: InputFile,
    rule: str,
    reason: str,
    *,
    severity: Severity = Severity.ERROR,
    record_id: str | None = None,
    field: str | None = None,
    mend: str = "",
) -> Problem:
    """Report something wrong with a file or one of its records.

    Parameters
    ----------
    file : InputFile
        Where it is.
    rule, reason, severity, record_id, field, mend
        As in `Problem`; text that can't be encoded is escaped, since it quotes what may be garbage.

    Returns
    -------
    Problem
    """
    return Problem(
        source=file.source,
        path=clean_text(file.relative),
        record_id=record_id and clean_text(record_id),
        field=field and clean_text(field),
        rule=rule,
        severity=severity,
        reason=clean_text(reason),
        mend=mend,
    )


def clean_text(text: str) -> str:
    """Replace lone surrogates, which JSON escapes and file names can hold and no encoding can write."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def find_files(source: Source, config: SourceConfig) -> list[InputFile]:
    """Find the files of a source.

    Parameters
    ----------
    source : Source
        Whose files they are.
    config : SourceConfig
        Folders (searched to the bottom), files and globs.

    Returns
    -------
    list of InputFile
        Sorted by `relative`, each file once. Hidden files, links that lead out of their folder and the
        ``*.refs.json`` beside wiki pages are left out.

    Raises
    ------
    ConfigError
        If an entry matches no file; it names the entry.
    """
    found: dict[str, _Match] = {}
    for entry in config.path:
        matches = [match for match in _matches(entry) if not _is_companion(source, match.path)]
        if not matches:
            raise ConfigError(
                "there is no file to read here",
                f"sources.{source}.path: {entry}",
                "put its records there, or name another folder, file or glob",
                source=str(source),
                path=entry,
            )
        for match in matches:
            found.setdefault(match.real, match)
    files = [InputFile(source, match.path, match.relative) for match in found.values()]
    return sorted(_distinct(files), key=lambda file: file.relative)


def _is_companion(source: Source, path: Path) -> bool:
    """Tell whether a file is the ``page.refs.json`` of a page beside it, which is read with that page."""
    if source is not Source.WIKI or not path.name.endswith(".refs.json"):
        return False
    stem = path.name.removesuffix(".refs.json")
    return any(path.with_name(f"{stem}{ending}").is_file() for ending in (".md", ".markdown", ".md.gz"))


class _Match(NamedTuple):
    """A file that an entry means: how it is reached, where it really lies, and its path below the entry's root."""

    path: Path
    real: str
    relative: str


def _matches(entry: str) -> Iterator[_Match]:
    """Give every file that an entry means."""
    path = Path(entry)
    if path.is_dir():
        yield from _walk(path)
    elif path.is_file():
        yield _Match(path, os.path.realpath(path), path.name)
    elif _MAGIC_CHARACTERS.search(entry):
        parts = path.parts
        fixed = next(index for index, part in enumerate(parts) if _MAGIC_CHARACTERS.search(part))
        root = Path(*parts[:fixed]) if fixed else Path()
        for match in sorted(root.glob(str(Path(*parts[fixed:])))):
            hidden = any(part.startswith(".") for part in match.relative_to(root).parts)
            if match.is_file() and not hidden and _stays_inside(match, root.resolve()):
                yield _Match(match, os.path.realpath(match), match.relative_to(root).as_posix())


def _walk(root: Path) -> Iterator[_Match]:
    """Give the files below a folder, each folder's in the order of their names and before those of its folders.

    Of ten thousands of files only their folders are asked: what lies in one is told with its name.
    """
    inside = root.resolve()
    folders = [(str(root), "")]
    while folders:
        folder, prefix = folders.pop()
        below: list[tuple[str, str]] = []
        real = os.path.realpath(folder)
        for entry in _entries(folder):
            name = entry.name
            if name.startswith("."):
                continue
            is_link = entry.is_symlink()
            if not is_link and entry.is_dir(follow_symlinks=False):
                below.append((entry.path, f"{prefix}{name}/"))
            elif name.endswith("~"):
                continue
            elif is_link:
                # No link to a folder is gone through: only a file that is a link itself can lead out.
                path = Path(entry.path)
                if path.is_file() and _stays_inside(path, inside):
                    yield _Match(path, os.path.realpath(path), prefix + name)
            elif entry.is_file(follow_symlinks=False):
                yield _Match(Path(entry.path), f"{real}{os.sep}{name}", prefix + name)
        folders += reversed(below)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """List a folder by name; one that may not be read has nothing to give, as for `os.walk`."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        logger.warning("%s can't be listed: %s", folder, error)
        return []


def _stays_inside(path: Path, root: Path) -> bool:
    # Resolved in full: a glob goes through links to folders, which os.walk doesn't.
    if path.resolve().is_relative_to(root):
        return True
    logger.warning("%s is a link out of %s and is not followed", path, root)
    return False


def _distinct(files: Iterable[InputFile]) -> Iterator[InputFile]:
    """Make relative paths unique where several roots have the same: the root's name goes before them."""
    taken: set[str] = set()
    for file in files:
        relative, number = file.relative, 1
        while relative in taken:
            root = file.path.parents[file.relative.count("/")].name
            relative = f"{root}/{file.relative}" if number == 1 else f"{root}~{number}/{file.relative}"
            number += 1
        taken.add(relative)
        yield file if number == 1 else file._replace(relative=relative)


def start_reading(file: InputFile) -> FileReading:
    """Hash a file, so that every record of it can have a receipt.

    Parameters
    ----------
    file : InputFile
        The file.

    Returns
    -------
    FileReading
        With sha256 and size of the bytes as they lie on the disk.

    Raises
    ------
    OSError
        If it can't be read.
    """
    with file.path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return FileReading(file, digest, stream.tell())


def read_head(file: InputFile) -> bytes:
    """Give the first `HEAD_BYTES` of a file, decompressed.

    Raises
    ------
    OSError
        If it can't be read.
    RecordError
        If it is compressed and damaged in its first bytes.
    """
    with open_bounded(file, limit=STREAM_LIMIT) as stream:
        return stream.read(HEAD_BYTES)


def read_whole(file: InputFile, *, limit: int = WHOLE_LIMIT) -> bytes:
    """Give all bytes of a file, decompressed.

    Parameters
    ----------
    file : InputFile
        The file.
    limit : int, default `WHOLE_LIMIT`
        Most bytes to take.

    Returns
    -------
    bytes

    Raises
    ------
    OSError
        If it can't be read.
    RecordError
        If it is compressed and damaged, or larger than `limit`.
    """
    with open_bounded(file, limit=limit) as stream:
        return stream.read()


def open_bounded(file: InputFile, *, limit: int = STREAM_LIMIT) -> io.BufferedReader:
    """Open a file for reading, decompressed by its content (not by its name) and bounded.

    Parameters
    ----------
    file : InputFile
        The file.
    limit : int, default `STREAM_LIMIT`
        Most bytes that may come out: a gzip bomb stops here.

    Returns
    -------
    io.BufferedReader
        Reading from it raises `RecordError` at a damaged member or beyond the limit.

    Raises
    ------
    OSError
        If it can't be opened.
    """
    raw = file.path.open("rb")
    magic = raw.read(2)
    raw.seek(0)
    inner = cast("IO[bytes]", gzip.GzipFile(fileobj=raw, mode="rb") if magic == _GZIP_MAGIC else raw)
    return io.BufferedReader(_Bounded(inner, raw, limit), buffer_size=128 * 2**10)


class _Bounded(io.RawIOBase):
    """A stream that counts what it gives and stops at its limit."""

    def __init__(self, inner: IO[bytes], raw: IO[bytes], limit: int) -> None:
        self._inner, self._raw, self._limit, self._given = inner, raw, limit, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        try:
            data = self._inner.read(len(buffer))
        except (gzip.BadGzipFile, *_GZIP_ERRORS) as error:
            raise RecordError(
                f"the gzip data are damaged after {self._given:,} bytes: {error}", mend="fetch the file again"
            ) from error
        self._given += len(data)
        if self._given > self._limit:
            raise RecordError(
                f"it has more than {self._limit:,} bytes when decompressed",
                mend="split it into smaller files",
            )
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._inner.close()
            self._raw.close()
        super().close()


def decode_text(data: bytes) -> tuple[str, str | None]:
    r"""Decode text, as UTF-8 where it is that.

    Parameters
    ----------
    data : bytes
        With or without a byte order mark.

    Returns
    -------
    text : str
        Decoded as UTF-8, UTF-16 if its mark says so, else Latin-1, which never fails.
    complaint : str or None
        What was wrong with it, for a `Problem`.

    Examples
    --------
    >>> decode_text("Purkinje".encode("utf-8-sig"))
    ('Purkinje', None)
    >>> decode_text(b"Ram\xf3n y Cajal")
    ('Ramón y Cajal', 'not UTF-8 at byte 3: read as Latin-1')
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16"), "UTF-16, not UTF-8: decoded by its byte order mark"
        except UnicodeDecodeError as error:
            return data.decode("latin-1"), f"not UTF-16 at byte {error.start}: read as Latin-1"
    try:
        return data.decode("utf-8-sig"), None
    except UnicodeDecodeError as error:
        return data.decode("latin-1"), f"not UTF-8 at byte {error.start}: read as Latin-1"

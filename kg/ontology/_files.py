"""Bytes of vocabulary files, compressed or not, and identifiers in one spelling."""

from __future__ import annotations

import gzip
import re
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING

from kg.errors import OntologyError, VocabularyParseError
from kg.model import normalise_curie

if TYPE_CHECKING:
    from pathlib import Path

_GZIP = b"\x1f\x8b"
_IDENTIFIERS_ORG = re.compile(r"^https?://identifiers\.org/([A-Za-z.]+)[/:](.+)$")


def read_bytes(path: Path) -> bytes:
    """Read a file whole, unpacked if it is gzip whatever its name says.

    Raises
    ------
    OntologyError
        If it is absent or can't be opened.
    VocabularyParseError
        If its gzip stream is cut or damaged.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise OntologyError(
            "there is no such vocabulary file", str(path), "mend vocabularies.paths in kg.toml"
        ) from error
    except OSError as error:
        raise OntologyError(f"can't be opened: {error.strerror}", str(path), "make it a readable file") from error
    if not data.startswith(_GZIP):
        return data
    try:
        return gzip.decompress(data)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise VocabularyParseError(f"damaged gzip: {error}", str(path), "fetch the file again") from error


def read_text(path: Path) -> str:
    """Read a file as UTF-8, without its byte order mark.

    Raises
    ------
    VocabularyParseError
        Naming the line whose bytes are no UTF-8.
    """
    data = read_bytes(path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise VocabularyParseError(
            f"byte 0x{data[error.start]:02x} is not UTF-8",
            f"{path}:{line}",
            "save the file as UTF-8",
            line=line,
        ) from error


@lru_cache(maxsize=200_000)
def tidy_curie(raw: str) -> str:
    """Give the CURIE in our spelling, or the identifier as it stands where its prefix is foreign to us."""
    if match := _IDENTIFIERS_ORG.match(raw):
        raw = f"{match[1]}:{match[2]}"
    return normalise_curie(raw) or raw

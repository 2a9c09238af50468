"""Read an answer's body within bounds, and see that it is whole and what was asked for.

A body that is cut, damaged or of another kind is an error here, so that it can be asked for again,
and never reaches the store as a record.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from typing import Any, Final, Literal, cast

from lxml import etree

from kg.harvest.xml_records import SAFE_XML

Expect = Literal["json", "xml", "gzip", "text", "html"]

#: Bytes that are read or decompressed at a time.
CHUNK_BYTES: Final = 64 * 2**10
_HTML: Final = re.compile(
    rb"^\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_ENTITY: Final = re.compile(rb"<!ENTITY", re.IGNORECASE)


class UnusableBody(Exception):  # noqa: N818 - turned into a BodyError when every try has ended so
    """A body that can't be used; `is_final` where asking again is of no use."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.is_final = reason, is_final


def gather(chunks: Iterator[bytes], *, encoding: str, max_bytes: int) -> bytes:
    """Join the chunks of a body, decompressed.

    Parameters
    ----------
    chunks : iterator of bytes
        As they come from the network.
    encoding : str
        ``Content-Encoding``: nothing, ``identity`` or ``gzip``.
    max_bytes : int
        Most bytes to take, before and after decompression: a bomb stops here.

    Returns
    -------
    bytes

    Raises
    ------
    UnusableBody
        If it is larger, compressed in another way, or its compressed data end early.
    """
    if encoding in ("", "identity"):
        return _bounded(chunks, max_bytes)
    if encoding not in ("gzip", "x-gzip"):
        raise UnusableBody(f"it is encoded as {encoding[:40]!r}, which wasn't asked for")
    return _bounded(gunzip(_limited(chunks, max_bytes)), max_bytes)


def _bounded(chunks: Iterator[bytes], max_bytes: int) -> bytes:
    return b"".join(_limited(chunks, max_bytes))


def _limited(chunks: Iterator[bytes], max_bytes: int) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > max_bytes:
            raise UnusableBody(f"it has more than {max_bytes:,} bytes", is_final=True)
        yield chunk


def gunzip(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Decompress gzip members, a bounded piece at a time; `UnusableBody` where they are damaged or end early."""
    engine = zlib.decompressobj(wbits=31)
    for chunk in chunks:
        data = chunk
        while data:
            if engine.eof:  # another member follows
                engine = zlib.decompressobj(wbits=31)
            try:
                yield engine.decompress(data, CHUNK_BYTES)
            except zlib.error as error:
                raise UnusableBody(f"its gzip data are damaged: {error}") from None
            data = engine.unconsumed_tail or engine.unused_data
    while not engine.eof:
        rest = engine.decompress(b"", CHUNK_BYTES)
        if not rest:
            raise UnusableBody("its gzip data end early")
        yield rest


def check_body(body: bytes, expect: Expect, *, max_bytes: int) -> Any:
    """See that a body is what was asked for.

    Returns
    -------
    object
        The document, of JSON; else None.

    Raises
    ------
    UnusableBody
        If it is empty, an HTML page, cut, malformed, or declares XML entities.
    """
    if not body.strip():
        raise UnusableBody("it is empty")
    if expect not in ("gzip", "html") and _HTML.match(body[:4096]):
        raise UnusableBody(f"it is an HTML page, not {_NAMES[expect]}{_title(body)}")
    if expect == "json":
        return _parse_json(body)
    if expect == "xml":
        _check_xml(body)
    elif expect == "gzip":
        size = 0
        for piece in gunzip(iter([body])):
            size += len(piece)
            if size > 64 * max_bytes:
                raise UnusableBody(
                    f"it has more than {64 * max_bytes:,} bytes when decompressed", is_final=True
                )
    return None


_NAMES: Final = {"json": "JSON", "xml": "XML", "text": "text"}


def _title(body: bytes) -> str:
    found = re.search(rb"<title[^>]*>([^<]{1,120})", body[:CHUNK_BYTES], re.IGNORECASE)
    return f" (titled {found[1].decode('utf-8', 'replace').strip()!r})" if found else ""


def _parse_json(body: bytes) -> Any:
    try:
        text = body.decode(json.detect_encoding(body))
    except UnicodeDecodeError as error:
        raise UnusableBody(f"it is not UTF-8 at byte {error.start}, as JSON must be") from None
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:  # cut; nested without end; an integer of 5,000 digits
        raise UnusableBody(f"it is not valid JSON: {error}") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _check_xml(body: bytes) -> None:
    # Before parsing: PubMed's files never declare entities, and a few declarations can unfold to gigabytes.
    if _ENTITY.search(body[:CHUNK_BYTES]):
        raise UnusableBody("it declares XML entities, which no source here does", is_final=True)
    parser = etree.XMLPullParser(events=("end",), **SAFE_XML)
    try:
        for start in range(0, len(body), CHUNK_BYTES):
            parser.feed(body[start : start + CHUNK_BYTES])
            for _, element in cast("Iterator[tuple[str, etree._Element]]", parser.read_events()):
                parent = element.getparent()
                if parent is not None and parent.getparent() is None:
                    element.clear()  # one record at a time in memory
        parser.close()
    except etree.XMLSyntaxError as error:
        raise UnusableBody(f"it is not well-formed XML: {error}") from None

"""What ``kg link`` reads: texts and JSON lines, as the passages of records.

A lone surrogate, which JSON can hold and no encoding can write, becomes U+FFFD: one character for one, so
that offsets stay.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from kg.errors import LinkError
from kg.link.annotated import read_text
from kg.model.record import Passage, Role

_JSONL_ENDINGS: Final = (".jsonl", ".ndjson")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_MEND: Final = 'give one object a line: {"id": …, "text": …}, or {"id": …, "title": …, "abstract": …}'
#: Fields of a JSON line that are linked, with their sections' roles.
_FIELDS: Final = {"title": Role.TITLE, "abstract": Role.ABSTRACT, "text": Role.BODY}


class InputForm(StrEnum):
    """What a file holds."""

    AUTO = "auto"
    TEXT = "text"
    JSONL = "jsonl"


def replace_surrogates(text: str) -> str:
    r"""Put U+FFFD in the place of lone surrogates.

    Examples
    --------
    >>> replace_surrogates("a\ud800b")
    'a\ufffdb'
    """
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def passages_of_text(doc: str, text: str) -> tuple[Passage, ...]:
    """Make a record of one text."""
    return (Passage(record_id=doc, section="text", role=Role.BODY, text=replace_surrogates(text)),)


class RawRecord(NamedTuple):
    """A record as it was read: cheap to hand to another process, which parses it."""

    #: Id of a text; None for a JSON line.
    doc: str | None
    content: str | bytes
    #: File and line, for errors.
    where: str

    def parse(self) -> tuple[Passage, ...]:
        """Give the record's passages.

        Raises
        ------
        LinkError
            If a JSON line is no object with an id and a text.
        """
        if isinstance(self.content, bytes):
            return _parse_record(self.content, self.where)
        return passages_of_text(self.doc or "text", self.content)


def read_inputs(path: Path | None, stdin: IO[bytes], *, form: InputForm = InputForm.AUTO) -> Iterator[RawRecord]:
    """Read the records of a file.

    Parameters
    ----------
    path : Path, optional
        A text, whose record's id is its name without the ending, or JSON lines; without one, `stdin`.
    stdin : binary stream
        What is read without a path.
    form : InputForm
        ``auto`` takes a file for JSON lines by its ending, and stdin by its first line.

    Yields
    ------
    RawRecord
        Of JSON lines, one by one, unparsed.

    Raises
    ------
    LinkError
        If a file can't be read, or a text is not UTF-8.
    """
    if path is None:
        yield from _read_stdin(stdin, form)
    elif form is InputForm.JSONL or (form is InputForm.AUTO and path.suffix in _JSONL_ENDINGS):
        try:
            with path.open("rb") as stream:
                yield from _read_lines(stream, str(path))
        except OSError as error:
            raise LinkError(f"can't be read: {error.strerror}", str(path), "name a file of JSON lines") from error
    else:
        yield RawRecord(path.stem, read_text(path), str(path))


def _read_stdin(stdin: IO[bytes], form: InputForm) -> Iterator[RawRecord]:
    if form is InputForm.JSONL:
        yield from _read_lines(stdin, "stdin")
        return
    if form is InputForm.AUTO:
        first = stdin.readline()
        if _is_record(first):
            yield RawRecord(None, first, "stdin:1")
            yield from _read_lines(stdin, "stdin", 2)
            return
        stdin = io.BytesIO(first + stdin.read())
    try:
        yield RawRecord("stdin", stdin.read().decode("utf-8"), "stdin")
    except UnicodeDecodeError as error:
        mend = "convert it, for example with iconv"
        raise LinkError(f"not UTF-8: byte {error.start}", "stdin", mend) from error


def _is_record(line: bytes) -> bool:
    if not line.lstrip().startswith(b"{"):
        return False
    try:
        row = json.loads(line)
    except ValueError:
        return False
    return isinstance(row, dict) and "id" in row and not row.keys().isdisjoint(_FIELDS)


def _read_lines(stream: IO[bytes], where: str, number: int = 1) -> Iterator[RawRecord]:
    for at, line in enumerate(stream, number):
        if line.strip():
            yield RawRecord(None, line, f"{where}:{at}")


def _parse_record(line: bytes, where: str) -> tuple[Passage, ...]:
    try:
        row: Any = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise LinkError(
            f"not UTF-8: byte {error.start} of the line", where, "convert it, for example with iconv"
        ) from error
    except (ValueError, RecursionError) as error:
        raise LinkError(f"no JSON: {error}", where, _MEND) from error
    if not isinstance(row, dict) or not isinstance(row.get("id"), str | int) or row.keys().isdisjoint(_FIELDS):
        raise LinkError("no record: it needs an id and a text", where, _MEND)
    record_id = replace_surrogates(str(row["id"]))
    passages = []
    for name, role in _FIELDS.items():
        text = row.get(name)
        if text is None:
            continue
        if not isinstance(text, str):
            raise LinkError(f"the {name} is no string", where, _MEND)
        passages.append(Passage(record_id=record_id, section=name, role=role, text=replace_surrogates(text)))
    return tuple(passages)

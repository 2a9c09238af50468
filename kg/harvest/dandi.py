"""Dandisets: ``dandiset.yaml`` as the archive writes it, and the archive's JSON, into records.

Schema versions 0.4.4 to 0.8.0 are read by the same tolerant code: a field that is missing is empty, a
field of the wrong type is a warning, an unknown field is left alone. `dandischema` is asked as well and
what it says of the fields read here is noted; it rejects most drafts for reasons that cost the graph
nothing, so it decides nothing.

The schema: https://github.com/dandi/schema. Text is kept exactly as the record has it: a description may
hold Markdown, HTML and newlines, and offsets count them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from typing import Final

from kg.errors import RecordError
from kg.harvest._dandiset import DandisetFields, kind_of
from kg.harvest._yaml import load_yaml
from kg.harvest.files import FileReading, clean_text, decode_text, read_whole
from kg.model import Problem, Record, Severity

_IDENTIFIER: Final = re.compile(r"^(?:DANDI:)?(\d{6})(?:/(.+))?$")


def read_dandi_yaml(reading: FileReading) -> Iterator[Record | Problem]:
    """Read a ``dandiset.yaml``; a `kg.harvest.read.Reader`."""
    text = yield from _decode(reading)
    try:
        loaded = load_yaml(text)
    except RecordError as error:
        yield reading.problem("malformed", error.what, mend="fetch it again from the archive")
        return
    yield from _read_document(loaded, reading)


def read_dandi_json(reading: FileReading) -> Iterator[Record | Problem]:
    """Read the archive's JSON: a version's metadata, a list of them, or the envelope of a list.

    A `kg.harvest.read.Reader`. Asset listings are noted, not read.
    """
    text = yield from _decode(reading)
    try:
        loaded = json.loads(text)
    except json.JSONDecodeError as error:
        yield reading.problem("malformed", f"not valid JSON: line {error.lineno}, column {error.colno}: {error.msg}")
        return
    except (RecursionError, ValueError) as error:  # nested without end; an integer of 5,000 digits
        yield reading.problem("malformed", f"not valid JSON: {error}")
        return
    yield from _read_document(loaded, reading)


def _decode(reading: FileReading) -> Generator[Problem, None, str]:
    """Give the text of a file, after a warning if it isn't UTF-8."""
    text, complaint = decode_text(read_whole(reading.file))
    if complaint:
        yield reading.problem("encoding", complaint, severity=Severity.WARNING, mend="save it as UTF-8")
    return text


def _read_document(loaded: object, reading: FileReading) -> Iterator[Record | Problem]:
    entries = loaded
    if isinstance(loaded, dict) and isinstance(loaded.get("results"), list):
        entries = loaded["results"]
    if not isinstance(entries, list):
        entries = [entries]
    if not entries:
        is_listing = ".assets." in reading.file.path.name
        severity = Severity.NOTE if is_listing else Severity.ERROR
        yield reading.problem(
            "not-a-record" if is_listing else "empty",
            "a listing of no assets" if is_listing else "the list holds no dandiset",
            severity=severity,
        )
    elif all(_is_asset(entry) for entry in entries):
        yield reading.problem(
            "not-a-record",
            f"a listing of {len(entries)} assets, not a dandiset: nothing is read from it",
            severity=Severity.NOTE,
        )
    else:
        for position, entry in enumerate(entries):
            yield from parse_dandiset(entry, reading, position=position)


def _is_asset(entry: object) -> bool:
    if not isinstance(entry, dict):
        return False
    return "asset_id" in entry or entry.get("schemaKey") == "Asset"


def parse_dandiset(entry: object, reading: FileReading, *, position: int = 0) -> Iterator[Record | Problem]:
    """Turn the metadata of one dandiset version into a record.

    Parameters
    ----------
    entry : object
        What the file holds: a mapping where it is right.
    reading : FileReading
        The file that it comes from.
    position : int, default 0
        Which entry of the file it is.

    Yields
    ------
    Record or Problem
        Warnings first, then the record; a lone error where there can be no record.
    """
    where = f"[{position}]" if position else None
    if not isinstance(entry, dict):
        yield reading.problem("malformed", f"a dandiset is a mapping, not {kind_of(entry)}", field=where)
        return
    metadata = entry
    if isinstance(entry.get("metadata"), dict):
        metadata = entry["metadata"]
    elif "draft_version" in entry or "most_recent_published_version" in entry:
        yield reading.problem(
            "no-metadata",
            f"{clean_text(str(entry.get('identifier')))} is listed without its metadata",
            field=where,
            mend="fetch /dandisets/NNNNNN/versions/VERSION/",
        )
        return
    match = next((m for key in ("identifier", "id") if (m := _IDENTIFIER.match(str(metadata.get(key)).strip()))), None)
    if match is None:
        raw = metadata.get("identifier", metadata.get("id"))
        rule, reason = (
            ("missing-id", "it has no identifier")
            if raw is None
            else ("malformed-id", f"{str(raw)[:80]!r} is not DANDI: and six digits")
        )
        yield reading.problem(rule, reason, field="identifier")
        return
    # What a harvest with assets adds to a version: the sum of their listing.
    listing = entry.get("assetListing") if metadata is not entry else None
    parser = DandisetFields(metadata, reading, f"DANDI:{match[1]}", match[2], listing)
    record = parser.record(position)
    yield from parser.problems
    yield record

"""What is worked out of one file: its records, their mentions, and their rows in columns.

Everything here depends on the file's bytes, the vocabularies and the linker alone, so that it can be done
in any process and kept (``kg.build.segments``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from typing import Any, Final, NamedTuple

import polars as pl
from pydantic import TypeAdapter

from kg.claims.publications import publication_facts
from kg.graph.facts import PARTS, RECORD_PARTS, content_of, mention_row, problem_rows, record_rows
from kg.graph.tables import frame_of
from kg.harvest import InputFile, read_file
from kg.link import Linker
from kg.model import ArticleRecord, DatasetRecord, Mention, Problem, Record, WikiPageRecord
from kg.ontology import Vocabulary

_STRING: Final = pl.String()
_STRINGS: Final = pl.List(_STRING)

#: Tables of the store of files: which records each has, and what was wrong with it.
FILE_TABLES: Final = {
    "members": pl.Schema(
        {"record": _STRING, "sha256": _STRING, "size_bytes": pl.Int64(), "position": pl.Int64()}
    ),
    "problems": PARTS["problems"],
}
#: Tables of the store of records: what to choose by where two have one id, the record itself with its mentions,
#: what the index of publications needs of it, and its rows of the graph's tables.
RECORD_TABLES: Final = {
    "entries": pl.Schema(
        {
            "id": _STRING,
            "version": _STRING,
            "date": _STRING,
            "characters": pl.Int64(),
            "headings": pl.Int64(),
            "source": _STRING,
            "path": _STRING,
        }
    ),
    "texts": pl.Schema({"record": _STRING, "mentions": _STRING, "record_type": _STRING}),
    "index": pl.Schema(
        {
            "record_id": _STRING,
            "same_as": _STRINGS,
            "is_reviewed": pl.Boolean(),
            "title": _STRING,
            "named": _STRINGS,
        }
    ),
    "mentions": PARTS["mentions"],
    **{name: PARTS[name] for name in RECORD_PARTS},
}
_MENTIONS: Final = TypeAdapter(tuple[Mention, ...])
_TYPES: Final[dict[str, type[Record]]] = {
    cls.__name__: cls for cls in (DatasetRecord, ArticleRecord, WikiPageRecord)
}

#: MeSH descriptors that say which species an article is about (MeSH 2026, "check tags" and organisms).
_TAXON_OF_MESH: Final = {
    "MESH:D006801": "NCBITaxon:9606",
    "MESH:D051379": "NCBITaxon:10090",
    "MESH:D051381": "NCBITaxon:10116",
    "MESH:D008253": "NCBITaxon:9544",
    "MESH:D008252": "NCBITaxon:9539",
    "MESH:D015027": "NCBITaxon:7955",
    "MESH:D004331": "NCBITaxon:7227",
    "MESH:D017173": "NCBITaxon:6239",
}


class LinkedRecord(NamedTuple):
    """A record with what the linker found in it."""

    record: Record
    mentions: tuple[Mention, ...]


class LinkTask(NamedTuple):
    """Files to read."""

    #: With the key of each, and whether it is known which records it has.
    files: tuple[tuple[InputFile, str, bool], ...]


class Linked(NamedTuple):
    """What came of a task: tables of new segments."""

    files: dict[str, pl.DataFrame]
    records: dict[str, pl.DataFrame]


def link_files(task: LinkTask, known: Collection[str], vocabulary: Vocabulary, linker: Linker) -> Linked:
    """Read files, and link the records that are not known yet.

    Parameters
    ----------
    task : LinkTask
        The files.
    known : collection of str
        Keys of records whose mentions are known.
    vocabulary, linker
        What to link with.
    """
    members: list[dict[str, Any]] = []
    problems: list[dict[str, Any]] = []
    fresh: dict[str, LinkedRecord] = {}
    keys: list[str] = []
    for file, file_key, is_known in task.files:
        entry = len(keys)
        found: list[Problem] = []
        for item in read_file(file):
            if isinstance(item, Problem):
                found.append(item)
                continue
            key, receipt = record_key(item), item.receipt
            if not is_known:
                members.append(
                    {
                        "entry": entry,
                        "record": key,
                        "sha256": receipt.sha256,
                        "size_bytes": receipt.size_bytes,
                        "position": receipt.position,
                    }
                )
            if key not in known and key not in fresh:
                mentions = linker.link(item.passages, taxa=taxa_of(item, vocabulary))
                fresh[key] = LinkedRecord(item, tuple(mentions))
        if not is_known:
            problems += [{"entry": entry, **row} for row in problem_rows(found)]
            keys.append(file_key)
    return Linked(
        {
            "entries": pl.DataFrame({"key": pl.Series(keys, dtype=_STRING)}),
            "members": _frame(members, FILE_TABLES["members"]),
            "problems": _frame(problems, FILE_TABLES["problems"]),
        },
        _record_tables(fresh),
    )


def record_key(record: Record) -> str:
    """Give the key of a record: a hash of all that it says, and of the path that its problems name.

    The rest of its receipt doesn't count: a file that gains a record leaves its others what they were.
    """
    receipt = record.receipt
    return hashlib.blake2b(
        f"{receipt.source.value}\0{receipt.path}\0{content_of(record)}".encode(), digest_size=16
    ).hexdigest()


def restore(record_type: str, record: str, mentions: str) -> LinkedRecord:
    """Make a record and its mentions of a row of the table ``texts``."""
    return LinkedRecord(_TYPES[record_type].model_validate_json(record), _MENTIONS.validate_json(mentions))


def taxa_of(record: Record, vocabulary: Vocabulary) -> frozenset[str]:
    """Give the species that a record says it is about, as CURIEs; empty where it doesn't say."""
    if isinstance(record, DatasetRecord):
        ids = (vocabulary.resolve(entry.raw_id) for entry in record.species if entry.raw_id)
        return frozenset(curie for curie in ids if curie)
    if isinstance(record, ArticleRecord):
        return frozenset(
            _TAXON_OF_MESH[heading.curie] for heading in record.mesh if heading.curie in _TAXON_OF_MESH
        )
    return frozenset()


def _record_tables(linked: dict[str, LinkedRecord]) -> dict[str, pl.DataFrame]:
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in RECORD_TABLES}
    for entry, (key, item) in enumerate(linked.items()):
        record, mentions = item
        own: dict[str, list[dict[str, Any]]] = {
            "entries": [
                {
                    "key": key,
                    "id": record.id,
                    "version": record.version if isinstance(record, DatasetRecord) else None,
                    "date": None if isinstance(record, ArticleRecord) else record.date,
                    "characters": sum(len(passage.text) for passage in record.passages),
                    "headings": len(record.mesh) if isinstance(record, ArticleRecord) else 0,
                    "source": record.receipt.source.value,
                    "path": record.receipt.path,
                }
            ],
            "texts": [
                {
                    "record": record.model_dump_json(),
                    "mentions": _MENTIONS.dump_json(mentions).decode(),
                    "record_type": type(record).__name__,
                }
            ],
            "index": [publication_facts(record)._asdict()],
            "mentions": [mention_row(mention) for mention in mentions],
            **record_rows(record),
        }
        for name, found in own.items():
            rows[name] += found if name == "entries" else [{"entry": entry, **row} for row in found]
    return {
        name: frame_of(found, pl.Schema({"key": _STRING} | dict(RECORD_TABLES[name])), name)
        if name == "entries"
        else _frame(found, RECORD_TABLES[name])
        for name, found in rows.items()
    }


def _frame(rows: Iterable[dict[str, Any]], schema: pl.Schema) -> pl.DataFrame:
    return frame_of(rows, pl.Schema({"entry": pl.UInt32()} | dict(schema)))

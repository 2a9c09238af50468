"""What records, mentions and claims come to in columns: the parts that a graph is put together from.

Parts of many records are joined by concatenation, so a record's part can be made in any process, at any
time, and be kept (``kg.build.cache``). Nothing here looks beyond the record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import polars as pl

from kg.claims.studies import studies_of, system_of
from kg.graph.nodes import AGENTS, TITLES, agents_of, record_node, titles_of
from kg.graph.tables import TABLES, frame_of
from kg.model import ClaimKind, Mention, Problem, Record, Supported

_STRING: Final = pl.String()

#: Part -> column -> type.
PARTS: Final[Mapping[str, pl.Schema]] = {
    "records": TABLES["records"],
    "nodes": TABLES["nodes"],
    "mentions": TABLES["mentions"],
    "problems": TABLES["problems"],
    "titles": TITLES,
    "agents": AGENTS,
    "studies": pl.Schema({"record_id": _STRING, "study": _STRING, "system": _STRING}),
    "claims": pl.Schema(
        {
            "id": _STRING,
            "subject": _STRING,
            "predicate": _STRING,
            "object": _STRING,
            "kind": _STRING,
            "primary_source": _STRING,
            "qualifiers": pl.List(_STRING),
        }
    ),
    "evidence": pl.Schema(
        {
            "id": _STRING,
            "claim_id": _STRING,
            "record_id": _STRING,
            "section": _STRING,
            "start": pl.Int64(),
            "end": pl.Int64(),
            "quote": _STRING,
            "polarity": _STRING,
            "method": _STRING,
            "trigger": _STRING,
            "cited": pl.List(_STRING),
            "raw": _STRING,
            "via": _STRING,
            # In what the quote's own words say that it was found; of biological claims alone.
            "said_system": _STRING,
        }
    ),
}

#: Parts that come of a record alone, and those that come of its claims.
RECORD_PARTS: Final = ("records", "nodes", "titles", "agents", "studies")
CLAIM_PARTS: Final = ("claims", "evidence")


def record_rows(record: Record) -> dict[str, list[dict[str, Any]]]:
    """Give a record's rows of each of `RECORD_PARTS`."""
    return {
        "records": [_record_row(record)],
        "nodes": [record_node(record)],
        "titles": [{"curie": curie, "title": title} for curie, title in titles_of(record)],
        "agents": [{"curie": curie, "name": name, "kind": kind} for curie, name, kind in agents_of(record)],
        "studies": [
            {"record_id": record_id, "study": study.kind.value, "system": study.system and study.system.value}
            for record_id, study in studies_of([record]).items()
        ],
    }


def content_of(record: Record) -> str:
    """Give a hash of all that a record says, wherever it lies: a line added above it in its file changes nothing."""
    text = record.model_dump_json(exclude={"receipt": True, "passages": {"__all__": {"line"}}})
    return hashlib.blake2b(f"{type(record).__name__}\0{text}".encode(), digest_size=16).hexdigest()


def claim_rows(supported: Iterable[Supported]) -> dict[str, list[dict[str, Any]]]:
    """Give the rows of claims, each once, and of their evidence."""
    claims: dict[str, dict[str, Any]] = {}
    evidence: list[dict[str, Any]] = []
    for claim, piece in supported:
        if claim.id not in claims:
            claims[claim.id] = {
                "id": claim.id,
                "subject": claim.subject,
                "predicate": claim.predicate.value,
                "object": claim.object,
                "kind": claim.kind.value,
                "primary_source": claim.primary_source,
                "qualifiers": sorted(f"{name}={value}" for name, value in claim.qualifiers),
            }
        said = system_of(piece.quote, None) if claim.kind is ClaimKind.BIOLOGICAL else None
        evidence.append(
            {
                "id": piece.id,
                "claim_id": piece.claim_id,
                "record_id": piece.record_id,
                "section": piece.section,
                "start": piece.start,
                "end": piece.end,
                "quote": piece.quote,
                "polarity": piece.polarity.value,
                "method": piece.method.value,
                "trigger": piece.trigger,
                "cited": piece.cited,
                "raw": piece.raw,
                "via": piece.via,
                "said_system": said and said.value,
            }
        )
    return {"claims": list(claims.values()), "evidence": evidence}


def mention_row(mention: Mention) -> dict[str, Any]:
    """Give a mention as a row of the table ``mentions``."""
    return {
        "record_id": mention.record_id,
        "section": mention.section,
        "start": mention.start,
        "end": mention.end,
        "surface": mention.surface,
        "curie": mention.curie,
        "category": mention.category.value,
        "score": mention.score,
        "method": mention.method,
    }


def problem_rows(problems: Iterable[Problem]) -> Iterator[dict[str, Any]]:
    """Give problems as rows of the table ``problems``, each once."""
    for problem in sorted(
        set(problems), key=lambda p: (p.source, p.path, p.record_id or "", p.rule, p.field or "", p.reason)
    ):
        yield {**problem.model_dump(), "source": problem.source.value, "severity": problem.severity.value}


def parts_of(
    supported: Iterable[Supported], records: Sequence[Record], mentions: Iterable[Mention]
) -> dict[str, pl.DataFrame]:
    """Give the parts of records that are in memory, all but ``problems``."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in RECORD_PARTS}
    for record in records:
        for name, found in record_rows(record).items():
            rows[name] += found
    rows |= claim_rows(supported)
    rows["mentions"] = [mention_row(mention) for mention in mentions]
    return {name: frame_of(found, PARTS[name], name) for name, found in rows.items()}


def _record_row(record: Record) -> dict[str, Any]:
    receipt = record.receipt
    return {
        "id": record.id,
        "record_type": type(record).__name__.removesuffix("Record"),
        "title": record.title,
        "source": receipt.source.value,
        "path": receipt.path,
        "sha256": receipt.sha256,
        "size_bytes": receipt.size_bytes,
        "position": receipt.position,
        "url": record.url,
        "date": record.date,
        "content": content_of(record),
    }

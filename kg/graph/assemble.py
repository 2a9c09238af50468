"""From claims and records to the tables of a graph.

Evidence for the same claim is brought together under one id; a claim with asserting evidence
becomes an edge; everything an edge touches becomes a node. A claim whose end is in no vocabulary
and no record doesn't enter the graph: it becomes a problem.

All of it is done in columns (``kg.graph.facts`` says which), so that a million claims take seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import polars as pl

from kg.claims.species import ANIMALS
from kg.claims.studies import System
from kg.graph.contest import with_denials
from kg.graph.facts import parts_of
from kg.graph.nodes import make_nodes
from kg.graph.tables import sort_table
from kg.graph.weigh import confidences_of, with_weights
from kg.model import (
    ClaimKind,
    ClaimStatus,
    Mention,
    Method,
    Polarity,
    Problem,
    Record,
    Severity,
    Source,
    Supported,
)
from kg.model.claim import ECO_OF_METHOD
from kg.model.schema import EDGE_TYPES, Label
from kg.ontology import Vocabulary

__all__ = ["Graph", "assemble", "assemble_parts"]

#: Biolink knowledge_level and agent_type of a claim, by the most trustworthy method behind it.
_KNOWLEDGE: Final[Mapping[Method, tuple[str, str]]] = {
    Method.CURATED: ("knowledge_assertion", "manual_agent"),
    Method.STRUCTURED_FIELD: ("knowledge_assertion", "manual_agent"),
    Method.ONTOLOGY: ("knowledge_assertion", "manual_agent"),
    Method.CITATION: ("knowledge_assertion", "manual_agent"),
    Method.HYPERLINK: ("knowledge_assertion", "manual_agent"),
    Method.SENTENCE_RULE: ("not_provided", "text_mining_agent"),
    Method.TEXT_MENTION: ("not_provided", "text_mining_agent"),
}
_METHODS: Final = pl.DataFrame(
    {
        "method": [method.value for method in _KNOWLEDGE],
        "rank": list(range(len(_KNOWLEDGE))),
        "eco": [ECO_OF_METHOD[method] for method in _KNOWLEDGE],
        "knowledge_level": [level for level, _ in _KNOWLEDGE.values()],
        "agent_type": [agent for _, agent in _KNOWLEDGE.values()],
    }
)

#: What publications' ids begin with.
_WORKS: Final = r"^(?:PMID|DOI):"
#: Sections whose text is a bare name.
_NAMES: Final = ("keywords", "keyword")
_ANIMALS: Final = sorted(f"species_context={name}" for name in ANIMALS)
_BIOLOGICAL: Final = ClaimKind.BIOLOGICAL.value
_ASSERTED, _NEGATED, _SPECULATIVE = (polarity.value for polarity in Polarity)
#: What an edge has of its claim.
_COPIED: Final = (
    "subject",
    "predicate",
    "object",
    "kind",
    "confidence",
    "evidence_count",
    "status",
    "primary_source",
    "qualifiers",
)


class Graph(NamedTuple):
    """The tables of a graph, and what was left out of it."""

    tables: dict[str, pl.DataFrame]
    problems: list[Problem]


def assemble(
    supported: Iterable[Supported],
    records: Sequence[Record],
    mentions: Iterable[Mention],
    vocabulary: Vocabulary,
) -> Graph:
    """Bring claims together and make nodes and edges of them.

    Parameters
    ----------
    supported : iterable of Supported
        Claims, each with one piece of its evidence, in any order and with repetitions.
    records : sequence of Record
        The snapshot, one record an id.
    mentions : iterable of Mention
        What the linker found in them.
    vocabulary : Vocabulary
        Where terms' labels come from.

    Returns
    -------
    Graph
        Every table but ``problems``; and a problem for each claim that was left out.
    """
    return assemble_parts(parts_of(supported, records, mentions), vocabulary)


def assemble_parts(parts: Mapping[str, pl.DataFrame], vocabulary: Vocabulary) -> Graph:
    """Bring claims together and make nodes and edges of them: `assemble`, of parts.

    Parameters
    ----------
    parts : mapping of str to polars.DataFrame
        `kg.graph.facts.PARTS` of every record, in any order and with repetitions of claims and evidence.
    vocabulary : Vocabulary
        Where terms' labels come from.

    Returns
    -------
    Graph
        As of `assemble`.
    """
    claims = parts["claims"].unique("id", keep="any")
    evidence = with_denials(claims, _one_an_id(parts["evidence"]))
    nodes, missing = _nodes(claims, evidence, parts, vocabulary)
    faults = _schema_faults(claims.join(missing, on="id", how="anti"), nodes)
    unknown = missing.select("id", fault=pl.col("end") + " is in no vocabulary and no record")
    left_out = pl.concat([unknown, faults])
    kept = claims.join(left_out, on="id", how="anti")
    pieces = _marked(
        evidence.join(left_out, left_on="claim_id", right_on="id", how="anti"), kept, parts["studies"]
    )
    claim_table = _claims(kept, pieces)
    return Graph(
        tables={
            "records": sort_table("records", parts["records"]),
            "mentions": sort_table("mentions", parts["mentions"]),
            "claims": sort_table("claims", claim_table),
            "evidence": sort_table("evidence", pieces),
            "nodes": sort_table("nodes", nodes),
            "edges": sort_table("edges", _edges(claim_table, pieces)),
        },
        problems=_left_out(left_out, claims, evidence, parts["records"]),
    )


def _one_an_id(evidence: pl.DataFrame) -> pl.DataFrame:
    """Keep each piece once; of several that word `trigger` or `raw` otherwise, a choice that no order decides."""
    repeated = evidence["id"].is_duplicated()
    text = {name: pl.col(name).fill_null("") for name in ("trigger", "raw", "via")}
    told_apart = (text["trigger"], text["raw"], pl.col("cited").list.join("\0"), text["via"])
    once = evidence.filter(repeated).sort("id", *told_apart).unique("id", keep="first", maintain_order=True)
    return pl.concat([evidence.filter(~repeated), once])


def _nodes(
    claims: pl.DataFrame, evidence: pl.DataFrame, parts: Mapping[str, pl.DataFrame], vocabulary: Vocabulary
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Make every node that a claim touches; give the first end of each claim that nothing knows."""
    ends = pl.concat(
        [
            claims.select("id", end="subject"),
            claims.select("id", end="object"),
            evidence.select(id="claim_id", end="record_id"),
        ]
    ).unique()
    records = parts["nodes"]
    others = ends.select("end").unique().join(records, left_on="end", right_on="id", how="anti")["end"]
    made = make_nodes(others, parts["titles"], parts["agents"], vocabulary)
    missing = (
        ends.join(records, left_on="end", right_on="id", how="anti")
        .join(made, left_on="end", right_on="id", how="anti")
        .group_by("id")
        .agg(pl.col("end").min())
    )
    touched = ends.join(missing, on="id", how="anti").select("end").unique()
    return pl.concat([records, made.join(touched, left_on="id", right_on="end", how="semi")]), missing


def _schema_faults(claims: pl.DataFrame, nodes: pl.DataFrame) -> pl.DataFrame:
    """Give the claims whose kind or ends are not what their predicate takes, with what is wrong."""
    labels = nodes.select("id", "label")
    labelled = (
        claims.select("id", "subject", "predicate", "object", "kind")
        .join(labels.rename({"id": "subject", "label": "subject_label"}), on="subject", how="left")
        .join(labels.rename({"id": "object", "label": "object_label"}), on="object", how="left")
    )
    # Of a million claims there are a few hundred sorts.
    sorts = labelled.select("predicate", "kind", "subject_label", "object_label").unique()
    faulty = [row for row in sorts.iter_rows() if _schema_fault(row[0], row[1], row[2], row[3], "", "") is not None]
    found = labelled.join(
        pl.DataFrame(faulty, schema=sorts.schema, orient="row"), on=sorts.columns, how="semi"
    )
    rows = [
        (row[0], _schema_fault(*row[1:]))
        for row in found.select(
            "id", "predicate", "kind", "subject_label", "object_label", "subject", "object"
        ).iter_rows()
    ]
    return pl.DataFrame(rows, schema={"id": pl.String, "fault": pl.String}, orient="row")


def _schema_fault(
    predicate: str, kind: str, subject_label: str, object_label: str, subject: str, object_: str
) -> str | None:
    edge = EDGE_TYPES[predicate]  # type: ignore[index]  # a StrEnum's member is its value
    if kind != edge.kind:
        return f"a {kind} claim can't be {predicate}, which is {edge.kind} (rule 2)"
    for end, label, labels in (
        (subject, subject_label, edge.subjects),
        (object_, object_label, edge.objects),
    ):
        if Label(label) not in labels:
            return f"{end} is a {label}, and {predicate} takes {', '.join(labels)} there"
    return None


def _left_out(
    left_out: pl.DataFrame, claims: pl.DataFrame, evidence: pl.DataFrame, records: pl.DataFrame
) -> list[Problem]:
    first = evidence.sort("id").unique("claim_id", keep="first", maintain_order=True)
    rows = (
        left_out.join(claims, on="id")
        .join(first.select("claim_id", "record_id", "section"), left_on="id", right_on="claim_id")
        .join(records.select("id", "source", "path"), left_on="record_id", right_on="id", how="left")
        .sort("id")
    )
    return [
        Problem(
            source=Source(row["source"]) if row["source"] else Source.WIKI,
            path=row["path"] or row["record_id"],
            record_id=row["record_id"],
            field=row["section"],
            rule="claim-left-out",
            severity=Severity.WARNING,
            reason=f"{row['subject']} {row['predicate']} {row['object']}: {row['fault']}",
            mend="mend the record's field, or add the term to a vocabulary",
        )
        for row in rows.to_dicts()
    ]


def _marked(evidence: pl.DataFrame, claims: pl.DataFrame, studies: pl.DataFrame) -> pl.DataFrame:
    """Add to evidence what it weighs, the study behind it, and in what the finding was made."""
    kinds = claims.select(
        claim_id="id",
        is_finding=pl.col("kind") == _BIOLOGICAL,
        of_animal=pl.col("qualifiers").list.eval(pl.element().is_in(_ANIMALS)).list.any(),
    )
    system = (
        pl.when(~pl.col("is_finding"))
        .then(None)
        .when("of_animal")
        .then(pl.lit(System.ANIMAL.value))
        .otherwise(pl.coalesce("said_system", "study_system"))
    )
    return (
        with_weights(evidence, studies)
        .join(kinds, on="claim_id")
        .join(_METHODS, on="method", how="left")
        .join(studies.rename({"system": "study_system"}), on="record_id", how="left")
        .with_columns(system=system)
    )


def _claims(claims: pl.DataFrame, pieces: pl.DataFrame) -> pl.DataFrame:
    """Give the rows of claims: what all evidence of each comes to."""
    counts = pieces.group_by("claim_id").agg(
        evidence_count=(pl.col("polarity") == _ASSERTED).sum().cast(pl.Int64),
        negated_count=(pl.col("polarity") == _NEGATED).sum().cast(pl.Int64),
        speculative_count=(pl.col("polarity") == _SPECULATIVE).sum().cast(pl.Int64),
    )
    is_asserted, is_negated = pl.col("evidence_count") > 0, pl.col("negated_count") > 0
    # What makes a claim what it is: the pieces that assert it, else those that deny it, else all.
    deciding = (
        pl.when(is_asserted)
        .then(pl.col("polarity") == _ASSERTED)
        .otherwise(~is_negated | (pl.col("polarity") == _NEGATED))
    )
    decisive = pieces.join(counts, on="claim_id").filter(deciding).with_columns(doubt=-pl.col("weight"))
    surest = decisive.sort("claim_id", "doubt", "id").unique("claim_id", keep="first", maintain_order=True)
    is_name = (pl.col("method") != Method.SENTENCE_RULE.value) | pl.col("section").str.extract(
        r"^([^/]*)"
    ).is_in(_NAMES)
    telling = decisive.sort("claim_id", is_name, "doubt", pl.col("quote").str.len_chars(), "id").unique(
        "claim_id", keep="first", maintain_order=True
    )
    known = (
        decisive.group_by("claim_id")
        .agg(rank=pl.col("rank").min())
        .join(_METHODS.select("rank", "knowledge_level", "agent_type"), on="rank")
    )
    works = pl.when(pl.col("cited").list.len() > 0).then("cited").otherwise(pl.concat_list("record_id"))
    publications = (
        decisive.select("claim_id", works.alias("work"))
        .explode("work")
        .filter(pl.col("work").str.contains(_WORKS))
        .group_by("claim_id")
        .agg(publications=pl.col("work").unique().sort())
    )
    systems = (
        decisive.filter(pl.col("system").is_not_null())
        .group_by("claim_id")
        .agg(systems=pl.col("system").unique().sort())
    )
    status = (
        pl.when(is_asserted & is_negated)
        .then(pl.lit(ClaimStatus.CONTESTED.value))
        .when(is_asserted)
        .then(pl.lit(ClaimStatus.ASSERTED.value))
        .when(is_negated)
        .then(pl.lit(ClaimStatus.NEGATED.value))
        .otherwise(pl.lit(ClaimStatus.SPECULATIVE.value))
    )
    whole = claims.rename({"id": "claim_id"})
    for part in (
        counts,
        confidences_of(pieces),
        surest.select("claim_id", "eco"),
        telling.select("claim_id", sentence="quote"),
        known.drop("rank"),
    ):
        whole = whole.join(part, on="claim_id")
    none = pl.lit([], dtype=pl.List(pl.String))
    return (
        whole.join(publications, on="claim_id", how="left")
        .join(systems, on="claim_id", how="left")
        .with_columns(
            status=status,
            publications=pl.col("publications").fill_null(none),
            systems=pl.col("systems").fill_null(none),
        )
        .rename({"claim_id": "id"})
    )


def _edges(claims: pl.DataFrame, pieces: pl.DataFrame) -> pl.DataFrame:
    """Give an edge for every claim that something asserts."""
    sources = (
        pieces.filter(pl.col("polarity") == _ASSERTED)
        .group_by("claim_id")
        .agg(sources=pl.col("record_id").unique().sort())
    )
    asserted = claims.filter(
        pl.col("status").is_in([ClaimStatus.ASSERTED.value, ClaimStatus.CONTESTED.value])
    )
    return asserted.select(claim_id="id", **{name: pl.col(name) for name in _COPIED}).join(
        sources, on="claim_id"
    )

"""From claims and records to the tables of a graph.

Evidence for the same claim is brought together under one id; a claim with asserting evidence
becomes an edge; everything an edge touches becomes a node. A claim whose end is in no vocabulary
and no record doesn't enter the graph: it becomes a problem.

All of it is done in columns (``kg.graph.facts`` says which), so that a million claims take seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import polars as pl

from kg.claims.species import ANIMALS
from kg.claims.studies import System
from kg.graph.contest import with_denials
from kg.graph.facts import parts_of
from kg.graph.judged import METHODS, judge_claims, of_rank
from kg.graph.nodes import make_nodes
from kg.graph.tables import TABLES, may_repeat, one_an_id, sort_table
from kg.graph.weigh import with_weights
from kg.model import (
    ClaimKind,
    ClaimStatus,
    Mention,
    Problem,
    Record,
    Severity,
    Source,
    Supported,
)
from kg.model.schema import EDGE_TYPES, Label
from kg.ontology import Vocabulary

__all__ = ["Graph", "assemble", "assemble_parts"]

_ANIMALS: Final = sorted(f"species_context={name}" for name in ANIMALS)
_BIOLOGICAL: Final = ClaimKind.BIOLOGICAL.value
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
    "sources",
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
    tables: dict[str, pl.DataFrame] = {}
    problems = assemble_parts(parts_of(supported, records, mentions), vocabulary, tables.__setitem__)
    return Graph(tables, problems)


def assemble_parts(
    parts: Mapping[str, pl.DataFrame], vocabulary: Vocabulary, put: Callable[[str, pl.DataFrame], None]
) -> list[Problem]:
    """Bring claims together and make nodes and edges of them: `assemble`, of parts, a table at a time.

    Parameters
    ----------
    parts : mapping of str to polars.DataFrame
        `kg.graph.facts.PARTS` of every record, in any order and with repetitions of claims and evidence. Each is
        asked for when it is needed, and let go.
    vocabulary : Vocabulary
        Where terms' labels come from.
    put : callable
        Takes each table but ``problems``, by its name, sorted. None is held here when it has been taken.

    Returns
    -------
    list of Problem
        One for each claim that was left out.
    """
    for name in ("mentions", "records"):
        put(name, sort_table(name, parts[name]))
    claims = one_an_id(parts["claims"])
    evidence = with_denials(claims, _one_an_id(parts["evidence"]))
    nodes, missing = _nodes(claims, evidence, parts, vocabulary)
    nodes = sort_table("nodes", nodes)
    put("nodes", nodes)
    claims = _numbered(claims, nodes)
    whole = claims if missing.is_empty() else claims.join(missing, on="id", how="anti")
    faults = _schema_faults(whole, nodes["label"])
    del whole
    del nodes
    unknown = missing.select("id", fault=pl.col("end") + " is in no vocabulary and no record")
    left_out = pl.concat([unknown, faults])
    problems = _left_out(left_out, claims, evidence, parts)
    if not left_out.is_empty():
        claims = claims.join(left_out, on="id", how="anti")
        evidence = evidence.join(left_out, left_on="claim_id", right_on="id", how="anti")
    # From here a claim is its row's number: of a million, numbers are grouped and joined ten times as fast as ids.
    numbers = claims.select("id").with_row_index("claim")
    evidence = evidence.hstack(
        evidence.select("claim_id")
        .join(numbers, left_on="claim_id", right_on="id", how="left", maintain_order="left")["claim"]
        .to_frame()
    )
    del numbers
    evidence = _marked(evidence, claims, parts["studies"])
    judged = judge_claims(evidence)
    put("evidence", sort_table("evidence", evidence.with_columns(of_rank("eco"))))
    del evidence
    claims = _together(claims, judged)
    del judged
    put("edges", _edges(claims))
    put("claims", sort_table("claims", claims))
    return problems


def _together(claims: pl.DataFrame, judged: pl.DataFrame) -> pl.DataFrame:
    """Add to claims what all their evidence comes to; one that has none is no claim."""
    judged = judged.sort("claim")
    if judged.height < claims.height:
        claims = claims[judged["claim"]]
    return claims.hstack(judged.drop("claim"))


def _one_an_id(evidence: pl.DataFrame) -> pl.DataFrame:
    """Keep each piece once; of several that word `trigger` or `raw` otherwise, a choice that no order decides."""
    repeated = may_repeat(evidence["id"])
    if repeated is None:
        return evidence
    text = {name: pl.col(name).fill_null("") for name in ("trigger", "raw", "via")}
    told_apart = (text["trigger"], text["raw"], pl.col("cited").list.join("\0"), text["via"])
    once = evidence.filter(repeated).sort("id", *told_apart).unique("id", keep="first", maintain_order=True)
    return pl.concat([evidence.filter(~repeated), once])


def _nodes(
    claims: pl.DataFrame, evidence: pl.DataFrame, parts: Mapping[str, pl.DataFrame], vocabulary: Vocabulary
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Make every node that a claim touches; give the first end of each claim that nothing knows."""
    columns = (claims["subject"], claims["object"], evidence["record_id"])
    ends = pl.concat([column.unique().alias("end") for column in columns]).unique().to_frame()
    records = parts["nodes"]
    others = ends.join(records, left_on="end", right_on="id", how="anti")["end"]
    made = make_nodes(others, parts["titles"], parts["agents"], vocabulary)
    unknown = others.to_frame().join(made, left_on="end", right_on="id", how="anti")
    if unknown.is_empty():
        return pl.concat([records, made]), pl.DataFrame(schema={"id": pl.String, "end": pl.String})
    pairs = pl.concat(
        [
            claims.select("id", end="subject"),
            claims.select("id", end="object"),
            evidence.select(id="claim_id", end="record_id"),
        ]
    )
    missing = pairs.join(unknown, on="end", how="semi").group_by("id").agg(pl.col("end").min())
    touched = pairs.join(missing, on="id", how="anti").select("end").unique()
    return pl.concat([records, made.join(touched, left_on="id", right_on="end", how="semi")]), missing


def _numbered(claims: pl.DataFrame, nodes: pl.DataFrame) -> pl.DataFrame:
    """Add to claims the rows of the nodes that they are about, ``from`` and ``to``, null where there is none."""
    rows = nodes.select("id").with_row_index("node").unique("id", keep="first")
    ends = [
        claims.select(end)
        .join(rows, left_on=end, right_on="id", how="left", maintain_order="left")["node"]
        .alias(name)
        for end, name in (("subject", "from"), ("object", "to"))
    ]
    return claims.hstack(ends)


def _schema_faults(claims: pl.DataFrame, labels: pl.Series) -> pl.DataFrame:
    """Give the claims whose kind or ends are not what their predicate takes, with what is wrong."""
    codes = labels.cast(pl.Enum([label.value for label in Label]))
    sorts = claims.select(
        "predicate",
        "kind",
        subject_label=codes.gather(claims["from"]),
        object_label=codes.gather(claims["to"]),
    )
    # Of a million claims there are a few hundred sorts.
    faulty = [
        row
        for row in sorts.unique().iter_rows()
        if _schema_fault(row[0], row[1], row[2], row[3], "", "") is not None
    ]
    found = (
        claims.select("id", "subject", "object")
        .hstack(sorts)
        .join(pl.DataFrame(faulty, schema=sorts.schema, orient="row"), on=sorts.columns, how="semi")
        if faulty
        else claims.select("id", "subject", "object").hstack(sorts).clear()
    )
    rows = [
        (row[0], _schema_fault(*row[1:]))
        for row in found.select("id", *sorts.columns, "subject", "object").iter_rows()
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
    left_out: pl.DataFrame, claims: pl.DataFrame, evidence: pl.DataFrame, parts: Mapping[str, pl.DataFrame]
) -> list[Problem]:
    if left_out.is_empty():
        return []
    told = evidence.join(left_out, left_on="claim_id", right_on="id", how="semi")
    first = told.sort("id").unique("claim_id", keep="first", maintain_order=True)
    rows = (
        left_out.join(claims, on="id")
        .join(first.select("claim_id", "record_id", "section"), left_on="id", right_on="claim_id")
        .join(parts["records"].select("id", "source", "path"), left_on="record_id", right_on="id", how="left")
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
    findings = (
        claims.with_row_index("claim")
        .filter(pl.col("kind") == _BIOLOGICAL)
        .select("claim", of_animal=pl.col("qualifiers").list.eval(pl.element().is_in(_ANIMALS)).list.any())
    )
    system = (
        pl.when(pl.col("of_animal").is_null())
        .then(None)
        .when("of_animal")
        .then(pl.lit(System.ANIMAL.value))
        .otherwise(pl.coalesce("said_system", "study_system"))
    )
    # Joined without the texts, which would be copied by every join.
    told = (
        evidence.select("claim", "record_id", "method", "said_system")
        .join(findings, on="claim", how="left", maintain_order="left")
        .join(METHODS.select("method", "rank"), on="method", how="left", maintain_order="left")
        .join(studies.rename({"system": "study_system"}), on="record_id", how="left", maintain_order="left")
        .select("rank", "study", system=system)
    )
    return with_weights(evidence.drop("said_system"), studies).hstack(told)


def _edges(claims: pl.DataFrame) -> pl.DataFrame:
    """Give the table ``edges``: an edge for every claim that something asserts.

    Nodes and claims are in the order of their ids: edges are sorted by their numbers, which takes a fifth of what
    their texts would.
    """
    rows = (
        claims.select("predicate", "from", "to", "status")
        .with_row_index("row")
        .filter(pl.col("status").is_in([ClaimStatus.ASSERTED.value, ClaimStatus.CONTESTED.value]))
    )
    predicates = pl.Enum(rows["predicate"].unique().sort())
    size = max(1, *(int(rows[end].max() or 0) + 1 for end in ("from", "to")))  # type: ignore[arg-type]
    key = (pl.col("predicate").cast(predicates).to_physical().cast(pl.UInt64) * size + pl.col("from")) * size
    order = rows.select(pl.col("row").sort_by(key + pl.col("to"), maintain_order=True)).to_series()
    # Copied once, in their order: claims of a million are a good part of what memory holds here.
    edges = claims.select(claim_id="id", **{name: pl.col(name) for name in _COPIED})
    return edges.select(TABLES["edges"].names())[order]

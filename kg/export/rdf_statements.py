"""Statements of a build's tables, as lines of N-Quads: what `kg.export.rdf` writes, and in which order.

They are made by Polars expressions, whole columns at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import polars as pl

from kg.errors import ExportError
from kg.export.rdf_terms import address_terms, check_curies, iri, iri_terms, is_known, literal_terms
from kg.model.claim import ClaimStatus, Polarity, Predicate
from kg.model.schema import EDGE_TYPES, NODE_TYPES, Label

#: Predicates whose Biolink or IAO counterpart runs from object to subject: a disease has a location, an agent is a
#: contributor, a publication is about a dataset.
_REVERSED: Final = frozenset({Predicate.AFFECTED_IN, Predicate.HAS_CONTRIBUTOR, Predicate.DESCRIBED_BY})
_RELATED: Final = "biolink:related_to"
#: Claims written at a time: what bounds the memory.
_SLICE: Final = 100_000

_STRING_PROPERTIES: Final[dict[str, str]] = {
    "name": "rdfs:label",
    "definition": "skos:definition",
    "date": "dcterms:date",
}
_CLAIM_LITERALS: Final[dict[str, tuple[str, str | None]]] = {
    "kind": ("kg:kind", None),
    "status": ("kg:status", None),
    "confidence": ("kg:confidence", "xsd:double"),
    "evidence_count": ("kg:evidence_count", "xsd:integer"),
    "negated_count": ("kg:negated_count", "xsd:integer"),
    "speculative_count": ("kg:speculative_count", "xsd:integer"),
    "knowledge_level": ("biolink:knowledge_level", None),
    "agent_type": ("biolink:agent_type", None),
    "sentence": ("biolink:supporting_text", None),
}
_EVIDENCE_LITERALS: Final[dict[str, tuple[str, str | None]]] = {
    "quote": ("kg:quote", None),
    "section": ("kg:section", None),
    "start": ("kg:start", "xsd:integer"),
    "end": ("kg:end", "xsd:integer"),
    "polarity": ("kg:polarity", None),
    "method": ("kg:method", None),
    "trigger": ("kg:trigger", None),
    "raw": ("kg:raw", None),
    "study": ("kg:study", None),
    "system": ("kg:system", None),
}


class Blocks(NamedTuple):
    """Statements of a slice of subjects, a row with many lines for each."""

    text: pl.DataFrame
    triples: int
    subjects: int


def check_identifiers(tables: Mapping[str, pl.DataFrame]) -> None:
    """Raise `ExportError` where an identifier can't be written as an IRI, or an id is not of its table."""
    for table, columns in {
        "nodes": ("id",),
        "claims": ("id", "subject", "object", "primary_source", "eco", "publications"),
        "evidence": ("id", "claim_id", "record_id", "eco", "via", "cited"),
    }.items():
        for column in columns:
            values = tables[table][column]
            check_curies(values.explode() if values.dtype == pl.List else values, f"{table}.{column}")
    for table in ("claims", "evidence"):
        prefix = "claim" if table == "claims" else "evidence"
        if not tables[table]["id"].str.starts_with(f"{prefix}:").all():
            raise ExportError(f"ids don't start with '{prefix}:'", f"{table}.id", "build again")


def _lines(
    frame: pl.DataFrame, subject: str, predicate: str | pl.Expr, object_: str | pl.Expr, graph: str = ""
) -> pl.DataFrame:
    """Write a statement for each row whose terms are all there. Strings that start with '<' or '"' are terms."""
    terms = [pl.col(subject), _term(predicate), _term(object_), *([pl.col(graph)] if graph else [])]
    line = pl.concat_str([*terms, pl.lit(".")], separator=" ")
    return frame.select(line=line).drop_nulls()


def _term(term: str | pl.Expr) -> pl.Expr:
    if isinstance(term, pl.Expr):
        return term
    return pl.lit(term) if term.startswith(("<", '"')) else pl.col(term)


def _literal(value: str) -> str:
    return str(pl.select(literal_terms(pl.lit(value))).item())


def schema_lines() -> pl.DataFrame:
    """Say what our own terms mean, and how they stand to Biolink's."""
    triples: list[tuple[str, str, str]] = []
    for node in NODE_TYPES.values():
        term = iri(f"kg:{node.label}")
        triples += [
            (term, iri("rdf:type"), iri("owl:Class")),
            (term, iri("rdfs:subClassOf"), iri(node.biolink)),
            (term, iri("rdfs:label"), _literal(node.label)),
            (term, iri("rdfs:comment"), _literal(node.doc)),
        ]
    for edge in EDGE_TYPES.values():
        term = iri(_own(edge.predicate))
        triples += [
            (term, iri("rdf:type"), iri("owl:ObjectProperty")),
            (term, iri("rdfs:label"), _literal(edge.predicate.lower().replace("_", " "))),
            (term, iri("rdfs:comment"), _literal(edge.doc)),
            # A superproperty that would run the other way is none: these are related, and no more is true.
            (term, iri("rdfs:subPropertyOf"), iri(_RELATED if edge.predicate in _REVERSED else edge.biolink)),
        ]
    triples.append(
        (
            iri("kg:has_evidence"),
            iri("rdfs:comment"),
            _literal("Evidence of any polarity; biolink:has_evidence is what asserts."),
        )
    )
    triples.append((iri("kg:quote"), iri("rdfs:subPropertyOf"), iri("prov:value")))
    return pl.DataFrame(
        {"line": [" ".join((*triple, ".")) for triple in triples]}, schema={"line": pl.String}
    )


def _own(predicate: Predicate) -> str:
    return f"kg:{predicate.lower()}"


def node_lines(nodes: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Give the statements of nodes: their types, names and properties."""
    nodes = nodes.with_columns(s=iri_terms(pl.col("id")))
    for label in nodes["label"].unique().sort():
        here = nodes.filter(pl.col("label") == label)
        yield _lines(here, "s", iri("rdf:type"), iri(f"kg:{label}"))
        yield _lines(here, "s", iri("rdf:type"), iri(NODE_TYPES[Label(label)].biolink))
    for column, kind in nodes.schema.items():
        if column in ("id", "label", "s", "xrefs"):
            continue
        if column == "url":
            yield _lines(nodes, "s", iri("rdfs:seeAlso"), address_terms(pl.col(column)))
        elif column == "synonyms":
            synonyms = nodes.select("s", column).explode(column)
            yield _lines(synonyms, "s", iri("skos:altLabel"), literal_terms(pl.col(column)))
        elif kind == pl.List(pl.String):
            values = nodes.select("s", column).explode(column)
            yield _lines(values, "s", iri(f"kg:{column}"), literal_terms(pl.col(column)))
        else:
            datatype = {
                pl.Int64(): "xsd:integer",
                pl.Float64(): "xsd:double",
                pl.Boolean(): "xsd:boolean",
            }.get(kind)
            predicate = iri(_STRING_PROPERTIES.get(column, f"kg:{column}"))
            yield _lines(nodes, "s", predicate, literal_terms(pl.col(column), datatype))
    if "xrefs" in nodes.columns:
        yield from _xref_lines(nodes)


def _xref_lines(nodes: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Write cross-references.

    closeMatch holds for exact ones too (SKOS, S42), and the table doesn't say which are exact. GO names normal
    processes, so a mechanism is only related to one. An identifier of a vocabulary that we don't know has no IRI
    here: it is kept as OBO keeps it, as a string.
    """
    xrefs = nodes.select("s", "label", xref=pl.col("xrefs")).explode("xref").drop_nulls("xref")
    known = xrefs.filter(is_known(pl.col("xref"))).with_columns(o=iri_terms(pl.col("xref")))
    is_process = (pl.col("label") == Label.MECHANISM.value) & pl.col("xref").str.starts_with("GO:")
    yield _lines(known.filter(~is_process), "s", iri("skos:closeMatch"), "o")
    yield _lines(known.filter(is_process), "s", iri("skos:relatedMatch"), "o")
    yield _lines(
        xrefs.filter(~is_known(pl.col("xref"))), "s", iri("oboInOwl:hasDbXref"), literal_terms(pl.col("xref"))
    )


def with_terms(claims: pl.DataFrame, nodes: pl.DataFrame) -> pl.DataFrame:
    """Add the terms of a claim: g itself; s, p, o as we say it; bs, bp, bo as Biolink does."""
    labels = nodes.select(subject="id", subject_label="label")
    # A mechanism is no place: that it is affected in a disease has no closer word in Biolink.
    no_place = (pl.col("predicate") == Predicate.AFFECTED_IN.value) & (
        pl.col("subject_label") == Label.MECHANISM.value
    )
    reversed_ = pl.col("predicate").is_in([p.value for p in _REVERSED]) & ~no_place.fill_null(value=False)
    predicates = list(EDGE_TYPES)
    names = [p.value for p in predicates]
    own = [iri(_own(p)) for p in predicates]
    biolink = [iri(EDGE_TYPES[p].biolink) for p in predicates]
    return (
        claims.join(labels, on="subject", how="left", maintain_order="left")
        .with_columns(
            g=iri_terms(pl.col("id")),
            s=iri_terms(pl.col("subject")),
            p=pl.col("predicate").replace_strict(names, own, return_dtype=pl.String),
            o=iri_terms(pl.col("object")),
        )
        .with_columns(
            bs=pl.when(reversed_).then("o").otherwise("s"),
            bp=pl.when(no_place)
            .then(pl.lit(iri(_RELATED)))
            .otherwise(pl.col("predicate").replace_strict(names, biolink, return_dtype=pl.String)),
            bo=pl.when(reversed_).then("s").otherwise("o"),
        )
        .sort("g")
    )


def direct_lines(ends: pl.DataFrame, *, with_graphs: bool) -> list[pl.DataFrame]:
    """Give what asserted and contested claims say, as plain statements in our words and in Biolink's."""
    stated = ends.filter(pl.col("status").is_in([ClaimStatus.ASSERTED.value, ClaimStatus.CONTESTED.value]))
    graph = "g" if with_graphs else ""
    return [_lines(stated, "s", "p", "o", graph), _lines(stated, "bs", "bp", "bo", graph)]


def claim_slices(ends: pl.DataFrame, evidence: pl.DataFrame) -> Iterator[Blocks]:
    """Give all statements of each claim; `ends` are the claims of `with_terms`."""
    links = evidence.select("claim_id", "polarity", e=iri_terms(pl.col("id")))
    is_negated = pl.col("status") == ClaimStatus.NEGATED.value
    for part in ends.iter_slices(_SLICE):
        linked = links.join(part.select("g", claim_id="id"), on="claim_id")
        asserting = linked.filter(pl.col("polarity") == Polarity.ASSERTED.value)
        qualifiers = part.select("g", q="qualifiers").explode("q").with_columns(q=literal_terms(pl.col("q")))
        works = part.select("g", w="publications").explode("w").with_columns(w=iri_terms(pl.col("w")))
        systems = part.select("g", y="systems").explode("y").with_columns(y=literal_terms(pl.col("y")))
        many = {
            "kg:has_evidence": linked.select("g", "e"),
            "biolink:has_evidence": asserting.select("g", "e"),
            "kg:qualifier": qualifiers,
            "biolink:publications": works,
            "kg:system": systems,
        }
        one: dict[str, list[pl.Expr]] = {
            "rdf:subject": [pl.col("s")],
            "rdf:predicate": [pl.col("p")],
            "rdf:object": [pl.col("o")],
            "rdf:type": _both(pl.lit(iri("rdf:Statement")), pl.lit(iri("biolink:Association"))),
            "biolink:subject": [pl.col("bs")],
            "biolink:predicate": [pl.col("bp")],
            "biolink:object": [pl.col("bo")],
            "biolink:primary_knowledge_source": [iri_terms(pl.col("primary_source"))],
            "kg:eco": [iri_terms(pl.col("eco"))],
            "biolink:negated": [pl.when(is_negated).then(pl.lit(f'"true"^^{iri("xsd:boolean")}'))],
            **_literals(_CLAIM_LITERALS),
        }
        yield _blocks(part, "g", one, many)


def evidence_slices(evidence: pl.DataFrame) -> Iterator[Blocks]:
    """Give all statements of each piece of evidence."""
    for part in evidence.with_columns(s=iri_terms(pl.col("id"))).sort("s").iter_slices(_SLICE):
        cited = part.select("s", c="cited").explode("c").with_columns(c=iri_terms(pl.col("c")))
        one: dict[str, list[pl.Expr]] = {
            "rdf:type": _both(pl.lit(iri("biolink:EvidenceType")), iri_terms(pl.col("eco"))),
            "prov:wasDerivedFrom": [iri_terms(pl.col("record_id"))],
            "kg:via": [iri_terms(pl.col("via"))],
            **_literals(_EVIDENCE_LITERALS),
        }
        yield _blocks(part, "s", one, {"kg:cited": cited})


def _literals(properties: Mapping[str, tuple[str, str | None]]) -> dict[str, list[pl.Expr]]:
    return {
        predicate: [literal_terms(pl.col(column), datatype)]
        for column, (predicate, datatype) in properties.items()
    }


def _both(left: pl.Expr, right: pl.Expr) -> list[pl.Expr]:
    """Give two objects of one predicate in the order of their bytes."""
    return [
        pl.when(left < right).then(left).otherwise(right),
        pl.when(left < right).then(right).otherwise(left),
    ]


def _blocks(
    frame: pl.DataFrame, subject: str, one: Mapping[str, list[pl.Expr]], many: Mapping[str, pl.DataFrame]
) -> Blocks:
    """Write all statements of each subject as one text, sorted: twenty times less to sort than their lines.

    `one` has objects that a row holds, in order; `many` has frames of subject and object, with several rows a subject.
    """
    columns = {f"{predicate} {at}": o for predicate, objects in one.items() for at, o in enumerate(objects)}
    objects = frame.select(pl.col(subject), **columns).with_row_index("_row")
    triples = sum(len(objects) - objects[column].null_count() for column in columns)
    for predicate, pairs in many.items():
        object_ = next(column for column in pairs.columns if column != subject)
        lines = pairs.drop_nulls().unique().sort(subject, object_)
        triples += len(lines)
        # The object alone for the first line; what stands before it is the same for every predicate.
        separator = pl.concat_str([pl.lit(" .\n"), pl.col(subject).first(), pl.lit(f" {iri(predicate)} ")])
        joined = lines.group_by(subject, maintain_order=True).agg(
            o=pl.col(object_).implode(), separator=separator
        )
        joined = joined.select(subject, pl.col("o").list.join(pl.col("separator")).alias(f"{predicate} 0"))
        objects = objects.join(joined, on=subject, how="left", maintain_order="left")
    pieces: list[pl.Expr] = []
    for column in sorted(objects.columns[2:], key=lambda column: (iri(column.split(" ")[0]), column)):
        line = [pl.col(subject), pl.lit(f" {iri(column.split(' ')[0])} "), pl.col(column), pl.lit(" .\n")]
        # One long concatenation is quickest, but a null in it would make all of it null.
        pieces += [pl.concat_str(line).fill_null("")] if objects[column].null_count() else line
    text = objects.select(line=pl.concat_str(pieces).str.strip_suffix("\n"))
    return Blocks(text, triples, len(frame))

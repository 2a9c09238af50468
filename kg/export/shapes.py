"""The rules of evidence as SHACL, checked over the exported graph by an engine that knows nothing of this package.

``ontologies/shapes.ttl`` has the shapes; ``kg.claims.policy`` is the other half, which sees the records and
checks every claim while a build is made. SHACL in Python takes some four milliseconds a claim, so a large
graph is checked in part: first what the rules are about, then as much of the rest as there is room for.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import polars as pl

from kg.config import curated_dir
from kg.errors import ConfigError, ExportError
from kg.export.rdf import write_ntriples
from kg.export.rdf_terms import rdf_prefixes
from kg.model.claim import ClaimKind, Predicate
from kg.model.schema import EDGE_TYPES, NODE_TYPES, Label

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.term import Node

#: Claims checked where no number is given: under a minute on one core.
MOST_CLAIMS: Final = 6_000
#: Where the part of the file begins that ``scripts/schema`` writes from the schema.
GENERATED: Final = "# --- From kg/model/schema.py, by scripts/schema. Change nothing below. ---\n"
#: Properties of nodes that no shape looks at, and that are most of their bytes.
_UNSEEN: Final = ("synonyms", "xrefs", "definition", "keywords", "variables", "url", "date", "licence", "doi")


class ShapeBreak(NamedTuple):
    """Something in the exported graph that a shape forbids."""

    rule: str
    node: str
    record: str | None
    reason: str


class ShapeReport(NamedTuple):
    """What the shapes found, and how much of the graph they saw."""

    breaks: list[ShapeBreak]
    checked: int
    claims: int
    nodes: int


def shapes_path() -> Path:
    """Give the file of the shapes."""
    return curated_dir() / "shapes.ttl"


def check_shapes(
    tables: Mapping[str, pl.DataFrame], *, most: int | None = MOST_CLAIMS, shapes: Path | None = None
) -> ShapeReport:
    """Check a build's RDF against the shapes.

    Parameters
    ----------
    tables : mapping of str to polars.DataFrame
        ``nodes``, ``claims`` and ``evidence`` of a build.
    most : int, optional
        Most claims to check, with their evidence and ends; None for all. Biological claims come first, then what
        passed the gate, what wiki pages cite and document, other resource claims, and the rest by id. Every node that
        one of them touches, and every wiki page, is checked.
    shapes : pathlib.Path, optional
        Without it, the package's own.

    Returns
    -------
    ShapeReport
        Breaks sorted by rule and node, each with the record that it rests on.

    Raises
    ------
    ConfigError
        If the shapes can't be read.
    ExportError
        If an identifier has a prefix that isn't known.
    """
    from pyshacl import validate  # late: it loads rdflib and an OWL reasoner
    from rdflib import Graph

    part = _part(tables, most)
    buffer = io.BytesIO()
    write_ntriples(part, buffer)
    data = Graph(bind_namespaces="none").parse(data=buffer.getvalue(), format="nt")
    path = shapes or shapes_path()
    try:
        rules = Graph().parse(path, format="turtle")
    except (OSError, SyntaxError) as error:
        raise ConfigError(f"the shapes can't be read: {error}", str(path), "mend the Turtle") from error
    _, results, text = validate(data, shacl_graph=rules, advanced=True, inplace=True)
    if not isinstance(results, Graph):
        raise ExportError(f"the shapes can't be checked: {text}", str(path), "mend the shapes")
    breaks = sorted(set(_breaks(results, part)))
    return ShapeReport(breaks, part["claims"].height, tables["claims"].height, part["nodes"].height)


def _part(tables: Mapping[str, pl.DataFrame], most: int | None) -> dict[str, pl.DataFrame]:
    """Take the claims that the rules are about first, with all that they touch."""
    claims, evidence, nodes = tables["claims"], tables["evidence"], tables["nodes"]
    if most is not None and claims.height > most:
        is_page = pl.col("subject").str.starts_with("wiki:")
        rank = (
            pl.when(pl.col("kind") == ClaimKind.BIOLOGICAL.value)
            .then(0)
            .when(pl.col("predicate") == Predicate.RELEVANT_TO.value)
            .then(1)
            .when(is_page & pl.col("predicate").is_in([Predicate.CITES.value, Predicate.DOCUMENTS.value]))
            .then(2)
            .when(pl.col("predicate") == Predicate.DESCRIBED_BY.value)
            .then(3)
            .when(pl.col("kind") == ClaimKind.RESOURCE.value)
            .then(4)
            .otherwise(5)
        )
        claims = claims.sort(rank, "id").head(most)
    evidence = evidence.filter(pl.col("claim_id").is_in(claims["id"].implode()))
    touched = pl.concat([claims["subject"], claims["object"], evidence["record_id"]]).unique()
    if most is not None:
        is_page = pl.col("label") == Label.WIKI_PAGE.value
        nodes = nodes.filter(pl.col("id").is_in(touched.implode()) | is_page)
    nodes = nodes.drop([column for column in _UNSEEN if column in nodes.columns])
    text, number = pl.lit(None, pl.String), pl.lit(None, pl.Int64)
    claims = claims.with_columns(sentence=text, knowledge_level=text, agent_type=text)
    evidence = evidence.with_columns(section=text, raw=text, start=number, end=number)
    return {"claims": claims, "evidence": evidence, "nodes": nodes}


def _breaks(results: Graph, part: Mapping[str, pl.DataFrame]) -> Iterator[ShapeBreak]:
    from rdflib.namespace import RDF, SH

    records = _records(part)
    for result in results.subjects(RDF.type, SH.ValidationResult):
        message = str(results.value(result, SH.resultMessage) or "a shape is broken")
        rule, _, reason = message.partition(": ")
        node = _curie(results.value(result, SH.focusNode))
        value = results.value(result, SH.value)
        if value is not None and _curie(value) != node:
            reason = f"{reason} (found: {_curie(value)})"
        yield ShapeBreak(rule, node, records.get(node), reason)


def _records(part: Mapping[str, pl.DataFrame]) -> dict[str, str]:
    """Give for each claim and each piece of evidence the record that it rests on; a node is its own."""
    found: dict[str, str] = {}
    for evidence_id, claim_id, record_id in (
        part["evidence"].select("id", "claim_id", "record_id").iter_rows()
    ):
        found[evidence_id] = record_id
        found.setdefault(claim_id, record_id)
    return found | {curie: curie for curie in part["nodes"]["id"]}


def _curie(node: Node | Any) -> str:
    text = str(node)
    matching = [(iri, prefix) for prefix, iri in rdf_prefixes().items() if text.startswith(iri)]
    if not matching:
        return text
    iri, prefix = max(matching)
    return f"{prefix}:{text.removeprefix(iri)}"


def predicate_shapes() -> str:
    """Write the shapes that say of each predicate its kind and its ends, from the schema.

    Returns
    -------
    str
        Turtle, to stand below `GENERATED` in ``ontologies/shapes.ttl``.
    """
    parts = [_predicate_shape(predicate) for predicate in EDGE_TYPES]
    labels = [label for label in NODE_TYPES if label not in (Label.CLAIM, Label.EVIDENCE)]
    targets = " , ".join(f"kg:{label.value}" for label in labels)
    parts.append(f"kgs:Node sh:targetClass {targets} .\n")
    return "\n".join(parts)


def _predicate_shape(predicate: Predicate) -> str:
    edge = EDGE_TYPES[predicate]
    ends = []
    for path, labels in (("rdf:subject", edge.subjects), ("rdf:object", edge.objects)):
        message = f"rule-2-kinds: {predicate} takes {' or '.join(labels)} as its {path.removeprefix('rdf:')}"
        # One class is looked up once; alternatives are each tried, and cost as much each.
        classes = " ".join(f"[ sh:class kg:{label} ]" for label in labels)
        allowed = f"sh:or ( {classes} )" if len(labels) > 1 else f"sh:class kg:{labels[0]}"
        ends.append(f'    [ sh:path {path} ; {allowed} ; sh:message "{message}" ]')
    return (
        f"kgs:{predicate} a sh:NodeShape ;\n"
        f"  sh:target [ a sh:SPARQLTarget ; sh:prefixes kgs: ;\n"
        f'    sh:select "SELECT ?this WHERE {{ ?this rdf:predicate kg:{predicate.lower()} }}" ] ;\n'
        f"  sh:property\n"
        f'    [ sh:path kg:kind ; sh:hasValue "{edge.kind}" ;'
        f' sh:message "rule-2-kinds: {predicate} is a {edge.kind} claim" ] ,\n' + " ,\n".join(ends) + " .\n"
    )

"""The graph's schema: labels, relationship types and their properties.

Everything that writes or documents the graph reads it from here: the assembler, the embedded store,
the RDF export and ``docs/schema.md`` (``kg.model.schema_page``). Labels and their properties are defined in
``kg.model.node_types``.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from kg.model.claim import ClaimKind, Predicate
from kg.model.node_types import ENTITY, LABEL_OF_CATEGORY, NODE_TYPES, Label, NodeType, Property, PropertyType

__all__ = [
    "AUDIT_EDGES",
    "EDGE_PROPERTIES",
    "EDGE_TYPES",
    "ENTITY",
    "LABEL_OF_CATEGORY",
    "NODE_TYPES",
    "EdgeType",
    "Label",
    "NodeType",
    "Property",
    "PropertyType",
]


class EdgeType(NamedTuple):
    """What a relationship type says, between which labels, in which kind of claim."""

    predicate: Predicate
    kind: ClaimKind
    subjects: tuple[Label, ...]
    objects: tuple[Label, ...]
    biolink: str
    doc: str


#: Properties of every relationship that stands for a claim.
EDGE_PROPERTIES: Final[tuple[Property, ...]] = (
    Property("claim_id", "string", "The claim's node", True),
    Property("kind", "string", "resource, biological, bibliographic or ontological", True),
    Property("confidence", "float", "From 0 to 1", True),
    Property("evidence_count", "integer", "Pieces of asserting evidence", True),
    Property("sources", "strings", "Records that assert it, sorted", True),
    Property("status", "string", "asserted or contested", True),
    Property("primary_source", "string", "infores CURIE of whose knowledge it is first", True),
    Property("qualifiers", "strings", "'name=value', sorted"),
)

#: Relationships between a claim's node and the rest; they have no properties.
AUDIT_EDGES: Final[dict[str, tuple[str, str]]] = {
    "SUBJECT": ("Claim", "Entity"),
    "OBJECT": ("Claim", "Entity"),
    "SUPPORTED_BY": ("Claim", "Evidence"),
    "EXTRACTED_FROM": ("Evidence", "Dataset, Publication, WikiPage or Vocabulary"),
}

_D, _P, _W = Label.DATASET, Label.PUBLICATION, Label.WIKI_PAGE
_R, _C, _M, _X = Label.BRAIN_REGION, Label.CELL_TYPE, Label.MECHANISM, Label.DISEASE
_S, _T, _A = Label.SPECIES, Label.TECHNIQUE, Label.AGENT
_TERMS = (_R, _C, _M, _X, _S, _T)
_RES, _BIO, _BIB, _ONT = (
    ClaimKind.RESOURCE,
    ClaimKind.BIOLOGICAL,
    ClaimKind.BIBLIOGRAPHIC,
    ClaimKind.ONTOLOGICAL,
)

EDGE_TYPES: Final[dict[Predicate, EdgeType]] = {
    t.predicate: t
    for t in (
        EdgeType(
            Predicate.RECORDS_FROM,
            _RES,
            (_D,),
            (_R,),
            "biolink:related_to",
            "The dataset has data taken from the region.",
        ),
        EdgeType(
            Predicate.TARGETS_CELL_TYPE,
            _RES,
            (_D,),
            (_C,),
            "biolink:related_to",
            "The dataset has data of cells of the type.",
        ),
        EdgeType(
            Predicate.STUDIES_SPECIES,
            _RES,
            (_D,),
            (_S,),
            "biolink:related_to",
            "The dataset's subjects are of the species.",
        ),
        EdgeType(
            Predicate.USES_TECHNIQUE,
            _RES,
            (_D,),
            (_T,),
            "biolink:related_to",
            "The dataset was made with the technique.",
        ),
        EdgeType(
            Predicate.RELEVANT_TO,
            _RES,
            (_D,),
            (_X, _M),
            "biolink:related_to",
            "The dataset's own metadata, or a paper that describes it, says that it studies this (rule 1).",
        ),
        EdgeType(
            Predicate.INVESTIGATES,
            _BIB,
            (_P,),
            (_X, _M, _R, _C),
            "IAO:0000136",
            "The article is indexed with this as a major topic.",
        ),
        EdgeType(
            Predicate.CONTRIBUTES_TO,
            _BIO,
            (_M, _R, _C),
            (_X, _M),
            "biolink:contributes_to",
            "A cause, part or risk of it.",
        ),
        EdgeType(
            Predicate.PROTECTS_FROM,
            _BIO,
            (_M, _R, _C),
            (_X, _M),
            "biolink:ameliorates_condition",
            "Lowers it.",
        ),
        EdgeType(
            Predicate.AFFECTED_IN,
            _BIO,
            (_R, _C, _M),
            (_X,),
            "biolink:disease_has_location",
            "Altered, lost or present in the disease; no order of cause stated.",
        ),
        EdgeType(
            Predicate.CONSEQUENCE_OF,
            _BIO,
            (_M, _R, _C),
            (_X, _M),
            "biolink:caused_by",
            "The disease or insult produces it.",
        ),
        EdgeType(Predicate.MODEL_OF, _BIO, (_M, _R, _C), (_X,), "biolink:model_of", "Models it."),
        EdgeType(
            Predicate.ASSOCIATED_WITH,
            _BIO,
            (_M, _R, _C),
            (_X, _M),
            "biolink:associated_with",
            "Linked, implicated or involved; no direction stated.",
        ),
        EdgeType(
            Predicate.OCCURS_IN,
            _BIO,
            (_M,),
            (_R, _C),
            "biolink:occurs_in",
            "The mechanism takes place there.",
        ),
        EdgeType(Predicate.PART_OF, _ONT, (_R, _C), (_R,), "biolink:part_of", "Part of, in the vocabulary."),
        EdgeType(Predicate.SUBCLASS_OF, _ONT, _TERMS, _TERMS, "biolink:subclass_of", "Is a, in the vocabulary."),
        EdgeType(
            Predicate.DESCRIBED_BY,
            _BIB,
            (_D,),
            (_P,),
            "IAO:0000136",
            "The publication describes the dataset.",
        ),
        EdgeType(Predicate.CITES, _BIB, (_D, _P, _W), (_P, _D), "biolink:related_to", "Refers to it."),
        EdgeType(Predicate.LINKS_TO, _BIB, (_W,), (_W,), "biolink:related_to", "Hyperlink from page to page."),
        EdgeType(Predicate.DOCUMENTS, _BIB, (_W,), (_D, *_TERMS), "IAO:0000136", "The page is about it."),
        EdgeType(
            Predicate.MENTIONS,
            _BIB,
            (_D, _P, _W),
            _TERMS,
            "biolink:mentions",
            "Names it, and no more is claimed.",
        ),
        EdgeType(
            Predicate.HAS_CONTRIBUTOR,
            _BIB,
            (_D, _P),
            (_A,),
            "biolink:contributor",
            "Made by, with the role as a qualifier.",
        ),
    )
}

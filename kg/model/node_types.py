"""Labels of the graph's nodes, and the properties of each."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal, NamedTuple

from kg.model.term import Category

PropertyType = Literal["string", "integer", "float", "boolean", "strings"]


#: The label that every node has besides its own.
ENTITY: Final = "Entity"


class Label(StrEnum):
    """Labels of nodes. Every node also has the label ``Entity``."""

    DATASET = "Dataset"
    PUBLICATION = "Publication"
    WIKI_PAGE = "WikiPage"
    BRAIN_REGION = "BrainRegion"
    CELL_TYPE = "CellType"
    MECHANISM = "Mechanism"
    DISEASE = "Disease"
    SPECIES = "Species"
    TECHNIQUE = "Technique"
    AGENT = "Agent"
    VOCABULARY = "Vocabulary"
    CLAIM = "Claim"
    EVIDENCE = "Evidence"


class Property(NamedTuple):
    """A property of a node or a relationship."""

    name: str
    type: PropertyType
    doc: str
    required: bool = False


class NodeType(NamedTuple):
    """What a label means, which ids it takes and which properties it has."""

    label: Label
    biolink: str
    ids: str
    doc: str
    properties: tuple[Property, ...]


_ID = Property("id", "string", "CURIE; unique in the graph", True)
_NAME = Property("name", "string", "Label or title", True)
_URL = Property("url", "string", "Where a reader can look it up")
_DATE = Property("date", "string", "ISO 8601, as precise as known")
_TERM = (
    _ID,
    _NAME,
    Property("synonyms", "strings", "Exact synonyms, sorted"),
    Property("xrefs", "strings", "CURIEs of exact and close matches, sorted"),
    Property("definition", "string", "The vocabulary's, or for mechanisms ours"),
    Property("vocabulary", "string", "Vocabulary that the term comes from"),
    _URL,
)

NODE_TYPES: Final[dict[Label, NodeType]] = {
    t.label: t
    for t in (
        NodeType(
            Label.DATASET,
            "biolink:Dataset",
            "DANDI:000053",
            "A dandiset.",
            (
                _ID,
                _NAME,
                _URL,
                _DATE,
                Property("archive", "string", "DANDI"),
                Property("version", "string", "'draft' or a published version"),
                Property("doi", "string", "Of the published version"),
                Property("licence", "string", "SPDX id"),
                Property("keywords", "strings", "As the record has them, sorted"),
                Property("variables", "strings", "NWB types measured, sorted"),
                Property("subject_count", "integer", "Subjects, as the archive counts them"),
                Property("file_count", "integer", "Assets"),
                Property("size_bytes", "integer", "Bytes of all assets"),
                Property("is_open", "boolean", "False for an embargoed dandiset"),
                Property("in_snapshot", "boolean", "Its record was read; false where it is only cited", True),
            ),
        ),
        NodeType(
            Label.PUBLICATION,
            "biolink:Article",
            "PMID:31086362, else DOI:10.1038/…",
            "An article, preprint or book chapter.",
            (
                _ID,
                _NAME,
                _URL,
                _DATE,
                Property("doi", "string", "Bare, lower case"),
                Property("journal", "string", "As PubMed abbreviates it"),
                Property("publication_types", "strings", "As PubMed names them, sorted"),
                Property(
                    "is_peer_reviewed",
                    "boolean",
                    "True for a journal article in PubMed that is no preprint; null where unknown",
                ),
                Property("is_retracted", "boolean", "PubMed says that it was retracted"),
                Property("in_snapshot", "boolean", "Its record was read; false where it is only cited", True),
            ),
        ),
        NodeType(
            Label.WIKI_PAGE,
            "biolink:InformationContentEntity",
            "wiki:datasets/allen-openscope",
            "A page of the wiki.",
            (
                _ID,
                _NAME,
                _URL,
                _DATE,
                Property("page_type", "string", "First part of the slug"),
                Property("is_infrastructure", "boolean", "Program, archive, tool or method page (rule 4)"),
                Property("archives", "strings", "Archives of data that a dataset page cites, sorted (rule 3)"),
                Property("in_snapshot", "boolean", "Its record was read; false where it is only linked to", True),
            ),
        ),
        NodeType(
            Label.BRAIN_REGION,
            "biolink:GrossAnatomicalStructure",
            "UBERON:0002436; MBA:, HBA: where UBERON has none",
            "An anatomical structure.",
            _TERM,
        ),
        NodeType(Label.CELL_TYPE, "biolink:Cell", "CL:0000540, PCL:", "A type of cell.", _TERM),
        NodeType(
            Label.MECHANISM,
            "biolink:PathologicalProcess",
            "mechanism:synaptic-dysfunction",
            "A mechanism of neurodegeneration, from the project's own vocabulary.",
            (
                *_TERM,
                Property("family", "string", "Family of mechanisms"),
                Property("slug", "string", "Slug of its wiki page"),
            ),
        ),
        NodeType(Label.DISEASE, "biolink:Disease", "MONDO:0004975", "A disease.", _TERM),
        NodeType(Label.SPECIES, "biolink:OrganismTaxon", "NCBITaxon:10090", "A taxon.", _TERM),
        NodeType(
            Label.TECHNIQUE,
            "biolink:Procedure",
            "NIFSTD, OBI or openMINDS ids",
            "A technique or approach.",
            _TERM,
        ),
        NodeType(
            Label.AGENT,
            "biolink:Agent",
            "ORCID:0000-0002-7154-6292, ROR:00f54p054",
            "A person or organisation with an identifier.",
            (_ID, _NAME, _URL, Property("agent_kind", "string", "Person or Organization")),
        ),
        NodeType(
            Label.VOCABULARY,
            "biolink:InformationContentEntity",
            "infores:uberon",
            "A vocabulary's release: what ontological edges are extracted from.",
            (_ID, _NAME, _URL, Property("version", "string", "Release", True)),
        ),
        NodeType(
            Label.CLAIM,
            "biolink:Association",
            "claim:<hash>",
            "A claim as a node, for those who audit.",
            (
                _ID,
                _NAME,
                Property("predicate", "string", "Relationship type", True),
                Property("kind", "string", "resource, biological, bibliographic or ontological", True),
                Property("status", "string", "asserted, contested, negated or speculative", True),
                Property(
                    "primary_source",
                    "string",
                    "Biolink primary_knowledge_source: infores CURIE of whose knowledge it is first",
                    True,
                ),
                Property("qualifiers", "strings", "'name=value', sorted"),
                Property("confidence", "float", "From 0 to 1, with two digits (docs/confidence.md)", True),
                Property("evidence_count", "integer", "Pieces of asserting evidence", True),
                Property("negated_count", "integer", "Pieces of negating evidence", True),
                Property("speculative_count", "integer", "Pieces of speculating evidence", True),
                Property("knowledge_level", "string", "Biolink knowledge_level", True),
                Property("agent_type", "string", "Biolink agent_type", True),
                Property("eco", "string", "Evidence & Conclusion Ontology class of the best evidence", True),
                Property("publications", "strings", "Publications that what decides its status rests on, sorted"),
                Property("sentence", "string", "The best quote for its status", True),
                Property(
                    "systems",
                    "strings",
                    "In what it was found, sorted: human, animal, cells, mixed; animal alone is an animal model's",
                ),
            ),
        ),
        NodeType(
            Label.EVIDENCE,
            "biolink:EvidenceType",
            "evidence:<hash>",
            "One piece of evidence: an exact quote with its address.",
            (
                _ID,
                _NAME,
                Property("quote", "string", "Exactly as the record has it", True),
                Property("section", "string", "Passage or field of the record", True),
                Property("start", "integer", "Of the quote in the passage, in code points", True),
                Property("end", "integer", "Half-open end", True),
                Property("polarity", "string", "asserted, negated or speculative", True),
                Property("method", "string", "How it was found", True),
                Property("eco", "string", "Evidence & Conclusion Ontology class", True),
                Property("trigger", "string", "Words that say the relation"),
                Property("cited", "strings", "Publications that the quote cites"),
                Property("raw", "string", "Identifier or name as written"),
                Property("via", "string", "Record that it was carried over from"),
                Property("study", "string", "What sort of study the record is: primary, review, …"),
                Property("system", "string", "In what it was found: human, animal, cells, mixed"),
            ),
        ),
    )
}

#: Category of a term -> label of its node.
LABEL_OF_CATEGORY: Final[dict[Category, Label]] = {
    Category.REGION: Label.BRAIN_REGION,
    Category.CELL_TYPE: Label.CELL_TYPE,
    Category.MECHANISM: Label.MECHANISM,
    Category.DISEASE: Label.DISEASE,
    Category.SPECIES: Label.SPECIES,
    Category.TECHNIQUE: Label.TECHNIQUE,
}

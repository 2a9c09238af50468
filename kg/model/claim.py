"""Claims and the evidence for them.

A claim is what somebody says: subject, predicate, object, what kind of statement it is, under
which qualifiers, and whose knowledge it is first (its primary source). Its id is a hash of these,
so that the same claim from two passages is one claim with two pieces of evidence, and the same
words from two sources stay two claims.
"""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from functools import cached_property
from typing import Final, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, computed_field


class Predicate(StrEnum):
    """What a claim says; the values are the graph's relationship types."""

    RECORDS_FROM = "RECORDS_FROM"
    TARGETS_CELL_TYPE = "TARGETS_CELL_TYPE"
    STUDIES_SPECIES = "STUDIES_SPECIES"
    USES_TECHNIQUE = "USES_TECHNIQUE"
    RELEVANT_TO = "RELEVANT_TO"
    INVESTIGATES = "INVESTIGATES"
    CONTRIBUTES_TO = "CONTRIBUTES_TO"
    PROTECTS_FROM = "PROTECTS_FROM"
    AFFECTED_IN = "AFFECTED_IN"
    CONSEQUENCE_OF = "CONSEQUENCE_OF"
    MODEL_OF = "MODEL_OF"
    ASSOCIATED_WITH = "ASSOCIATED_WITH"
    OCCURS_IN = "OCCURS_IN"
    PART_OF = "PART_OF"
    SUBCLASS_OF = "SUBCLASS_OF"
    DESCRIBED_BY = "DESCRIBED_BY"
    CITES = "CITES"
    LINKS_TO = "LINKS_TO"
    DOCUMENTS = "DOCUMENTS"
    MENTIONS = "MENTIONS"
    HAS_CONTRIBUTOR = "HAS_CONTRIBUTOR"


class ClaimKind(StrEnum):
    """Which sort of statement a claim is. Rule 2: resource and biological are never mixed."""

    RESOURCE = "resource"
    BIOLOGICAL = "biological"
    BIBLIOGRAPHIC = "bibliographic"
    ONTOLOGICAL = "ontological"


class Polarity(StrEnum):
    """What a piece of evidence says of its claim."""

    ASSERTED = "asserted"
    NEGATED = "negated"
    SPECULATIVE = "speculative"


class ClaimStatus(StrEnum):
    """What all evidence together says of a claim."""

    ASSERTED = "asserted"
    CONTESTED = "contested"  # asserted here, negated there
    NEGATED = "negated"
    SPECULATIVE = "speculative"


class Method(StrEnum):
    """How a piece of evidence was found."""

    STRUCTURED_FIELD = "structured_field"  # a typed field of the record
    TEXT_MENTION = "text_mention"  # the linker, in the record's text
    SENTENCE_RULE = "sentence_rule"  # a relation word between subject and object
    CITATION = "citation"  # a reference or an identifier in text
    HYPERLINK = "hyperlink"  # a link between pages
    ONTOLOGY = "ontology"  # a vocabulary's own axiom
    CURATED = "curated"  # the project's own tables


#: Evidence & Conclusion Ontology class of each method (ECO 2024-07-19).
ECO_OF_METHOD: dict[Method, str] = {
    Method.STRUCTURED_FIELD: "ECO:0000302",  # author statement used in manual assertion
    Method.TEXT_MENTION: "ECO:0007669",  # computational evidence used in automatic assertion
    Method.SENTENCE_RULE: "ECO:0007669",
    Method.CITATION: "ECO:0000302",
    Method.HYPERLINK: "ECO:0000302",
    Method.ONTOLOGY: "ECO:0000305",  # curator inference used in manual assertion
    Method.CURATED: "ECO:0000305",
}


#: Made once: `json.dumps` makes one a call, and a large graph has two million ids.
_CANONICAL: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _digest(*parts: object) -> str:
    canonical = _CANONICAL.encode(parts)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:24]


class Claim(BaseModel):
    """Subject, predicate, object, kind, qualifiers and primary source; identified by a hash of these.

    Examples
    --------
    >>> claim = Claim(subject="DANDI:000054", predicate=Predicate.RECORDS_FROM, object="UBERON:0003881",
    ...               kind=ClaimKind.RESOURCE, primary_source="infores:dandi")
    >>> claim.id == claim.model_copy().id, claim.id.startswith("claim:")
    (True, True)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: str
    predicate: Predicate
    object: str
    kind: ClaimKind
    primary_source: str = Field(
        description="infores CURIE of whose knowledge it is first: infores:dandi, infores:pubmed, …"
    )
    qualifiers: tuple[tuple[str, str], ...] = Field(
        default=(),
        description="Sorted (name, value) pairs that make it another claim: species_context, link_kind, …",
    )

    @computed_field  # type: ignore[prop-decorator]
    @cached_property
    def id(self) -> str:
        """Hash of everything that makes it this claim and no other."""
        key = (
            self.subject,
            self.predicate,
            self.object,
            self.kind,
            self.primary_source,
            sorted(self.qualifiers),
        )
        return f"claim:{_digest(*key)}"


def evidence_id(
    claim_id: str,
    record_id: str,
    section: str,
    start: int | None,
    end: int | None,
    quote: str,
    polarity: str,
    method: str,
) -> str:
    """Give the id of evidence: a hash of claim, address, polarity and method."""
    return f"evidence:{_digest(claim_id, record_id, section, start, end, quote, polarity, method)}"


class Evidence(BaseModel):
    """Why a claim is made: an exact quote with its address, and what it says of the claim."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    claim_id: str
    record_id: str = Field(
        description="Node that the quote is extracted from: Dataset, Publication, WikiPage or Vocabulary"
    )
    section: str = Field(description="Passage's section, or the field's path")
    start: int = Field(default=0, ge=0, description="Of the quote in the passage's text, in code points")
    end: int = Field(default=0, ge=0)
    quote: str = Field(min_length=1, description="passage.text[start:end], exactly; for a field, its value as written")
    polarity: Polarity = Polarity.ASSERTED
    method: Method
    trigger: str | None = Field(default=None, description="The words that say the relation, where a sentence does")
    cited: tuple[str, ...] = Field(default=(), description="Publications that the quote itself cites")
    raw: str | None = Field(default=None, description="The identifier or name as the record writes it")
    via: str | None = Field(
        default=None, description="Record that the evidence was carried over from, if not the subject's own"
    )

    @computed_field  # type: ignore[prop-decorator]
    @cached_property
    def id(self) -> str:
        """Hash of claim, address, polarity and method."""
        return evidence_id(
            self.claim_id,
            self.record_id,
            self.section,
            self.start,
            self.end,
            self.quote,
            self.polarity,
            self.method,
        )

    @property
    def eco(self) -> str:
        """Class of the Evidence & Conclusion Ontology."""
        return ECO_OF_METHOD[self.method]


class Supported(NamedTuple):
    """A claim with one piece of its evidence: what the deriving functions yield."""

    claim: Claim
    evidence: Evidence

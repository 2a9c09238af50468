"""Claims: from records and mentions to what may be said, each with its evidence.

Resource claims (what data exists), biological claims (what is so), bibliographic and ontological
ones are derived apart and never mixed; the four rules of evidence are obeyed here and checked in
``kg.claims.policy``.
"""

from kg.claims.bibliography import derive_bibliographic_claims
from kg.claims.biology import derive_biological_claims
from kg.claims.confidence import confidence_of, status_of
from kg.claims.judge import Judgement, judge
from kg.claims.kinds import LinkKind
from kg.claims.links import links_of
from kg.claims.ontological import derive_ontological_claims
from kg.claims.policy import check_policy
from kg.claims.publications import PublicationIndex, describing_ids
from kg.claims.resource import derive_resource_claims

__all__ = [
    "Judgement",
    "LinkKind",
    "PublicationIndex",
    "check_policy",
    "confidence_of",
    "derive_bibliographic_claims",
    "derive_biological_claims",
    "derive_ontological_claims",
    "derive_resource_claims",
    "describing_ids",
    "judge",
    "links_of",
    "status_of",
]

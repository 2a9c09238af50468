"""What a diagram shows: a few nodes, the relations drawn between them, and the claims behind these."""

from __future__ import annotations

from typing import NamedTuple

from kg.model.claim import ClaimStatus, Predicate
from kg.model.schema import Label


class DiagramNode(NamedTuple):
    """A node of the graph, as a diagram needs it; `page` is the wiki page that documents it, where one does."""

    id: str
    label: Label
    name: str
    url: str | None = None
    slug: str | None = None
    page: str | None = None


class Link(NamedTuple):
    """One drawn relation: every claim of the same subject, predicate and object, whatever its source.

    `status` is contested where one of the claims is, else asserted where one is, else speculative.
    `confidence` is the highest, `evidence_count` the sum, `claim_ids` are sorted.

    A relation that holds by way of others (a field is part of a region that is part of a larger one) has these in
    `steps`, and their claims: it is no more than they are.
    """

    subject: str
    predicate: Predicate
    object: str
    status: ClaimStatus
    confidence: float
    evidence_count: int
    claim_ids: tuple[str, ...]
    steps: tuple[Link, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it this relation and no other."""
        return (self.subject, self.predicate, self.object)

    def other(self, curie: str) -> str:
        """Give the end that isn't `curie`."""
        return self.object if curie == self.subject else self.subject


class Subgraph(NamedTuple):
    """A part of the graph, chosen to explain its focus.

    `subjects` are the nodes that it explains: the focus, or what the focus documents where it is a page. `nodes` and
    `links` are sorted, without repetition; both ends of each link are among the nodes. `left_out` counts the
    resource and biological relations of the subjects themselves that there was no room for.
    """

    focus: str
    subjects: tuple[str, ...]
    nodes: tuple[DiagramNode, ...]
    links: tuple[Link, ...]
    left_out: int = 0
    build_id: str = ""

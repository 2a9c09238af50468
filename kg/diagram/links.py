"""Relations at a node, as a diagram draws them: parallel claims as one link, the weaker word dropped."""

from __future__ import annotations

from collections import defaultdict
from math import prod
from typing import Any, Final

import networkx as nx

from kg.diagram.subgraph import Link
from kg.model.claim import ClaimKind, ClaimStatus, Predicate
from kg.model.schema import EDGE_TYPES, Label

#: How much a link says, by its predicate; 1 where none is given.
_WEIGHTS: Final[dict[Predicate, float]] = {
    Predicate.ASSOCIATED_WITH: 0.7,
    Predicate.PART_OF: 0.7,
    Predicate.SUBCLASS_OF: 0.7,
    Predicate.INVESTIGATES: 0.5,
    Predicate.CITES: 0.5,
    Predicate.MENTIONS: 0.3,
}
_STATUS_WEIGHTS: Final[dict[ClaimStatus, float]] = {
    ClaimStatus.ASSERTED: 1.0,
    ClaimStatus.CONTESTED: 0.7,
    ClaimStatus.SPECULATIVE: 0.4,
}
_STATUS_ORDER: Final = (ClaimStatus.CONTESTED, ClaimStatus.ASSERTED, ClaimStatus.SPECULATIVE)
#: How exactly a predicate says that two nodes are related: of a pair, only the most exact are drawn.
_EXACTNESS: Final[dict[Predicate, int]] = {
    Predicate.MENTIONS: 0,
    Predicate.INVESTIGATES: 0,
    Predicate.ASSOCIATED_WITH: 1,
    Predicate.AFFECTED_IN: 2,
    Predicate.MODEL_OF: 2,
}
_EXACT: Final = 3


def strength(link: Link) -> float:
    """Say how well a link is supported, from 0 to 1.

    Examples
    --------
    >>> one = Link("a", Predicate.OCCURS_IN, "b", ClaimStatus.ASSERTED, 0.8, 1, ("claim:1",))
    >>> round(strength(one), 2), round(strength(one._replace(evidence_count=4)), 2)
    (0.4, 0.64)
    """
    if link.steps:
        return prod(map(strength, link.steps))
    # A vocabulary says a thing once.
    is_axiom = EDGE_TYPES[link.predicate].kind is ClaimKind.ONTOLOGICAL
    amount = 1.0 if is_axiom else link.evidence_count / (link.evidence_count + 1)
    return link.confidence * amount * _WEIGHTS.get(link.predicate, 1.0) * _STATUS_WEIGHTS[link.status]


def is_biological(link: Link) -> bool:
    """Say whether a link is about what is so, and not about what data or text there is."""
    return EDGE_TYPES[link.predicate].kind is ClaimKind.BIOLOGICAL


def chain(first: Link, second: Link) -> Link:
    """Give the relation that two rungs of a vocabulary's ladder make, the second beginning where the first ends.

    Examples
    --------
    >>> ca1 = Link("CA1", Predicate.PART_OF, "horn", ClaimStatus.ASSERTED, 0.99, 1, ("claim:1",))
    >>> horn = Link("horn", Predicate.SUBCLASS_OF, "region", ClaimStatus.ASSERTED, 0.98, 1, ("claim:2",))
    >>> both = chain(ca1, horn)
    >>> both.key, both.claim_ids, both.confidence
    (('CA1', <Predicate.PART_OF: 'PART_OF'>, 'region'), ('claim:1', 'claim:2'), 0.98)
    """
    # What is a kind of a part, or part of a kind, is a part.
    is_part = Predicate.PART_OF in (first.predicate, second.predicate)
    return Link(
        subject=first.subject,
        predicate=Predicate.PART_OF if is_part else first.predicate,
        object=second.object,
        status=min(first.status, second.status, key=_STATUS_ORDER.index),
        confidence=min(first.confidence, second.confidence),
        evidence_count=min(first.evidence_count, second.evidence_count),
        claim_ids=(*first.claim_ids, *second.claim_ids),
        steps=(*(first.steps or (first,)), *(second.steps or (second,))),
    )


class Links:
    """Links of a graph, worked out where they are asked for.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        From `kg.graph.network.to_networkx`.
    """

    def __init__(self, graph: nx.MultiDiGraph[str]) -> None:
        self._graph = graph
        self._known: dict[str, tuple[Link, ...]] = {}
        self._beyond_pages: dict[str, tuple[Link, ...]] = {}
        self._pages: dict[str, tuple[str, ...]] = {}

    def at(self, curie: str) -> tuple[Link, ...]:
        """Give the links at a node, in either direction, strongest first; ties by key.

        Where it is said how two nodes are related, they aren't also shown as 'associated' or 'mentioned'; what
        contributes to a disease isn't also shown as 'affected' in it.
        """
        if curie not in self._known:
            self._known[curie] = self._find(curie)
        return self._known[curie]

    def beyond_pages(self, curie: str) -> tuple[Link, ...]:
        """Give the links at a node but those that wiki pages have to it.

        A wiki has thousands of pages that mention the same disease, and no path leads through one.
        """
        if curie not in self._beyond_pages:
            self._beyond_pages[curie] = tuple(
                link
                for link in self.at(curie)
                if self._graph.nodes[link.other(curie)]["label"] != Label.WIKI_PAGE.value
            )
        return self._beyond_pages[curie]

    def pages(self, curie: str) -> tuple[str, ...]:
        """Give the pages that document a node."""
        if curie not in self._pages:
            links = (link for link in self.at(curie) if link.predicate is Predicate.DOCUMENTS)
            self._pages[curie] = tuple(link.subject for link in links)
        return self._pages[curie]

    def among(self, curies: set[str]) -> list[Link]:
        """Give the resource and biological links between given nodes, strongest first; ties by key."""
        kinds = (ClaimKind.RESOURCE, ClaimKind.BIOLOGICAL)
        found = [
            link
            for curie in sorted(curies)
            for link in self.beyond_pages(curie)
            if link.subject == curie and link.object in curies and EDGE_TYPES[link.predicate].kind in kinds
        ]
        return sorted(found, key=_order)

    def _find(self, curie: str) -> tuple[Link, ...]:
        claims: defaultdict[tuple[str, str, str], list[tuple[str, dict[str, Any]]]] = defaultdict(list)
        for subject, object_, key, data in self._graph.out_edges(curie, keys=True, data=True):
            claims[(subject, data["predicate"], object_)].append((key, data))
        for subject, object_, key, data in self._graph.in_edges(curie, keys=True, data=True):
            claims[(subject, data["predicate"], object_)].append((key, data))
        links = [_merge(key, parallel) for key, parallel in claims.items() if key[0] != key[2]]
        # That a thing may be so is worth drawing of biology; what data there is, is known or it isn't.
        links = [link for link in links if link.status is not ClaimStatus.SPECULATIVE or is_biological(link)]
        # That it may be so adds nothing where it is so, unless it is said to do harm and to protect.
        known = {
            (link.other(curie), link.predicate is Predicate.PROTECTS_FROM)
            for link in links
            if link.status is not ClaimStatus.SPECULATIVE and is_biological(link)
        }
        links = [
            link
            for link in links
            if link.status is not ClaimStatus.SPECULATIVE
            or (link.other(curie), link.predicate is Predicate.PROTECTS_FROM) not in known
        ]
        most: defaultdict[str, int] = defaultdict(int)
        for link in links:
            # What is only speculated hides nothing.
            if link.status is not ClaimStatus.SPECULATIVE:
                most[link.other(curie)] = max(most[link.other(curie)], _exactness(link))
        return tuple(
            sorted((link for link in links if _exactness(link) >= most[link.other(curie)]), key=_order)
        )


def _exactness(link: Link) -> int:
    return _EXACTNESS.get(link.predicate, _EXACT)


def _order(link: Link) -> tuple[float, tuple[str, str, str]]:
    # Rounded, so that the last bit of a product decides no tie.
    return (-round(strength(link), 9), link.key)


def _merge(key: tuple[str, str, str], parallel: list[tuple[str, dict[str, Any]]]) -> Link:
    # A set: a claim with the node at both ends is seen from each.
    by_id = dict(parallel)
    statuses = {ClaimStatus(data["status"]) for data in by_id.values()}
    return Link(
        subject=key[0],
        predicate=Predicate(key[1]),
        object=key[2],
        status=next(status for status in _STATUS_ORDER if status in statuses),
        confidence=max(float(data["confidence"]) for data in by_id.values()),
        evidence_count=sum(int(data["evidence_count"]) for data in by_id.values()),
        claim_ids=tuple(sorted(by_id)),
    )

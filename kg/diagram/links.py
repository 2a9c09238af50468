"""Relations at a node, as a diagram draws them: parallel claims as one link, the weaker word dropped."""

from __future__ import annotations

from collections import defaultdict
from math import prod
from typing import Final

from kg.diagram.network import Network, Relation
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
_TOLD: Final = frozenset(
    predicate
    for predicate, edge in EDGE_TYPES.items()
    if edge.kind in (ClaimKind.RESOURCE, ClaimKind.BIOLOGICAL)
)
#: Pages whose links are kept: they are asked for while a page is drawn, and then never again.
_REMEMBERED: Final = 500


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
    """Links of a network, worked out where they are asked for.

    Parameters
    ----------
    network : Network
        The graph.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._of_terms: dict[str, tuple[Link, ...]] = {}
        self._of_pages: dict[str, tuple[Link, ...]] = {}
        self._told: dict[str, tuple[Link, ...]] = {}
        self._pages: dict[str, tuple[str, ...]] = {}

    def at(self, curie: str) -> tuple[Link, ...]:
        """Give the links at a node, in either direction, strongest first; ties by key.

        Where it is said how two nodes are related, they aren't also shown as 'associated' or 'mentioned'; what
        contributes to a disease isn't also shown as 'affected' in it. Links that pages have to it are not given: a
        wiki has thousands of pages that mention the same disease, and no path leads through one.
        """
        known = self._of_pages if self._is_page(curie) else self._of_terms
        if curie not in known:
            if len(self._of_pages) >= _REMEMBERED:
                self._of_pages.clear()
            known[curie] = self._find(curie)
        return known[curie]

    def pages(self, curie: str) -> tuple[str, ...]:
        """Give the pages that document a node, by id."""
        if curie not in self._pages:
            self._pages[curie] = self._network.pages(curie)
        return self._pages[curie]

    def among(self, curies: set[str]) -> list[Link]:
        """Give the resource and biological links between given nodes, strongest first; ties by key."""
        found = [link for curie in curies for link in self._told_of(curie) if link.object in curies]
        return sorted(found, key=_order)

    def _told_of(self, curie: str) -> tuple[Link, ...]:
        """Give the resource and biological links from a node: few, where thousands lead to it."""
        if curie not in self._told:
            told = tuple(link for link in self.at(curie) if link.subject == curie and link.predicate in _TOLD)
            if self._is_page(curie):
                return told
            self._told[curie] = told
        return self._told[curie]

    def _is_page(self, curie: str) -> bool:
        return self._network.label(curie) is Label.WIKI_PAGE

    def _find(self, curie: str) -> tuple[Link, ...]:
        claims: defaultdict[tuple[str, Predicate, str], list[Relation]] = defaultdict(list)
        for relation in self._network.out(curie):
            claims[(curie, relation.predicate, relation.other)].append(relation)
        for relation in self._network.into(curie):
            claims[(relation.other, relation.predicate, curie)].append(relation)
        links = [_merge(key, parallel) for key, parallel in claims.items()]
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


def _merge(key: tuple[str, Predicate, str], parallel: list[Relation]) -> Link:
    statuses = {relation.status for relation in parallel}
    return Link(
        subject=key[0],
        predicate=key[1],
        object=key[2],
        status=next(status for status in _STATUS_ORDER if status in statuses),
        confidence=max([relation.confidence for relation in parallel]),
        evidence_count=sum([relation.evidence_count for relation in parallel]),
        claim_ids=tuple(sorted([relation.claim_id for relation in parallel])),
    )

"""Relations at a node, as a diagram draws them: parallel claims as one link, the weaker word dropped."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

import networkx as nx

from kg.diagram.subgraph import Link
from kg.model.claim import ClaimKind, ClaimStatus, Predicate
from kg.model.schema import EDGE_TYPES

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
    # A vocabulary says a thing once.
    is_axiom = EDGE_TYPES[link.predicate].kind is ClaimKind.ONTOLOGICAL
    amount = 1.0 if is_axiom else link.evidence_count / (link.evidence_count + 1)
    return link.confidence * amount * _WEIGHTS.get(link.predicate, 1.0) * _STATUS_WEIGHTS[link.status]


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

    def at(self, curie: str) -> tuple[Link, ...]:
        """Give the links at a node, in either direction, strongest first; ties by key.

        Where it is said how two nodes are related, they aren't also shown as 'associated' or 'mentioned'; what
        contributes to a disease isn't also shown as 'affected' in it.
        """
        if curie not in self._known:
            self._known[curie] = self._find(curie)
        return self._known[curie]

    def among(self, curies: set[str]) -> list[Link]:
        """Give the resource and biological links between given nodes, strongest first; ties by key."""
        kinds = (ClaimKind.RESOURCE, ClaimKind.BIOLOGICAL)
        found = [
            link
            for curie in sorted(curies)
            for link in self.at(curie)
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

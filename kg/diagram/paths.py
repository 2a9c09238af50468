"""Paths that explain a node: from data onward to disease, or from disease back to data.

A path is a chain of steps. A step is one relation of a kind that carries the explanation on (`_ONWARD`, `_BACK`),
with, before it, up to a few rungs of a vocabulary's ladder: a dataset records from CA1, CA1 is part of the hippocampus,
a mechanism takes place in the hippocampus. Several rungs are one link, which keeps the claim of each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from enum import Enum
from math import prod
from typing import Final, NamedTuple

from kg.diagram.links import Links, chain, strength
from kg.diagram.network import Network
from kg.diagram.subgraph import Link
from kg.model.claim import ClaimStatus, Predicate
from kg.model.schema import Label


class Direction(Enum):
    """Which way a path explains."""

    ONWARD = "onward"  # towards mechanisms and diseases
    BACK = "back"  # towards regions, cells and datasets


class Path(NamedTuple):
    """A chain of links from a subject, with what it is worth."""

    nodes: tuple[str, ...]
    links: tuple[Link, ...]
    score: float


_BIOLOGICAL: Final = frozenset(
    {
        Predicate.CONTRIBUTES_TO,
        Predicate.PROTECTS_FROM,
        Predicate.AFFECTED_IN,
        Predicate.CONSEQUENCE_OF,
        Predicate.MODEL_OF,
        Predicate.ASSOCIATED_WITH,
    }
)
_LADDER: Final = frozenset({Predicate.PART_OF, Predicate.SUBCLASS_OF})

#: Relations that a step follows from its subject to its object, and those that it follows against their direction.
_Steps = dict[Label, tuple[frozenset[Predicate], frozenset[Predicate]]]
_NONE: Final[frozenset[Predicate]] = frozenset()
_PLACE: Final = (_BIOLOGICAL, frozenset({Predicate.OCCURS_IN}))
_ONWARD: Final[_Steps] = {
    Label.WIKI_PAGE: (frozenset({Predicate.DOCUMENTS, Predicate.CITES, Predicate.MENTIONS}), _NONE),
    Label.PUBLICATION: (
        frozenset({Predicate.INVESTIGATES, Predicate.MENTIONS}),
        frozenset({Predicate.DESCRIBED_BY}),
    ),
    Label.DATASET: (
        frozenset({Predicate.RECORDS_FROM, Predicate.TARGETS_CELL_TYPE, Predicate.RELEVANT_TO}),
        _NONE,
    ),
    Label.BRAIN_REGION: _PLACE,
    Label.CELL_TYPE: _PLACE,
    Label.MECHANISM: (_BIOLOGICAL, _NONE),
    # What has no place in the chain itself leads to the datasets that have to do with it.
    Label.SPECIES: (_NONE, frozenset({Predicate.STUDIES_SPECIES})),
    Label.TECHNIQUE: (_NONE, frozenset({Predicate.USES_TECHNIQUE})),
    Label.AGENT: (_NONE, frozenset({Predicate.HAS_CONTRIBUTOR})),
}
_RECORDED: Final = (_NONE, frozenset({Predicate.RECORDS_FROM, Predicate.TARGETS_CELL_TYPE}))
_BACK: Final[_Steps] = {
    Label.DISEASE: (_NONE, _BIOLOGICAL | {Predicate.RELEVANT_TO}),
    Label.MECHANISM: (frozenset({Predicate.OCCURS_IN}), _BIOLOGICAL | {Predicate.RELEVANT_TO}),
    Label.BRAIN_REGION: _RECORDED,
    Label.CELL_TYPE: _RECORDED,
}
_TABLE: Final = {Direction.ONWARD: _ONWARD, Direction.BACK: _BACK}
#: Links from a cited publication or a mentioned person lead nowhere: a page's citations go on only to these.
_NO_STEP_TO: Final = frozenset(
    {Label.PUBLICATION, Label.AGENT, Label.SPECIES, Label.TECHNIQUE, Label.VOCABULARY, Label.WIKI_PAGE}
)

#: Most rungs of a vocabulary's ladder before a step, by the label of the node that it starts from.
_RUNGS: Final[dict[Label, int]] = {
    Label.BRAIN_REGION: 2,
    Label.CELL_TYPE: 1,
    Label.MECHANISM: 1,
    Label.DISEASE: 1,
}
#: Nodes looked at on a ladder: going down from "brain" there are thousands.
_LADDER_LIMIT: Final = 400
#: What a step away is worth less than the step before it: what is said of the subject itself comes first.
_DECAY: Final = 0.6
#: Steps followed from one node of a path to each kind.
_BEAM: Final = 8


class PathFinder:
    """Finds the paths that explain a node.

    Parameters
    ----------
    network : Network
        The graph.
    links : Links
        Of the same graph.
    within : frozenset of str, optional
        Nodes that paths keep to; all where it is left out.
    """

    def __init__(self, network: Network, links: Links, *, within: frozenset[str] | None = None) -> None:
        self.label = network.label
        self.links = links
        self._within = within
        self._steps: dict[tuple[str, Direction], list[Path]] = {}

    def paths(self, subject: str, direction: Direction, *, steps: int) -> Iterator[Path]:
        """Give every path of up to a number of steps, each part of a path being one too."""
        yield from self._extend(Path((subject,), (), 1.0), direction, steps)

    def _extend(self, path: Path, direction: Direction, steps: int) -> Iterator[Path]:
        if steps == 0:
            return
        for step in self._steps_from(path.nodes[-1], direction):
            if set(step.nodes[1:]) & set(path.nodes):
                continue
            score = path.score * step.score * (_DECAY if path.links else 1.0)
            longer = Path(path.nodes + step.nodes[1:], path.links + step.links, score)
            yield longer
            # Nothing is built on what is only speculated.
            if step.links[-1].status is not ClaimStatus.SPECULATIVE:
                yield from self._extend(longer, direction, steps - 1)

    def _steps_from(self, curie: str, direction: Direction) -> list[Path]:
        """Give the best steps from a node, ladders included, each end once."""
        key = (curie, direction)
        if key not in self._steps:
            best: dict[str, Path] = {}
            for ladder in self._ladders(curie, direction):
                for link in self.links.at(ladder.nodes[-1]):
                    end = link.other(ladder.nodes[-1])
                    if end in ladder.nodes or not self._is_step(link, ladder.nodes[-1], direction):
                        continue
                    links = (*ladder.links, link)
                    step = Path((*ladder.nodes, end), links, prod(strength(each) for each in links))
                    if end not in best or _order(step) < _order(best[end]):
                        best[end] = step
            followed = Counter[Label]()
            self._steps[key] = []
            for step in sorted(best.values(), key=_order):
                kind = self.label(step.nodes[-1])
                followed[kind] += 1
                if followed[kind] <= _BEAM:
                    self._steps[key].append(step)
        return self._steps[key]

    def _is_step(self, link: Link, start: str, direction: Direction) -> bool:
        along, against = _TABLE[direction].get(self.label(start), (_NONE, _NONE))
        end = link.other(start)
        if self._within is not None and end not in self._within:
            return False
        followed = link.predicate in (along if link.subject == start else against)
        return followed and self.label(end) not in _NO_STEP_TO

    def _ladders(self, curie: str, direction: Direction) -> Iterator[Path]:
        """Give the node itself, then what it is part of (onward) or what is part of it (back), nearest first."""
        found = {curie: Path((curie,), (), 1.0)}
        rung = [curie]
        yield found[curie]
        for _ in range(_RUNGS.get(self.label(curie), 0)):
            reached: list[str] = []
            for start in rung:
                for link in self.links.at(start):
                    upwards = link.subject == start
                    end = link.other(start)
                    if link.predicate not in _LADDER or upwards != (direction is Direction.ONWARD):
                        continue
                    if end in found or len(found) >= _LADDER_LIMIT:
                        continue
                    if self._within is not None and end not in self._within:
                        continue
                    if before := found[start].links:
                        link = chain(before[0], link) if upwards else chain(link, before[0])
                    # However many rungs, one link: a ladder drawn in full takes a diagram's width.
                    found[end] = Path((curie, end), (link,), 1.0)
                    reached.append(end)
                    yield found[end]
            rung = reached


def _order(path: Path) -> tuple[float, int, tuple[str, ...]]:
    return (-round(path.score, 9), len(path.nodes), path.nodes)

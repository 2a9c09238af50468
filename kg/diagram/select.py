"""Choose the part of the graph that explains a node: what a diagram of it shows.

Whole paths are added, best first, so that no node is left dangling: first those that reach what the reader came for,
a few from each node and each kind in turn, then loose ends at the subject itself, then whatever else there is room for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import chain, zip_longest
from typing import Final

import networkx as nx

from kg.diagram.general import is_general
from kg.diagram.links import Links, strength
from kg.diagram.network import Network, as_network, kept_kinds
from kg.diagram.paths import Direction, Path, PathFinder
from kg.diagram.subgraph import DiagramNode, Link, Subgraph
from kg.errors import DiagramError
from kg.model.claim import ClaimKind, Predicate
from kg.model.schema import EDGE_TYPES, Label

MAX_NODES: Final = 24
MAX_EDGES: Final = 30
DEPTH: Final = 2

#: Which ways a node is explained; onward alone where none is given.
_DIRECTIONS: Final[dict[Label, tuple[Direction, ...]]] = {
    Label.DISEASE: (Direction.BACK,),
    Label.MECHANISM: (Direction.BACK, Direction.ONWARD),
    Label.BRAIN_REGION: (Direction.BACK, Direction.ONWARD),
    Label.CELL_TYPE: (Direction.BACK, Direction.ONWARD),
}
#: What the reader came for: ends of paths, which take turns in this order.
_GOALS: Final[dict[Direction, tuple[Label, ...]]] = {
    Direction.ONWARD: (Label.DISEASE, Label.MECHANISM),
    Direction.BACK: (Label.MECHANISM, Label.DATASET, Label.BRAIN_REGION, Label.CELL_TYPE),
}
#: Links from one node before every other node has had its turn, and at all, but for the subjects.
_FAN_OUT: Final = 2
_MAX_FAN_OUT: Final = 3
#: No kind takes more than this share of the nodes.
_KIND_SHARE: Final = 1 / 4
#: Loose ends of one predicate at a subject, in the order in which they are added.
_LOOSE_ENDS: Final[dict[Predicate, int]] = {
    Predicate.RECORDS_FROM: 4,
    Predicate.TARGETS_CELL_TYPE: 4,
    Predicate.STUDIES_SPECIES: 2,
    Predicate.USES_TECHNIQUE: 2,
    Predicate.DESCRIBED_BY: 2,
    Predicate.INVESTIGATES: 3,
    Predicate.CITES: 3,
}
#: Loose ends that say little, for a subject with nothing else: a term's own parents.
_PARENTS: Final[dict[Predicate, int]] = {Predicate.SUBCLASS_OF: 2, Predicate.PART_OF: 2}
#: Share of the nodes that the first paths may take, so that there is room for loose ends.
_FIRST_SHARE: Final = 0.75
#: Subjects of a page that documents more than one thing.
_MAX_SUBJECTS: Final = 6
#: A path over nodes that the page mentions is worth this much more.
_MENTIONED: Final = 1.5


def select_subgraph(
    graph: Network | nx.MultiDiGraph[str],
    focus: str,
    *,
    max_nodes: int = MAX_NODES,
    max_edges: int = MAX_EDGES,
    depth: int = DEPTH,
    kinds: Collection[Label] | None = None,
    finder: PathFinder | None = None,
) -> Subgraph:
    """Choose the nodes and relations that explain a node.

    A dataset is explained by what it records from, the mechanisms that this can inform and the diseases that they
    contribute to; a disease the other way round; a mechanism, region or cell type both ways. A wiki page is explained
    as what it documents; one that documents nothing as the terms it mentions and their relations to each other.

    Parameters
    ----------
    graph : Network or networkx.MultiDiGraph
        The latter from `kg.graph.network.to_networkx`.
    focus : str
        CURIE of a node.
    max_nodes, max_edges : int
        How much is shown at most.
    depth : int, default 2
        Steps followed beyond the subject's own neighbours. Rungs of a vocabulary's ladder (part of, subclass of) come
        with the step that they lead to.
    kinds : collection of Label, optional
        Show nodes of these labels alone, beside the node itself and what it documents where it is a page.
    finder : PathFinder, optional
        Of this graph, where many nodes are explained: what it found for one helps with the next.

    Returns
    -------
    Subgraph
        The same for the same graph, whatever the order in which it was built.

    Raises
    ------
    DiagramError
        If the graph has no such node, or there would be no room for anything beside it.
    """
    network = as_network(graph)
    if focus not in network:
        raise DiagramError(
            f"{focus} is no node of this build", mend='look it up: kg query "MATCH (n:Entity) RETURN n.id"'
        )
    if max_nodes < 2 or max_edges < 1 or depth < 0:
        raise DiagramError(
            f"nothing can be drawn with {max_nodes} nodes, {max_edges} edges and depth {depth}",
            mend="give at least 2 nodes, 1 edge and depth 0",
        )
    if kinds is not None:
        network, finder = kept_kinds(network, focus, kinds), None
    if finder is None:
        finder = PathFinder(network, Links(network))
    if network.label(focus) is Label.WIKI_PAGE:
        chosen = _select_page(network, finder, focus, max_nodes, max_edges, depth)
    else:
        chosen = _Selection((focus,), max_nodes, max_edges)
        _explain(chosen, finder, depth)
    chosen.fill(finder.links)
    return chosen.subgraph(network, finder.links, focus)


class _Selection:
    """Nodes and links chosen so far, within their limits."""

    def __init__(
        self, subjects: tuple[str, ...], max_nodes: int, max_edges: int, *, is_net: bool = False
    ) -> None:
        self.subjects = subjects
        self.is_net = is_net
        self.max_nodes = max_nodes
        self.max_edges = max_edges
        self.nodes = dict.fromkeys(subjects)
        self.links: dict[tuple[str, str, str], Link] = {}
        self._fan = Counter[str]()
        self._kinds = Counter[Label]()

    def add(self, path: Path, label: Callable[[str], Label], *, share: float = 1.0, fan_out: int) -> None:
        """Add a path if it brings a node that isn't there, says something, and there is room for all of it."""
        nodes = [node for node in path.nodes if node not in self.nodes]
        links = {link.key: link for link in path.links if link.key not in self.links}
        if not nodes or any(self._is_idle(link) for link in path.links) or self._is_known_better(path, nodes, label):
            return
        starts = [start for start, link in zip(path.nodes, path.links, strict=False) if link.key in links]
        fits = len(self.nodes) + len(nodes) <= max(2, int(self.max_nodes * share))
        fits = fits and len(self.links) + len(links) <= self.max_edges
        fits = fits and all(start in self.subjects or self._fan[start] < fan_out for start in starts)
        kinds = self._kinds + Counter(label(node) for node in nodes)
        fits = fits and all(count <= max(2, int(self.max_nodes * _KIND_SHARE)) for count in kinds.values())
        if fits:
            self.nodes.update(dict.fromkeys(nodes))
            self.links.update(links)
            self._fan.update(starts)
            self._kinds = kinds

    def _is_known_better(self, path: Path, nodes: Iterable[str], label: Callable[[str], Label]) -> bool:
        """Say whether a path brings a general term where there is a more specific one of its kind, or any relation."""
        general = [node for node in nodes if is_general(node)]
        if not general:
            return False
        is_mention = path.nodes[-1] in general and path.links[-1].predicate is Predicate.MENTIONS
        if self.links and is_mention and label(path.nodes[-1]) is not Label.DISEASE:
            return True
        kinds = {label(node) for node in general}
        known = {*self.nodes, *path.nodes} - {*general, *self.subjects}
        return any(label(node) in kinds and not is_general(node) for node in known)

    def _is_idle(self, link: Link) -> bool:
        """Say whether a relation is one between general terms, none of which is the subject."""
        ends = {link.subject, link.object}
        return all(map(is_general, ends)) and not ends & set(self.subjects)

    def fill(self, links: Links) -> None:
        """Add the relations that stand between chosen nodes and a subject, strongest first.

        Those between other nodes are told by the paths: more of them make a net that nobody reads. A page that
        documents nothing has no other subject than what it mentions, so there all are added.
        """
        for link in links.among(set(self.nodes)):
            at_subject = link.subject in self.subjects or link.object in self.subjects
            if len(self.links) < self.max_edges and (at_subject or self.is_net) and not self._is_idle(link):
                self.links[link.key] = link

    def _expand(self) -> None:
        """Draw the steps of a relation in its stead where what they lead through is drawn anyway."""
        for link in [link for link in self.links.values() if link.steps]:
            through = {end for step in link.steps for end in (step.subject, step.object)}
            new = [step for step in link.steps if step.key not in self.links]
            if through <= self.nodes.keys() and len(self.links) - 1 + len(new) <= self.max_edges:
                del self.links[link.key]
                self.links.update({step.key: step for step in new})

    def _page(self, curie: str, links: Links) -> str | None:
        """Give the first page that documents a node."""
        return min((page for page in links.pages(curie) if page != curie), default=None)

    def count_left_out(self, links: Links) -> int:
        """Count what is said of the subjects themselves and not shown."""
        said = {
            link.key
            for subject in self.subjects
            for link in links.at(subject)
            if EDGE_TYPES[link.predicate].kind in (ClaimKind.RESOURCE, ClaimKind.BIOLOGICAL)
        }
        return len(said - self.links.keys())

    def subgraph(self, network: Network, links: Links, focus: str) -> Subgraph:
        """Give what was chosen, sorted."""
        nodes = []
        for curie in self.nodes:
            label, name, url, slug = network.facts(curie)
            nodes.append(DiagramNode(curie, label, name or curie, url, slug, self._page(curie, links)))
        self._expand()
        # A page that documents several things may end up with one that nothing reaches.
        ends = {end for link in self.links.values() for end in (link.subject, link.object)}
        kept = [node for node in nodes if node.id in ends or node.id in (focus, *self.subjects[:1])]
        return Subgraph(
            focus=focus,
            subjects=self.subjects,
            nodes=tuple(sorted(kept)),
            links=tuple(self.links[key] for key in sorted(self.links)),
            left_out=self.count_left_out(links),
            build_id=network.build_id,
        )


def _explain(chosen: _Selection, finder: PathFinder, depth: int, mentioned: Iterable[str] = ()) -> None:
    goals, others = _rank(chosen.subjects, finder, depth, frozenset(mentioned))
    for path in goals:
        chosen.add(path, finder.label, share=_FIRST_SHARE, fan_out=_FAN_OUT)
    for path in chain(_loose_ends(chosen.subjects, finder, _LOOSE_ENDS), goals, others):
        chosen.add(path, finder.label, fan_out=_MAX_FAN_OUT)
    if not chosen.links:
        for path in _loose_ends(chosen.subjects, finder, _PARENTS):
            chosen.add(path, finder.label, fan_out=_MAX_FAN_OUT)


def _rank(
    subjects: tuple[str, ...], finder: PathFinder, depth: int, mentioned: frozenset[str]
) -> tuple[list[Path], list[Path]]:
    """Rank all paths, best first: those to a goal, each kind of goal in turn, and the others."""
    goals: dict[tuple[Direction, Label], list[Path]] = {
        (direction, label): [] for direction in Direction for label in _GOALS[direction]
    }
    others: list[Path] = []
    for direction in Direction:
        for subject in subjects:
            if direction not in _DIRECTIONS.get(finder.label(subject), (Direction.ONWARD,)):
                continue
            for path in finder.paths(subject, direction, steps=depth + 1):
                bonus = _MENTIONED if mentioned.intersection(path.nodes[1:]) else 1.0
                end = (direction, finder.label(path.nodes[-1]))
                goals.get(end, others).append(path._replace(score=path.score * bonus))
    turns = chain.from_iterable(zip_longest(*(sorted(paths, key=_last_general) for paths in goals.values())))
    return [path for path in turns if path is not None], sorted(others, key=_last_general)


def _last_general(path: Path) -> tuple[bool, tuple[float, int, tuple[str, ...], tuple[tuple[str, str, str], ...]]]:
    """Put paths over general terms behind all others: what they bring is left out if there is anything better."""
    return any(map(is_general, path.nodes[1:])), _order(path)


def _order(path: Path) -> tuple[float, int, tuple[str, ...], tuple[tuple[str, str, str], ...]]:
    return (-round(path.score, 9), len(path.nodes), path.nodes, tuple(link.key for link in path.links))


def _loose_ends(
    subjects: tuple[str, ...], finder: PathFinder, predicates: Mapping[Predicate, int]
) -> Iterator[Path]:
    for subject in subjects:
        for predicate, most in predicates.items():
            # A page is made of its citations; what a dataset cites, beyond what describes it, explains little.
            if predicate is Predicate.CITES and finder.label(subject) is not Label.WIKI_PAGE:
                continue
            # A term's own parents explain it; its children, and the pages that cite it, are too many to choose from.
            ends = [
                link
                for link in finder.links.at(subject)
                if link.predicate is predicate
                and (link.subject == subject or predicate is Predicate.INVESTIGATES)
            ]
            for link in ends[:most]:
                yield Path((subject, link.other(subject)), (link,), strength(link))


def _select_page(
    network: Network, finder: PathFinder, page: str, max_nodes: int, max_edges: int, depth: int
) -> _Selection:
    links = finder.links
    out = [link for link in links.at(page) if link.subject == page]
    documented = [link for link in out if link.predicate is Predicate.DOCUMENTS][
        : min(_MAX_SUBJECTS, max_edges, max_nodes - 1)
    ]
    mentioned = {link.object for link in out if link.predicate is Predicate.MENTIONS}
    if documented:
        chosen = _Selection(tuple(link.object for link in documented), max_nodes, max_edges)
        if len(documented) > 1:
            # One subject is the page's own; several need the page to hold them together.
            chosen.nodes[page] = None
            chosen.links.update({link.key: link for link in documented})
        _explain(chosen, finder, depth, mentioned)
        if chosen.links:
            return chosen
    cited = {
        link.object
        for link in out
        if link.predicate is Predicate.CITES and network.label(link.object) is Label.DATASET
    }
    chosen = _Selection((page,), max_nodes, max_edges, is_net=True)
    within = frozenset({page, *mentioned, *cited, *(link.object for link in documented)})
    _explain(chosen, PathFinder(network, links, within=within), depth)
    return chosen

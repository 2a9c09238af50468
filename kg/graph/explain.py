"""Every way in which a dataset and a disease are connected, step by step, or why there is none.

A way leads from the dataset over what it studies, what it records from or a paper that describes it,
to the disease or one of its kinds. It may climb from a region to what that is part of, or descend to
its parts, never both: everything is part of the brain. Each step is a relation that somebody asserts,
with the best quote for it, and what denies it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import networkx as nx
import polars as pl

from kg.claims.terms import UPPER_TERMS, WHOLES
from kg.errors import QueryError
from kg.graph.inspect import find_node
from kg.graph.network import to_networkx
from kg.model import Method, Polarity, Predicate
from kg.model.schema import EDGE_TYPES, Label

#: What a biological claim may say between a mechanism, a region or a cell type and a disease.
BIOLOGICAL: Final = frozenset(
    predicate
    for predicate, edge in EDGE_TYPES.items()
    if Label.DISEASE in edge.objects and edge.kind == "biological"
)
RECORDED: Final = (Predicate.RECORDS_FROM, Predicate.TARGETS_CELL_TYPE)
_LADDER: Final = (Predicate.PART_OF, Predicate.SUBCLASS_OF)
_USED: Final = (
    *BIOLOGICAL,
    *RECORDED,
    *_LADDER,
    Predicate.RELEVANT_TO,
    Predicate.DESCRIBED_BY,
    Predicate.INVESTIGATES,
    Predicate.OCCURS_IN,
)
_PLACES: Final = frozenset({Label.BRAIN_REGION, Label.CELL_TYPE})
#: What a ladder leads everything to: the brain, the neuron, the tops of an ontology.
_TOO_WIDE: Final = WHOLES | UPPER_TERMS | {"CL:0000540", "CL:0002319"}
#: Rungs of a ladder of parts or kinds that a way may take.
RUNGS: Final = 3
_MOST_STEPS: Final = 7
#: Ways looked at before the search gives up; more than this is no explanation.
_MOST_WAYS: Final = 20_000


class Quote(NamedTuple):
    """A piece of evidence as a reader needs it."""

    polarity: str
    quote: str
    record_id: str
    section: str
    start: int
    end: int
    study: str | None
    system: str | None
    cited: tuple[str, ...]


class Step(NamedTuple):
    """One relation on a way, with the best quotes for it, and those against it."""

    subject: str
    subject_name: str
    predicate: str
    object: str
    object_name: str
    #: The way goes from object to subject here.
    is_reversed: bool
    status: str
    confidence: float
    claim_ids: tuple[str, ...]
    quotes: tuple[Quote, ...]


class Way(NamedTuple):
    """A connection from dataset to disease."""

    route: str
    #: Product of the steps' confidence: for order alone.
    confidence: float
    steps: tuple[Step, ...]


class Reason(NamedTuple):
    """Why a route doesn't connect the two: what is missing, and what was found in its place."""

    route: str
    text: str
    quotes: tuple[Quote, ...] = ()


class Explanation(NamedTuple):
    """All that a build knows of a dataset and a disease together."""

    dataset: str
    dataset_name: str
    disease: str
    disease_name: str
    ways: tuple[Way, ...]
    way_count: int
    reasons: tuple[Reason, ...]


class _Hop(NamedTuple):
    """A relation as the search takes it."""

    subject: str
    predicate: Predicate
    object: str
    is_reversed: bool

    @property
    def end(self) -> str:
        return self.subject if self.is_reversed else self.object


def explain(tables: Mapping[str, pl.DataFrame], dataset: str, disease: str, *, most: int = 20) -> Explanation:
    """Find every way from a dataset to a disease, or say what is missing.

    Parameters
    ----------
    tables : mapping of str to polars.DataFrame
        A build's tables.
    dataset, disease : str
        Ids in any spelling, or exact names.
    most : int, default 20
        How many ways to give, the shortest first, then the best supported. Rungs of a vocabulary count only
        between ways that are as long without them.

    Returns
    -------
    Explanation
        With a reason for each route (studied, mechanism, place) that no way takes.

    Raises
    ------
    QueryError
        If the build has no such node, or the two are not a dataset and a disease.
    """
    from kg.graph.reasons import find_reasons  # late: it needs the types of this module

    start = _find(tables, dataset, Label.DATASET)
    goal = _find(tables, disease, Label.DISEASE)
    graph = to_networkx(tables, predicates=_USED)
    found = [*_ways(graph, start, goal), *_told_by_papers(tables, graph, start, goal)]
    ordered = _one_ladder_each(
        sorted(found, key=lambda way: (_relations(way), len(way), -_product(graph, way), way))
    )
    return Explanation(
        dataset=start,
        dataset_name=graph.nodes[start]["name"],
        disease=goal,
        disease_name=graph.nodes[goal]["name"],
        ways=tuple(_finish(tables, graph, ordered[:most])),
        way_count=len(ordered),
        reasons=tuple(find_reasons(tables, graph, start, goal, {_route(way) for way in ordered})),
    )


def _find(tables: Mapping[str, pl.DataFrame], given: str, wanted: Label) -> str:
    curie = find_node(tables, given, label=wanted)
    found = tables["nodes"].filter(pl.col("id") == curie)["label"]
    if found.is_empty() or found[0] != wanted.value:
        what = f"a {found[0]}" if len(found) else "a claim"
        raise QueryError(
            f"it is {what}, not a {wanted}",
            curie,
            "name a dataset first, then a disease: kg explain DANDI:001044 epilepsy",
        )
    return curie


def kinds_of(graph: nx.MultiDiGraph[str], disease: str) -> dict[str, tuple[_Hop, ...]]:
    """Give the disease and its kinds, each with the rungs that lead from it to the disease.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        With ``SUBCLASS_OF``.
    disease : str
        Its CURIE.
    """
    rungs: dict[str, tuple[_Hop, ...]] = {disease: ()}
    queue = deque([disease])
    while queue:
        current = queue.popleft()
        if len(rungs[current]) == RUNGS:
            continue
        for kind in sorted(
            {s for s, _, d in graph.in_edges(current, data=True) if d["predicate"] == Predicate.SUBCLASS_OF}
        ):
            if kind not in rungs:
                rungs[kind] = (_Hop(kind, Predicate.SUBCLASS_OF, current, is_reversed=False), *rungs[current])
                queue.append(kind)
    return rungs


def _ways(graph: nx.MultiDiGraph[str], start: str, goal: str) -> list[tuple[_Hop, ...]]:
    kinds = kinds_of(graph, goal)
    found: list[tuple[_Hop, ...]] = []
    stack: list[tuple[str, tuple[_Hop, ...]]] = [(start, ())]
    while stack and len(found) < _MOST_WAYS:
        node, way = stack.pop()
        if node in kinds:
            found.append((*way, *kinds[node]))
            continue
        if len(way) == _MOST_STEPS or (_passed(way, _LADDER) and node in _TOO_WIDE):
            continue
        visited = {start, *(hop.end for hop in way)}
        stack += [(hop.end, (*way, hop)) for hop in _hops(graph, node, way, kinds) if hop.end not in visited]
    return found


def _hops(
    graph: nx.MultiDiGraph[str], node: str, way: tuple[_Hop, ...], kinds: Mapping[str, object]
) -> Iterator[_Hop]:
    label = Label(graph.nodes[node]["label"])
    onward = sorted({(data["predicate"], end) for _, end, data in graph.out_edges(node, data=True)})
    for name, end in onward:
        predicate, target = Predicate(name), Label(graph.nodes[end]["label"])
        if target is Label.DISEASE and end not in kinds:
            continue
        if (
            label is Label.DATASET
            or (label is Label.PUBLICATION and target in (Label.DISEASE, Label.MECHANISM))
            or (predicate in BIOLOGICAL and (target is Label.DISEASE or not _passed(way, BIOLOGICAL)))
            or (label in _PLACES and _may_climb(way, predicate, is_reversed=False))
        ):
            yield _Hop(node, predicate, end, is_reversed=False)
    if label not in _PLACES:
        return
    for name, begin in sorted(
        {(data["predicate"], begin) for begin, _, data in graph.in_edges(node, data=True)}
    ):
        predicate = Predicate(name)
        if predicate is Predicate.OCCURS_IN or _may_climb(way, predicate, is_reversed=True):
            yield _Hop(begin, predicate, node, is_reversed=True)


def _passed(way: Sequence[_Hop], predicates: Iterable[Predicate]) -> bool:
    return any(hop.predicate in predicates for hop in way)


def _may_climb(way: Sequence[_Hop], predicate: Predicate, *, is_reversed: bool) -> bool:
    """Say whether a way may take another rung: all up or all down, and before anything else is said of the place."""
    if predicate not in _LADDER or not all(hop.predicate in (*_LADDER, *RECORDED) for hop in way):
        return False
    rungs = [hop for hop in way if hop.predicate in _LADDER]
    return len(rungs) < RUNGS and all(hop.is_reversed is is_reversed for hop in rungs)


def _told_by_papers(
    tables: Mapping[str, pl.DataFrame], graph: nx.MultiDiGraph[str], start: str, goal: str
) -> list[tuple[_Hop, ...]]:
    """Find what the papers that describe the dataset say themselves of the disease."""
    kinds = kinds_of(graph, goal)
    papers = [
        end
        for _, end, data in graph.out_edges(start, data=True)
        if data["predicate"] == Predicate.DESCRIBED_BY
    ]
    said = (
        tables["evidence"]
        .filter(pl.col("record_id").is_in(papers), pl.col("polarity") == Polarity.ASSERTED.value)
        .select("record_id", "claim_id")
        .join(tables["edges"].filter(pl.col("predicate").is_in([p.value for p in BIOLOGICAL])), on="claim_id")
        .filter(pl.col("object").is_in(list(kinds)))
    )
    return [
        (
            _Hop(start, Predicate.DESCRIBED_BY, paper, is_reversed=False),
            _Hop(subject, Predicate(predicate), end, is_reversed=False),
            *kinds[end],
        )
        for paper, subject, predicate, end in sorted(
            set(said.select("record_id", "subject", "predicate", "object").iter_rows())
        )
    ]


def _one_ladder_each(ways: Sequence[tuple[_Hop, ...]]) -> list[tuple[_Hop, ...]]:
    """Of ways that differ only in the rungs between the same ends, keep the first."""
    kept: dict[tuple[object, ...], tuple[_Hop, ...]] = {}
    for way in ways:
        kept.setdefault(tuple(hop for hop in way if hop.predicate not in _LADDER), way)
    return list(kept.values())


def _relations(way: Sequence[_Hop]) -> int:
    # How finely a vocabulary divides diseases must not put what a dataset says itself behind what follows from others.
    return sum(hop.predicate not in _LADDER for hop in way)


def _route(way: Sequence[_Hop]) -> str:
    predicates = {hop.predicate for hop in way}
    if Predicate.DESCRIBED_BY in predicates:
        return "paper"
    if predicates & set(RECORDED):
        return "place and mechanism" if Predicate.OCCURS_IN in predicates else "place"
    return "mechanism" if predicates & BIOLOGICAL else "studied"


def _claims(graph: nx.MultiDiGraph[str], hop: _Hop) -> dict[str, dict[str, Any]]:
    found: Mapping[Any, dict[str, Any]] = graph.get_edge_data(hop.subject, hop.object, default={})
    return {str(claim_id): data for claim_id, data in found.items() if data["predicate"] == hop.predicate}


def _product(graph: nx.MultiDiGraph[str], way: Sequence[_Hop]) -> float:
    product = 1.0
    for hop in way:
        product *= max((float(data["confidence"]) for data in _claims(graph, hop).values()), default=0.0)
    return round(product, 6)


def _finish(
    tables: Mapping[str, pl.DataFrame], graph: nx.MultiDiGraph[str], ways: Sequence[tuple[_Hop, ...]]
) -> Iterator[Way]:
    hops = {hop for way in ways for hop in way}
    wanted = {(hop.subject, hop.predicate.value, hop.object) for hop in hops}
    subjects = [subject for subject, _, _ in wanted]
    # All claims that say the same, asserted or not: what another source denies belongs beside what this one says.
    rows = (
        tables["claims"]
        .filter(pl.col("subject").is_in(subjects))
        .select("id", "subject", "predicate", "object")
    )
    said: dict[tuple[str, str, str], list[str]] = {}
    for claim_id, *key in rows.iter_rows():
        if tuple(key) in wanted:
            said.setdefault((key[0], key[1], key[2]), []).append(claim_id)
    quotes = quotes_of(tables, [claim_id for found in said.values() for claim_id in found])
    for way in ways:
        paper = way[0].object if way and way[0].predicate is Predicate.DESCRIBED_BY else None
        steps = [
            _step(graph, hop, said[hop.subject, hop.predicate.value, hop.object], quotes, paper)
            for hop in way
        ]
        yield Way(_route(way), round(_product(graph, way), 2), tuple(steps))


def _step(
    graph: nx.MultiDiGraph[str],
    hop: _Hop,
    claim_ids: list[str],
    quotes: Mapping[str, list[Quote]],
    paper: str | None,
) -> Step:
    found = [quote for claim_id in claim_ids for quote in quotes.get(claim_id, ())]
    asserted = [quote for quote in found if quote.polarity == Polarity.ASSERTED]
    against = [quote for quote in found if quote.polarity == Polarity.NEGATED]
    own = [quote for quote in asserted if quote.record_id == paper]
    return Step(
        subject=hop.subject,
        subject_name=graph.nodes[hop.subject]["name"],
        predicate=hop.predicate.value,
        object=hop.object,
        object_name=graph.nodes[hop.object]["name"],
        is_reversed=hop.is_reversed,
        status="contested" if against else "asserted",
        confidence=max(float(data["confidence"]) for data in _claims(graph, hop).values()),
        claim_ids=tuple(sorted(claim_ids)),
        # Several claims, one of a source each, may rest on the same sentence.
        quotes=(*(own or asserted)[:1], *dict.fromkeys(against)),
    )


def quotes_of(tables: Mapping[str, pl.DataFrame], claim_ids: Iterable[str]) -> dict[str, list[Quote]]:
    """Give the evidence of claims, the most telling first: sentences before names, then the shorter.

    Parameters
    ----------
    tables : mapping of str to polars.DataFrame
        With ``evidence``.
    claim_ids : iterable of str
        Any that there is no evidence for are left out.
    """
    evidence = tables["evidence"].filter(pl.col("claim_id").is_in(sorted(set(claim_ids))))
    is_name = (pl.col("method") != Method.SENTENCE_RULE.value) | pl.col("section").str.starts_with("keyword")
    rows = evidence.sort(is_name, pl.col("quote").str.len_chars(), pl.col("id"))
    found: dict[str, list[Quote]] = {}
    columns = [name for name in Quote._fields if name != "cited"]
    for row in rows.iter_rows(named=True):
        values = {name: row[name] for name in columns}
        found.setdefault(row["claim_id"], []).append(Quote(**values, cited=tuple(row["cited"] or ())))
    return found

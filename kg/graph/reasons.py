"""Why a dataset and a disease are not connected: which gate was not passed, which sentence is missing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import networkx as nx
import polars as pl

from kg.claims.kinds import LinkKind
from kg.graph.explain import BIOLOGICAL, RECORDED, Quote, Reason, kinds_of, quotes_of
from kg.model import ClaimStatus, Polarity, Predicate
from kg.model.schema import Label

#: Names listed before "and 7 more".
_MOST_NAMES = 5
_MOST_QUOTES = 5
_WORDS = {
    LinkKind.NEGATED: "denies",
    LinkKind.CONTROL_ONLY: "names, for its controls alone,",
    LinkKind.MENTIONED: "mentions only as background",
}


def find_reasons(
    tables: Mapping[str, pl.DataFrame],
    graph: nx.MultiDiGraph[str],
    dataset: str,
    disease: str,
    routes: Collection[str],
) -> Iterator[Reason]:
    """Say of each route from dataset to disease that is not taken what it lacks.

    Parameters
    ----------
    tables : mapping of str to polars.DataFrame
        A build's tables.
    graph : networkx.MultiDiGraph
        Its view, as `kg.graph.explain` has it.
    dataset, disease : str
        CURIEs.
    routes : collection of str
        Routes that some way takes.

    Yields
    ------
    Reason
        For the gate (studied), for mechanisms, and for regions and cell types.
    """
    case = _Case(tables, graph, dataset, disease, tuple(kinds_of(graph, disease)))
    if "studied" not in routes:
        yield from _not_studied(case)
    if "mechanism" not in routes:
        yield _no_mechanism(case)
    if not {"place", "place and mechanism"} & set(routes):
        yield _no_place(case)


class _Case(NamedTuple):
    """A dataset and a disease that no route connects, and what is asked of the graph about them."""

    tables: Mapping[str, pl.DataFrame]
    graph: nx.MultiDiGraph[str]
    dataset: str
    disease: str
    #: The disease and its kinds.
    kinds: Sequence[str]

    @property
    def name(self) -> str:
        """What the disease is called."""
        return _name(self.graph, self.disease)

    def of_dataset(self, predicate: Predicate) -> list[str]:
        """Give what the dataset is connected with so."""
        return _ends(self.graph, self.dataset, predicate)

    def quotes(
        self, subjects: Sequence[str], predicates: Iterable[Predicate], objects: Sequence[str]
    ) -> tuple[Quote, ...]:
        """Give what stands for and against the claims of these."""
        return _quotes(self.tables, _ids(self.tables, subjects, predicates, objects))


def _not_studied(case: _Case) -> Iterator[Reason]:
    tables, graph, dataset, disease, kinds = case
    papers = case.of_dataset(Predicate.DESCRIBED_BY)
    named = False
    for speaker in (dataset, *papers):
        who = "the dataset" if speaker == dataset else f"{speaker}, which describes the dataset,"
        for claim in _claims(tables, [speaker], (Predicate.RELEVANT_TO, Predicate.MENTIONS), kinds):
            named = True
            kind = _link_kind(claim)
            quotes = _quotes(tables, [str(claim["id"])])
            told = _name(graph, str(claim["object"]))
            text = f"{who} {_WORDS[kind]} {told}"
            if kind is LinkKind.MENTIONED:
                text = f"{who} mentions {told} only as background"
            yield Reason("studied", text, quotes)
    if not named:
        yield Reason(
            "studied", f"neither the dataset nor a paper that describes it names {case.name} (rule 1)"
        )
    if absent := [paper for paper in papers if not _is_read(tables, paper)]:
        yield Reason("studied", f"not read, because no record of it was given: {_list(absent)}")
    if not papers:
        yield Reason("studied", "no paper is known that describes the dataset")
    above = nx.descendants(_ladder(graph), disease) if disease in graph else set()
    for general in sorted(above & set(case.of_dataset(Predicate.RELEVANT_TO))):
        told = _name(graph, general)
        text = f"the dataset is relevant to the more general {told}, which need not be {case.name}"
        yield Reason("studied", text, case.quotes([dataset], (Predicate.RELEVANT_TO,), [general]))


def _no_mechanism(case: _Case) -> Reason:
    studied = [end for end in case.of_dataset(Predicate.RELEVANT_TO) if _is_mechanism(case.graph, end)]
    if not studied:
        return Reason("mechanism", "no sentence says that the dataset studies a mechanism (rule 1)")
    names = _names(case.graph, studied)
    text = f"no sentence asserts that what the dataset studies ({names}) has to do with {case.name}"
    return Reason("mechanism", text, case.quotes(studied, BIOLOGICAL, case.kinds))


def _no_place(case: _Case) -> Reason:
    graph, name = case.graph, case.name
    places = [end for predicate in RECORDED for end in case.of_dataset(predicate)]
    if not places:
        return Reason("place", "no region or cell type is known that the dataset records from")
    known = sorted(
        {
            s
            for kind in case.kinds
            for s, _, data in graph.in_edges(kind, data=True)
            if data["predicate"] in BIOLOGICAL
        }
    )
    if not known:
        text = f"no sentence asserts that a mechanism, region or cell type has to do with {name}"
        return Reason("place", text)
    mechanisms = [curie for curie in known if _is_mechanism(graph, curie)]
    other = [curie for curie in known if curie not in mechanisms]
    parts = []
    if mechanisms:
        parts.append(f"that a mechanism of {name} ({_names(graph, mechanisms)}) occurs in")
    parts.append(f"that {name} has to do with")
    text = f"no sentence asserts {' or '.join(parts)} what the dataset records from ({_names(graph, places)})"
    if other:
        text += f"; {name} is told to involve {_names(graph, other)}"
    doubted = _ids(case.tables, places, BIOLOGICAL, case.kinds)
    doubted += _ids(case.tables, mechanisms, (Predicate.OCCURS_IN,), places)
    return Reason("place", text, _quotes(case.tables, doubted))


def _link_kind(claim: Mapping[str, object]) -> LinkKind:
    if claim["status"] == ClaimStatus.NEGATED.value:
        return LinkKind.NEGATED
    qualifiers = claim["qualifiers"]
    assert isinstance(qualifiers, list)
    for kind in (LinkKind.NEGATED, LinkKind.CONTROL_ONLY):
        if f"link_kind={kind.value}" in qualifiers:
            return kind
    return LinkKind.MENTIONED


def _claims(
    tables: Mapping[str, pl.DataFrame],
    subjects: Sequence[str],
    predicates: Iterable[Predicate],
    objects: Sequence[str],
) -> list[dict[str, object]]:
    return (
        tables["claims"]
        .filter(
            pl.col("subject").is_in(subjects),
            pl.col("object").is_in(objects),
            pl.col("predicate").is_in([predicate.value for predicate in predicates]),
        )
        .sort("subject", "object", "id")
        .to_dicts()
    )


def _ids(
    tables: Mapping[str, pl.DataFrame],
    subjects: Sequence[str],
    predicates: Iterable[Predicate],
    objects: Sequence[str],
) -> list[str]:
    return [str(claim["id"]) for claim in _claims(tables, subjects, predicates, objects)]


def _quotes(tables: Mapping[str, pl.DataFrame], claim_ids: Sequence[str]) -> tuple[Quote, ...]:
    found = quotes_of(tables, claim_ids)
    order = [Polarity.NEGATED.value, Polarity.ASSERTED.value, Polarity.SPECULATIVE.value]
    listed = [quote for claim_id in claim_ids for quote in found.get(claim_id, ())]
    return tuple(sorted(listed, key=lambda quote: order.index(quote.polarity))[:_MOST_QUOTES])


def _is_read(tables: Mapping[str, pl.DataFrame], curie: str) -> bool:
    return bool(tables["records"]["id"].eq(curie).any())


def _ladder(graph: nx.MultiDiGraph[str]) -> nx.MultiDiGraph[str]:
    rungs = [
        (s, o, key)
        for s, o, key, data in graph.edges(keys=True, data=True)
        if data["predicate"] == Predicate.SUBCLASS_OF
    ]
    ladder: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    ladder.add_nodes_from(graph)
    ladder.add_edges_from(rungs)
    return ladder


def _ends(graph: nx.MultiDiGraph[str], curie: str, predicate: Predicate) -> list[str]:
    return sorted(
        {end for _, end, data in graph.out_edges(curie, data=True) if data["predicate"] == predicate}
    )


def _is_mechanism(graph: nx.MultiDiGraph[str], curie: str) -> bool:
    return bool(graph.nodes[curie]["label"] == Label.MECHANISM.value)


def _name(graph: nx.MultiDiGraph[str], curie: str) -> str:
    return str(graph.nodes[curie]["name"])


def _names(graph: nx.MultiDiGraph[str], curies: Sequence[str]) -> str:
    return _list([_name(graph, curie) for curie in curies])


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more

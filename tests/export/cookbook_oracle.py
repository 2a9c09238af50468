"""The answers of the cookbook, computed from a build's tables without Cypher: one function a recipe.

Strings are sorted by code points, as both engines do.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import networkx as nx
import polars as pl

Row = list[Any]
ORACLES: dict[str, Callable[..., list[Row]]] = {}


class Facts:
    """Tables of a build, looked up."""

    def __init__(self, table: Callable[[str], pl.DataFrame]) -> None:
        self.nodes = {row["id"]: row for row in table("nodes").iter_rows(named=True)}
        self.claims = table("claims").to_dicts()
        self.by_claim: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for piece in table("evidence").iter_rows(named=True):
            self.by_claim[piece["claim_id"]].append(piece)
        self.all_edges = table("edges").to_dicts()
        self.by_predicate: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for edge in self.all_edges:
            self.by_predicate[edge["predicate"]].append(edge)
        self.up: nx.DiGraph = nx.DiGraph()
        self.up.add_nodes_from(self.nodes)
        self.up.add_edges_from((e["subject"], e["object"]) for e in self.edges("PART_OF SUBCLASS_OF"))
        self.down = self.up.reverse()
        self.sentences = {claim["id"]: claim["sentence"] for claim in self.claims}

    def label(self, node: str) -> str:
        return str(self.nodes[node]["label"])

    def name(self, node: str) -> str:
        return str(self.nodes[node]["name"])

    def of(self, label: str) -> list[dict[str, Any]]:
        return [node for node in self.nodes.values() if node["label"] == label]

    def edges(self, predicates: str, subject: str = "", target: str = "") -> Iterator[dict[str, Any]]:
        """Edges of some predicates, between nodes of some labels."""
        for predicate in predicates.split():
            for edge in self.by_predicate[predicate]:
                if (not subject or self.label(edge["subject"]) in subject.split()) and (
                    not target or self.label(edge["object"]) in target.split()
                ):
                    yield edge

    def wholes(self, node: str, label: str) -> dict[str, int]:
        """What a node is part of or a sort of, itself included, with the steps up to 8."""
        steps = nx.single_source_shortest_path_length(self.up, node, cutoff=8)
        return {found: length for found, length in steps.items() if self.label(found) == label}

    def parts(self, node: str, label: str) -> set[str]:
        if node not in self.nodes or self.label(node) != label:
            return set()
        return {n for n in nx.single_source_shortest_path_length(self.down, node, cutoff=8) if self.label(n) == label}

    def biological(self) -> list[dict[str, Any]]:
        return [claim for claim in self.claims if claim["kind"] == "biological"]


def oracle(function: Callable[..., list[Row]]) -> Callable[..., list[Row]]:
    ORACLES[function.__name__.replace("_", "-")] = function
    return function


def rows(found: Iterable[Iterable[Any]], key: Callable[[Row], Any] | None = None) -> list[Row]:
    """Rows, sorted; by all their values without a key."""
    return sorted(map(list, found), key=key)


def distinct(found: Iterable[tuple[Any, ...]], key: Callable[[Row], Any] | None = None) -> list[Row]:
    return rows(set(found), key)


def grouped(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups


def counted(pairs: Iterable[tuple[tuple[Any, ...], Any]]) -> list[tuple[Any, ...]]:
    """Each key with the number of its distinct values."""
    return [(*key, len(set(values))) for key, values in grouped(pairs).items()]


def most(column: int) -> Callable[[Row], Any]:
    """Sort by a column, the greatest first, then by the others."""
    return lambda row: (-row[column], *row[:column], *row[column + 1 :])


# Finding datasets


@oracle
def region_and_parts(g: Facts, region: str) -> list[Row]:
    parts = g.parts(region, "BrainRegion")
    found = grouped((e["subject"], g.name(e["object"])) for e in g.edges("RECORDS_FROM") if e["object"] in parts)
    return rows((d, g.name(d), sorted(set(names))) for d, names in found.items())


@oracle
def region_exact(g: Facts, region: str) -> list[Row]:
    return distinct(
        (e["subject"], piece["section"], piece["quote"])
        for e in g.edges("RECORDS_FROM")
        if e["object"] == region
        for piece in g.by_claim[e["claim_id"]]
        if piece["polarity"] == "asserted"
    )


@oracle
def region_datasets_count(g: Facts) -> list[Row]:
    found = counted(
        ((whole, g.name(whole)), e["subject"])
        for e in g.edges("RECORDS_FROM", "Dataset", "BrainRegion")
        for whole in g.wholes(e["object"], "BrainRegion")
    )
    return rows(found, most(2))[:40]


@oracle
def cell_type(g: Facts, cell: str) -> list[Row]:
    sub = g.parts(cell, "CellType")
    edges = (e for e in g.edges("TARGETS_CELL_TYPE") if e["object"] in sub)
    found = ((e["subject"], e["object"], g.name(e["object"]), e["confidence"]) for e in edges)
    return distinct(found, key=lambda row: (row[0], row[1], row[3]))


@oracle
def region_and_cell(g: Facts, region: str, cell: str) -> list[Row]:
    parts, sub = g.parts(region, "BrainRegion"), g.parts(cell, "CellType")
    recorded = grouped((e["subject"], e["object"]) for e in g.edges("RECORDS_FROM") if e["object"] in parts)
    return distinct(
        (e["subject"], g.name(part), g.name(e["object"]))
        for e in g.edges("TARGETS_CELL_TYPE")
        if e["object"] in sub
        for part in recorded.get(e["subject"], ())
    )


@oracle
def species(g: Facts, species: str) -> list[Row]:
    sub = g.parts(species, "Species")
    edges = [e for e in g.edges("STUDIES_SPECIES") if e["object"] in sub]
    found = ((d := e["subject"], g.name(d), g.name(e["object"]), g.nodes[d]["subject_count"]) for e in edges)
    return distinct(found, key=lambda row: (row[0], row[2]))


@oracle
def technique(g: Facts, word: str) -> list[Row]:
    regions = grouped((e["subject"], g.name(e["object"])) for e in g.edges("RECORDS_FROM", "", "BrainRegion"))
    used = {(e["subject"], g.name(e["object"])) for e in g.edges("USES_TECHNIQUE", "", "Technique")}
    return rows((d, name, sorted(set(regions.get(d, ())))) for d, name in used if word.lower() in name.lower())


@oracle
def datasets_without_anatomy(g: Facts) -> list[Row]:
    recorded = {e["subject"] for e in g.edges("RECORDS_FROM", "", "BrainRegion")}
    found = (d for d in g.of("Dataset") if d["in_snapshot"] and d["id"] not in recorded)
    return rows(((d["id"], d["name"], d["subject_count"]) for d in found), key=lambda row: row[0])


@oracle
def dataset_card(g: Facts, dataset: str) -> list[Row]:
    of = "RECORDS_FROM TARGETS_CELL_TYPE STUDIES_SPECIES USES_TECHNIQUE RELEVANT_TO DESCRIBED_BY"
    edges = (e for e in g.edges(of) if e["subject"] == dataset)
    found = ((e["predicate"], e["object"], g.name(e["object"]), e["status"], e["confidence"]) for e in edges)
    return distinct(found, key=lambda row: (row[0], row[1], row[4], row[3]))


@oracle
def dataset_card_with_quotes(g: Facts, dataset: str) -> list[Row]:
    found = [
        (e["predicate"], g.name(e["object"]), p["record_id"], p["section"], p["quote"], p["id"], p["polarity"])
        for e in g.edges("RECORDS_FROM TARGETS_CELL_TYPE RELEVANT_TO")
        if e["subject"] == dataset
        for p in g.by_claim[e["claim_id"]]
    ]
    return [[*row[:4], row[6], row[4]] for row in sorted(found)]


@oracle
def largest_datasets(g: Facts) -> list[Row]:
    found = (d for d in g.of("Dataset") if d["is_open"] and d["size_bytes"] is not None)
    of = ((d["id"], d["name"], d["size_bytes"], d["file_count"]) for d in found)
    return rows(of, key=lambda row: (-row[2], row[0]))[:10]


# Testing mechanisms


@oracle
def mechanism_datasets(g: Facts, mechanism: str) -> list[Row]:
    edges = (e for e in g.edges("RELEVANT_TO") if e["object"] == mechanism)
    found = ((e["subject"], g.name(e["subject"]), e["confidence"], g.sentences[e["claim_id"]]) for e in edges)
    return rows(found, key=lambda row: (row[0], row[3], row[2]))


@oracle
def mechanism_test_by_region(g: Facts, mechanism: str) -> list[Row]:
    places = grouped(
        (e["object"], e["confidence"]) for e in g.edges("OCCURS_IN", "", "BrainRegion") if e["subject"] == mechanism
    )
    found = {
        (e["subject"], e["object"], place)
        for e in g.edges("RECORDS_FROM")
        for place in g.wholes(e["object"], "BrainRegion")
        if place in places
    }
    return rows((d, g.name(part), g.name(place), max(places[place])) for d, part, place in found)


@oracle
def could_test_in_disease(g: Facts, mechanism: str, disease: str) -> list[Row]:
    of = "CONTRIBUTES_TO AFFECTED_IN ASSOCIATED_WITH CONSEQUENCE_OF"
    if not any(e["subject"] == mechanism and e["object"] == disease for e in g.edges(of)):
        return []
    ways = g.edges("AFFECTED_IN CONTRIBUTES_TO ASSOCIATED_WITH", "BrainRegion")
    affected = {e["subject"] for e in ways if e["object"] == disease}
    return distinct(
        (e["subject"], g.name(e["subject"]), g.name(e["object"]), g.name(whole))
        for e in g.edges("RECORDS_FROM")
        for whole in g.wholes(e["object"], "BrainRegion")
        if whole in affected
    )


@oracle
def mechanism_regions(g: Facts) -> list[Row]:
    found = grouped(((e["subject"], e["object"]), e) for e in g.edges("OCCURS_IN", "Mechanism"))
    return rows(
        (m, x, g.name(x), max(e["confidence"] for e in edges), sum(e["evidence_count"] for e in edges))
        for (m, x), edges in found.items()
    )


@oracle
def mechanism_quotes(g: Facts, mechanism: str) -> list[Row]:
    found = [
        (c["predicate"], g.name(c["object"]), p["polarity"], p["record_id"], p["quote"], p["id"])
        for c in g.biological()
        if c["subject"] == mechanism
        for p in g.by_claim[c["id"]]
    ]
    return [list(row[:5]) for row in sorted(found)]


@oracle
def mechanism_chain(g: Facts) -> list[Row]:
    edges = g.edges("CONTRIBUTES_TO PROTECTS_FROM CONSEQUENCE_OF ASSOCIATED_WITH", "Mechanism", "Mechanism")
    found = grouped(((e["subject"], e["predicate"], e["object"]), e["confidence"]) for e in edges)
    return rows((*key, max(values), len(values)) for key, values in found.items())


@oracle
def mechanisms_untested(g: Facts) -> list[Row]:
    tested = {e["object"] for e in g.edges("RELEVANT_TO", "Dataset")}
    edges = (e for e in g.edges("CONTRIBUTES_TO AFFECTED_IN", "Mechanism", "Disease") if e["subject"] not in tested)
    return rows(counted(((e["subject"], g.name(e["subject"])), e["object"]) for e in edges), most(2))


@oracle
def mechanism_families(g: Facts) -> list[Row]:
    datasets = grouped((e["object"], e["subject"]) for e in g.edges("RELEVANT_TO"))
    families = grouped((m["family"] or "", m["id"]) for m in g.of("Mechanism"))
    return rows(
        ((family, len(ms), len({d for m in ms for d in datasets.get(m, ())})) for family, ms in families.items()),
        key=lambda row: (-row[2], row[0]),
    )


@oracle
def mechanism_terms(g: Facts, prefix: str) -> list[Row]:
    found = ((m["id"], [x for x in m["xrefs"] or () if x.startswith(prefix)]) for m in g.of("Mechanism"))
    return rows(row for row in found if row[1])


# Asking from the disease


@oracle
def disease_mechanisms(g: Facts, disease: str) -> list[Row]:
    of = "CONTRIBUTES_TO AFFECTED_IN CONSEQUENCE_OF ASSOCIATED_WITH PROTECTS_FROM"
    edges = (e for e in g.edges(of, "Mechanism") if e["object"] == disease)
    found = grouped(((e["subject"], e["predicate"]), e) for e in edges)
    return rows(
        (
            (m, g.name(m), kind, max(e["confidence"] for e in es), sum(e["evidence_count"] for e in es))
            for (m, kind), es in found.items()
        ),
        key=lambda row: (-row[3], -row[4], row[0], row[2]),
    )


@oracle
def disease_and_subtypes(g: Facts, disease: str) -> list[Row]:
    sub = g.parts(disease, "Disease")
    edges = (e for e in g.edges("RELEVANT_TO") if e["object"] in sub)
    return rows((e["subject"], g.name(e["object"]), g.sentences[e["claim_id"]]) for e in edges)


@oracle
def disease_regions(g: Facts, disease: str) -> list[Row]:
    edges = (e for e in g.edges("AFFECTED_IN", "BrainRegion CellType") if e["object"] == disease)
    found = grouped((e["subject"], e["confidence"]) for e in edges)
    of = ((n, g.name(n), max(values), len(values)) for n, values in found.items())
    return rows(of, key=lambda row: (-row[2], row[0]))


@oracle
def disease_datasets_by_path(g: Facts, disease: str) -> list[Row]:
    named = {e["subject"] for e in g.edges("RELEVANT_TO") if e["object"] == disease}
    ways = (e for e in g.edges("CONTRIBUTES_TO AFFECTED_IN", "Mechanism") if e["object"] == disease)
    best = {m: max(values) for m, values in grouped((e["subject"], e["confidence"]) for e in ways).items()}
    edges = (e for e in g.edges("RELEVANT_TO", "Dataset", "Mechanism") if e["subject"] not in named)
    return distinct((e["subject"], e["object"], best[e["object"]]) for e in edges if e["object"] in best)


@oracle
def shared_mechanisms(g: Facts, one: str, other: str) -> list[Row]:
    found = grouped((e["object"], e["subject"]) for e in g.edges("CONTRIBUTES_TO AFFECTED_IN", "Mechanism"))
    return rows((m, g.name(m)) for m in set(found.get(one, ())) & set(found.get(other, ())))


@oracle
def disease_ranking(g: Facts) -> list[Row]:
    edges = g.edges("RELEVANT_TO", "Dataset", "Disease")
    return rows(counted(((e["object"], g.name(e["object"])), e["subject"]) for e in edges), most(2))


@oracle
def mentioned_not_studied(g: Facts) -> list[Row]:
    studied = {(e["subject"], e["object"]) for e in g.edges("RELEVANT_TO")}
    named = {(e["subject"], e["object"]) for e in g.edges("MENTIONS", "Dataset", "Disease")}
    return rows((d, x, g.name(x)) for d, x in named - studied)


# Evidence and audit


@oracle
def path_evidence(g: Facts, mechanism: str, disease: str) -> list[Row]:
    found = [
        (c["id"], p["polarity"], p["record_id"], p["section"], p["start"], p["id"], c, p)
        for c in g.claims
        if c["subject"] == mechanism and c["object"] == disease
        for p in g.by_claim[c["id"]]
    ]
    return [
        [claim, c["predicate"], c["status"], polarity, source, section, start, p["end"], p["quote"]]
        for claim, polarity, source, section, start, _, c, p in sorted(found, key=lambda row: row[:6])
    ]


@oracle
def contested_claims(g: Facts) -> list[Row]:
    found = [
        (c["id"], p["polarity"], p["record_id"], p["quote"], p["id"], c)
        for c in g.claims
        if c["status"] == "contested"
        for p in g.by_claim[c["id"]]
    ]
    return [
        [claim, g.name(c["subject"]), c["predicate"], g.name(c["object"]), polarity, source, quote]
        for claim, polarity, source, quote, _, c in sorted(found, key=lambda row: row[:5])
    ]


def _of_status(g: Facts, status: str) -> list[Row]:
    return rows(
        (c["id"], g.name(c["subject"]), c["predicate"], g.name(c["object"]), c["sentence"])
        for c in g.biological()
        if c["status"] == status
    )


@oracle
def negated_claims(g: Facts) -> list[Row]:
    return _of_status(g, "negated")


@oracle
def speculative_claims(g: Facts) -> list[Row]:
    return _of_status(g, "speculative")


@oracle
def strongest_claims(g: Facts) -> list[Row]:
    found = (
        (
            c["id"],
            g.name(c["subject"]),
            c["predicate"],
            g.name(c["object"]),
            c["confidence"],
            len(c["publications"] or ()),
        )
        for c in g.biological()
        if c["status"] == "asserted"
    )
    return rows(found, key=lambda row: (-row[4], -row[5], row[0]))[:25]


@oracle
def animal_models_only(g: Facts) -> list[Row]:
    return rows(
        (c["id"], g.name(c["subject"]), c["predicate"], g.name(c["object"]), c["status"])
        for c in g.biological()
        if c["systems"] == ["animal"]
    )


@oracle
def claims_by_source(g: Facts) -> list[Row]:
    return rows(counted(((c["primary_source"], c["kind"], c["status"]), c["id"]) for c in g.claims))


@oracle
def evidence_methods(g: Facts) -> list[Row]:
    pieces = (p for pieces in g.by_claim.values() for p in pieces)
    return rows(counted(((p["method"], p["eco"], p["polarity"]), p["id"]) for p in pieces))


@oracle
def edge_without_claim(g: Facts) -> list[Row]:
    edges = g.edges("RELEVANT_TO RECORDS_FROM CONTRIBUTES_TO AFFECTED_IN OCCURS_IN")
    return rows(
        (e["subject"], e["predicate"], e["object"], e["claim_id"]) for e in edges if not g.by_claim.get(e["claim_id"])
    )


# Papers


@oracle
def papers_that_support_most(g: Facts) -> list[Row]:
    found = counted(
        ((p["record_id"], g.name(p["record_id"])), c["id"])
        for c in g.biological()
        for p in g.by_claim[c["id"]]
        if p["polarity"] == "asserted" and g.label(p["record_id"]) == "Publication"
    )
    return rows(found, most(2))[:20]


@oracle
def papers_of_dataset(g: Facts) -> list[Row]:
    edges = g.edges("DESCRIBED_BY", "Dataset", "Publication")
    of = ((e["subject"], e["object"], g.nodes[e["object"]]) for e in edges)
    return distinct((d, p, node["is_peer_reviewed"] or False, node["in_snapshot"]) for d, p, node in of)


@oracle
def papers_to_fetch(g: Facts) -> list[Row]:
    edges = (e for e in g.edges("DESCRIBED_BY") if g.nodes[e["object"]]["in_snapshot"] is False)
    return rows(counted(((e["object"],), e["subject"]) for e in edges), most(1))


@oracle
def papers_about(g: Facts, term: str) -> list[Row]:
    found = {e["subject"] for e in g.edges("INVESTIGATES", "Publication") if e["object"] == term}
    return rows(((p, g.name(p), g.nodes[p]["date"]) for p in found), key=lambda row: row[0])


@oracle
def retracted(g: Facts) -> list[Row]:
    of = ((c, p["record_id"]) for c in g.claims for p in g.by_claim[c["id"]])
    return distinct((p, c["id"], c["status"]) for c, p in of if g.nodes[p]["is_retracted"])


@oracle
def publications_by_year(g: Facts) -> list[Row]:
    found = (p for p in g.of("Publication") if p["in_snapshot"] and p["date"] is not None)
    return rows(counted(((p["date"][:4],), p["id"]) for p in found))


# Coverage and gaps


@oracle
def species_coverage(g: Facts) -> list[Row]:
    columns = [
        {e["subject"] for e in g.edges(predicate, "Dataset", label)}
        for predicate, label in (
            ("RECORDS_FROM", "BrainRegion"),
            ("TARGETS_CELL_TYPE", "CellType"),
            ("RELEVANT_TO", "Disease"),
        )
    ]
    found = grouped((e["object"], e["subject"]) for e in g.edges("STUDIES_SPECIES", "Dataset", "Species"))
    return rows(
        ((s, g.name(s), len(set(ds)), *(len(set(ds) & having) for having in columns)) for s, ds in found.items()),
        most(2),
    )


@oracle
def technique_by_species(g: Facts) -> list[Row]:
    studied = grouped((e["subject"], g.name(e["object"])) for e in g.edges("STUDIES_SPECIES"))
    found = counted(
        ((e["object"], g.name(e["object"]), name), e["subject"])
        for e in g.edges("USES_TECHNIQUE")
        for name in studied.get(e["subject"], ())
    )
    return rows(found, key=lambda row: (-row[3], row[0], row[2]))[:40]


@oracle
def regions_affected_without_data(g: Facts) -> list[Row]:
    covered = {whole for e in g.edges("RECORDS_FROM") for whole in g.wholes(e["object"], "BrainRegion")}
    edges = (e for e in g.edges("AFFECTED_IN", "BrainRegion", "Disease") if e["subject"] not in covered)
    found = ((e["subject"], g.name(e["subject"]), g.name(e["object"])) for e in edges)
    return distinct(found, key=lambda row: (row[0], row[2]))


@oracle
def changed_since(g: Facts, since: str) -> list[Row]:
    of = [*g.of("Dataset"), *g.of("Publication")]
    found = (n for n in of if n["in_snapshot"] and n["date"] is not None and n["date"] >= since)
    return rows(((n["id"], n["label"], n["date"]) for n in found), key=lambda row: (row[2], row[0]))


@oracle
def contributors(g: Facts) -> list[Row]:
    edges = g.edges("HAS_CONTRIBUTOR", "Dataset", "Agent")
    return rows(counted(((e["object"], g.name(e["object"])), e["subject"]) for e in edges), most(2))[:20]


# The wiki


@oracle
def unpaired_pages(g: Facts) -> list[Row]:
    cites = g.edges("CITES", "WikiPage", "Publication")
    paired = {e["subject"] for e in cites if g.nodes[e["object"]]["is_peer_reviewed"]}
    found = (w for w in g.of("WikiPage") if w["in_snapshot"] and w["archives"] and w["id"] not in paired)
    return rows((w["id"], w["name"], w["archives"]) for w in found)


@oracle
def pages_of(g: Facts, term: str) -> list[Row]:
    found = {e["subject"] for e in g.edges("DOCUMENTS", "WikiPage") if e["object"] == term}
    return rows((w, g.name(w)) for w in found)


@oracle
def missing_pages(g: Facts) -> list[Row]:
    edges = (e for e in g.edges("LINKS_TO") if g.nodes[e["object"]]["in_snapshot"] is False)
    return rows(counted(((e["object"],), e["subject"]) for e in edges), most(1))


@oracle
def things_without_page(g: Facts) -> list[Row]:
    documented = {e["object"] for e in g.edges("DOCUMENTS", "WikiPage")}
    found = counted(
        ((n, g.name(n)), c["id"])
        for c in g.biological()
        for n in (c["subject"], c["object"])
        if g.label(n) in ("Mechanism", "Disease") and n not in documented
    )
    return rows(found, most(2))


# Paths


@oracle
def evidence_path(g: Facts, dataset: str, disease: str) -> list[Row]:
    of = "RELEVANT_TO RECORDS_FROM TARGETS_CELL_TYPE CONTRIBUTES_TO AFFECTED_IN ASSOCIATED_WITH PART_OF"
    out: Mapping[str, list[tuple[str, str]]] = grouped(
        (e["subject"], (e["predicate"], e["object"])) for e in g.edges(of)
    )
    ways: list[tuple[list[str], list[str]]] = [([dataset], [])]
    found = []
    for steps in (1, 2, 3):
        ways = [([*ns, n], [*ts, t]) for ns, ts in ways for t, n in set(out.get(ns[-1], ()))]
        found += [[steps, nodes, types] for nodes, types in ways if nodes[-1] == disease]
    return sorted(found)[:20]


@oracle
def path_confidence(g: Facts, disease: str) -> list[Row]:
    ways = grouped(
        (e["subject"], e["confidence"])
        for e in g.edges("CONTRIBUTES_TO AFFECTED_IN", "Mechanism")
        if e["object"] == disease
    )
    found = grouped(
        ((e["subject"], e["object"]), e["confidence"] * way)
        for e in g.edges("RELEVANT_TO", "", "Mechanism")
        for way in ways.get(e["object"], ())
    )
    of = ((d, m, math.floor(max(products) * 1000 + 0.5) / 1000) for (d, m), products in found.items())
    return rows(of, most(2))


@oracle
def region_ancestors(g: Facts, region: str) -> list[Row]:
    found = g.wholes(region, "BrainRegion").items()
    return rows(((a, g.name(a), steps) for a, steps in found if steps), key=lambda row: (row[2], row[0]))


@oracle
def neighbourhood(g: Facts, id: str) -> list[Row]:
    found = [(e["predicate"], True, g.label(e["object"])) for e in g.all_edges if e["subject"] == id]
    found += [(e["predicate"], False, g.label(e["subject"])) for e in g.all_edges if e["object"] == id]
    found += [("SUBJECT", False, "Claim") for c in g.claims if c["subject"] == id]
    found += [("OBJECT", False, "Claim") for c in g.claims if c["object"] == id]
    found += [("EXTRACTED_FROM", False, "Evidence") for ps in g.by_claim.values() for p in ps if p["record_id"] == id]
    return rows((*key, len(ones)) for key, ones in grouped((key, 1) for key in found).items())


# Taking it along


@oracle
def edge_table(g: Facts) -> list[Row]:
    of = "CONTRIBUTES_TO PROTECTS_FROM AFFECTED_IN CONSEQUENCE_OF MODEL_OF ASSOCIATED_WITH OCCURS_IN"
    columns = ("subject", "predicate", "object", "confidence", "evidence_count", "status", "claim_id")
    found = ([e[column] for column in columns] for e in g.edges(of))
    return rows(found, key=lambda row: (*row[:3], row[6]))


@oracle
def dataset_features(g: Facts) -> list[Row]:
    of = "RECORDS_FROM TARGETS_CELL_TYPE STUDIES_SPECIES USES_TECHNIQUE RELEVANT_TO"
    return distinct((e["subject"], e["predicate"], e["object"]) for e in g.edges(of))

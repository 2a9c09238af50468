"""The answers of the cookbook, computed from a build's tables without Cypher: one function a recipe.

Those about evidence, papers, coverage, wiki pages, paths and export; the rest are in `cookbook_oracle`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from cookbook_facts import Facts, Row, counted, distinct, grouped, most, oracle, rows

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
    found = []
    for c in g.biological():
        asserting = [p for p in g.by_claim[c["id"]] if p["polarity"] == "asserted"]
        # Of a claim whose every sentence denies or supposes there is no edge, and nothing rests on it.
        if c["status"] in ("asserted", "contested") and {p["system"] for p in asserting} == {"animal"}:
            names = (c["id"], g.name(c["subject"]), c["predicate"], g.name(c["object"]), c["status"])
            found.append((*names, len({p["record_id"] for p in asserting})))
    return rows(found)


@oracle
def claims_by_source(g: Facts) -> list[Row]:
    return rows(counted(((c["primary_source"], c["kind"], c["status"]), c["id"]) for c in g.claims))


@oracle
def evidence_methods(g: Facts) -> list[Row]:
    pieces = (p for pieces in g.by_claim.values() for p in pieces)
    return rows(counted(((p["method"], p["eco"], p["polarity"]), p["id"]) for p in pieces))


@oracle
def edge_without_claim(g: Facts) -> list[Row]:
    return rows(
        (e["subject"], e["predicate"], e["object"], e["claim_id"])
        for e in g.all_edges
        if not g.by_claim.get(e["claim_id"])
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
    of = [*g.of("Dataset"), *g.of("Publication"), *g.of("WikiPage")]
    found = []
    for n in (n for n in of if n["in_snapshot"] and _is_since(n["date"], since)):
        is_draft = n["label"] == "Dataset" and n["version"] in (None, "draft")
        change = "changed" if n["label"] == "WikiPage" else "created" if is_draft else "published"
        found.append((n["id"], n["label"], change, n["date"]))
    return rows(found, key=lambda row: (row[3], row[0]))


def _is_since(date: str | None, since: str) -> bool:
    """Whether a record may be of that day or a later one: its own day, or the last of its year or month."""
    return bool(date) and date + "-99-99"[len(date) - 4 :] >= since


@oracle
def claims_since(g: Facts, since: str) -> list[Row]:
    found = []
    for c in (c for c in g.claims if c["kind"] in ("biological", "resource")):
        records = {p["record_id"] for p in g.by_claim[c["id"]]}
        new = sorted(r for r in records if _is_since(g.nodes[r]["date"], since))
        if new:
            ends = (c["id"], c["subject"], c["predicate"], c["object"], c["status"])
            found.append((*ends, new, len(records) - len(new)))
    return rows(found, key=lambda row: (row[6], row[0]))


@oracle
def contributors(g: Facts) -> list[Row]:
    money_or_roof = {"role=Funder", "role=Sponsor", "role=Affiliation"}
    edges = (
        e
        for e in g.edges("HAS_CONTRIBUTOR", "Dataset", "Agent")
        if not e["qualifiers"] or not {*e["qualifiers"]} <= money_or_roof
    )
    found = counted(((a := e["object"], g.name(a), g.nodes[a]["agent_kind"]), e["subject"]) for e in edges)
    return rows(found, key=lambda row: (-row[3], row[0]))[:20]


# The wiki


@oracle
def unpaired_pages(g: Facts) -> list[Row]:
    cites = grouped((e["subject"], g.nodes[e["object"]]) for e in g.edges("CITES", "WikiPage", "Publication"))
    found = []
    for page in (w for w in g.of("WikiPage") if w["in_snapshot"] and w["archives"]):
        papers = {p["id"]: p["is_peer_reviewed"] for p in cites.get(page["id"], ())}
        if True not in papers.values():
            unknown = sorted(paper for paper, reviewed in papers.items() if reviewed is None)
            found.append((page["id"], page["name"], page["archives"], unknown))
    return rows(found)


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

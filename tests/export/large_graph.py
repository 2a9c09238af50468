"""A graph of thousands of claims in the shape of a build's tables, for what must hold on more than the sample.

It has what a sample rarely has: absent properties of every sort, names that letters of other alphabets begin,
parallel claims, hierarchies as deep as the vocabularies have them, contested and retracted claims, a claim without
evidence, pages without a paper. The nodes that the cookbook asks for are its busiest.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from synthetic_graph import Tables, table

from kg.model.claim import Predicate
from kg.model.schema import EDGE_TYPES, Label

#: Label -> prefix of its ids, how many, and ids that are the busiest.
_SIZES: dict[Label, tuple[str, int, tuple[str, ...]]] = {
    Label.DATASET: ("DANDI:", 220, ("DANDI:001044", "DANDI:000897")),
    Label.PUBLICATION: ("PMID:", 300, ()),
    Label.WIKI_PAGE: ("wiki:pages/", 120, ()),
    Label.BRAIN_REGION: ("UBERON:", 160, ("UBERON:0000955", "UBERON:0002421", "UBERON:0003881")),
    Label.CELL_TYPE: ("CL:", 60, ("CL:0000540",)),
    Label.MECHANISM: (
        "mechanism:m",
        50,
        (
            "mechanism:synaptic-dysfunction",
            "mechanism:network-hyperexcitability-epileptiform-activity",
            "mechanism:spatial-coding-place-grid-cell-disruption",
        ),
    ),
    Label.DISEASE: ("MONDO:", 80, ("MONDO:0004975", "MONDO:0005027", "MONDO:0005180", "MONDO:0004976")),
    Label.SPECIES: ("NCBITaxon:", 40, ("NCBITaxon:9606",)),
    Label.TECHNIQUE: ("OBI:", 20, ("OBI:0000001",)),
    Label.AGENT: ("ORCID:", 80, ()),
    Label.VOCABULARY: ("infores:v", 2, ()),
}
#: How many claims of each predicate; hierarchies have as many as their nodes need.
_CLAIMS = {
    Predicate.RECORDS_FROM: 450,
    Predicate.TARGETS_CELL_TYPE: 200,
    Predicate.STUDIES_SPECIES: 220,
    Predicate.USES_TECHNIQUE: 150,
    Predicate.RELEVANT_TO: 250,
    Predicate.INVESTIGATES: 150,
    Predicate.CONTRIBUTES_TO: 300,
    Predicate.PROTECTS_FROM: 80,
    Predicate.AFFECTED_IN: 200,
    Predicate.CONSEQUENCE_OF: 80,
    Predicate.MODEL_OF: 40,
    Predicate.ASSOCIATED_WITH: 150,
    Predicate.OCCURS_IN: 150,
    Predicate.DESCRIBED_BY: 120,
    Predicate.CITES: 250,
    Predicate.LINKS_TO: 150,
    Predicate.DOCUMENTS: 100,
    Predicate.MENTIONS: 200,
    Predicate.HAS_CONTRIBUTOR: 150,
}
_TREES = (Label.BRAIN_REGION, Label.CELL_TYPE, Label.DISEASE, Label.SPECIES)
_QUALIFIERS = ([], [], ["studied_as=normal_process"])
_ROLES = ([], ["role=Author"], ["role=Author", "role=Funder"], ["role=Funder"], ["role=Affiliation", "role=Sponsor"])
#: Beginnings of names: order and case folding must not depend on who sorts.
_WORDS = ("Alpha", "alpha", "Éminence", "eminence", "ζῷον", "β-cell", "Zona", "zona", "ñandú", "two-photon", "İris")


def make_large(scale: int = 1, seed: int = 7) -> Tables:
    """Make it: some 9,000 nodes and 20,000 edges, those of claims and evidence included, times `scale`."""
    rng = random.Random(seed)
    ids = {
        label: [*known, *(f"{prefix}9{number:07d}" for number in range(size * scale - len(known)))]
        for label, (prefix, size, known) in _SIZES.items()
    }
    records = [*ids[Label.DATASET], *ids[Label.PUBLICATION], *ids[Label.WIKI_PAGE]]
    claims, edges, evidence = [], [], []
    for number, (subject, predicate, target) in enumerate(_statements(rng, ids, scale)):
        claim = {
            "id": f"claim:{rng.getrandbits(64):016x}",
            "subject": subject,
            "predicate": str(predicate),
            "object": target,
            "kind": str(EDGE_TYPES[predicate].kind),
            "primary_source": rng.choice(["infores:pubmed", "infores:neurowiki", "infores:dandi-archive"]),
            "qualifiers": rng.choice(_ROLES if predicate is Predicate.HAS_CONTRIBUTOR else _QUALIFIERS),
        }
        status = rng.choices(["asserted", "contested", "negated", "speculative"], [85, 5, 5, 5])[0]
        # Of a claim in four hundred the evidence is lost, which is for the cookbook to find.
        pieces = (
            [] if number % 400 == 1 else [_evidence(rng, claim, records, status) for _ in range(rng.choice([1, 1, 2]))]
        )
        counts = {polarity: sum(p["polarity"] == polarity for p in pieces) for polarity in ("asserted", "negated")}
        shared = {"status": status, "confidence": round(rng.random(), 2), "evidence_count": counts["asserted"]}
        claims.append(
            claim
            | shared
            | {
                "negated_count": counts["negated"],
                "speculative_count": len(pieces) - sum(counts.values()),
                "knowledge_level": "knowledge_assertion",
                "agent_type": "text_mining_agent",
                "eco": "ECO:0007669",
                "publications": rng.choice([None, [], [f"PMID:{rng.randrange(99)}", "PMID:5"]]),
                "sentence": f"{rng.choice(_WORDS)} is said of {target}.",
                "systems": rng.choice([None, [], ["animal"], ["animal", "human"], ["cells"]]),
            }
        )
        if status in ("asserted", "contested"):
            sources = sorted({piece["record_id"] for piece in pieces})
            edges.append(
                {name: claim[name] for name in claim if name != "id"}
                | shared
                | {"claim_id": claim["id"], "sources": sources}
            )
        evidence += pieces
    nodes = [_node(rng, label, node_id) for label, node_ids in ids.items() for node_id in node_ids]
    return Tables(
        {
            "nodes": table("nodes", nodes).sort("id"),
            "claims": table("claims", claims).sort("id"),
            "evidence": table("evidence", evidence).sort("id"),
            "edges": table("edges", edges).sort("predicate", "subject", "object", "claim_id"),
        },
        f"large-{scale}-{seed}",
    )


def _statements(rng: random.Random, ids: dict[Label, list[str]], scale: int) -> Iterator[tuple[str, Predicate, str]]:
    for label in _TREES:
        chain = 36 if label is Label.SPECIES else 14
        name = Predicate.PART_OF if label is Label.BRAIN_REGION else Predicate.SUBCLASS_OF
        for at in range(1, len(ids[label])):
            # The first ones are a chain, as deep as the vocabulary.
            yield ids[label][at], name, ids[label][at - 1 if at < chain else rng.randrange(at)]
            if at % 5 == 0:
                yield ids[label][at], Predicate.SUBCLASS_OF, ids[label][rng.randrange(at)]
    # What the cookbook asks about mechanisms, two diseases and a dataset has an answer.
    for mechanism in ids[Label.MECHANISM][:3]:
        for disease in ids[Label.DISEASE][:4]:
            yield mechanism, Predicate.CONTRIBUTES_TO, disease
    yield ids[Label.DATASET][1], Predicate.RELEVANT_TO, ids[Label.MECHANISM][0]
    # Three datasets name a disease: one studies a sort of it far below, of one a paper does, and one only names it.
    for dataset in ids[Label.DATASET][2:5]:
        yield dataset, Predicate.MENTIONS, ids[Label.DISEASE][0]
        yield dataset, Predicate.RELEVANT_TO, ids[Label.MECHANISM][0]
    yield ids[Label.DATASET][2], Predicate.RELEVANT_TO, ids[Label.DISEASE][13]
    yield ids[Label.DATASET][3], Predicate.DESCRIBED_BY, ids[Label.PUBLICATION][0]
    yield ids[Label.PUBLICATION][0], Predicate.INVESTIGATES, ids[Label.DISEASE][12]
    for predicate, size in _CLAIMS.items():
        edge = EDGE_TYPES[predicate]
        for _ in range(size * scale):
            subject, target = _busy(rng, ids[rng.choice(edge.subjects)]), _busy(rng, ids[rng.choice(edge.objects)])
            if subject != target:
                yield subject, predicate, target


def _busy(rng: random.Random, of: list[str]) -> str:
    """Choose one, the first ones more often."""
    return of[int(len(of) * rng.random() ** 2)]


def _evidence(rng: random.Random, claim: dict[str, Any], records: list[str], status: str) -> dict[str, Any]:
    polarity = rng.choice(["asserted", "negated"]) if status == "contested" else status
    start = rng.randrange(500)
    return {
        "id": f"evidence:{rng.getrandbits(64):016x}",
        "claim_id": claim["id"],
        "record_id": rng.choice(records),
        "section": rng.choice(["title", "abstract", "description"]),
        "start": start,
        "end": start + 40,
        "quote": f"{rng.choice(_WORDS)} “{rng.randrange(50)}” — as the sentence says.",
        "polarity": polarity,
        "method": rng.choice(["sentence_rule", "field"]),
        "eco": rng.choice(["ECO:0007669", "ECO:0000218"]),
        "trigger": rng.choice([None, "causes"]),
        "cited": rng.choice([None, [], ["PMID:5"]]),
        "study": rng.choice([None, "primary", "review"]),
        "system": rng.choice([None, "human", "animal"]),
    }


def _node(rng: random.Random, label: Label, node_id: str) -> dict[str, Any]:
    node: dict[str, Any] = {"id": node_id, "label": str(label), "name": f"{rng.choice(_WORDS)} {label} {node_id[-4:]}"}
    day = f"{rng.randint(2015, 2026)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
    if label is Label.DATASET:
        node |= {
            "date": rng.choice([None, day]),
            "keywords": rng.choice([None, [], ["ephys", "mouse"]]),
            "size_bytes": rng.choice([None, rng.randrange(10**13)]),
            "file_count": rng.choice([None, rng.randrange(1000)]),
            "version": rng.choice([None, "draft", "0.240101.1200"]),
            "subject_count": rng.choice([None, 0, rng.randrange(50)]),
            "is_open": rng.choice([True, True, False, None]),
            "in_snapshot": rng.random() < 0.9,
        }
    elif label is Label.PUBLICATION:
        node |= {
            "date": rng.choice([None, day, day[:7], day[:4]]),
            "is_peer_reviewed": rng.choice([True, False, None]),
            "is_retracted": rng.choices([True, False, None], [5, 50, 45])[0],
            "in_snapshot": rng.random() < 0.7,
        }
    elif label is Label.WIKI_PAGE:
        node |= {
            "date": rng.choice([None, day]),
            "page_type": rng.choice(["datasets", "diseases"]),
            "is_infrastructure": rng.choice([True, False, None]),
            "archives": rng.choice([None, [], ["DANDI"], ["DANDI", "OpenNeuro"]]),
            "in_snapshot": rng.random() < 0.7,
        }
    elif label is Label.TECHNIQUE and node_id == _SIZES[label][2][0]:
        node["name"] = "Two-photon imaging"
    elif label is Label.AGENT:
        node["agent_kind"] = rng.choice(["Person", "Person", "Organization", None])
    elif label in (Label.MECHANISM, Label.DISEASE, Label.BRAIN_REGION):
        node |= {
            "synonyms": rng.choice([None, [], ["one", "another"]]),
            "xrefs": rng.choice([None, [], ["MESH:D1", "GO:1"], ["GO:2"]]),
        }
        if label is Label.MECHANISM:
            node["family"] = rng.choice([None, "synaptic", "Vascular", "immune"])
    return node

"""A graph of some dozen nodes with claims and evidence, for the tests that write to a server many times."""

from __future__ import annotations

import hashlib

from synthetic_graph import Tables, table


def make_tiny(seed: int = 1, *, datasets: int = 12, claims: int = 20) -> Tables:
    """Make one; another seed gives other names, claims and quotes for the same datasets, and some others.

    Its digest is made of its seed and size.
    """
    names = [f"DANDI:{number:06d}" for number in range(seed, seed + datasets)]
    regions = [f"UBERON:{number:07d}" for number in range(1, 6)]
    nodes = [
        *({"id": i, "label": "Dataset", "name": f"{i} {seed}", "keywords": [f"k{seed}", "ephys"]} for i in names),
        *({"id": i, "label": "BrainRegion", "name": f"region {i}", "synonyms": []} for i in regions),
    ]
    found, edges, evidence = [], [], []
    for number in range(claims):
        # One claim in three is in graphs of other seeds too, with another confidence.
        own = 0 if number % 3 == 0 else seed
        subject = names[number % len(names)] if own else regions[(number + 1) % len(regions)]
        target = regions[number % len(regions)]
        claim = "claim:" + hashlib.sha256(f"{own} {number} {subject}".encode()).hexdigest()[:12]
        shared = {
            "kind": "resource",
            "primary_source": "infores:dandi-archive" if number % 2 else "infores:pubmed",
            "qualifiers": ["n=1"] if number % 4 == 0 else [],
            "status": "asserted",
            "confidence": round(0.5 + seed / 100, 2),
            "evidence_count": 1,
        }
        ends = {"subject": subject, "predicate": "RECORDS_FROM", "object": target}
        found.append({"id": claim, **ends, **shared, "negated_count": 0, "speculative_count": 0})
        edges.append({"claim_id": claim, **ends, **shared, "sources": [subject]})
        evidence.append(
            {
                "id": claim.replace("claim", "evidence"),
                "claim_id": claim,
                "record_id": subject,
                "section": "description",
                "start": 0,
                "end": 9,
                "quote": f"quote {seed}",
                "polarity": "asserted",
                "method": "field",
                "eco": "ECO:0000000",
            }
        )
    return Tables(
        {
            "nodes": table("nodes", nodes),
            "claims": table("claims", found),
            "evidence": table("evidence", evidence),
            "edges": table("edges", edges),
        },
        f"tiny-{seed}-{datasets}-{claims}",
    )

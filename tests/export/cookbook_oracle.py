"""The answers of the cookbook, computed from a build's tables without Cypher: one function a recipe.

Those about datasets, mechanisms and diseases; the rest are in `cookbook_oracle_audit`.
"""

from __future__ import annotations

from cookbook_facts import Facts, Row, counted, distinct, grouped, most, oracle, rows

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
    kinds = g.parts(mechanism, "Mechanism")
    of = "CONTRIBUTES_TO AFFECTED_IN ASSOCIATED_WITH CONSEQUENCE_OF"
    if not any(e["subject"] in kinds and e["object"] == disease for e in g.edges(of)):
        return []
    ways = g.edges("AFFECTED_IN CONTRIBUTES_TO ASSOCIATED_WITH", "BrainRegion CellType")
    hit = {e["subject"] for e in ways if e["object"] == disease}
    diseases = g.parts(disease, "Disease")
    naming = {e["subject"] for e in g.edges("RELEVANT_TO") if e["object"] in diseases}
    places = grouped((e["object"], e["subject"]) for e in g.edges("OCCURS_IN") if e["subject"] in kinds)
    # Dataset, mechanism, why, what was recorded, where the mechanism takes place.
    found = {
        (e["subject"], e["object"], e["predicate"], "", "") for e in g.edges("RELEVANT_TO") if e["object"] in kinds
    }
    found |= {
        (e["subject"], kind, e["predicate"], e["object"], place)
        for e in g.edges("RECORDS_FROM TARGETS_CELL_TYPE")
        for place in g.wholes(e["object"], g.label(e["object"]))
        for kind in places.get(place, ())
    }

    def order(row: tuple[str, str, str, str, str]) -> tuple[object, ...]:
        dataset, kind, because, part, place = row
        names = (not part, part and g.name(part), not place, place and g.name(place))  # null is last
        return (dataset, g.name(kind), because, *names, kind, part, place)

    answer: list[Row] = []
    for dataset, kind, because, part, place in sorted(found, key=order):
        if g.nodes[dataset]["is_open"]:
            around = g.wholes(part, g.label(part)) if part else ()
            affected = sorted({g.name(whole) for whole in around if whole in hit})
            where = [g.name(part), g.name(place)] if part else [None, None]
            answer.append([dataset, g.name(dataset), dataset in naming, g.name(kind), because, *where, affected])
    return answer


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


def _studied(g: Facts) -> set[tuple[str, str]]:
    """Datasets with the diseases that they or papers of theirs are about, and all of which those are sorts."""
    papers = grouped((e["object"], e["subject"]) for e in g.edges("DESCRIBED_BY", "Dataset", "Publication"))
    found = {(e["subject"], e["object"]) for e in g.edges("RELEVANT_TO", "Dataset", "Disease")}
    found |= {
        (d, e["object"])
        for e in g.edges("INVESTIGATES", "Publication", "Disease")
        for d in papers.get(e["subject"], ())
    }
    return {(d, whole) for d, x in found for whole in g.wholes(x, "Disease")}


@oracle
def disease_datasets_by_path(g: Facts, disease: str) -> list[Row]:
    named = {d for d, x in _studied(g) if x == disease}
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
    named = {(e["subject"], e["object"]) for e in g.edges("MENTIONS", "Dataset", "Disease")}
    return rows((d, x, g.name(x)) for d, x in named - _studied(g))

"""Claims come together by what they say; what nothing knows stays out and is listed."""

from __future__ import annotations

import random

import polars as pl
import pytest

from kg.errors import DanglingEdgeError, GraphError, QueryError
from kg.graph.assemble import assemble
from kg.graph.checks import check_graph
from kg.graph.inspect import claim_cards, find_node, node_card
from kg.graph.tables import SORT_KEYS
from kg.model import (
    ArticleRecord,
    Claim,
    ClaimKind,
    DatasetRecord,
    Evidence,
    Method,
    Polarity,
    Predicate,
    Receipt,
    RelatedResource,
    Source,
    Supported,
)
from kg.ontology import Vocabulary


def receipt(source: Source, path: str) -> Receipt:
    return Receipt(source=source, path=path, sha256="0" * 64, size_bytes=1)


DATASET = DatasetRecord(
    id="DANDI:000003",
    title="Recordings in entorhinal cortex",
    receipt=receipt(Source.DANDI, "000003/dandiset.yaml"),
    related=(RelatedResource(relation="IsDescribedBy", doi="10.1/x", name="The paper"),),
)
ARTICLE = ArticleRecord(
    id="PMID:1",
    title="Synapses in dementia",
    receipt=receipt(Source.PUBMED, "a.xml"),
    publication_types=("Journal Article",),
)


def supported(
    subject: str,
    predicate: Predicate,
    object_: str,
    *,
    record: str = "PMID:1",
    quote: str = "Synaptic dysfunction leads to dementia.",
    polarity: Polarity = Polarity.ASSERTED,
    kind: ClaimKind = ClaimKind.BIOLOGICAL,
) -> Supported:
    claim = Claim(
        subject=subject, predicate=predicate, object=object_, kind=kind, primary_source="infores:pubmed"
    )
    piece = Evidence(
        claim_id=claim.id, record_id=record, section="abstract", end=len(quote), quote=quote, polarity=polarity,
        method=Method.SENTENCE_RULE,
    )  # fmt: skip
    return Supported(claim, piece)


CONTRIBUTES = ("mechanism:synaptic-dysfunction", Predicate.CONTRIBUTES_TO, "MONDO:0004975")


def test_evidence_for_one_claim_comes_together(vocabulary: Vocabulary) -> None:
    first, second = supported(*CONTRIBUTES), supported(*CONTRIBUTES, quote="Failing synapses cause dementia.")
    graph = assemble([first, second, first], [ARTICLE], [], vocabulary)
    (edge,) = graph.tables["edges"].to_dicts()
    assert edge["evidence_count"] == 2
    assert edge["sources"] == ["PMID:1"]
    assert graph.tables["evidence"].height == 2
    check_graph(graph.tables)


def test_a_claim_that_is_denied_elsewhere_is_contested_and_keeps_its_edge(vocabulary: Vocabulary) -> None:
    against = supported(*CONTRIBUTES, quote="Synapses play no part.", polarity=Polarity.NEGATED)
    graph = assemble([supported(*CONTRIBUTES), against], [ARTICLE], [], vocabulary)
    assert graph.tables["edges"]["status"].to_list() == ["contested"]
    assert graph.tables["edges"]["evidence_count"].to_list() == [1]


@pytest.mark.parametrize("polarity", [Polarity.NEGATED, Polarity.SPECULATIVE])
def test_what_is_only_denied_or_guessed_is_a_claim_without_an_edge(
    vocabulary: Vocabulary, polarity: Polarity
) -> None:
    graph = assemble([supported(*CONTRIBUTES, polarity=polarity)], [ARTICLE], [], vocabulary)
    assert graph.tables["edges"].height == 0
    assert graph.tables["claims"]["status"].to_list() == [polarity.value]


def test_a_claim_about_something_unknown_is_left_out_and_listed(vocabulary: Vocabulary) -> None:
    graph = assemble(
        [supported("mechanism:phlogiston", Predicate.CONTRIBUTES_TO, "MONDO:0004975")],
        [ARTICLE],
        [],
        vocabulary,
    )
    assert graph.tables["claims"].height == 0
    (problem,) = graph.problems
    assert (problem.rule, problem.record_id, problem.path) == ("claim-left-out", "PMID:1", "a.xml")
    assert "mechanism:phlogiston" in problem.reason


def test_a_predicate_between_the_wrong_labels_is_left_out(vocabulary: Vocabulary) -> None:
    graph = assemble(
        [supported("MONDO:0004975", Predicate.RECORDS_FROM, "UBERON:0002728")], [ARTICLE], [], vocabulary
    )
    assert graph.tables["edges"].height == 0
    assert "rule 2" in graph.problems[0].reason


def test_the_order_of_claims_and_records_leaves_no_trace(vocabulary: Vocabulary) -> None:
    found = [supported(*CONTRIBUTES, quote=f"Sentence {n}.") for n in range(9)]
    found.append(
        supported(
            "DANDI:000003",
            Predicate.RECORDS_FROM,
            "UBERON:0002728",
            record="DANDI:000003",
            kind=ClaimKind.RESOURCE,
        )
    )
    records = [ARTICLE, DATASET]
    expected = assemble(found, records, [], vocabulary).tables
    for name, table in expected.items():
        assert table.equals(table.sort(SORT_KEYS[name]))
    for seed in range(5):
        random.Random(seed).shuffle(found)
        random.Random(seed).shuffle(records)
        again = assemble(found, records, [], vocabulary).tables
        assert all(again[name].equals(table) for name, table in expected.items())


def test_a_work_that_is_only_cited_takes_its_title_from_what_cites_it(vocabulary: Vocabulary) -> None:
    claim = supported(
        "DANDI:000003",
        Predicate.DESCRIBED_BY,
        "DOI:10.1/x",
        record="DANDI:000003",
        kind=ClaimKind.BIBLIOGRAPHIC,
    )
    nodes = assemble([claim], [DATASET], [], vocabulary).tables["nodes"]
    row = nodes.row(by_predicate=pl.col("id") == "DOI:10.1/x", named=True)
    assert (row["name"], row["in_snapshot"]) == ("The paper", False)


def test_every_record_has_a_node_linked_or_not(vocabulary: Vocabulary) -> None:
    nodes = assemble([], [DATASET, ARTICLE], [], vocabulary).tables["nodes"]
    assert nodes["id"].to_list() == ["DANDI:000003", "PMID:1"]


def test_the_checks_refuse_a_dangling_edge_and_an_edge_without_evidence(vocabulary: Vocabulary) -> None:
    tables = assemble([supported(*CONTRIBUTES)], [ARTICLE], [], vocabulary).tables
    with pytest.raises(DanglingEdgeError):
        check_graph({**tables, "nodes": tables["nodes"].filter(tables["nodes"]["id"] != "MONDO:0004975")})
    with pytest.raises(GraphError, match="no asserting evidence"):
        check_graph({**tables, "evidence": tables["evidence"].clear()})


def test_a_node_is_found_by_any_spelling_of_its_id_and_by_its_name(vocabulary: Vocabulary) -> None:
    tables = assemble([supported(*CONTRIBUTES)], [ARTICLE], [], vocabulary).tables
    for given in (
        "MONDO:0004975",
        "mondo_0004975",
        "http://purl.obolibrary.org/obo/MONDO_0004975",
        "alzheimer DISEASE",
    ):
        assert find_node(tables, given) == "MONDO:0004975"
    with pytest.raises(QueryError, match="MONDO:0004975"):
        find_node(tables, "alzheimer")


def test_a_card_has_both_sides_of_a_contested_claim(vocabulary: Vocabulary) -> None:
    against = supported(*CONTRIBUTES, quote="Synapses play no part.", polarity=Polarity.NEGATED)
    tables = assemble([supported(*CONTRIBUTES), against], [ARTICLE], [], vocabulary).tables
    card = node_card(tables, "mechanism:synaptic-dysfunction")
    assert card.properties["family"] == "synapse"
    assert [piece["polarity"] for piece in card.claims[0].evidence] == ["asserted", "negated"]
    assert claim_cards(tables, [card.claims[0].claim["id"]]) == card.claims


REVIEW = ArticleRecord(
    id="PMID:2",
    title="Synapses and memory",
    receipt=receipt(Source.PUBMED, "b.xml"),
    publication_types=("Journal Article", "Review"),
)


def test_a_claim_carries_its_best_sentence_its_publications_and_its_eco_class(vocabulary: Vocabulary) -> None:
    retold = supported(*CONTRIBUTES, record="PMID:2", quote="Synaptic dysfunction causes dementia, they say.")
    against = supported(*CONTRIBUTES, record="PMID:9", quote="It plays no part.", polarity=Polarity.NEGATED)
    graph = assemble([supported(*CONTRIBUTES), retold, against], [ARTICLE, REVIEW], [], vocabulary)
    (claim,) = graph.tables["claims"].to_dicts()
    assert claim["sentence"] == "Synaptic dysfunction leads to dementia."
    assert claim["publications"] == ["PMID:1", "PMID:2"]
    assert (claim["eco"], claim["status"]) == ("ECO:0007669", "contested")
    assert (claim["knowledge_level"], claim["agent_type"]) == ("not_provided", "text_mining_agent")


def test_a_review_counts_less_and_says_so(vocabulary: Vocabulary) -> None:
    primary = assemble([supported(*CONTRIBUTES)], [ARTICLE, REVIEW], [], vocabulary).tables
    review = assemble([supported(*CONTRIBUTES, record="PMID:2")], [ARTICLE, REVIEW], [], vocabulary).tables
    assert review["claims"]["confidence"][0] < primary["claims"]["confidence"][0]
    assert (primary["evidence"]["study"][0], review["evidence"]["study"][0]) == ("primary", "review")


def test_a_finding_in_an_animal_model_is_marked_and_a_dataset_s_field_is_no_finding(
    vocabulary: Vocabulary,
) -> None:
    in_mice = supported(*CONTRIBUTES, quote="In mice, synaptic dysfunction leads to dementia.")
    recorded = supported(
        "DANDI:000003", Predicate.RECORDS_FROM, "UBERON:0002728", record="DANDI:000003", quote="mice",
        kind=ClaimKind.RESOURCE,
    )  # fmt: skip
    claims = assemble([in_mice, recorded], [ARTICLE, DATASET], [], vocabulary).tables["claims"]
    assert dict(claims.select("predicate", "systems").iter_rows()) == {
        "CONTRIBUTES_TO": ["animal"],
        "RECORDS_FROM": [],
    }


def test_a_node_is_found_by_a_synonym_that_it_alone_has(vocabulary: Vocabulary) -> None:
    claim = supported(
        "DANDI:000003",
        Predicate.RECORDS_FROM,
        "UBERON:0002728",
        record="DANDI:000003",
        kind=ClaimKind.RESOURCE,
    )
    tables = assemble([claim], [DATASET], [], vocabulary).tables
    assert find_node(tables, "ec") == "UBERON:0002728"


def test_a_card_names_what_other_sources_say_of_the_same(vocabulary: Vocabulary) -> None:
    said = supported(*CONTRIBUTES)
    elsewhere = said.claim.model_copy(update={"primary_source": "infores:neurowiki"})
    elsewhere = Claim.model_validate(elsewhere.model_dump(exclude={"id"}))
    denied = Supported(
        elsewhere,
        supported(*CONTRIBUTES, quote="It plays no part.", polarity=Polarity.NEGATED).evidence.model_copy(
            update={"claim_id": elsewhere.id}
        ),
    )
    tables = assemble([said, denied], [ARTICLE], [], vocabulary).tables
    (card,) = claim_cards(tables, [said.claim.id])
    assert [(row["id"], row["status"], row["sentence"]) for row in card.siblings] == [
        (elsewhere.id, "negated", "It plays no part.")
    ]


def test_a_claim_of_one_species_is_marked_as_an_animal_s(vocabulary: Vocabulary) -> None:
    said = supported(*CONTRIBUTES)
    fields = said.claim.model_dump(exclude={"id"}) | {"qualifiers": (("species_context", "mouse"),)}
    in_mice = Claim.model_validate(fields)
    piece = Evidence.model_validate(said.evidence.model_dump(exclude={"id"}) | {"claim_id": in_mice.id})
    claims = assemble([Supported(in_mice, piece)], [ARTICLE], [], vocabulary).tables["claims"]
    assert claims["systems"].to_list() == [["animal"]]

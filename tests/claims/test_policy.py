"""The four rules, broken on purpose."""

from __future__ import annotations

from claim_helpers import article, dataset, link, page

from kg.claims.biology import derive_biological_claims
from kg.claims.policy import check_policy
from kg.claims.publications import PublicationIndex
from kg.claims.resource import derive_resource_claims
from kg.model import Claim, ClaimKind, Evidence, Method, Predicate, Record, Reference, Supported
from kg.ontology.vocabulary import Vocabulary

ME = "DANDI:000001"


def supported(
    predicate: Predicate,
    target: str,
    kind: ClaimKind,
    *,
    subject: str = ME,
    record: str = ME,
    method: Method = Method.SENTENCE_RULE,
    trigger: str | None = "patients",
    quote: str = "Words.",
) -> Supported:
    claim = Claim(
        subject=subject, predicate=predicate, object=target, kind=kind, primary_source="infores:dandi-archive"
    )
    evidence = Evidence(
        claim_id=claim.id,
        record_id=record,
        section="description",
        quote=quote,
        method=method,
        trigger=trigger,
    )
    return Supported(claim, evidence)


def rules(vocabulary: Vocabulary, records: list[Record], *items: Supported) -> list[tuple[str, str | None]]:
    return [(problem.rule, problem.record_id) for problem in check_policy(records, items, vocabulary)]


def test_policy_rejects_comention_as_relevance(vocabulary: Vocabulary) -> None:
    item = supported(
        Predicate.RELEVANT_TO, "MONDO:0005027", ClaimKind.RESOURCE, method=Method.TEXT_MENTION, trigger=None
    )
    assert rules(vocabulary, [dataset()], item) == [("rule-1-gate", ME)]


def test_policy_rejects_relevance_from_a_paper_that_describes_something_else(vocabulary: Vocabulary) -> None:
    item = supported(Predicate.RELEVANT_TO, "MONDO:0005027", ClaimKind.RESOURCE, record="PMID:1")
    records: list[Record] = [dataset(), article("1")]
    assert rules(vocabulary, records, item) == [("rule-1-gate", "PMID:1")]
    described = supported(Predicate.DESCRIBED_BY, "PMID:1", ClaimKind.BIBLIOGRAPHIC, method=Method.CITATION)
    assert rules(vocabulary, records, item, described) == []


def test_policy_rejects_a_biological_claim_from_a_dataset(vocabulary: Vocabulary) -> None:
    item = supported(Predicate.CONTRIBUTES_TO, "MONDO:0005027", ClaimKind.BIOLOGICAL, subject="CL:0000129")
    assert rules(vocabulary, [dataset()], item) == [("rule-2-kinds", ME)]


def test_policy_rejects_a_resource_sentence_as_biology(vocabulary: Vocabulary) -> None:
    item = supported(
        Predicate.CONTRIBUTES_TO,
        "MONDO:0005027",
        ClaimKind.BIOLOGICAL,
        subject="CL:0000129",
        record="PMID:1",
        quote="We provide a dataset.",
    )
    assert rules(vocabulary, [article("1")], item) == [("rule-2-kinds", "PMID:1")]


def test_policy_rejects_a_claim_of_the_wrong_kind(vocabulary: Vocabulary) -> None:
    item = supported(Predicate.RECORDS_FROM, "UBERON:0002435", ClaimKind.BIBLIOGRAPHIC)
    assert rules(vocabulary, [dataset()], item) == [("rule-2-kinds", ME)]


def test_policy_lists_a_dataset_page_without_a_peer_reviewed_paper(vocabulary: Vocabulary) -> None:
    archive = Reference(key="a", text="Unknown, DANDI archive (n.d.)")
    alone = page("datasets/x", references=(archive,))
    paired = page("datasets/y", references=(archive, Reference(key="b", pmid="36193886")))
    preprint = page("datasets/z", references=(archive, Reference(key="b", doi="10.1101/2020.01.17.909838")))
    assert rules(vocabulary, [alone, paired, preprint]) == [
        ("rule-3-pairing", "wiki:datasets/x"),
        ("rule-3-pairing", "wiki:datasets/z"),
    ]


def test_policy_rejects_biology_and_mechanisms_from_infrastructure_pages(vocabulary: Vocabulary) -> None:
    tool = page("tools/x", is_infrastructure=True)
    biology = supported(
        Predicate.CONTRIBUTES_TO, "MONDO:0005027", ClaimKind.BIOLOGICAL, subject="CL:0000129", record=tool.id
    )
    documents = supported(
        Predicate.DOCUMENTS,
        "mechanism:neuroinflammation",
        ClaimKind.BIBLIOGRAPHIC,
        subject=tool.id,
        record=tool.id,
        method=Method.STRUCTURED_FIELD,
    )
    assert {rule for rule, _ in rules(vocabulary, [tool], biology, documents)} == {"rule-4-infrastructure"}


def test_what_is_derived_breaks_no_rule(vocabulary: Vocabulary) -> None:
    data = dataset(
        title="Epilepsy in mice",
        description="Patients without stroke were recorded in V1. It may help depression.",
    )
    paper = article(
        "1",
        abstract="Microglia contribute to stroke. Synaptic loss in the striatum was not found in epilepsy.",
    )
    items = [
        *derive_resource_claims(data, link(data), vocabulary),
        *derive_biological_claims(paper, link(paper), vocabulary, PublicationIndex([data, paper])),
    ]
    assert rules(vocabulary, [data, paper], *(i for i in items if isinstance(i, Supported))) == []

"""The four rules, broken on purpose."""

from __future__ import annotations

import pytest
from claim_helpers import article, dataset, link, page

from kg.claims.biology import derive_biological_claims
from kg.claims.policy import check_policy
from kg.claims.publications import PublicationIndex
from kg.claims.resource import derive_resource_claims
from kg.model import (
    CitationMark,
    Claim,
    ClaimKind,
    Evidence,
    Method,
    Passage,
    Predicate,
    Record,
    Reference,
    Role,
    Severity,
    Supported,
)
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


def test_policy_rejects_a_predicate_between_things_that_it_doesn_t_join(vocabulary: Vocabulary) -> None:
    item = supported(Predicate.RECORDS_FROM, "MONDO:0005027", ClaimKind.RESOURCE)
    (problem,) = check_policy([dataset()], [item], vocabulary)
    assert (problem.rule, problem.record_id) == ("rule-2-kinds", ME)
    assert "joins a Disease (MONDO:0005027), where it takes BrainRegion" in problem.reason


def test_policy_rejects_comention_as_biology(vocabulary: Vocabulary) -> None:
    item = supported(
        Predicate.CONTRIBUTES_TO,
        "MONDO:0005027",
        ClaimKind.BIOLOGICAL,
        subject="CL:0000129",
        record="PMID:1",
        method=Method.TEXT_MENTION,
    )
    assert rules(vocabulary, [article("1")], item) == [("rule-2-kinds", "PMID:1")]


@pytest.mark.parametrize("subject", ["wiki:technologies/nwb", "DANDI:000001", "kg:technique-spike-sorting"])
def test_policy_rejects_infrastructure_as_the_subject_of_biology(
    vocabulary: Vocabulary, subject: str
) -> None:
    item = supported(
        Predicate.CONTRIBUTES_TO, "MONDO:0005027", ClaimKind.BIOLOGICAL, subject=subject, record="PMID:1"
    )
    assert ("rule-4-infrastructure", "PMID:1") in rules(vocabulary, [article("1")], item)


def test_each_citation_of_an_archive_needs_a_paper_beside_it(vocabulary: Vocabulary) -> None:
    sections = {
        "body/overview#1": ("See https://dandiarchive.org for the files.", "paper"),
        "body/data#1": ("The files are DANDI:000003 and DANDI:000004.", None),
        "body/about#1": ("DANDI is an archive; nothing is cited here.", None),
    }
    made = page(
        "datasets/x",
        references=(Reference(key="paper", pmid="36193886"),),
        passages=tuple(
            Passage(
                record_id="wiki:datasets/x",
                section=section,
                role=Role.BODY,
                text=text,
                marks=(CitationMark(offset=len(text), key=key),) if key else (),
            )
            for section, (text, key) in sections.items()
        ),
    )
    problems = list(check_policy([made], [], vocabulary))
    assert {(p.rule, p.field, p.severity) for p in problems} == {
        ("rule-3-pairing", "body/data", Severity.NOTE)
    }
    assert [p.reason.partition(")")[0] for p in problems] == [
        "it cites an archive (DANDI:000003",
        "it cites an archive (DANDI:000004",
    ]


def test_a_page_without_any_paper_is_more_than_a_note(vocabulary: Vocabulary) -> None:
    alone = page("datasets/x", references=(Reference(key="a", text="Unknown, DANDI archive (n.d.)"),))
    (problem,) = check_policy([alone], [], vocabulary)
    assert (problem.field, problem.severity) == ("references/a", Severity.WARNING)


def test_a_paper_about_an_archive_is_no_citation_of_the_archive(vocabulary: Vocabulary) -> None:
    about = page("datasets/x", references=(Reference(key="a", pmid="37857685", title="The DANDI archive"),))
    assert rules(vocabulary, [about]) == []

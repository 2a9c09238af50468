"""Bibliographic claims of each kind of record."""

from __future__ import annotations

from claim_helpers import article, dataset, link, page, say

from kg.claims.bibliography import derive_bibliographic_claims
from kg.claims.publications import PublicationIndex
from kg.model import (
    Contributor,
    FieldTerm,
    MeshHeading,
    PageLink,
    Passage,
    Problem,
    Record,
    Reference,
    RelatedResource,
    Role,
    Supported,
)
from kg.ontology.vocabulary import Vocabulary


def derive(vocabulary: Vocabulary, record: Record, *others: Record) -> list[Supported | Problem]:
    index = PublicationIndex([record, *others])
    return list(derive_bibliographic_claims(record, link(record), vocabulary, index))  # type: ignore[arg-type]


def test_dataset_is_described_by_its_paper(vocabulary: Vocabulary) -> None:
    resource = RelatedResource(
        relation="IsDescribedBy", name="A title", raw_id="doi:10.1038/nn.4637", doi="10.1038/nn.4637"
    )
    found = derive(vocabulary, dataset(related=(resource,)), article("5", doi="10.1038/nn.4637"))
    assert say(found) == {("DANDI:000001", "DESCRIBED_BY", "PMID:5", "asserted")}
    assert [i.evidence.quote for i in found if isinstance(i, Supported)] == ["A title"]


def test_paper_that_refers_to_the_dataset_cites_it(vocabulary: Vocabulary) -> None:
    resource = RelatedResource(relation="IsCitedBy", raw_id="10.1038/nn.4637", doi="10.1038/nn.4637")
    assert say(derive(vocabulary, dataset(related=(resource,)))) == {
        ("DOI:10.1038/nn.4637", "CITES", "DANDI:000001", "asserted")
    }


def test_paper_without_an_identifier_is_a_problem(vocabulary: Vocabulary) -> None:
    resource = RelatedResource(relation="IsDescribedBy", name="Our paper", resource_type="JournalArticle")
    (found,) = derive(vocabulary, dataset(related=(resource,)))
    assert isinstance(found, Problem)
    assert found.rule == "unresolved-publication"


def test_article_cites_only_works_that_are_in_the_graph(vocabulary: Vocabulary) -> None:
    found = derive(vocabulary, article("5", references=("PMID:6", "PMID:7")), article("6"))
    assert say(found) == {("PMID:5", "CITES", "PMID:6", "asserted")}


def test_major_heading_is_investigated_even_if_its_name_is_turned_round(vocabulary: Vocabulary) -> None:
    mesh = (
        MeshHeading(curie="MESH:D004833", name="Epilepsy, Temporal Lobe", is_major=True),
        MeshHeading(curie="MESH:D000544", name="Alzheimer Disease", is_major=False),
        MeshHeading(curie="MESH:D010300", name="Parkinson Disease", is_major=True),
    )
    assert say(derive(vocabulary, article("5", mesh=mesh))) == {
        ("PMID:5", "INVESTIGATES", "MONDO:0005115", "asserted"),
        ("PMID:5", "INVESTIGATES", "MONDO:0005180", "asserted"),
    }


def test_contributor_with_an_id_has_one_claim_with_all_roles(vocabulary: Vocabulary) -> None:
    people = (
        Contributor(
            name="Doe, Jo",
            kind="Person",
            curie="ORCID:0000-0000-0000-0001",
            roles=("Author", "ContactPerson"),
        ),
        Contributor(name="Nobody", kind="Person"),
    )
    found = [i for i in derive(vocabulary, dataset(contributors=people)) if isinstance(i, Supported)]
    assert [i.claim.qualifiers for i in found] == [(("role", "Author"), ("role", "ContactPerson"))]


def test_term_is_mentioned_once_by_its_first_sentence(vocabulary: Vocabulary) -> None:
    found = derive(vocabulary, article(abstract="The striatum is large. The striatum is old."))
    assert [i.evidence.quote for i in found if isinstance(i, Supported)] == ["The striatum is large."]


def test_page_links_cites_and_reports_what_resolves_to_nothing(vocabulary: Vocabulary) -> None:
    body = Passage(
        record_id="wiki:datasets/x",
        section="body",
        role=Role.BODY,
        text="See synapses and a paper.",
        links=(
            PageLink(start=4, end=12, target="wiki:mechanisms/synaptic-dysfunction"),
            PageLink(start=19, end=24, target="https://pubmed.ncbi.nlm.nih.gov/31086362/"),
        ),
    )
    references = (
        Reference(key="a", pmid="33473216", text="Somebody (2021)"),
        Reference(key="b", text="Unknown, An archive (n.d.)"),
    )
    found = derive(vocabulary, page("datasets/x", passages=(body,), references=references))
    assert say(found) == {
        ("wiki:datasets/x", "LINKS_TO", "wiki:mechanisms/synaptic-dysfunction", "asserted"),
        ("wiki:datasets/x", "CITES", "PMID:31086362", "asserted"),
        ("wiki:datasets/x", "CITES", "PMID:33473216", "asserted"),
    }
    assert [(p.rule, p.field) for p in found if isinstance(p, Problem)] == [
        ("unresolved-reference", "references/b")
    ]


def test_what_a_page_cites_by_an_identifier_is_quoted_from_there(vocabulary: Vocabulary) -> None:
    text = "It is so (doi:10.7554/eLife.78362). More."
    body = Passage(record_id="wiki:genes/x", section="body", role=Role.BODY, text=text)
    references = (
        Reference(key="DOI:10.7554/elife.78362", doi="10.7554/elife.78362", text="doi:10.7554/elife.78362"),
        Reference(key="PMC:PMC12345", pmc="PMC12345", text="PMC12345"),
    )
    found = derive(vocabulary, page("genes/x", passages=(body,), references=references))
    (cites,) = [i for i in found if isinstance(i, Supported)]
    assert (cites.claim.object, cites.evidence.section) == ("DOI:10.7554/elife.78362", "body")
    assert cites.evidence.quote == "It is so (doi:10.7554/eLife.78362)."
    assert [p.field for p in found if isinstance(p, Problem)] == ["references/PMC:PMC12345"]


def test_page_documents_what_its_slug_names(vocabulary: Vocabulary) -> None:
    by_slug = derive(vocabulary, page("mechanisms/synaptic-dysfunction", title="Synapses that fail"))
    assert (
        "wiki:mechanisms/synaptic-dysfunction",
        "DOCUMENTS",
        "mechanism:synaptic-dysfunction",
        "asserted",
    ) in say(by_slug)
    by_title = derive(vocabulary, page("brain-regions/nigra", title="Substantia Nigra"))
    assert ("wiki:brain-regions/nigra", "DOCUMENTS", "UBERON:0002038", "asserted") in say(by_title)


def test_page_documents_a_dandiset_by_its_number(vocabulary: Vocabulary) -> None:
    found = say(derive(vocabulary, page("datasets/dandi-000001"), dataset()))
    assert ("wiki:datasets/dandi-000001", "DOCUMENTS", "DANDI:000001", "asserted") in found


def test_annotation_of_the_front_matter_is_documented(vocabulary: Vocabulary) -> None:
    annotations = (
        FieldTerm(field="annotations", name="epilepsy", raw_id="MONDO:0005027"),
        FieldTerm(field="annotations", raw_id="PW:0000909"),
    )
    found = derive(vocabulary, page("pathways/x", annotations=annotations))
    assert say(found) == {("wiki:pathways/x", "DOCUMENTS", "MONDO:0005027", "asserted")}
    assert [p.rule for p in found if isinstance(p, Problem)] == ["unknown-id"]


def test_infrastructure_page_documents_no_mechanism(vocabulary: Vocabulary) -> None:
    record = page("mechanisms/synaptic-dysfunction", is_infrastructure=True)
    assert not [c for c in say(derive(vocabulary, record)) if c[1] == "DOCUMENTS"]


def test_organism_of_a_page_is_mentioned_by_its_name(vocabulary: Vocabulary) -> None:
    annotations = (FieldTerm(field="organisms", name="Mus musculus"),)
    found = derive(vocabulary, page("pathways/x", annotations=annotations))
    assert say(found) == {("wiki:pathways/x", "MENTIONS", "NCBITaxon:10090", "asserted")}

"""Biological claims of articles and of cited wiki pages."""

from __future__ import annotations

from claim_helpers import article, dataset, link, page, say

from kg.claims.biology import derive_biological_claims
from kg.claims.publications import PublicationIndex
from kg.model import CitationMark, Passage, Reference, Role, Supported
from kg.ontology.vocabulary import Vocabulary

TEXT = "Microglia contribute to Alzheimer's disease."
CLAIM = ("CL:0000129", "CONTRIBUTES_TO", "MONDO:0004975")


def of_article(vocabulary: Vocabulary, **texts: str) -> set[tuple[str, str, str, str]]:
    record = article(**texts)
    return say(derive_biological_claims(record, link(record), vocabulary, PublicationIndex([record])))


def wiki(
    slug: str, text: str, *, mark: int | None = None, infrastructure: bool = False, pmid: str | None = "9"
):
    marks = (CitationMark(offset=mark, key="k"),) if mark is not None else ()
    body = Passage(record_id=f"wiki:{slug}", section="body", role=Role.BODY, text=text, marks=marks)
    reference = Reference(key="k", pmid=pmid, text="A paper")
    return page(slug, passages=(body,), references=(reference,), is_infrastructure=infrastructure)


def of_page(vocabulary: Vocabulary, record) -> list[Supported]:
    return [
        i
        for i in derive_biological_claims(record, link(record), vocabulary, PublicationIndex([record]))
        if isinstance(i, Supported)
    ]


def test_abstract_asserts_what_its_sentence_says(vocabulary: Vocabulary) -> None:
    assert of_article(vocabulary, abstract=f"We looked. {TEXT}") == {(*CLAIM, "asserted")}


def test_two_sentences_are_not_one_statement(vocabulary: Vocabulary) -> None:
    assert not of_article(
        vocabulary, abstract="Microglia contribute to repair. Alzheimer's disease is common."
    )


def test_hedged_and_negated_sentences_give_evidence_of_that_polarity(vocabulary: Vocabulary) -> None:
    text = "Microglia may contribute to stroke. Synaptic loss did not cause epilepsy."
    assert {polarity for *_, polarity in of_article(vocabulary, abstract=text)} == {"speculative", "negated"}


def test_mechanism_occurs_in_the_region_beside_it(vocabulary: Vocabulary) -> None:
    assert of_article(vocabulary, title="Neuroinflammation in the striatum of aged mice") == {
        ("mechanism:neuroinflammation", "OCCURS_IN", "UBERON:0002435", "asserted")
    }


def test_normal_process_in_a_region_is_no_mechanism_there(vocabulary: Vocabulary) -> None:
    assert not of_article(vocabulary, title="Gamma oscillations in the striatum")


def test_a_pmc_number_is_a_source_where_the_snapshot_has_its_article(vocabulary: Vocabulary) -> None:
    body = Passage(
        record_id="wiki:mechanisms/x",
        section="body",
        role=Role.BODY,
        text=TEXT,
        marks=(CitationMark(offset=len(TEXT), key="PMC:PMC12345"),),
    )
    cited = page("mechanisms/x", passages=(body,), references=(Reference(key="PMC:PMC12345", pmc="PMC12345"),))
    assert not of_page(vocabulary, cited)
    index = PublicationIndex([cited, article("5", abstract="Other.").model_copy(update={"pmc": "PMC12345"})])
    found = derive_biological_claims(cited, link(cited), vocabulary, index)
    assert [i.evidence.cited for i in found if isinstance(i, Supported)] == [("PMID:5",)]


def test_wiki_sentence_counts_only_with_its_citation(vocabulary: Vocabulary) -> None:
    (found,) = of_page(vocabulary, wiki("mechanisms/x", TEXT, mark=len(TEXT)))
    assert found.evidence.cited == ("PMID:9",)
    assert found.claim.primary_source == "infores:neurowiki"
    assert not of_page(vocabulary, wiki("mechanisms/x", TEXT))
    assert not of_page(vocabulary, wiki("mechanisms/x", TEXT, mark=len(TEXT), pmid=None))


def test_citation_of_the_sentence_before_does_not_count(vocabulary: Vocabulary) -> None:
    text = f"Mice were aged. {TEXT}"
    assert not of_page(vocabulary, wiki("mechanisms/x", text, mark=15))


def test_infrastructure_page_says_nothing_of_biology(vocabulary: Vocabulary) -> None:
    assert not of_page(vocabulary, wiki("datasets/x", TEXT, mark=len(TEXT), infrastructure=True))


def test_quote_is_the_exact_sentence(vocabulary: Vocabulary) -> None:
    record = article(abstract=f"Background. {TEXT} More.")
    (found,) = derive_biological_claims(
        record, link(record), vocabulary, PublicationIndex([record, dataset()])
    )
    assert isinstance(found, Supported)
    assert found.evidence.quote == TEXT
    assert record.passages[0].text[found.evidence.start : found.evidence.end] == TEXT
    assert found.evidence.trigger == "contribute to"

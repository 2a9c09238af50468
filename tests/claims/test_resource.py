"""Resource claims of whole records."""

from __future__ import annotations

from claim_helpers import article, dataset, link, say

from kg.claims.resource import derive_resource_claims
from kg.model import FieldTerm, Method, Predicate, Problem, Supported
from kg.ontology.vocabulary import Vocabulary

ME = "DANDI:000001"


def claims(vocabulary: Vocabulary, **fields: object) -> set[tuple[str, str, str, str]]:
    record = dataset(**fields)
    return say(derive_resource_claims(record, link(record), vocabulary))


def items(vocabulary: Vocabulary, **fields: object) -> list[Supported | Problem]:
    record = dataset(**fields)
    return list(derive_resource_claims(record, link(record), vocabulary))


def about(name: str | None, raw_id: str | None = None, key: str = "Anatomy") -> FieldTerm:
    return FieldTerm(field="about", schema_key=key, name=name, raw_id=raw_id)


def test_field_with_an_id_becomes_a_claim_with_the_field_as_its_quote(vocabulary: Vocabulary) -> None:
    raw = "http://purl.obolibrary.org/obo/UBERON_0002436"
    (found,) = items(vocabulary, about=(about("Primary visual cortex", raw),))
    assert isinstance(found, Supported)
    assert found.claim.predicate is Predicate.RECORDS_FROM
    assert found.evidence.method is Method.STRUCTURED_FIELD
    assert (found.evidence.section, found.evidence.quote, found.evidence.raw) == (
        "about/1",
        "Primary visual cortex",
        raw,
    )


def test_field_with_an_unknown_id_and_no_known_name_becomes_a_problem(vocabulary: Vocabulary) -> None:
    (found,) = items(vocabulary, about=(about("Test", "https://ror.org/000000000", "Disorder"),))
    assert isinstance(found, Problem)
    assert (found.rule, found.field) == ("unknown-id", "about/1")


def test_field_whose_name_names_another_term_goes_by_its_name(vocabulary: Vocabulary) -> None:
    found = items(vocabulary, about=(about("primary motor cortex", "UBERON:0001885"),))
    assert [p.rule for p in found if isinstance(p, Problem)] == ["name-disagrees"]
    assert say(found) == {(ME, "RECORDS_FROM", "UBERON:0001384", "asserted")}


def test_field_whose_name_has_nothing_of_its_term_claims_nothing(vocabulary: Vocabulary) -> None:
    found = items(vocabulary, about=(about("left leg", "UBERON:0001885"),))
    assert [p.rule for p in found if isinstance(p, Problem)] == ["name-disagrees"]
    assert not say(found)


def test_region_under_disorder_is_taken_as_a_region(vocabulary: Vocabulary) -> None:
    found = items(vocabulary, about=(about("primary motor cortex", "UBERON:0001384", "Disorder"),))
    assert [p.rule for p in found if isinstance(p, Problem)] == ["other-category"]
    assert say(found) == {(ME, "RECORDS_FROM", "UBERON:0001384", "asserted")}


def test_disorder_of_another_vocabulary_resolves_to_mondo(vocabulary: Vocabulary) -> None:
    assert (ME, "RELEVANT_TO", "MONDO:0005027", "asserted") in claims(
        vocabulary, about=(about("Epilepsy", "SNOMEDCT:84757009", "Disorder"),)
    )


def test_cortex_of_no_organ_claims_nothing(vocabulary: Vocabulary) -> None:
    found = items(vocabulary, about=(about("Cortex", "UBERON:0001851"),))
    assert [p.rule for p in found if isinstance(p, Problem)] == ["too-general"]
    assert not say(found)


def test_name_without_id_is_looked_up_without_its_bracket(vocabulary: Vocabulary) -> None:
    assert claims(vocabulary, about=(about("dentate gyrus (DG)"),)) == {
        (ME, "RECORDS_FROM", "UBERON:0001885", "asserted")
    }


def test_species_and_technique_come_from_their_fields(vocabulary: Vocabulary) -> None:
    species = FieldTerm(
        field="assetsSummary.species", name="Mus musculus - House mouse", raw_id="NCBITaxon:10090"
    )
    technique = FieldTerm(field="assetsSummary.measurementTechnique", name="spike sorting technique")
    assert claims(vocabulary, species=(species,), techniques=(technique,)) == {
        (ME, "STUDIES_SPECIES", "NCBITaxon:10090", "asserted"),
        (ME, "USES_TECHNIQUE", "kg:technique-spike-sorting", "asserted"),
    }


def test_text_names_the_species_only_where_no_field_does(vocabulary: Vocabulary) -> None:
    species = FieldTerm(field="assetsSummary.species", name="House mouse", raw_id="NCBITaxon:10090")
    text = "We recorded units, as others did in rats."
    assert (ME, "STUDIES_SPECIES", "NCBITaxon:10116", "asserted") in claims(vocabulary, description=text)
    found = claims(vocabulary, description=text, species=(species,))
    assert (ME, "STUDIES_SPECIES", "NCBITaxon:10116", "asserted") not in found
    assert (ME, "MENTIONS", "NCBITaxon:10116", "asserted") in found


def test_ancestor_of_a_more_specific_region_gets_no_edge_of_its_own(vocabulary: Vocabulary) -> None:
    found = items(vocabulary, description="We imaged the visual cortex. Most cells were in V1.")
    assert say(found) == {
        (ME, "RECORDS_FROM", "UBERON:0002436", "asserted"),
        (ME, "MENTIONS", "UBERON:0000411", "asserted"),
    }
    qualifiers = {i.claim.object: i.claim.qualifiers for i in found if isinstance(i, Supported)}
    assert qualifiers["UBERON:0000411"] == (("covered_by", "UBERON:0002436"),)


def test_ancestor_that_authors_chose_for_a_keyword_keeps_its_kind(vocabulary: Vocabulary) -> None:
    found = items(vocabulary, description="Most cells were in V1.", keywords=["visual cortex"])
    (general,) = (i for i in found if isinstance(i, Supported) and i.claim.object == "UBERON:0000411")
    assert general.claim.predicate is Predicate.MENTIONS
    assert dict(general.claim.qualifiers) == {"covered_by": "UBERON:0002436", "link_kind": "recorded"}


def test_brain_is_linked_only_where_the_data_are_of_all_of_it(vocabulary: Vocabulary) -> None:
    assert not claims(vocabulary, description="We recorded how the brain predicts.")
    assert claims(vocabulary, description="Whole-brain imaging at 2 Hz.") == {
        (ME, "RECORDS_FROM", "UBERON:0000955", "asserted")
    }


def test_region_in_the_name_of_a_condition_is_not_linked(vocabulary: Vocabulary) -> None:
    assert not claims(vocabulary, title="Hippocampus seizures")


def test_substance_is_mentioned_and_never_recorded_from(vocabulary: Vocabulary) -> None:
    assert claims(vocabulary, title="Flow of cerebrospinal fluid") == {
        (ME, "MENTIONS", "UBERON:0001359", "asserted")
    }


def test_comention_of_a_disease_is_not_relevance(vocabulary: Vocabulary) -> None:
    found = claims(vocabulary, description="We recorded V1 of mice. Such data may one day help in epilepsy.")
    assert (ME, "MENTIONS", "MONDO:0005027", "asserted") in found
    assert not any(predicate == "RELEVANT_TO" for _, predicate, _, _ in found)


def test_denied_disease_gives_negated_evidence(vocabulary: Vocabulary) -> None:
    found = claims(vocabulary, description="Volunteers without epilepsy were recorded.")
    assert (ME, "RELEVANT_TO", "MONDO:0005027", "negated") in found


def test_gate_evidence_keeps_the_sentence_and_its_words(vocabulary: Vocabulary) -> None:
    text = "This is a dataset. Subjects were epilepsy patients. They saw films."
    (found,) = (i for i in items(vocabulary, description=text) if isinstance(i, Supported))
    assert found.evidence.quote == "Subjects were epilepsy patients."
    assert found.evidence.quote == text[found.evidence.start : found.evidence.end]
    assert found.evidence.trigger == "patients"


def test_describing_paper_speaks_for_the_dataset(vocabulary: Vocabulary) -> None:
    record = dataset(title="Units of the striatum")
    paper = article(
        "7",
        title="Firing of the striatum in Parkinson's disease",
        abstract="Stroke is common, as is depression.",
    )
    found = [
        i
        for i in derive_resource_claims(record, link(record), vocabulary, describing=[(paper, link(paper))])
        if isinstance(i, Supported) and i.claim.predicate is Predicate.RELEVANT_TO
    ]
    assert [(i.claim.object, i.evidence.record_id, i.evidence.via) for i in found] == [
        ("MONDO:0005180", "PMID:7", "PMID:7")
    ]


def test_describing_paper_adds_no_region(vocabulary: Vocabulary) -> None:
    record, paper = dataset(title="A dataset"), article("7", title="Units recorded in the striatum")
    assert not say(derive_resource_claims(record, [], vocabulary, describing=[(paper, link(paper))]))


def test_same_evidence_is_given_once(vocabulary: Vocabulary) -> None:
    found = items(vocabulary, description="Striatum and striatum were recorded.")
    assert len(found) == 1

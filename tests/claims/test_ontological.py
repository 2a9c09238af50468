"""The hierarchy above the terms in use."""

from __future__ import annotations

from claim_helpers import say

from kg.claims.ontological import derive_ontological_claims
from kg.ontology.vocabulary import Vocabulary


def test_hierarchy_goes_up_with_its_types_and_stops_below_the_top(vocabulary: Vocabulary) -> None:
    assert say(derive_ontological_claims(["UBERON:0002436"], vocabulary)) == {
        ("UBERON:0002436", "PART_OF", "UBERON:0000411", "asserted"),
        ("UBERON:0000411", "PART_OF", "UBERON:0000956", "asserted"),
        ("UBERON:0000956", "PART_OF", "UBERON:0000955", "asserted"),
        ("UBERON:0000955", "PART_OF", "UBERON:0001016", "asserted"),
    }


def test_evidence_is_the_axiom_in_words(vocabulary: Vocabulary) -> None:
    (found,) = derive_ontological_claims(["MONDO:0005115", "MONDO:0000001x"], vocabulary)
    assert found.evidence.quote == "MONDO:0005115 is_a MONDO:0005027 (temporal lobe epilepsy is_a epilepsy)"
    assert found.evidence.record_id == found.claim.primary_source == "infores:mondo"


def test_cell_type_may_be_part_of_a_region(vocabulary: Vocabulary) -> None:
    assert ("CL:0000700", "PART_OF", "UBERON:0002038", "asserted") in say(
        derive_ontological_claims(["CL:0000700"], vocabulary)
    )


def test_order_of_the_terms_changes_nothing(vocabulary: Vocabulary) -> None:
    terms = ["UBERON:0002436", "MONDO:0005115", "CL:0000700"]
    assert list(derive_ontological_claims(terms, vocabulary)) == list(
        derive_ontological_claims(terms[::-1], vocabulary)
    )

"""Claims are identified by what they say and who says it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kg.model import Claim, ClaimKind, Evidence, Method, Predicate

BASE = Claim(
    subject="mechanism:synaptic-dysfunction",
    predicate=Predicate.CONTRIBUTES_TO,
    object="MONDO:0004975",
    kind=ClaimKind.BIOLOGICAL,
    primary_source="infores:pubmed",
)


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "mechanism:other"},
        {"predicate": Predicate.PROTECTS_FROM},
        {"object": "MONDO:0005180"},
        {"kind": ClaimKind.RESOURCE},
        {"primary_source": "infores:neurowiki"},
        {"qualifiers": (("species_context", "NCBITaxon:10090"),)},
    ],
)
def test_anything_that_makes_it_another_claim_changes_the_id(change: dict[str, object]) -> None:
    assert BASE.model_copy(update=change).model_dump() != BASE.model_dump()
    assert Claim(**{**BASE.model_dump(exclude={"id"}), **change}).id != BASE.id


@given(st.permutations([("a", "1"), ("b", "2"), ("c", "3")]))
def test_the_order_of_qualifiers_leaves_no_trace(qualifiers: list[tuple[str, str]]) -> None:
    fields = BASE.model_dump(exclude={"id"})
    ids = {Claim(**{**fields, "qualifiers": tuple(order)}).id for order in (qualifiers, sorted(qualifiers))}
    assert len(ids) == 1


def test_evidence_without_a_quote_is_refused() -> None:
    with pytest.raises(ValidationError):
        Evidence(claim_id=BASE.id, record_id="PMID:1", section="title", quote="", method=Method.TEXT_MENTION)


def test_a_hostile_quote_has_an_id() -> None:
    piece = Evidence(
        claim_id=BASE.id, record_id="PMID:1", section="t", quote="\x00 \u202e \U0001f9e0", method=Method.CITATION
    )
    assert piece.id.startswith("evidence:")

"""A small vocabulary and a few claims, made by hand."""

from __future__ import annotations

import pytest

from kg.model import Category, Parent, Relation, Scope, Synonym, Term
from kg.ontology import Vocabulary

TERMS = (
    Term(curie="MONDO:0004975", label="Alzheimer disease", category=Category.DISEASE, vocabulary="mondo"),
    Term(
        curie="UBERON:0002728",
        label="entorhinal cortex",
        category=Category.REGION,
        vocabulary="uberon",
        parents=(Parent(Relation.PART_OF, "UBERON:0000956"),),
        synonyms=(Synonym("EC", Scope.ABBREVIATION),),
    ),
    Term(curie="UBERON:0000956", label="cerebral cortex", category=Category.REGION, vocabulary="uberon"),
    Term(
        curie="mechanism:synaptic-dysfunction",
        label="Synaptic dysfunction",
        category=Category.MECHANISM,
        vocabulary="neurokg",
        family="synapse",
    ),
)


@pytest.fixture
def vocabulary() -> Vocabulary:
    """Four terms: a disease, two regions and a mechanism."""
    return Vocabulary.from_terms(TERMS)

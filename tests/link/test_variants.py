from __future__ import annotations

import pytest

from kg.link.adjectives import adjectives_of
from kg.link.variants import variants_of, verb_forms
from kg.model.term import Category, Scope


@pytest.mark.parametrize(
    ("noun", "category", "adjective"),
    [
        ("hippocampus", Category.REGION, "hippocampal"),
        ("thalamus", Category.REGION, "thalamic"),
        ("cerebellum", Category.REGION, "cerebellar"),
        ("cortex", Category.REGION, "cortical"),
        ("kidney", Category.REGION, "renal"),
        ("astrocyte", Category.CELL_TYPE, "astrocytic"),
        ("thrombosis", Category.DISEASE, "thrombotic"),
        ("anemia", Category.DISEASE, "anemic"),
    ],
)
def test_nouns_have_their_adjective(noun: str, category: Category, adjective: str) -> None:
    assert adjective in adjectives_of(noun, category)


@pytest.mark.parametrize(
    ("name", "category", "variant"),
    [
        ("cortical layer IV", Category.REGION, "cortical layer 4"),
        ("type 2 diabetes", Category.DISEASE, "type II diabetes"),
        ("cortex of kidney", Category.REGION, "kidney cortex"),
        ("cortex of kidney", Category.REGION, "renal cortex"),
        ("field CA1", Category.REGION, "field CA 1"),
        ("osteocyte", Category.CELL_TYPE, "osteocyte cell"),
        ("erythroid lineage cell", Category.CELL_TYPE, "erythroid cell"),
        ("BMP signaling pathway", Category.MECHANISM, "BMP signaling"),
        ("gene expression", Category.MECHANISM, "expressed"),
        ("lateral geniculate nucleus (LGN)", Category.REGION, "lateral geniculate nucleus"),
        ("prefrontal cortex", Category.REGION, "prefrontal cortical"),
    ],
)
def test_rules_give_what_texts_write(name: str, category: Category, variant: str) -> None:
    assert variant in [made.text for made in variants_of(name, category, Scope.LABEL)]


@pytest.mark.parametrize("scope", [Scope.RELATED, Scope.BROAD, Scope.ABBREVIATION])
def test_loose_synonyms_are_not_rebuilt(scope: Scope) -> None:
    assert [made.text for made in variants_of("cortex of kidney", Category.REGION, scope)] == ["cortex of kidney"]


def test_words_of_place_are_no_adjective_of_a_part() -> None:
    assert "dorsal" not in [made.text for made in variants_of("dorsum", Category.REGION, Scope.LABEL)]


@pytest.mark.parametrize(
    ("noun", "form"), [("regulation", "regulated"), ("secretion", "secrete"), ("expression", "expressing")]
)
def test_verbs_behind_nouns_of_action(noun: str, form: str) -> None:
    assert form in verb_forms(noun)

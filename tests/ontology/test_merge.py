from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import OntologyError
from kg.model import Category, Parent, Relation, Scope, Synonym, Xref
from kg.ontology.entry import Entry
from kg.ontology.merge import merge
from kg.ontology.sssom import Mapping

VISUAL = Entry("UBERON:1", "visual cortex", synonyms=(Synonym("striate", Scope.RELATED),))


def _is_a(curie: str) -> tuple[Parent, ...]:
    return (Parent(Relation.IS_A, curie),)


def test_merge_lets_the_first_label_define_and_later_entries_add() -> None:
    later = Entry(
        "UBERON:1", "Visual areas", synonyms=(Synonym("striate", Scope.EXACT), Synonym("VIS", Scope.ABBREVIATION))
    )
    (term,) = merge([("uberon", [VISUAL]), ("mba", [later])]).terms
    assert (term.label, term.vocabulary, term.category) == ("visual cortex", "uberon", Category.REGION)
    assert set(term.synonyms) == {
        Synonym("striate", Scope.EXACT),  # the nearer of two scopes
        Synonym("VIS", Scope.ABBREVIATION),
        Synonym("Visual areas", Scope.EXACT),
    }


def test_merge_leaves_out_what_has_no_category_or_is_obsolete() -> None:
    entries = [VISUAL, Entry("BFO:1", "entity"), Entry("UBERON:2", "old", is_obsolete=True)]
    assert [term.curie for term in merge([("uberon", entries)]).terms] == ["UBERON:1"]


def test_merge_leaves_out_parents_that_are_no_terms() -> None:
    child = Entry("UBERON:3", "child", parents=(*_is_a("UBERON:1"), *_is_a("BFO:1")))
    terms = {t.curie: t for t in merge([("uberon", [VISUAL, child, Entry("BFO:1", "entity")])]).terms}
    assert terms["UBERON:3"].parents == _is_a("UBERON:1")


def test_merge_leads_from_old_and_alternative_ids_to_the_term() -> None:
    entries = [
        Entry("UBERON:1", "visual cortex", alt_ids=("UBERON:8",)),
        Entry("UBERON:5", is_obsolete=True, replaced_by="UBERON:6"),
        Entry("UBERON:6", is_obsolete=True, replaced_by="UBERON:1"),
        Entry("UBERON:7", is_obsolete=True, replaced_by="UBERON:7"),
    ]
    assert merge([("uberon", entries)]).aliases == {
        "UBERON:5": "UBERON:1",
        "UBERON:6": "UBERON:1",
        "UBERON:8": "UBERON:1",
    }


def test_merge_leads_from_exact_matches_only_and_from_none_that_is_shared() -> None:
    entries = [Entry("MONDO:1", "a"), Entry("MONDO:2", "b")]
    mappings = [
        Mapping("MONDO:1", "skos:exactMatch", "MESH:1"),
        Mapping("MONDO:1", "skos:closeMatch", "MESH:2"),
        Mapping("DOID:1", "skos:exactMatch", "MONDO:2"),
        Mapping("MONDO:1", "skos:exactMatch", "DOID:9"),
        Mapping("MONDO:2", "skos:exactMatch", "DOID:9"),
    ]
    merged = merge([("mondo", entries)], mappings)
    assert merged.aliases == {"MESH:1": "MONDO:1", "DOID:1": "MONDO:2"}
    assert Xref("skos:closeMatch", "MESH:2") in merged.terms[0].xrefs


def test_merge_moves_surfaces_from_an_obsolete_term_to_its_successor() -> None:
    public = [VISUAL, Entry("UBERON:2", "obsolete area", is_obsolete=True, replaced_by="UBERON:1")]
    added = Entry("UBERON:2", synonyms=(Synonym("V1", Scope.ABBREVIATION),))
    (term,) = merge([("uberon", public), ("neurokg", [added])]).terms
    assert Synonym("V1", Scope.ABBREVIATION) in term.synonyms


def test_merge_refuses_surfaces_of_a_term_that_nobody_has() -> None:
    added = Entry("UBERON:404", synonyms=(Synonym("x", Scope.EXACT),))
    with pytest.raises(OntologyError, match="UBERON:404 has surfaces but no label"):
        merge([("uberon", [VISUAL]), ("neurokg", [added])])


def test_merge_refuses_a_cycle_and_names_it() -> None:
    entries = [Entry(f"UBERON:{a}", a, parents=_is_a(f"UBERON:{b}")) for a, b in ("12", "23", "31")]
    with pytest.raises(OntologyError, match="cycle: UBERON:1 > UBERON:2 > UBERON:3 > UBERON:1"):
        merge([("uberon", entries)])


_ENTRIES = st.lists(
    st.builds(
        Entry,
        curie=st.sampled_from([f"UBERON:{n}" for n in range(5)]),
        label=st.just("same"),
        synonyms=st.lists(st.builds(Synonym, st.sampled_from("abc"), st.sampled_from(Scope))).map(tuple),
    )
)


@given(entries=_ENTRIES, seed=st.randoms())
def test_merge_does_not_depend_on_the_order_within_a_vocabulary(entries: list[Entry], seed: object) -> None:
    shuffled = list(entries)
    seed.shuffle(shuffled)  # type: ignore[attr-defined]
    assert merge([("uberon", entries)]) == merge([("uberon", shuffled)])

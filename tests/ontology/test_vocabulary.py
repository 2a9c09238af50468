from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.model import Category, Parent, Relation, Scope, Synonym, Term, Xref
from kg.ontology import Vocabulary, infores_of
from kg.ontology.taxonomy import Taxon
from kg.ontology.vocabulary import row_of, term_of


def _region(number: int, label: str, *synonyms: Synonym, parents: tuple[Parent, ...] = ()) -> Term:
    return Term(
        curie=f"UBERON:000000{number}",
        label=label,
        category=Category.REGION,
        vocabulary="uberon",
        synonyms=synonyms,
        parents=parents,
        xrefs=(Xref("skos:exactMatch", f"MBA:{number}"), Xref("skos:closeMatch", f"FMA:{number}")),
    )


BRAIN = _region(1, "Brain")
CORTEX = _region(2, "cortex", Synonym("cortex cerebri", Scope.EXACT), parents=(Parent(Relation.PART_OF, BRAIN.curie),))
AREA = _region(3, "visual area", Synonym("brain", Scope.EXACT), parents=(Parent(Relation.IS_A, CORTEX.curie),))
OTHER = _region(4, "other area", Synonym("cortex cerebri", Scope.EXACT), Synonym("OA", Scope.ABBREVIATION))


@pytest.fixture
def small() -> Vocabulary:
    return Vocabulary.from_terms([OTHER, AREA, CORTEX, BRAIN], aliases={"UBERON:9999999": BRAIN.curie})


def test_vocabulary_gives_its_terms_sorted(small: Vocabulary) -> None:
    assert list(small) == [BRAIN, CORTEX, AREA, OTHER]
    assert len(small) == 4
    assert BRAIN.curie in small
    assert "UBERON:9999999" not in small
    assert small.get("UBERON:9999999") is None


@pytest.mark.parametrize(
    ("raw", "curie"),
    [
        ("UBERON:0000001", BRAIN.curie),
        (" uberon_0000001 ", BRAIN.curie),
        ("http://purl.obolibrary.org/obo/UBERON_0000001", BRAIN.curie),
        ("UBERON:9999999", BRAIN.curie),
        ("MBA:1", BRAIN.curie),
        ("FMA:1", None),
        ("nonsense", None),
        ("", None),
    ],
)
def test_resolve_takes_any_spelling_and_exact_matches_only(small: Vocabulary, raw: str, curie: str | None) -> None:
    assert small.resolve(raw) == curie


def test_resolve_keeps_to_the_categories(small: Vocabulary) -> None:
    assert small.resolve("MBA:1", categories=[Category.REGION]) == BRAIN.curie
    assert small.resolve("MBA:1", categories=[Category.DISEASE]) is None


@pytest.mark.parametrize(
    ("name", "curie"),
    [
        ("BRAIN", BRAIN.curie),  # a label goes before another term's synonym
        ("visual  Area", AREA.curie),
        ("cortex cerebri", None),  # two terms
        ("OA", None),  # an abbreviation is no name
        ("none", None),
    ],
)
def test_by_name_wants_one_term(small: Vocabulary, name: str, curie: str | None) -> None:
    assert small.by_name(name, Category.REGION) == curie
    assert small.by_name(name, Category.DISEASE) is None


def test_ancestors_go_by_is_a_and_part_of_without_the_term(small: Vocabulary) -> None:
    assert small.parents(AREA.curie) == (Parent(Relation.IS_A, CORTEX.curie),)
    assert small.ancestors(AREA.curie) == {CORTEX.curie, BRAIN.curie}
    assert small.is_ancestor(BRAIN.curie, AREA.curie)
    assert not small.is_ancestor(AREA.curie, AREA.curie)
    assert small.ancestors("UBERON:404") == frozenset()


def test_untyped_steps_count_for_ancestors_but_not_for_parents() -> None:
    vocabulary = Vocabulary([row_of(BRAIN), row_of(CORTEX), row_of(OTHER)], broader={OTHER.curie: [CORTEX.curie]})
    assert vocabulary.parents(OTHER.curie) == ()
    assert vocabulary.ancestors(OTHER.curie) == {CORTEX.curie, BRAIN.curie}


def test_taxa_are_looked_up_once_and_only_when_asked_for() -> None:
    asked = []

    def find(curie: str) -> Taxon | None:
        asked.append(curie)
        return {"NCBITaxon:2": Taxon("NCBITaxon:2", "two", "NCBITaxon:1")}.get(curie)

    known = {"NCBITaxon:1": Taxon("NCBITaxon:1", "root", None)}
    vocabulary = Vocabulary([], taxa=known, find_taxon=find)
    assert "NCBITaxon:1" in vocabulary
    assert asked == []
    term = vocabulary.get("NCBITaxon:2")
    assert term is not None
    assert (term.label, term.category, term.parents) == (
        "two",
        Category.SPECIES,
        (Parent(Relation.IS_A, "NCBITaxon:1"),),
    )
    assert vocabulary.resolve("txid:2", categories=[Category.SPECIES]) == "NCBITaxon:2"
    assert vocabulary.ancestors("NCBITaxon:2") == {"NCBITaxon:1"}
    assert vocabulary.get("NCBITaxon:3") is None
    assert "NCBITaxon:3" not in vocabulary
    assert asked == ["NCBITaxon:2", "NCBITaxon:3"]
    assert len(vocabulary) == 0


def test_curated_species_has_its_lineage_and_is_never_looked_up() -> None:
    def find(curie: str) -> Taxon | None:
        raise AssertionError(curie)

    rows = [
        row_of(Term(curie=f"NCBITaxon:{n}", label=str(n), category=Category.SPECIES, vocabulary="ncbitaxon"))
        for n in (2, 4)
    ]
    taxa = {"NCBITaxon:2": Taxon("NCBITaxon:2", "2", "NCBITaxon:1"), "NCBITaxon:1": Taxon("NCBITaxon:1", "root", None)}
    vocabulary = Vocabulary(rows, taxa=taxa, find_taxon=find)
    assert [term.parents for term in vocabulary] == [(Parent(Relation.IS_A, "NCBITaxon:1"),), ()]
    assert vocabulary.ancestors("NCBITaxon:4") == frozenset()


def test_infores_ids_of_the_vocabularies() -> None:
    assert [infores_of(name) for name in ("cl", "ncbitaxon")] == ["infores:cl", "infores:ncbi-taxonomy"]


# What matters here is which characters there are, not how many.
_ANY = st.text(max_size=4)
_TEXT = st.text(st.characters(exclude_characters="\t", exclude_categories=["Cs"]), max_size=4)
_CURIE = st.sampled_from(["UBERON:0000955", "CL:0000540", "NCBITaxon:10090"])
_SYNONYM = st.builds(Synonym, _TEXT, st.sampled_from(Scope), st.lists(_CURIE, max_size=2).map(tuple))


@given(
    label=_ANY,
    synonyms=st.lists(_SYNONYM, max_size=3),
    parents=st.lists(st.builds(Parent, st.sampled_from(Relation), _CURIE), max_size=2),
    xrefs=st.lists(st.builds(Xref, st.just("skos:exactMatch"), _CURIE), max_size=2),
    definition=st.none() | _ANY,
    family=st.none() | _ANY,
)
def test_term_round_trips_through_columns(
    label: str,
    synonyms: list[Synonym],
    parents: list[Parent],
    xrefs: list[Xref],
    definition: str | None,
    family: str | None,
) -> None:
    term = Term(
        curie="UBERON:0000956",
        label=label,
        category=Category.REGION,
        vocabulary="uberon",
        synonyms=tuple(synonyms),
        parents=tuple(parents),
        xrefs=tuple(xrefs),
        definition=definition,
        taxa=("NCBITaxon:9606",),
        family=family,
    )
    assert term_of(row_of(term)) == term

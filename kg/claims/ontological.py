"""Ontological claims: how the terms that a build uses stand to each other, as their vocabularies say.

Only the terms in use and what is above them are claimed: the rest of an ontology is not the graph's
subject. What is above everything (`kg.claims.terms.UPPER_TERMS`) is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kg.claims.terms import UPPER_TERMS
from kg.model import Category, Claim, ClaimKind, Evidence, Method, Predicate, Relation, Supported

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from kg.claims.terms import TermLookup
    from kg.model import Parent, Term

_PREDICATE: Final = {Relation.IS_A: Predicate.SUBCLASS_OF, Relation.PART_OF: Predicate.PART_OF}
_PLACED: Final = frozenset({Category.REGION, Category.CELL_TYPE})


def derive_ontological_claims(curies: Collection[str], vocabulary: TermLookup) -> Iterator[Supported]:
    """Give the typed hierarchy above the terms that are used.

    Parameters
    ----------
    curies : collection of str
        Terms that other claims name.
    vocabulary : TermLookup
        Whose axioms these are.

    Yields
    ------
    Supported
        One claim with one piece of evidence per axiom, sorted by subject and object.
    """
    used = set(curies)
    todo, done = sorted(used), set[str]()
    while todo:
        curie = todo.pop()
        term = vocabulary.get(curie)
        if term is None or curie in done:
            continue
        done.add(curie)
        todo += [p.curie for p in vocabulary.parents(curie) if p.curie not in done and _is_worth_showing(p.curie, used)]
    for curie in sorted(done):
        term = vocabulary.get(curie)
        for parent in sorted(vocabulary.parents(curie), key=lambda p: (p.curie, p.relation)):
            above = vocabulary.get(parent.curie)
            if term and above and parent.curie in done and _is_allowed(term, parent, above):
                yield _axiom(term, parent, above, vocabulary)


def _is_worth_showing(curie: str, used: Collection[str]) -> bool:
    return curie not in UPPER_TERMS or curie in used


def _is_allowed(term: Term, parent: Parent, above: Term) -> bool:
    if parent.relation is Relation.PART_OF:
        return term.category in _PLACED and above.category is Category.REGION
    return term.category is above.category


def _axiom(term: Term, parent: Parent, above: Term, vocabulary: TermLookup) -> Supported:
    source = vocabulary.infores_of(term.vocabulary)
    claim = Claim(
        subject=term.curie,
        predicate=_PREDICATE[parent.relation],
        object=above.curie,
        kind=ClaimKind.ONTOLOGICAL,
        primary_source=source,
    )
    quote = f"{term.curie} {parent.relation.value} {above.curie} ({term.label} {parent.relation.value} {above.label})"
    return Supported(
        claim,
        Evidence(
            claim_id=claim.id,
            record_id=source,
            section=term.curie,
            end=len(quote),
            quote=quote,
            method=Method.ONTOLOGY,
            trigger=parent.relation.value,
        ),
    )

"""Add the entries of all vocabularies up to terms: one a CURIE, and the aliases that lead to it.

Pure: entries in, terms and aliases out. Order decides who defines a term: the first entry with a label
does, later ones add surfaces, parents and cross-references.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from kg.errors import OntologyError
from kg.model import Category, Parent, Scope, Synonym, Term, Xref
from kg.ontology.entry import Entry, Warned
from kg.ontology.obo import EXACT_MATCH
from kg.ontology.sssom import INVERSE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kg.ontology.sssom import Mapping

#: Prefix of an identifier -> category of its terms. Terms with other prefixes need a category of their own.
CATEGORY_OF_PREFIX: Final[dict[str, Category]] = {
    "UBERON": Category.REGION,
    "MBA": Category.REGION,
    "HBA": Category.REGION,
    "CL": Category.CELL_TYPE,
    "PCL": Category.CELL_TYPE,
    "MONDO": Category.DISEASE,
    "NCBITaxon": Category.SPECIES,
    "mechanism": Category.MECHANISM,
}
#: Name of the vocabulary of the curated tables.
CURATED: Final = "neurokg"
# Of two synonyms with the same text the nearer to the term stays.
_NEARNESS: Final = {scope: rank for rank, scope in enumerate(Scope)}


@dataclass(frozen=True, slots=True)
class Merged:
    """What a vocabulary is compiled from."""

    terms: tuple[Term, ...]
    #: Foreign, old and alternative identifiers -> term.
    aliases: dict[str, str]
    #: Untyped ancestors, one step up.
    broader: dict[str, tuple[str, ...]]
    warnings: tuple[Warned, ...]


@dataclass(slots=True)
class _Draft:
    """A term while entries are added."""

    curie: str
    vocabulary: str
    category: Category | None
    label: str = ""
    definition: str | None = None
    family: str | None = None
    is_obsolete: bool = False
    replaced_by: str | None = None
    synonyms: list[Synonym] = field(default_factory=list)
    parents: dict[Parent, None] = field(default_factory=dict)
    xrefs: dict[Xref, None] = field(default_factory=dict)
    broader: dict[str, None] = field(default_factory=dict)
    alt_ids: dict[str, None] = field(default_factory=dict)
    taxa: tuple[str, ...] = ()

    def add(self, entry: Entry, vocabulary: str) -> None:
        if not self.label and entry.label:
            # Whoever gives the label defines the term.
            self.label, self.vocabulary, self.taxa = entry.label, vocabulary, entry.taxa
            self.is_obsolete = entry.is_obsolete
            self.category = entry.category or self.category
        elif entry.label and entry.label.casefold() != self.label.casefold():
            self.synonyms.append(Synonym(entry.label, Scope.EXACT, entry.taxa))
        self.definition = self.definition or entry.definition
        self.family = self.family or entry.family
        self.replaced_by = self.replaced_by or entry.replaced_by
        self.synonyms.extend(entry.synonyms)
        self.parents.update(dict.fromkeys(entry.parents))
        self.xrefs.update(dict.fromkeys(entry.xrefs))
        self.broader.update(dict.fromkeys(entry.broader))
        self.alt_ids.update(dict.fromkeys(entry.alt_ids))


def category_of(curie: str) -> Category | None:
    """Give the category that an identifier's prefix stands for, if it stands for one."""
    return CATEGORY_OF_PREFIX.get(curie.partition(":")[0])


def merge(sources: Sequence[tuple[str, Iterable[Entry]]], mappings: Iterable[Mapping] = ()) -> Merged:
    """Add entries up to terms.

    Parameters
    ----------
    sources : sequence of (str, iterable of Entry)
        Name of each vocabulary and its entries, in the order of who defines first.
    mappings : iterable of Mapping
        Relations between identifiers, added to the terms at either end.

    Returns
    -------
    Merged
        Terms sorted by CURIE, none of them obsolete.

    Raises
    ------
    OntologyError
        If a curated entry adds to a term that no vocabulary has, or the hierarchy has a cycle.
    """
    drafts: dict[str, _Draft] = {}
    for name, entries in sources:
        for entry in entries:
            draft = drafts.get(entry.curie)
            if draft is None:
                draft = drafts[entry.curie] = _Draft(entry.curie, name, entry.category or category_of(entry.curie))
            draft.add(entry, name)
    warnings = _move_additions(drafts)
    for mapping in mappings:
        if mapping.subject in drafts:
            drafts[mapping.subject].xrefs[Xref(mapping.predicate, mapping.object)] = None
        if mapping.object in drafts and mapping.predicate in INVERSE:
            drafts[mapping.object].xrefs[Xref(INVERSE[mapping.predicate], mapping.subject)] = None
    kept = {c: d for c, d in sorted(drafts.items()) if d.category and d.label and not d.is_obsolete}
    terms = tuple(_term(draft, kept) for draft in kept.values())
    _check_acyclic(terms)
    return Merged(
        terms=terms,
        aliases=_aliases(drafts, kept),
        broader={c: b for c, d in kept.items() if (b := tuple(x for x in sorted(d.broader) if x in kept))},
        warnings=tuple(warnings),
    )


def _move_additions(drafts: dict[str, _Draft]) -> list[Warned]:
    """Move what was added to an obsolete term to its successor; refuse additions to nothing."""
    warnings = []
    for draft in list(drafts.values()):
        if draft.label and not draft.is_obsolete:
            continue
        added = [s for s in draft.synonyms if s.scope in (Scope.ADJECTIVE, Scope.ABBREVIATION) or s.taxa]
        if draft.is_obsolete or draft.replaced_by:
            target = drafts.get(draft.replaced_by or "")
            if added and target:
                target.synonyms.extend(added)
            elif added:
                warnings.append(
                    Warned(draft.curie, f"{len(added)} surfaces were added to an obsolete term without successor")
                )
        elif draft.synonyms and draft.category is not None and draft.vocabulary == CURATED:
            raise OntologyError(
                f"{draft.curie} has surfaces but no label, and no vocabulary has it",
                "curated tables",
                "give it a label, or the id of a term that exists",
                curie=draft.curie,
            )
    return warnings


def _term(draft: _Draft, kept: dict[str, _Draft]) -> Term:
    best: dict[tuple[str, tuple[str, ...]], Synonym] = {}
    for synonym in draft.synonyms:
        key = (synonym.text, synonym.taxa)
        if synonym.text != draft.label and (key not in best or _NEARNESS[synonym.scope] < _NEARNESS[best[key].scope]):
            best[key] = synonym
    assert draft.category is not None  # the caller keeps only terms with a category
    return Term.model_construct(
        curie=draft.curie,
        label=draft.label,
        category=draft.category,
        vocabulary=draft.vocabulary,
        synonyms=tuple(sorted(best.values())),
        parents=tuple(sorted(p for p in draft.parents if p.curie in kept and p.curie != draft.curie)),
        xrefs=tuple(sorted(draft.xrefs)),
        definition=draft.definition,
        taxa=draft.taxa,
        family=draft.family,
    )


def _aliases(drafts: dict[str, _Draft], kept: dict[str, _Draft]) -> dict[str, str]:
    aliases: dict[str, str] = {}
    for curie, draft in drafts.items():
        if curie not in kept and (target := _successor(curie, drafts, kept)):
            aliases[curie] = target
        for other in draft.alt_ids:
            if other not in kept and curie in kept:
                aliases.setdefault(other, curie)
    found = exact_aliases((curie, draft.xrefs) for curie, draft in kept.items())
    return dict(sorted((found | aliases).items()))


def exact_aliases(xrefs: Iterable[tuple[str, Iterable[Xref]]]) -> dict[str, str]:
    """Give the foreign identifiers that are exactly one of the terms.

    Parameters
    ----------
    xrefs : iterable of (str, iterable of Xref)
        Terms with their cross-references.

    Returns
    -------
    dict of str to str
        Foreign identifier -> term. An identifier that is exactly two terms is exactly neither.
    """
    exact: defaultdict[str, set[str]] = defaultdict(set)
    terms = set()
    for curie, found in xrefs:
        terms.add(curie)
        for xref in found:
            if xref.predicate == EXACT_MATCH:
                exact[xref.curie].add(curie)
    return {x: next(iter(curies)) for x, curies in sorted(exact.items()) if x not in terms and len(curies) == 1}


def _successor(curie: str, drafts: dict[str, _Draft], kept: dict[str, _Draft]) -> str | None:
    seen = {curie}
    while (draft := drafts.get(curie)) and draft.replaced_by and draft.replaced_by not in seen:
        curie = draft.replaced_by
        seen.add(curie)
        if curie in kept:
            return curie
    return None


def _check_acyclic(terms: Sequence[Term]) -> None:
    parents = {term.curie: [parent.curie for parent in term.parents] for term in terms}
    done: set[str] = set()
    for start in parents:
        if start in done:
            continue
        path: list[str] = [start]
        steps = [iter(parents[start])]
        on_path = {start}
        while path:
            step = next(steps[-1], None)
            if step is None:
                steps.pop()
                on_path.discard(path[-1])
                done.add(path.pop())
            elif step in on_path:
                cycle = [*path[path.index(step) :], step]
                raise OntologyError(
                    f"the hierarchy has a cycle: {' > '.join(cycle)}",
                    step,
                    "mend the parents in the table or release that you added last",
                    cycle=cycle,
                )
            elif step not in done:
                path.append(step)
                on_path.add(step)
                steps.append(iter(parents[step]))

"""Every term that is known, from all vocabularies, keyed by CURIE."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from kg.model import Category, Parent, Relation, Scope, Synonym, Term, Xref, normalise_curie
from kg.ontology._files import tidy_curie

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from kg.ontology.taxonomy import Taxon

#: Vocabulary -> its infores id, where that isn't "infores:" and the name.
_INFORES: Final = {"ncbitaxon": "infores:ncbi-taxonomy"}
_TAXON: Final = "NCBITaxon:"
#: One term in columns: curie, label, category, vocabulary, synonyms, parents, xrefs, definition, taxa, family.
Row = tuple[str, str, str, str, Sequence[str], Sequence[str], Sequence[str], str | None, Sequence[str], str | None]
_SEPARATOR: Final = "\t"


def infores_of(name: str) -> str:
    """Give the infores CURIE of a vocabulary, as `Claim.primary_source` takes it.

    Examples
    --------
    >>> infores_of("uberon"), infores_of("ncbitaxon")
    ('infores:uberon', 'infores:ncbi-taxonomy')
    """
    return _INFORES.get(name, f"infores:{name}")


class Vocabulary:
    """All terms, immutable.

    Obsolete terms are not in it, but `resolve` leads from them to their successors. Iteration gives the
    terms that text can name, sorted by CURIE; `get` also knows every other taxon of NCBI's taxonomy.

    Parameters
    ----------
    rows : sequence of Row
        Terms in columns, sorted by CURIE (`row_of`).
    aliases : mapping of str to str
        Old, alternative and foreign identifiers -> term.
    broader : mapping of str to sequence of str
        Ancestors one step up whose relation is unknown: they count for `ancestors`, not for `parents`.
    taxa : mapping of str to Taxon
        The curated species and their ancestors.
    find_taxon : callable, optional
        Looks any other taxon up; asked only when needed, since it may be slow the first time.
    versions : mapping of str to str
        Vocabulary -> release.
    fingerprint : str
        sha256 over everything that went in.
    warnings : sequence of str
        What was passed over in the files.
    """

    def __init__(
        self,
        rows: Sequence[Row],
        *,
        aliases: Mapping[str, str] | None = None,
        broader: Mapping[str, Sequence[str]] | None = None,
        taxa: Mapping[str, Taxon] | None = None,
        find_taxon: Callable[[str], Taxon | None] | None = None,
        versions: Mapping[str, str] | None = None,
        fingerprint: str = "",
        warnings: Sequence[str] = (),
    ) -> None:
        self._rows = rows
        self._index = {row[0]: at for at, row in enumerate(rows)}
        self._aliases = aliases or {}
        self._broader = broader or {}
        self._taxa = dict(taxa or {})
        self._find_taxon = find_taxon
        self._unknown_taxa: set[str] = set()
        self._terms: dict[str, Term] = {}
        self._ancestors: dict[str, frozenset[str]] = {}
        self._names: dict[tuple[str, str], str | None] | None = None
        self.versions: Mapping[str, str] = MappingProxyType(dict(versions or {}))
        self.fingerprint = fingerprint
        self.warnings = tuple(warnings)

    @classmethod
    def from_terms(cls, terms: Iterable[Term], *, aliases: Mapping[str, str] | None = None) -> Vocabulary:
        """Make a small vocabulary of given terms, for tests and for callers that have their own.

        Exact matches among the terms' cross-references resolve as in a loaded vocabulary.
        """
        from kg.ontology.merge import exact_aliases

        known = {term.curie: term for term in terms}
        found = exact_aliases((curie, term.xrefs) for curie, term in known.items())
        rows = [row_of(term) for _, term in sorted(known.items())]
        return cls(rows, aliases={**found, **(aliases or {})}, fingerprint="in-memory")

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Term]:
        for row in self._rows:
            yield self._term(row)

    def __contains__(self, curie: object) -> bool:
        return isinstance(curie, str) and (curie in self._index or self._taxon(curie) is not None)

    def get(self, curie: str) -> Term | None:
        """Give the term of a CURIE in its one spelling.

        Parameters
        ----------
        curie : str

        Returns
        -------
        Term or None
            None for an identifier that is unknown, obsolete or foreign: `resolve` it first. A taxon that
            isn't among the curated species is looked up in the whole taxonomy, which takes ten seconds
            the first time on a machine.
        """
        at = self._index.get(curie)
        if at is not None:
            return self._term(self._rows[at])
        taxon = self._taxon(curie)
        if taxon is None:
            return None
        return Term.model_construct(
            curie=curie,
            label=taxon.label,
            category=Category.SPECIES,
            vocabulary="ncbitaxon",
            parents=self.parents(curie),
        )

    def resolve(self, raw: str, *, categories: Collection[Category] | None = None) -> str | None:
        """Give the term that an identifier means, however it is spelled.

        Obsolete terms lead to their successor, alternative ids to their term, and identifiers of other
        vocabularies to the one term that they are exactly (skos:exactMatch), never to a near one.

        Parameters
        ----------
        raw : str
            CURIE, ``PREFIX_number`` or IRI.
        categories : collection of Category, optional
            Categories that will do.

        Returns
        -------
        str or None
            CURIE of a term; None where nothing is known or its category won't do.
        """
        curie = normalise_curie(raw) or tidy_curie(raw.strip())
        target = curie if curie in self._index else self._aliases.get(curie)
        if target is None and (found := self._taxon(curie)) is not None:
            target = found.curie
        if target is None or categories is None:
            return target
        at = self._index.get(target)
        category = Category(self._rows[at][2]) if at is not None else Category.SPECIES
        return target if category in categories else None

    def by_name(self, name: str, category: Category) -> str | None:
        """Give the term of a category that is called so: by its label, else by an exact synonym.

        Case and runs of blanks don't count.

        Returns
        -------
        str or None
            None where no term is called so, or more than one.
        """
        if self._names is None:
            self._names = self._index_names()
        return self._names.get((_fold(name), category.value))

    def parents(self, curie: str) -> tuple[Parent, ...]:
        """Give the typed steps up from a term."""
        at = self._index.get(curie)
        if at is not None and (found := self._rows[at][5]):
            return tuple(_parse_parent(text) for text in found)
        # A curated species has its lineage compiled in; one that isn't there has none anywhere.
        taxon = self._taxa.get(curie) if at is not None else self._taxon(curie)
        if taxon is None or taxon.parent is None:
            return ()
        return (Parent(Relation.IS_A, taxon.parent),)

    def ancestors(self, curie: str) -> frozenset[str]:
        """Give all terms above a term, by is_a, part_of and steps of unknown relation, without itself."""
        known = self._ancestors.get(curie)
        if known is None:
            found: set[str] = set()
            open_ends = [curie]
            while open_ends:
                current = open_ends.pop()
                if (done := self._ancestors.get(current)) is not None:
                    found |= done
                    continue
                steps = {parent.curie for parent in self.parents(current)}
                steps.update(self._broader.get(current, ()))
                open_ends += steps - found
                found |= steps
            known = self._ancestors[curie] = frozenset(found - {curie})
        return known

    def is_ancestor(self, ancestor: str, of: str) -> bool:
        """Tell whether one term is above another; no term is above itself."""
        return ancestor in self.ancestors(of)

    def infores_of(self, name: str) -> str:
        """Give the infores CURIE of a vocabulary by its name, as in `versions`."""
        return infores_of(name)

    def _term(self, row: Row) -> Term:
        term = self._terms.get(row[0])
        if term is None:
            term = term_of(row)
            if row[0] in self._taxa and not term.parents:
                term = term.model_copy(update={"parents": self.parents(row[0])})
            self._terms[row[0]] = term
        return term

    def _taxon(self, curie: str) -> Taxon | None:
        if not curie.startswith(_TAXON):
            return None
        if (known := self._taxa.get(curie)) is not None:
            return known
        if self._find_taxon is None or curie in self._unknown_taxa:
            return None
        found = self._find_taxon(curie)
        if found is None:
            self._unknown_taxa.add(curie)
        else:
            self._taxa[curie] = found
        return found

    def _index_names(self) -> dict[tuple[str, str], str | None]:
        labels: dict[tuple[str, str], str | None] = {}
        synonyms: dict[tuple[str, str], str | None] = {}
        exact = f"{Scope.EXACT}{_SEPARATOR}"
        for row in self._rows:
            curie, category = row[0], row[2]
            _enter(labels, (_fold(row[1]), category), curie)
            for text in row[4]:
                if text.startswith(exact):  # of the others nothing needs to be split
                    _enter(synonyms, (_fold(text.split(_SEPARATOR, 2)[2]), category), curie)
        return synonyms | labels


def _enter(names: dict[tuple[str, str], str | None], key: tuple[str, str], curie: str) -> None:
    """Enter whose name this is: nobody's if it is that of several."""
    if names.setdefault(key, curie) != curie:
        names[key] = None


def row_of(term: Term) -> Row:
    """Write a term in columns; lists hold strings, so that they load fast."""
    return (
        term.curie,
        term.label,
        str(term.category),
        term.vocabulary,
        [_SEPARATOR.join((s.scope, " ".join(s.taxa), s.text)) for s in term.synonyms],
        [_SEPARATOR.join((p.relation, p.curie)) for p in term.parents],
        [_SEPARATOR.join((x.predicate, x.curie)) for x in term.xrefs],
        term.definition,
        list(term.taxa),
        term.family,
    )


def term_of(row: Row) -> Term:
    """Read a term from its columns. Its values were validated when they were compiled."""
    curie, label, category, vocabulary, synonyms, parents, xrefs, definition, taxa, family = row
    return Term.model_construct(
        curie=curie,
        label=label,
        category=Category(category),
        vocabulary=vocabulary,
        synonyms=tuple(_parse_synonym(text) for text in synonyms),
        parents=tuple(_parse_parent(text) for text in parents),
        xrefs=tuple(Xref(*text.split(_SEPARATOR, 1)) for text in xrefs),
        definition=definition,
        taxa=tuple(taxa),
        family=family,
    )


def _parse_synonym(text: str) -> Synonym:
    scope, taxa, name = text.split(_SEPARATOR, 2)
    return Synonym(name, Scope(scope), tuple(taxa.split()))


def _parse_parent(text: str) -> Parent:
    relation, curie = text.split(_SEPARATOR, 1)
    return Parent(Relation(relation), curie)


def _fold(name: str) -> str:
    return " ".join(name.casefold().split())

"""Structured fields of a dataset: which terms they mean, and what is wrong with them.

A field's identifier is checked against the vocabulary before anything is claimed from it: archives
let authors type any identifier beside any name, and some do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from kg.claims.terms import is_claimable, names_agree
from kg.model import Category, Problem, Severity, normalise_curie

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from kg.claims.terms import TermLookup
    from kg.model import DatasetRecord, FieldTerm, Mention, Record

#: What a dandiset's `about` may name, in the order in which a bare name is looked up.
_ABOUT: Final = (Category.REGION, Category.CELL_TYPE, Category.DISEASE, Category.MECHANISM)
#: Category that a schema key promises; the identifier's own category wins where they differ.
_PROMISED: Final = {"Anatomy": Category.REGION, "Disorder": Category.DISEASE}


class FieldLink(NamedTuple):
    """A term that a field means."""

    curie: str
    category: Category
    section: str
    quote: str
    raw: str


def read_fields(
    record: DatasetRecord, mentions: Sequence[Mention], vocabulary: TermLookup
) -> Iterator[FieldLink | Problem]:
    """Find the terms that a dataset's structured fields mean.

    Parameters
    ----------
    record : DatasetRecord
        With `about`, species, approaches and techniques.
    mentions : sequence of Mention
        Of the record; for an entry with a name and no known identifier, those in its own passage count.
    vocabulary : TermLookup
        What identifiers and names are looked up in.

    Yields
    ------
    FieldLink or Problem
        A problem for each entry that means nothing, or something else than it says.
    """
    for entry, section in _with_sections(record.about):
        yield from _read_entry(record, entry, section, mentions, vocabulary, _ABOUT)
    for entry, section in _with_sections(record.species):
        yield from _read_entry(record, entry, section, mentions, vocabulary, (Category.SPECIES,))
    for entry, section in (*_with_sections(record.approaches), *_with_sections(record.techniques)):
        yield from _read_entry(record, entry, section, mentions, vocabulary, (Category.TECHNIQUE,))


def problem_of(
    record: Record, field: str, rule: str, reason: str, mend: str = "", severity: Severity = Severity.WARNING
) -> Problem:
    """Make a problem of one field of a record."""
    return Problem(
        source=record.receipt.source,
        path=record.receipt.path,
        record_id=record.id,
        field=field,
        rule=rule,
        severity=severity,
        reason=reason,
        mend=mend,
    )


def _with_sections(entries: Sequence[FieldTerm]) -> Iterator[tuple[FieldTerm, str]]:
    # The address of the entry's passage, where it has one: passages of fields are numbered from 1.
    for number, entry in enumerate(entries, start=1):
        yield entry, f"{entry.field}/{number}"


def _read_entry(
    record: DatasetRecord,
    entry: FieldTerm,
    section: str,
    mentions: Sequence[Mention],
    vocabulary: TermLookup,
    categories: Collection[Category],
) -> Iterator[FieldLink | Problem]:
    name, raw_id = (entry.name or "").strip(), (entry.raw_id or "").strip()
    # One dandiset has its identifier where the name should be.
    if normalise_curie(name):
        name, raw_id = "", raw_id or name
    if not name and not raw_id:
        yield problem_of(
            record,
            section,
            "empty-field",
            "the entry has neither a name nor an identifier",
            "fill it or take it out",
            Severity.NOTE,
        )
        return
    quote = entry.name or entry.raw_id or ""
    curie = vocabulary.resolve(raw_id, categories=categories) if raw_id else None
    by_name = _by_name(name, entry, vocabulary, categories) if name else None
    if raw_id and curie is None:
        yield _unknown(record, section, name, raw_id, vocabulary, is_named=by_name is not None)
    elif curie is not None:
        curie, problem = _checked(record, section, name, raw_id, curie, by_name, vocabulary)
        if problem:
            yield problem
        if curie is None:
            return
    curies = [curie or by_name] if curie or by_name else _in_passage(section, name, record, mentions, categories)
    if not curies:
        if not raw_id:
            yield problem_of(
                record,
                section,
                "unknown-name",
                f"no vocabulary knows {name!r}",
                "give the entry an identifier",
                Severity.NOTE,
            )
        return
    for found in curies:
        term = vocabulary.get(found) if found else None
        if term is None:
            continue
        if not is_claimable(term.curie, vocabulary):
            yield problem_of(
                record,
                section,
                "too-general",
                f"{term.curie} ({term.label}) says too little to be claimed",
                "name the part that is meant",
                Severity.NOTE,
            )
            continue
        promised = _PROMISED.get(entry.schema_key or "")
        if promised and promised is not term.category:
            yield problem_of(
                record,
                section,
                "other-category",
                f"it is called {entry.schema_key}, but {term.curie} ({term.label}) is a {term.category.value}",
                f"give it the schemaKey of a {term.category.value}",
            )
        yield FieldLink(term.curie, term.category, section, quote, raw_id or name)


def _by_name(name: str, entry: FieldTerm, vocabulary: TermLookup, categories: Collection[Category]) -> str | None:
    promised = _PROMISED.get(entry.schema_key or "")
    order = sorted(categories, key=lambda category: category is not promised)
    # "Mus musculus - House mouse" and "dentate gyrus (DG)": each half may be the name that the vocabulary has.
    names = [name, *name.split(" - ")]
    if "(" in name:
        names.append(name.partition("(")[0].strip())
    for category in order:
        for candidate in names:
            if found := vocabulary.by_name(candidate.strip(), category):
                return found
    return None


def _checked(
    record: DatasetRecord,
    section: str,
    name: str,
    raw_id: str,
    curie: str,
    by_name: str | None,
    vocabulary: TermLookup,
) -> tuple[str | None, Problem | None]:
    """Compare an entry's identifier with its name; give the term to go on with."""
    term = vocabulary.get(curie)
    if term is None or not name or by_name == curie:
        return curie, None
    where = f"the identifier {raw_id!r} is {term.label!r}, the name is {name!r}"
    if by_name is not None:
        if vocabulary.is_ancestor(by_name, curie) or vocabulary.is_ancestor(curie, by_name):
            # Both agree on the more general of the two, and on no more.
            general = by_name if vocabulary.is_ancestor(by_name, curie) else curie
            return general, problem_of(
                record,
                section,
                "name-disagrees",
                f"{where}: the more general is taken",
                "make them agree",
                Severity.NOTE,
            )
        if (
            names_agree(name, term)
            and vocabulary.by_name(term.label, term.category) != by_name
            and _is_same_family(curie, by_name, vocabulary)
        ):
            return curie, None
        # People know what they recorded better than which number a form gave it.
        return by_name, problem_of(record, section, "name-disagrees", f"{where}: the name is taken", "make them agree")
    # A species has many names, and no vocabulary all of them.
    if names_agree(name, term) or term.category is Category.SPECIES:
        return curie, None
    return None, problem_of(record, section, "name-disagrees", f"{where}: nothing is claimed", "make them agree")


def _is_same_family(one: str, other: str, vocabulary: TermLookup) -> bool:
    return bool(
        {parent.curie for parent in vocabulary.parents(one)} & {parent.curie for parent in vocabulary.parents(other)}
    )


def _unknown(
    record: DatasetRecord, section: str, name: str, raw_id: str, vocabulary: TermLookup, *, is_named: bool
) -> Problem:
    known = vocabulary.resolve(raw_id)
    term = vocabulary.get(known) if known else None
    reason = (
        f"{raw_id!r} is {term.label!r}, a {term.category.value}, which this field doesn't take"
        if term
        else f"no vocabulary knows the identifier {raw_id!r}" + (f" of {name!r}" if name else "")
    )
    outcome = "; its name is taken" if is_named else ""
    return problem_of(
        record,
        section,
        "unknown-id",
        reason + outcome,
        "give an identifier of UBERON, CL, MONDO or NCBITaxon",
    )


def _in_passage(
    section: str,
    name: str,
    record: DatasetRecord,
    mentions: Sequence[Mention],
    categories: Collection[Category],
) -> list[str]:
    """Find what the linker saw in an entry's own passage."""
    sections = {
        p.section
        for p in record.passages
        if p.section == section or (p.role.value == "field" and p.text.strip() == name)
    }
    return sorted({m.curie for m in mentions if m.section in sections and m.category in categories})

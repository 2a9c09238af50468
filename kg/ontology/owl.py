"""Read OWL files (functional syntax, RDF/XML, OWL/XML) through py-horned-owl, an optional extra.

What is read is what `kg.ontology.obo` reads: labels, definitions, scoped synonyms, cross-references,
is_a and part_of, deprecation and successors.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from kg.errors import OntologyError, VocabularyParseError
from kg.model import Parent, Relation, Scope, Synonym, Xref
from kg.ontology._files import read_text, tidy_curie
from kg.ontology.entry import Document, Entry
from kg.ontology.obo import ABBREVIATION_TYPES, DB_XREF, MATCHES, PART_OF

if TYPE_CHECKING:
    from pathlib import Path

_OBO: Final = "http://purl.obolibrary.org/obo/"
_OIO: Final = "http://www.geneontology.org/formats/oboInOwl#"
_RDFS_LABEL: Final = "http://www.w3.org/2000/01/rdf-schema#label"
_DEPRECATED: Final = "http://www.w3.org/2002/07/owl#deprecated"
_SYNONYMS: Final = {
    f"{_OIO}hasExactSynonym": Scope.EXACT,
    f"{_OIO}hasNarrowSynonym": Scope.NARROW,
    f"{_OIO}hasBroadSynonym": Scope.BROAD,
    f"{_OIO}hasRelatedSynonym": Scope.RELATED,
}
_SYNONYM_TYPE: Final = f"{_OIO}hasSynonymType"
#: Serialisation by which py-horned-owl reads a file, by the ending of its name.
_SERIALISATIONS: Final[dict[str, Literal["ofn", "owl", "owx"]]] = {
    ".ofn": "ofn",
    ".owl": "owl",
    ".rdf": "owl",
    ".owx": "owx",
}


@dataclass(slots=True)
class _Draft:
    label: str = ""
    definition: str | None = None
    is_obsolete: bool = False
    replaced_by: list[str] = field(default_factory=list)
    consider: list[str] = field(default_factory=list)
    synonyms: list[Synonym] = field(default_factory=list)
    parents: list[Parent] = field(default_factory=list)
    xrefs: list[Xref] = field(default_factory=list)
    alt_ids: list[str] = field(default_factory=list)


def read_owl(path: Path) -> Document:
    """Read an OWL file, gzip or not.

    Parameters
    ----------
    path : Path
        Its ending tells the syntax: ``.ofn``, ``.owl`` or ``.owx``, with or without ``.gz``.

    Returns
    -------
    Document

    Raises
    ------
    OntologyError
        If py-horned-owl is not installed.
    VocabularyParseError
        If the file can't be parsed.
    """
    try:
        import pyhornedowl
        import pyhornedowl.model as model
    except ImportError as error:
        raise OntologyError("reading OWL needs an extra", str(path), "pip install 'neurokg[owl]'") from error
    text = read_text(path)
    ending = next((e for e in _SERIALISATIONS if path.name.lower().removesuffix(".gz").endswith(e)), None)
    serialisation = _SERIALISATIONS[ending] if ending else _guess(text)
    try:
        ontology = pyhornedowl.open_ontology_from_string(text, serialisation)
    except (ValueError, OSError, RuntimeError) as error:
        raise VocabularyParseError(
            f"py-horned-owl can't parse it as {serialisation}: {error}", str(path), "check the file with ROBOT"
        ) from error
    return _document(ontology, model)


def _guess(text: str) -> Literal["ofn", "owl"]:
    return "ofn" if text.lstrip().startswith(("Prefix(", "Ontology(")) else "owl"


def _document(ontology: Any, model: Any) -> Document:
    drafts: defaultdict[str, _Draft] = defaultdict(_Draft)
    classes: set[str] = set()
    for annotated in ontology.get_axioms():
        axiom = annotated.component
        if isinstance(axiom, model.DeclareClass):
            classes.add(str(axiom.first.first))
        elif isinstance(axiom, model.AnnotationAssertion):
            _annotate(drafts, axiom, annotated.ann, model)
        elif isinstance(axiom, model.SubClassOf) and isinstance(axiom.sub, model.Class):
            if (parent := _parent(axiom.sup, model)) is not None:
                drafts[str(axiom.sub.first)].parents.append(parent)
        elif isinstance(axiom, model.EquivalentClasses):
            _equivalent(drafts, axiom.first, model)
    entries = tuple(_entry(iri, drafts[iri]) for iri in sorted(classes) if not iri.startswith("http://www.w3.org/"))
    return Document(entries, _version(ontology), str(ontology.get_iri() or ""))


def _version(ontology: Any) -> str:
    return str(ontology.get_version_iri() or "")


def _parent(expression: Any, model: Any) -> Parent | None:
    """Read a superclass: a class, or 'part_of some class'."""
    if isinstance(expression, model.Class):
        return Parent(Relation.IS_A, tidy_curie(str(expression.first)))
    if (
        isinstance(expression, model.ObjectSomeValuesFrom)
        and isinstance(expression.ope, model.ObjectProperty)
        and isinstance(expression.bce, model.Class)
        and str(expression.ope.first) in PART_OF
    ):
        return Parent(Relation.PART_OF, tidy_curie(str(expression.bce.first)))
    return None


def _equivalent(drafts: defaultdict[str, _Draft], members: Any, model: Any) -> None:
    """Take genus and part_of from a definition 'A is exactly (genus and part_of some B and ...)'."""
    named = [m for m in members if isinstance(m, model.Class)]
    if len(named) != 1:
        return
    for member in members:
        if isinstance(member, model.ObjectIntersectionOf):
            parents = [p for operand in member.first if (p := _parent(operand, model)) is not None]
            drafts[str(named[0].first)].parents.extend(parents)


def _annotate(drafts: defaultdict[str, _Draft], axiom: Any, annotations: Any, model: Any) -> None:
    if not isinstance(axiom.subject, model.IRI):
        return
    draft = drafts[str(axiom.subject)]
    name = str(axiom.ann.ap.first)
    value = _value(axiom.ann.av, model)
    if not value:
        return
    if name == _RDFS_LABEL:
        draft.label = draft.label or " ".join(value.split())
    elif name in _SYNONYMS:
        scope = _SYNONYMS[name]
        kinds = {_value(a.av, model).upper() for a in annotations if str(a.ap.first) == _SYNONYM_TYPE}
        if scope is Scope.EXACT and {kind.rpartition("#")[2] for kind in kinds} & ABBREVIATION_TYPES:
            scope = Scope.ABBREVIATION
        draft.synonyms.append(Synonym(" ".join(value.split()), scope))
    elif name == f"{_OBO}IAO_0000115":
        draft.definition = value
    elif name == f"{_OIO}hasDbXref":
        draft.xrefs.append(Xref(DB_XREF, tidy_curie(value)))
    elif name in MATCHES:
        draft.xrefs.append(Xref(MATCHES[name], tidy_curie(value)))
    elif name == f"{_OIO}hasAlternativeId":
        draft.alt_ids.append(tidy_curie(value))
    elif name == _DEPRECATED:
        draft.is_obsolete = value.casefold() == "true"
    elif name == f"{_OBO}IAO_0100001":
        draft.replaced_by.append(tidy_curie(value))
    elif name == f"{_OIO}consider":
        draft.consider.append(tidy_curie(value))


def _value(value: Any, model: Any) -> str:
    if isinstance(value, model.IRI):
        return str(value)
    literal = getattr(value, "literal", None)
    return str(literal) if literal is not None else ""


def _entry(iri: str, draft: _Draft) -> Entry:
    single = draft.replaced_by[0] if len(draft.replaced_by) == 1 else None
    return Entry(
        curie=tidy_curie(iri),
        label=draft.label,
        definition=draft.definition,
        # The library gives axioms in no order.
        synonyms=tuple(sorted(set(draft.synonyms))),
        parents=tuple(sorted(set(draft.parents))),
        xrefs=tuple(sorted(set(draft.xrefs))),
        alt_ids=tuple(sorted(set(draft.alt_ids))),
        is_obsolete=draft.is_obsolete,
        replaced_by=single,
        consider=tuple(sorted({*draft.consider, *(() if single else draft.replaced_by)})),
    )

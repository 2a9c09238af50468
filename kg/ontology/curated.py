"""Read the project's own tables: mechanisms, and surfaces that the public vocabularies lack.

Their form is in docs/adding-a-vocabulary.md. An entry whose id a public vocabulary has adds surfaces to
that term; any other entry defines a term.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError

from kg.errors import OntologyError, VocabularyParseError
from kg.model import Category, Parent, Relation, Scope, Synonym, Xref
from kg.model.own_yaml import load_own_yaml
from kg.ontology._files import read_text, tidy_curie
from kg.ontology.entry import Document, Entry
from kg.ontology.obo import EXACT_MATCH

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

#: File of terms -> category of the terms that it defines.
TERM_FILES: Final[dict[str, Category]] = {
    "brain_regions.yaml": Category.REGION,
    "cell_types.yaml": Category.CELL_TYPE,
    "diseases.yaml": Category.DISEASE,
    "species.yaml": Category.SPECIES,
    "techniques.yaml": Category.TECHNIQUE,
}
MECHANISMS_FILE: Final = "mechanisms.yaml"
ADJECTIVES_FILE: Final = "adjectives.yaml"

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_Curie = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][\w.-]*:\S+$")]


def _empty_list(value: object) -> object:
    return () if value is None else value


_Texts = Annotated[tuple[_Text, ...], BeforeValidator(_empty_list)]
_Curies = Annotated[tuple[_Curie, ...], BeforeValidator(_empty_list)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Synonyms(_Strict):
    exact: _Texts = ()
    narrow: _Texts = ()
    broad: _Texts = ()
    related: _Texts = ()
    abbreviation: _Texts = ()
    adjective: _Texts = ()
    process: _Texts = ()

    def scoped(self, taxa: tuple[str, ...]) -> tuple[Synonym, ...]:
        return tuple(Synonym(text, Scope(scope), taxa) for scope, texts in self for text in texts)


class _Parent(_Strict):
    is_a: _Curie | None = None
    part_of: _Curie | None = None

    def parents(self) -> Iterable[Parent]:
        if self.is_a:
            yield Parent(Relation.IS_A, tidy_curie(self.is_a))
        if self.part_of:
            yield Parent(Relation.PART_OF, tidy_curie(self.part_of))


class _Mapping(_Strict):
    predicate: Literal["skos:exactMatch", "skos:closeMatch", "skos:broadMatch", "skos:narrowMatch", "skos:relatedMatch"]
    id: _Curie
    label: str | None = None
    note: str | None = None


_Mappings = Annotated[tuple[_Mapping, ...], BeforeValidator(_empty_list)]


class _Item(_Strict):
    id: _Curie
    label: _Text | None = None
    definition: _Text | None = None
    synonyms: _Synonyms = _Synonyms()
    adjectives: _Texts = ()
    taxa: _Curies = ()
    parents: Annotated[tuple[_Parent, ...], BeforeValidator(_empty_list)] = ()
    mappings: _Mappings = ()
    note: str | None = None

    def entry(self, category: Category | None) -> Entry:
        taxa = tuple(tidy_curie(taxon) for taxon in self.taxa)
        adjectives = (Synonym(text, Scope.ADJECTIVE, taxa) for text in self.adjectives)
        return Entry(
            curie=tidy_curie(self.id),
            label=self.label or "",
            definition=self.definition,
            synonyms=(*self.synonyms.scoped(taxa), *adjectives),
            parents=tuple(parent for step in self.parents for parent in step.parents()),
            xrefs=tuple(Xref(m.predicate, tidy_curie(m.id)) for m in self.mappings),
            taxa=taxa,
            category=category,
        )


class _Mechanism(_Strict):
    id: Annotated[str, StringConstraints(pattern=r"^mechanism:[a-z0-9]+(?:-[a-z0-9]+)*$")]
    slug: _Text
    label: _Text
    family: _Text
    definition: _Text
    parent: _Curie | None = None
    synonyms: _Synonyms = _Synonyms()
    mappings: _Mappings = ()
    note: str | None = None

    def entry(self) -> Entry:
        return Entry(
            curie=self.id,
            label=self.label,
            definition=self.definition,
            synonyms=self.synonyms.scoped(()),
            parents=(Parent(Relation.IS_A, self.parent),) if self.parent else (),
            xrefs=tuple(Xref(m.predicate, tidy_curie(m.id)) for m in self.mappings),
            category=Category.MECHANISM,
            family=self.family,
        )


class _TermsFile(_Strict):
    version: str | None = None
    terms: Annotated[tuple[_Item, ...], BeforeValidator(_empty_list)]


class _MechanismsFile(_Strict):
    version: str | None = None
    mechanisms: Annotated[tuple[_Mechanism, ...], BeforeValidator(_empty_list)]


_File = TypeVar("_File", bound=_Strict)


def curated_files(folder: Path) -> list[Path]:
    """List the tables of a folder that define or extend terms, in the order in which they are read."""
    names = [MECHANISMS_FILE, *TERM_FILES, ADJECTIVES_FILE]
    return [folder / name for name in names if (folder / name).is_file()]


def curated_version(folder: Path) -> str:
    """Give the version of a folder's tables: the start of a sha256 over their bytes."""
    digest = hashlib.sha256()
    for path in curated_files(folder):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def read_curated(path: Path) -> Document:
    """Read one curated table.

    Parameters
    ----------
    path : Path
        One of `curated_files`; its name tells its form.

    Returns
    -------
    Document

    Raises
    ------
    VocabularyParseError
        Naming file, line and key of the first value that breaks the table's form.
    OntologyError
        If a mechanism is an exact match to a GO term, or an id stands twice.
    """
    text = read_text(path)
    if path.name == MECHANISMS_FILE:
        mechanisms = _parse(text, path, _MechanismsFile).mechanisms
        _check_mechanisms(mechanisms, text, path)
        entries = tuple(mechanism.entry() for mechanism in mechanisms)
    else:
        category = TERM_FILES.get(path.name)
        items = _parse(text, path, _TermsFile).terms
        _check_unique([item.id for item in items], ("terms",), text, path)
        entries = tuple(item.entry(category) for item in items)
    return Document(entries)


def _check_mechanisms(mechanisms: tuple[_Mechanism, ...], text: str, path: Path) -> None:
    _check_unique([mechanism.id for mechanism in mechanisms], ("mechanisms",), text, path)
    known = {mechanism.id for mechanism in mechanisms}
    for index, mechanism in enumerate(mechanisms):
        place: tuple[str | int, ...] = ("mechanisms", index)
        if mechanism.id != f"mechanism:{mechanism.slug}":
            raise OntologyError(
                f"{mechanism.id} has the slug {mechanism.slug!r}",
                f"{path}:{_line(text, (*place, 'slug'))}",
                "an id is 'mechanism:' and the slug",
            )
        if mechanism.parent and mechanism.parent not in known:
            raise OntologyError(
                f"{mechanism.id} has the parent {mechanism.parent}, which is no mechanism",
                f"{path}:{_line(text, (*place, 'parent'))}",
                "give the id of another mechanism of this file, or null",
            )
        for number, mapping in enumerate(mechanism.mappings):
            # GO names normal processes, and a mechanism is their disturbance.
            if mapping.predicate == EXACT_MATCH and tidy_curie(mapping.id).startswith("GO:"):
                raise OntologyError(
                    f"{mechanism.id} is exactMatch to {mapping.id}, which names a normal process",
                    f"{path}:{_line(text, (*place, 'mappings', number))}",
                    "use skos:relatedMatch (docs/adding-a-vocabulary.md, 'Mechanisms')",
                    curie=mechanism.id,
                )


def _check_unique(ids: list[str], place: tuple[str | int, ...], text: str, path: Path) -> None:
    seen: dict[str, int] = {}
    for index, identifier in enumerate(ids):
        curie = tidy_curie(identifier)
        if curie in seen:
            first = _line(text, (*place, seen[curie]))
            raise OntologyError(
                f"{curie} stands here and in line {first}",
                f"{path}:{_line(text, (*place, index))}",
                "put both together under one id",
                curie=curie,
            )
        seen[curie] = index


def _parse(text: str, path: Path, model: type[_File]) -> _File:
    try:
        raw: Any = load_own_yaml(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise VocabularyParseError(
            f"not valid YAML: {getattr(error, 'problem', None) or error}",
            f"{path}:{line}",
            "mend the file",
            line=line,
        ) from error
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        line = _line(text, first["loc"])
        key = ".".join(str(part) for part in first["loc"]) or "the file"
        rest = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise VocabularyParseError(
            f"{key}: {first['msg'].lower()}{rest}",
            f"{path}:{line}",
            "see docs/adding-a-vocabulary.md for the form",
            line=line,
            key=key,
        ) from error


def _line(text: str, location: tuple[str | int, ...]) -> int:
    """Give the line, from 1, of the value at a path of keys and indexes; of its nearest ancestor if absent."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    if node is None:
        return 1
    for part in location:
        step = None
        if isinstance(node, yaml.MappingNode):
            step = next((value for key, value in node.value if key.value == part), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            step = node.value[part]
        if step is None:
            break
        node = step
    return int(node.start_mark.line) + 1

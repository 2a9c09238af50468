"""Read OBO 1.2 and 1.4 files, tolerantly.

Only what terms need is read: id, name, def, synonym, xref, is_a, relationship part_of, intersection_of,
alt_id, is_obsolete, replaced_by, consider and the property values that are SKOS matches. A line that
breaks the format becomes a warning and costs that line, never the file.

Format: https://owlcollab.github.io/oboformat/doc/obo-syntax.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from kg.errors import VocabularyParseError
from kg.model import Parent, Relation, Scope, Synonym, Xref
from kg.ontology._files import read_text, tidy_curie
from kg.ontology.entry import Document, Entry, Warned

if TYPE_CHECKING:
    from pathlib import Path

#: Predicate of a cross-reference whose meaning the file doesn't state.
DB_XREF: Final = "oboInOwl:hasDbXref"
EXACT_MATCH: Final = "skos:exactMatch"

_UNESCAPED: Final = {"n": "\n", "t": "\t", "W": " "}
_ESCAPED: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "{": "\\{", "}": "\\}"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
# A modifier block ends the value; braces inside its quoted strings don't count.
_MODIFIERS = re.compile(r'(?<!\\)\{((?:[^{}"]|"(?:[^"\\]|\\.)*")*)\}\s*$')
_COMMENT = re.compile(r"(?:^|(?<!\\)\s)!(?:\s.*)?$", re.DOTALL)
_TAG = re.compile(r"[A-Za-z][A-Za-z0-9_-]*$")

_SCOPES: Final = {s.value.upper(): s for s in (Scope.EXACT, Scope.NARROW, Scope.BROAD, Scope.RELATED)}
#: Synonym types that mark an abbreviation, in upper case.
ABBREVIATION_TYPES: Final = frozenset({"ABBREVIATION", "OMO:0003000", "HTTP://PURL.OBOLIBRARY.ORG/OBO/OMO_0003000"})
# Synonym types by which editors say "don't rely on it": an exact synonym of such a type is only related.
_DOUBTFUL_TYPES: Final = frozenset(
    {"DUBIOUS", "INCONSISTENT", "DEPRECATED", "MISNOMER", "EXCLUDE", "AMBIGUOUS", "HOMOLOGY"}
    | {"NON_MAMMAL", "NON_AMNIOTE", "OMO:0003001", "OMO:0003007"}
)
#: Spellings of part_of.
PART_OF: Final = frozenset({"part_of", "BFO:0000050", "http://purl.obolibrary.org/obo/BFO_0000050"})
#: Spellings of the SKOS matches -> their CURIEs.
MATCHES: Final = {
    name: f"skos:{match}"
    for match in ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch")
    for name in (match, f"skos:{match}", f"http://www.w3.org/2004/02/skos/core#{match}")
}


class _BadLineError(ValueError):
    """A line that breaks the format; its text says how."""


@dataclass(slots=True)
class _Stanza:
    """A [Term] stanza while it is read."""

    line: int
    curie: str = ""
    label: str = ""
    definition: str | None = None
    is_obsolete: bool = False
    synonyms: list[Synonym] = field(default_factory=list)
    parents: list[Parent] = field(default_factory=list)
    xrefs: list[Xref] = field(default_factory=list)
    alt_ids: list[str] = field(default_factory=list)
    replaced_by: list[str] = field(default_factory=list)
    consider: list[str] = field(default_factory=list)
    intersection: list[tuple[str, str]] = field(default_factory=list)

    def entry(self) -> Entry:
        # Two successors are a choice that nobody here can make: they count as suggestions.
        single = self.replaced_by[0] if len(self.replaced_by) == 1 else None
        return Entry(
            curie=self.curie,
            label=self.label,
            definition=self.definition,
            synonyms=tuple(dict.fromkeys(self.synonyms)),
            parents=tuple(dict.fromkeys(self.parents)),
            xrefs=tuple(dict.fromkeys(self.xrefs)),
            alt_ids=tuple(self.alt_ids),
            is_obsolete=self.is_obsolete,
            replaced_by=single,
            consider=tuple(self.consider if single else [*self.replaced_by, *self.consider]),
            intersection=tuple(self.intersection),
        )


def unescape(text: str) -> str:
    r"""Undo OBO's backslash escapes.

    Examples
    --------
    >>> unescape(r"the \"CA1\" field\: part 1")
    'the "CA1" field: part 1'
    """
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda match: _UNESCAPED.get(match[1], match[1]), text)


def escape(text: str) -> str:
    r"""Write text so that it can stand in an OBO value or between its quotes.

    Examples
    --------
    >>> escape('the "CA1" field')
    'the \\"CA1\\" field'
    """
    return "".join(_ESCAPED.get(character, character) for character in text)


def parse_quoted(value: str) -> tuple[str, str]:
    r"""Split a value that starts with a quoted string.

    Returns
    -------
    (str, str)
        The string without quotes and escapes, and what follows it.

    Raises
    ------
    ValueError
        If there is no opening or no closing quote.

    Examples
    --------
    >>> parse_quoted('"a \\"b\\"" EXACT []')
    ('a "b"', 'EXACT []')
    """
    match = _QUOTED.match(value)
    if match is None:
        raise _BadLineError("the quoted text has no end" if value.startswith('"') else "the text is not in quotes")
    return unescape(match[1]), value[match.end() :].strip()


def read_obo(path: Path) -> Document:
    """Read an OBO file, gzip or not.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Document
        With a warning for every line that was passed over.

    Raises
    ------
    VocabularyParseError
        If the file is no OBO at all, is cut inside its compression or is not UTF-8.
    """
    return parse_obo(read_text(path), name=str(path))


def parse_obo(text: str, *, name: str = "<text>") -> Document:
    """Parse OBO text; `name` is the file that warnings and errors name."""
    entries: list[Entry] = []
    warnings: list[Warned] = []
    header: dict[str, str] = {}
    stanza: _Stanza | None = None
    in_header = True
    stanzas = 0

    def close() -> None:
        if stanza is None:
            return
        if stanza.curie:
            entries.append(stanza.entry())
        else:
            warnings.append(Warned(f"{name}:{stanza.line}", "a [Term] without id is passed over"))

    for number, line in enumerate(text.split("\n"), start=1):
        line = line.rstrip()
        if not line or line[0] == "!":
            continue
        if line[0] == "[":
            close()
            in_header, stanzas = False, stanzas + 1
            stanza = _Stanza(number) if line.startswith("[Term]") else None
            continue
        tag, colon, value = line.partition(":")
        if in_header:
            if colon and _TAG.match(tag):
                header.setdefault(tag, value.strip())
            else:
                warnings.append(Warned(f"{name}:{number}", "neither a tag with a value nor a stanza"))
            continue
        if stanza is None:
            continue
        handle = _HANDLERS.get(tag)
        if handle is None:
            if not colon:
                warnings.append(Warned(f"{name}:{number}", "no tag: the line is passed over"))
            continue
        try:
            handle(stanza, value.strip())
        except _BadLineError as error:
            warnings.append(Warned(f"{name}:{number}", f"{tag}: {error}"))
    close()
    if not stanzas and "format-version" not in header:
        raise VocabularyParseError(
            "no OBO: there is neither a format-version nor a stanza",
            f"{name}:1",
            "give a file in OBO format",
            line=1,
        )
    return Document(tuple(entries), header.get("data-version", ""), header.get("ontology", ""), tuple(warnings))


def _bare(value: str) -> tuple[str, str]:
    """Take comment and modifiers off an unquoted value; gives both parts that remain: value, modifiers."""
    modifiers = ""
    if "!" in value:
        value = _COMMENT.sub("", value)
    if "{" in value and (match := _MODIFIERS.search(value)):
        modifiers, value = match[1], value[: match.start()]
    return value.strip(), modifiers


def _identifier(value: str) -> str:
    bare, _ = _bare(value)
    token = bare.split(None, 1)[0] if bare else ""
    if not token:
        raise _BadLineError("no identifier")
    return tidy_curie(unescape(token))


def _on_id(stanza: _Stanza, value: str) -> None:
    stanza.curie = _identifier(value)


def _on_name(stanza: _Stanza, value: str) -> None:
    # Names hold '!' and braces of their own ("nucleus {rat}"): only a block with '=' is a modifier.
    if value.endswith("}") and (match := _MODIFIERS.search(value)) and "=" in match[1]:
        value = value[: match.start()].rstrip()
    stanza.label = unescape(value)


def _on_def(stanza: _Stanza, value: str) -> None:
    stanza.definition = parse_quoted(value)[0]


def _on_synonym(stanza: _Stanza, value: str) -> None:
    text, rest = parse_quoted(value)
    words = rest.partition("[")[0].upper().split()
    scope = _SCOPES.get(words[0], Scope.RELATED) if words else Scope.RELATED
    kinds = set(words[1:] if words and words[0] in _SCOPES else words)
    if scope is Scope.EXACT and kinds & ABBREVIATION_TYPES:
        scope = Scope.ABBREVIATION
    elif scope is Scope.EXACT and kinds & _DOUBTFUL_TYPES:
        scope = Scope.RELATED
    if text.strip():
        stanza.synonyms.append(Synonym(" ".join(text.split()), scope))


def _scoped(scope: Scope) -> Callable[[_Stanza, str], None]:
    """Make the handler of OBO 1.0's tags, `exact_synonym:` and its like."""

    def handle(stanza: _Stanza, value: str) -> None:
        stanza.synonyms.append(Synonym(" ".join(parse_quoted(value)[0].split()), scope))

    return handle


def _on_xref(stanza: _Stanza, value: str) -> None:
    bare, modifiers = _bare(value)
    if not bare:
        raise _BadLineError("no identifier")
    predicate = EXACT_MATCH if "MONDO:equivalentTo" in modifiers else DB_XREF
    stanza.xrefs.append(Xref(predicate, tidy_curie(unescape(bare.split(None, 1)[0]))))


def _on_is_a(stanza: _Stanza, value: str) -> None:
    stanza.parents.append(Parent(Relation.IS_A, _identifier(value)))


def _on_relationship(stanza: _Stanza, value: str) -> None:
    relation, _, target = value.partition(" ")
    if not target.strip():
        raise _BadLineError("a relationship needs a relation and an identifier")
    if relation in PART_OF:
        stanza.parents.append(Parent(Relation.PART_OF, _identifier(target)))


def _on_intersection(stanza: _Stanza, value: str) -> None:
    words = _bare(value)[0].split()
    if len(words) == 1:
        stanza.intersection.append((Relation.IS_A, tidy_curie(words[0])))
    elif len(words) == 2:
        relation = Relation.PART_OF if words[0] in PART_OF else words[0]
        stanza.intersection.append((relation, tidy_curie(words[1])))
    else:
        raise _BadLineError("intersection_of takes a genus, or a relation and a class")


def _on_property(stanza: _Stanza, value: str) -> None:
    words = value.split(None, 2)
    if len(words) > 1 and (predicate := MATCHES.get(words[0])):
        stanza.xrefs.append(Xref(predicate, tidy_curie(unescape(words[1].strip('"')))))


def _on_alt_id(stanza: _Stanza, value: str) -> None:
    stanza.alt_ids.append(_identifier(value))


def _on_obsolete(stanza: _Stanza, value: str) -> None:
    stanza.is_obsolete = _bare(value)[0].lower() == "true"


def _on_replaced_by(stanza: _Stanza, value: str) -> None:
    stanza.replaced_by.append(_identifier(value))


def _on_consider(stanza: _Stanza, value: str) -> None:
    stanza.consider.append(_identifier(value))


_HANDLERS: Final[dict[str, Callable[[_Stanza, str], None]]] = {
    "id": _on_id,
    "name": _on_name,
    "def": _on_def,
    "synonym": _on_synonym,
    "exact_synonym": _scoped(Scope.EXACT),
    "narrow_synonym": _scoped(Scope.NARROW),
    "broad_synonym": _scoped(Scope.BROAD),
    "related_synonym": _scoped(Scope.RELATED),
    "xref": _on_xref,
    "xref_analog": _on_xref,
    "is_a": _on_is_a,
    "relationship": _on_relationship,
    "intersection_of": _on_intersection,
    "property_value": _on_property,
    "alt_id": _on_alt_id,
    "is_obsolete": _on_obsolete,
    "replaced_by": _on_replaced_by,
    "consider": _on_consider,
}

"""The lexicon: every surface of every term, compiled for matching.

Compiling is slow and done once: a lexicon is stored as one file that is read back in a few tens of
milliseconds, automaton included. Reading text is the linker's business; the lexicon answers which
names stand in a row of tokens, and what each may mean.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any, Final, NamedTuple

import daachorse

from kg.errors import LinkError
from kg.link.tokens import Tokens, key_of
from kg.link.variants import variants_of
from kg.model.term import Category, Scope

#: Part of the name of a stored lexicon: raise it when the same names would compile to another lexicon.
FORMAT: Final = 2
_MAGIC: Final = b"kglex01\n"

#: Categories and scopes by their number in a stored lexicon. Append, never reorder.
CATEGORIES: Final = tuple(Category)
SCOPES: Final = tuple(Scope)

#: Statuses of a lexicon file, and the scopes they stand for.
STATUSES: Final = {
    "name": Scope.LABEL,
    "label": Scope.LABEL,
    "exact": Scope.EXACT,
    "narrow": Scope.NARROW,
    "broad": Scope.BROAD,
    "related": Scope.RELATED,
    "abbreviation": Scope.ABBREVIATION,
    "adjective": Scope.ADJECTIVE,
    "process": Scope.PROCESS,
}

_CATEGORY_BY_PREFIX: Final = {
    "UBERON": Category.REGION,
    "MBA": Category.REGION,
    "HBA": Category.REGION,
    "DMBA": Category.REGION,
    "CL": Category.CELL_TYPE,
    "PCL": Category.CELL_TYPE,
    "MONDO": Category.DISEASE,
    "DOID": Category.DISEASE,
    "GO": Category.MECHANISM,
    "mechanism": Category.MECHANISM,
    "NCBITaxon": Category.SPECIES,
}


class Case(IntEnum):
    """How the case of a text must agree with a surface's."""

    ANY = 0
    #: A short text in capitals is an acronym of its own, and no match for a word.
    WORD = 1
    #: The surface is an acronym or a symbol: the text has its very case.
    SAME = 2


class Row(NamedTuple):
    """One surface of one term, before it is compiled."""

    curie: str
    category: Category
    text: str
    scope: Scope
    taxa: tuple[str, ...] = ()


class Entry(NamedTuple):
    """What one surface may mean."""

    curie: str
    category: Category
    scope: Scope
    case: Case
    surface: str
    taxa: tuple[str, ...]
    rule: str
    weight: float


class Match(NamedTuple):
    """A name found in a row of tokens: tokens `first` to `last`, half-open."""

    first: int
    last: int
    pattern: int


def category_of(curie: str) -> Category:
    """Give the category that a CURIE's prefix stands for, where a file of surfaces says none."""
    return _CATEGORY_BY_PREFIX.get(curie.partition(":")[0], Category.TECHNIQUE)


_CAPITALS = re.compile(r"[A-Z]")


def case_policy(surface: str) -> Case:
    """Say how strictly the case of a surface is to be met.

    Examples
    --------
    >>> [case_policy(surface).name for surface in ("AIDS", "VISp", "hippocampus", "Purkinje cell")]
    ['SAME', 'SAME', 'WORD', 'WORD']
    """
    letters = [c for c in surface if c.isalpha()]
    capitals = sum(c.isupper() for c in letters)
    words = surface.split()
    if letters and len(letters) <= 5 and capitals == len(letters) and len(words) <= 2:
        return Case.SAME
    if len(words) == 1 and len(surface) <= 8 and any(c.isupper() for c in surface[1:]):
        return Case.SAME
    return Case.WORD


def _is_usable(key: str, text: str, case: Case) -> bool:
    compact = key.replace(" ", "")
    if not any(c.isalpha() for c in compact):
        return False
    if len(compact) >= 3:
        return True
    # "V1" and "DG" are names; "in" and "a" are not, nor is a single letter.
    return len(compact) == 2 and case is Case.SAME


@dataclass
class _Table:
    """Strings by number, each once."""

    numbers: dict[str, int] = field(default_factory=dict)

    def __call__(self, text: str) -> int:
        return self.numbers.setdefault(text, len(self.numbers))


def compile_entries(
    rows: Iterable[Row], *, scopes: Collection[Scope], stop: Collection[tuple[str, Category | None]] = ()
) -> dict[str, list[Entry]]:
    """Expand rows to the surfaces that texts are searched for.

    Parameters
    ----------
    rows : iterable of Row
        Names of terms.
    scopes : collection of Scope
        Scopes to keep.
    stop : collection of (str, Category or None)
        Keys (as ``key_of`` gives them) that are never a name, in one category or in all.

    Returns
    -------
    dict of str to list of Entry
        Entries by key, keys sorted; of two ways to the same meaning the better is kept.
    """
    wanted, stopped = frozenset(scopes), frozenset(stop)
    rows = list(rows)
    found: dict[str, dict[tuple[str, Case], Entry]] = defaultdict(dict)
    acronyms: set[tuple[str, str]] = set()
    words = _label_words(rows)
    spare = []
    for row in rows:
        if row.scope not in wanted:
            spare.append(row)
            continue
        for text, rule, weight in variants_of(row.text, row.category, row.scope):
            key = key_of(text)
            case = Case.SAME if row.scope is Scope.ABBREVIATION else case_policy(text)
            if row.scope is Scope.ABBREVIATION and text.islower():
                continue  # an atlas's "its" and "per" are words elsewhere
            if not _is_usable(key, text, case) or (key, None) in stopped or (key, row.category) in stopped:
                continue
            if case is Case.SAME:
                acronyms.add((row.curie, key))
            _keep(found, key, Entry(row.curie, row.category, row.scope, case, text, row.taxa, rule, weight))
    _add_shortened(found, spare, words, stopped)
    return {key: _without_twins(key, found[key], acronyms) for key in sorted(found)}


def _keep(found: dict[str, dict[tuple[str, Case], Entry]], key: str, entry: Entry) -> None:
    rivals = found[key]
    known = rivals.get((entry.curie, entry.case))
    if known is None:
        rivals[entry.curie, entry.case] = entry
        return
    # A name that one source has for all species holds for all, whatever an atlas of one species says.
    taxa = tuple(sorted({*known.taxa, *entry.taxa})) if known.taxa and entry.taxa else ()
    rivals[entry.curie, entry.case] = min(known, entry, key=_preference)._replace(taxa=taxa)


def _without_twins(key: str, rivals: dict[tuple[str, Case], Entry], acronyms: set[tuple[str, str]]) -> list[Entry]:
    """Sort the meanings of a key; an acronym's twin in lower case ("RICH", "rich") is an accident of a file."""
    return sorted(
        (e for e in rivals.values() if e.case is Case.SAME or e.scope is Scope.LABEL or (e.curie, key) not in acronyms),
        key=_preference,
    )


def _label_words(rows: Iterable[Row]) -> dict[str, list[str]]:
    return {row.curie: key_of(row.text).split() for row in rows if row.scope is Scope.LABEL}


def _shortens(key: str, label: Sequence[str]) -> bool:
    """Say whether a name has only words of a label, its head among them."""
    before_of = label[: label.index("of")] if "of" in label[1:] else label
    return len(key.split()) > 1 and bool(before_of) and before_of[-1] in key.split() and set(key.split()) <= set(label)


def _add_shortened(
    found: dict[str, dict[tuple[str, Case], Entry]],
    spare: Iterable[Row],
    words: dict[str, list[str]],
    stopped: Collection[tuple[str, Category | None]],
) -> None:
    """Take wider synonyms that only shorten their term's label, where one term alone has them.

    "outer nuclear layer" is a broad synonym of "outer nuclear layer of retina" and says it; "in" and
    "role" are related synonyms that share no word with their terms.
    """
    short: dict[str, list[Row]] = defaultdict(list)
    for row in spare:
        key = key_of(row.text)
        if key not in found and _shortens(key, words.get(row.curie, [])):
            short[key].append(row)
    for key, group in short.items():
        row = group[0]
        case = case_policy(row.text)
        if len({other.curie for other in group}) > 1 or not _is_usable(key, row.text, case):
            continue
        if (key, None) in stopped or (key, row.category) in stopped:
            continue
        _keep(found, key, Entry(row.curie, row.category, row.scope, case, row.text, row.taxa, "shortened", 1.0))


def _preference(entry: Entry) -> tuple[float, int, str, str]:
    return (-entry.weight, SCOPES.index(entry.scope), entry.curie, entry.surface)


class Lexicon:
    """Compiled surfaces.

    Make one with `Lexicon.compile`, or read one with `Lexicon.load`.
    """

    def __init__(self, automaton: Any, columns: dict[str, array[int]], strings: dict[str, list[str]]) -> None:
        self._automaton = automaton
        self._columns = columns
        self._strings = strings
        self._cache: dict[int, tuple[Entry, ...]] = {}

    def __len__(self) -> int:
        """Count the keys."""
        return len(self._columns["offset"]) - 1

    @classmethod
    def compile(
        cls,
        rows: Iterable[Row],
        *,
        scopes: Collection[Scope],
        stop: Collection[tuple[str, Category | None]] = (),
    ) -> Lexicon:
        """Compile rows; see `compile_entries` for the parameters."""
        entries = compile_entries(rows, scopes=scopes, stop=stop)
        curies, surfaces, taxa, rules = _Table(), _Table(), _Table(), _Table()
        columns = {
            name: array("I")
            for name in ("offset", "curie", "category", "scope", "case", "surface", "taxa", "rule", "weight")
        }
        for group in entries.values():
            columns["offset"].append(len(columns["curie"]))
            for entry in group:
                columns["curie"].append(curies(entry.curie))
                columns["category"].append(CATEGORIES.index(entry.category))
                columns["scope"].append(SCOPES.index(entry.scope))
                columns["case"].append(entry.case)
                columns["surface"].append(surfaces(entry.surface))
                columns["taxa"].append(taxa(" ".join(entry.taxa)))
                columns["rule"].append(rules(entry.rule))
                columns["weight"].append(round(entry.weight * 1000))
        columns["offset"].append(len(columns["curie"]))
        automaton = daachorse.CharwiseDoubleArrayAhoCorasick([f" {key} " for key in entries])
        strings = {
            name: list(table.numbers)
            for name, table in (("curie", curies), ("surface", surfaces), ("taxa", taxa), ("rule", rules))
        }
        return cls(automaton, columns, strings)

    def find(self, tokens: Tokens) -> list[Match]:
        """Find every name in a row of tokens, overlapping ones too, in no promised order."""
        if not tokens.keys:
            return []
        haystack = tokens.padded()
        matches = []
        passed = reach = 0
        # A key has no blank: the blanks up to a match's end count its tokens. Ends come in order.
        for start, end, pattern in self._automaton.find_overlapping(haystack):
            passed += haystack.count(" ", reach, end)
            reach = end
            last = passed - 1
            matches.append(Match(last - haystack.count(" ", start, end) + 1, last, pattern))
        return matches

    def entries(self, pattern: int) -> tuple[Entry, ...]:
        """Give what the name with this number may mean, best first."""
        known = self._cache.get(pattern)
        if known is not None:
            return known
        c, s = self._columns, self._strings
        made = tuple(
            Entry(
                s["curie"][c["curie"][i]],
                CATEGORIES[c["category"][i]],
                SCOPES[c["scope"][i]],
                Case(c["case"][i]),
                s["surface"][c["surface"][i]],
                tuple(s["taxa"][c["taxa"][i]].split()),
                s["rule"][c["rule"][i]],
                c["weight"][i] / 1000,
            )
            for i in range(c["offset"][pattern], c["offset"][pattern + 1])
        )
        self._cache[pattern] = made
        return made

    def save(self, path: Path) -> None:
        """Write the lexicon, aside and then renamed, so that no reader sees half of it."""
        blobs = {"automaton": bytes(self._automaton.serialize())}
        blobs |= {f"column/{name}": column.tobytes() for name, column in self._columns.items()}
        blobs |= {f"strings/{name}": "\n".join(texts).encode() for name, texts in self._strings.items()}
        head = json.dumps({name: [len(blob), zlib.crc32(blob)] for name, blob in blobs.items()}).encode()
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f"{path.name}.{id(self):x}.part")
        with aside.open("wb") as stream:
            stream.write(_MAGIC + len(head).to_bytes(4, "little") + head)
            for blob in blobs.values():
                stream.write(blob)
        aside.replace(path)

    @classmethod
    def load(cls, path: Path) -> Lexicon:
        """Read a lexicon that `save` wrote.

        Raises
        ------
        LinkError
            If the file is cut, damaged or something else: the automaton must not be trusted with it.
        """
        data = memoryview(path.read_bytes())
        mend = "delete it: it is compiled again"
        if bytes(data[: len(_MAGIC)]) != _MAGIC:
            raise LinkError("this is no compiled lexicon", str(path), mend)
        at = len(_MAGIC) + 4
        size = int.from_bytes(data[at - 4 : at], "little")
        try:
            head = json.loads(bytes(data[at : at + size]))
        except ValueError as error:
            raise LinkError("the compiled lexicon's head is damaged", str(path), mend) from error
        at += size
        blobs: dict[str, memoryview] = {}
        for name, (length, checksum) in head.items():
            blob = data[at : at + length]
            if len(blob) != length or zlib.crc32(blob) != checksum:
                raise LinkError(f"part {name!r} of the compiled lexicon is damaged", str(path), mend, part=name)
            blobs[name] = blob
            at += length
        columns, strings = {}, {}
        for name, blob in blobs.items():
            kind, _, rest = name.partition("/")
            if kind == "column":
                columns[rest] = array("I")
                columns[rest].frombytes(blob)
            elif kind == "strings":
                strings[rest] = bytes(blob).decode().split("\n")
        automaton = daachorse.CharwiseDoubleArrayAhoCorasick.deserialize(bytes(blobs["automaton"]))
        return cls(automaton, columns, strings)


def read_lexicon_rows(path: Path) -> Iterator[Row]:
    """Read a file of surfaces: ``curie, surface, status`` separated by tabs, gzipped or not.

    Raises
    ------
    LinkError
        Naming the line, if it has not these three fields or an unknown status.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="\n") as lines:
        for number, line in enumerate(lines, 1):
            fields = line.rstrip("\r\n").split("\t")
            if not line.strip() or (number == 1 and fields[0] == "curie"):
                continue
            if len(fields) != 3 or fields[2] not in STATUSES:
                raise LinkError(
                    "a row has not curie, surface and status",
                    f"{path}:{number}",
                    f"separate them by tabs; status is one of {', '.join(STATUSES)}",
                    line=number,
                )
            curie, surface, status = fields
            yield Row(curie, category_of(curie), surface, STATUSES[status])


def rows_of_sequence(rows: Sequence[tuple[str, str, str]]) -> list[Row]:
    """Make rows of ``(curie, surface, status)`` tuples."""
    return [Row(curie, category_of(curie), surface, STATUSES[status]) for curie, surface, status in rows]

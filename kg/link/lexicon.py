"""The lexicon: every surface of every term, compiled for matching.

Compiling is slow and done once: a lexicon is stored as one file that is read back in a few tens of
milliseconds, automaton included. Reading text is the linker's business; the lexicon answers which
names stand in a row of tokens, and what each may mean.
"""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import daachorse

from kg.errors import LinkError
from kg.link.compiler import compile_entries
from kg.link.entries import Case, Entry, Row, case_policy, category_of
from kg.link.rows import read_lexicon_rows, rows_of_sequence
from kg.link.tokens import Tokens
from kg.model.term import Category, Scope

__all__ = [
    "FORMAT",
    "Case",
    "Entry",
    "Lexicon",
    "Match",
    "Row",
    "case_policy",
    "category_of",
    "compile_entries",
    "read_lexicon_rows",
    "rows_of_sequence",
]

#: Part of the name of a stored lexicon: raise it when the same names would compile to another lexicon.
FORMAT: Final = 11
_MAGIC: Final = b"kglex01\n"

#: Categories and scopes by their number in a stored lexicon. Append, never reorder.
CATEGORIES: Final = tuple(Category)
SCOPES: Final = tuple(Scope)


class Match(NamedTuple):
    """A name found in a row of tokens: tokens `first` to `last`, half-open."""

    first: int
    last: int
    pattern: int


@dataclass
class _Table:
    """Strings by number, each once."""

    numbers: dict[str, int] = field(default_factory=dict)

    def __call__(self, text: str) -> int:
        return self.numbers.setdefault(text, len(self.numbers))


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

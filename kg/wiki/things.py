"""What the label of a node means: the terms of which it is a name, whole.

A linker reads running text, where "HD" may be anything, and abstains. A node stands for a thing: a name that a
vocabulary has, an identifier of a term, what the page is about, or a short form that the page explains.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Final

from kg.link.abbreviations import definitions_of
from kg.link.choice import case_fits
from kg.link.tokens import tokenize
from kg.wiki.context import LintContext
from kg.wiki.page import Page

_IDENTIFIER: Final = re.compile(r"[A-Za-z][\w.-]*[:_]\s?[\w.-]+|https?://\S+")
_ATLASES: Final = ("MBA:", "HBA:", "DMBA:")


class Things:
    """The things that labels on a page mean.

    Parameters
    ----------
    page : Page
        For its subject, and the short forms that it explains.
    context : LintContext
        For the vocabularies and their names.
    """

    def __init__(self, page: Page, context: LintContext) -> None:
        self._page = page
        self._context = context

    def meanings(self, label: str) -> frozenset[str]:
        """Give the terms that a label names: more than one where a name has several meanings."""
        if _IDENTIFIER.fullmatch(label):
            curie = self._context.vocabulary.resolve(label)
            return frozenset() if curie is None else frozenset({curie})
        found = self._named(label)
        if not found and (long := self._short_forms.get(label)):
            found = self._named(long)
        return found

    def is_known(self, label: str) -> bool:
        """Say whether a label is the name of a thing: of a term, or of what the page is about."""
        return _fold(label) in self._subject or bool(self.meanings(label))

    def _named(self, label: str) -> frozenset[str]:
        lexicon = self._context.linker.lexicon
        tokens = tokenize(label)
        entries = [
            entry
            for match in lexicon.find(tokens)
            if (match.first, match.last) == (0, len(tokens.keys))
            for entry in lexicon.entries(match.pattern)
            if case_fits(entry, label)
        ]
        # An atlas's term of the same name as UBERON's is the same region.
        if any(entry.curie.startswith("UBERON:") for entry in entries):
            entries = [entry for entry in entries if not entry.curie.startswith(_ATLASES)]
        return frozenset(entry.curie for entry in entries)

    @cached_property
    def _short_forms(self) -> dict[str, str]:
        record = self._page.record
        return definitions_of(passage.text for passage in record.passages) if record else {}

    @cached_property
    def _subject(self) -> frozenset[str]:
        """What the page is about is called by its title, with and without what is bracketed, its slug, its term."""
        record = self._page.record
        if record is None:
            return frozenset()
        title, bracket, rest = record.title.partition("(")
        names = {record.title, title, record.slug.rpartition("/")[2].replace("-", " ")}
        if bracket and rest.endswith(")"):
            names.add(rest.removesuffix(")"))
        for curie in {curie for name in tuple(names) for curie in self._named(name.strip())}:
            if term := self._context.vocabulary.get(curie):
                names.update((term.label, *(synonym.text for synonym in term.synonyms)))
        return frozenset(_fold(name) for name in names if name.strip())


def _fold(name: str) -> str:
    return " ".join(name.casefold().split())

"""The sentences of a record, and where in them a mention stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kg.link.sentences import split_sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kg.model import Mention, Passage


class Sentence(NamedTuple):
    """One sentence of a passage. `start` and `end` are its span in the passage's text."""

    passage: Passage
    start: int
    end: int
    #: Position among the passage's sentences, from 0.
    position: int

    @property
    def text(self) -> str:
        """The sentence, exactly as the passage has it."""
        return self.passage.text[self.start : self.end]


class RecordText:
    """A record's passages by section, split into sentences when they are asked for.

    Parameters
    ----------
    passages : sequence of Passage
        Of one record.
    """

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = {passage.section: passage for passage in passages}
        self._sentences: dict[str, list[Sentence]] = {}

    def passage(self, section: str) -> Passage | None:
        """Give the passage of a section, or None."""
        return self._passages.get(section)

    def sentences(self, section: str) -> list[Sentence]:
        """Give the sentences of a section, in order; none for a section that isn't there."""
        if section not in self._sentences:
            passage = self._passages.get(section)
            self._sentences[section] = (
                []
                if passage is None
                else [Sentence(passage, *span, n) for n, span in enumerate(split_sentences(passage.text))]
            )
        return self._sentences[section]

    def sentence_of(self, mention: Mention) -> Sentence | None:
        """Give the sentence that a mention stands in; one that spans two is taken with both."""
        touched = [s for s in self.sentences(mention.section) if s.start < mention.end and mention.start < s.end]
        if not touched:
            return None
        if len(touched) == 1:
            return touched[0]
        return Sentence(touched[0].passage, touched[0].start, touched[-1].end, touched[0].position)

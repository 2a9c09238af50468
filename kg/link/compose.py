"""Spans of region names that are put together: phrases in, spans with a term out."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from typing import Final

from kg.link.entries import Case, Entry
from kg.link.phrases import Anchor, find_phrases
from kg.link.span import Span
from kg.link.tokens import Tokens
from kg.model.term import Category, Scope

#: The rules' names: a mention's method.
WITHIN: Final = "compositional"
KIND: Final = "kind"
#: How far a container is to be trusted against the name itself, and a kind.
_WITHIN_WEIGHT: Final = 0.85
_KIND_WEIGHT: Final = 0.55
#: Kinds of region by the head of a name.
_KINDS: Final = {
    "nucleus": "UBERON:0000125",
    "subnucleus": "UBERON:0000125",
    "ganglion": "UBERON:0000045",
    "gyrus": "UBERON:0000200",
    "sulcus": "UBERON:0013118",
    "cortex": "UBERON:0000956",
    "area": "UBERON:0000956",
}
#: What any other name is a part of.
_ANY: Final = "UBERON:0002616"
_NO_ANCHOR: Final = frozenset({"layer", "lamina", "stratum"})


def compose_regions(text: str, tokens: Tokens, spans: Sequence[Span]) -> list[Span]:
    """Join the names of regions with the words around them to the names that are meant."""
    starts = tokens.starts
    anchors: list[Anchor] = []
    anchored: list[Span] = []
    made: list[Span] = []
    unsure: set[int] = set()
    for span in spans:
        entry = span.entries[0]
        first, last = bisect_left(starts, span.start), bisect_left(starts, span.end)
        if _NO_ANCHOR.intersection(tokens.keys[first:last]):
            made.append(span)
            anchors.append(Anchor(first, last, "!"))  # a whole name: nothing in it is another
            anchored.append(span)
            continue
        is_adjective = entry.rule == "adjective" or entry.scope is Scope.ADJECTIVE
        letter = "J" if is_adjective else "R"
        if entry.case is Case.SAME and not span.defined:
            if tokens.keys[first] == "area":
                span = span._replace(defined=True)  # "area 17" needs no other support
            else:
                letter = "A"
                unsure.add(len(anchors))
        anchors.append(Anchor(first, last, letter))
        anchored.append(span)
    for phrase in find_phrases(text, tokens, anchors):
        start, end = starts[phrase.first], tokens.ends[phrase.last - 1]
        if phrase.about:
            for number in phrase.about:
                span = anchored[number]
                entries = span.entries
                if number in unsure:
                    unsure.discard(number)
                    span = span._replace(defined=True)
                if phrase.is_within:
                    entries = tuple(e._replace(rule=WITHIN, weight=e.weight * _WITHIN_WEIGHT) for e in entries)
                made.append(span._replace(start=start, end=max(end, span.end), entries=entries))
        else:
            curie = _KINDS.get(phrase.head, _ANY)
            entry = Entry(curie, Category.REGION, Scope.LABEL, Case.ANY, phrase.head, (), KIND, _KIND_WEIGHT)
            made.append(Span(start, end, (entry,), False))
    made += [anchored[number] for number in sorted(unsure)]
    ends = {span.end for span in made}
    return [span for span in made if not (span.defined and _is_behind(text, span, ends))]


def _is_behind(text: str, span: Span, ends: Collection[int]) -> bool:
    """Say whether a short form only repeats in brackets the name before it."""
    if text[span.start - 1 : span.start] not in ("(", "[") or text[span.end : span.end + 1] not in (")", "]"):
        return False
    before = span.start - 1
    while before > 0 and text[before - 1] == " ":
        before -= 1
    return before in ends

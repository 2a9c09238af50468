"""Spans of region names that are put together: phrases in, spans with a term out."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Sequence
from typing import Final

from kg.link.choice import APART
from kg.link.entries import Case, Entry
from kg.link.joined import join_rows
from kg.link.phrases import HYPHENS, Anchor, Phrase, find_phrases
from kg.link.shortnames import add_short_names, find_short_names
from kg.link.span import Span
from kg.link.standing import hangs_on, has_levels, is_bare_layer, is_level, stands_alone
from kg.link.tokens import Tokens
from kg.model.term import Category, Scope

#: The rules' names: a mention's method.
WITHIN: Final = "compositional"
KIND: Final = "kind"
#: Farthest that a layer may be from what it is a layer of.
_FAR: Final = 400
#: How far a container is to be trusted against the name itself, and a kind.
_WITHIN_WEIGHT: Final = 0.85
_KIND_WEIGHT: Final = 0.55
#: Kinds of region by the head of a name.
_KINDS: Final = {
    "nucleus": "UBERON:0000125",
    "subnucleus": "UBERON:0000125",
    "cortex": "UBERON:0000956",
    "area": "UBERON:0000956",
}
#: What any other name is a part of.
_ANY: Final = "UBERON:0002616"
_NO_ANCHOR: Final = frozenset({"layer", "lamina", "stratum"})


def compose_record(
    texts: Sequence[str], found: Sequence[Sequence[Span]], tokens_of: Callable[[str], Tokens]
) -> list[list[Span]]:
    """Join the regions of a record's texts to the names that are meant, by short names too that the record gives.

    Parameters
    ----------
    texts : sequence of str
        The texts of one record.
    found : sequence of sequence of Span
        What stands in each, of any category.
    tokens_of : callable
        Gives the tokens of a text.

    Returns
    -------
    list of list of Span
        The same, with the regions composed.
    """
    regions = [[s for s in spans if s.entries[0].category is Category.REGION and not s.parts] for spans in found]
    others = [[s for s in spans if s.entries[0].category is not Category.REGION or s.parts] for spans in found]
    composed = [compose_regions(text, tokens_of(text), spans) for text, spans in zip(texts, regions, strict=True)]
    names: dict[str, tuple[Entry, ...]] = {}
    for text, spans in zip(texts, composed, strict=True):
        names = find_short_names(text, spans) | names
    if names:
        for number, text in enumerate(texts):
            tokens = tokens_of(text)
            named = add_short_names(text, tokens, names, regions[number])
            if named != regions[number]:
                composed[number] = compose_regions(text, tokens, named)
    return [
        [span for span in rest if not _is_in_row(span, spans)] + spans
        for rest, spans in zip(others, composed, strict=True)
    ]


def _is_in_row(span: Span, regions: Sequence[Span]) -> bool:
    """Say whether a region in pieces is named by a row as a whole: "frontal" of "frontal and parietal cortex"."""
    return bool(span.parts) and any(
        other.start <= span.start and span.end <= other.end and other.entries[0].curie == span.entries[0].curie
        for other in regions
    )


def compose_regions(text: str, tokens: Tokens, spans: Sequence[Span]) -> list[Span]:
    """Join the names of regions with the words around them to the names that are meant."""
    starts = tokens.starts
    anchors: list[Anchor] = []
    anchored: list[Span] = []
    made: list[Span] = []
    unsure: set[int] = set()
    layers: list[Span] = []
    places = [(bisect_left(starts, span.start), bisect_left(starts, span.end)) for span in spans]
    taken = {
        at for first, last in places if not _NO_ANCHOR.intersection(tokens.keys[first:last]) for at in (first, last - 1)
    }
    levels = has_levels(tokens)
    for span, (first, last) in zip(spans, places, strict=True):
        entry = span.entries[0]
        if is_bare_layer(tokens, first, last, taken):
            layers.append(span)
            continue
        if levels and entry.case is Case.SAME and not span.defined and is_level(text[span.start : span.end]):
            continue
        if _NO_ANCHOR.intersection(tokens.keys[first:last]):
            made.append(span)
            anchors.append(Anchor(first, last, "!"))  # a whole name: nothing in it is another
            anchored.append(span)
            continue
        if _hangs_on_other(text, span, first, taken):
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
    for phrase in join_rows(tokens, list(find_phrases(text, tokens, anchors)), anchors):
        start, end = starts[phrase.first], tokens.ends[phrase.last - 1]
        if phrase.about:
            if _is_no_name(text, tokens, phrase, anchors[phrase.about[0]]):
                continue
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
    sure = {span.end for span in made if span.defined or span.entries[0].case is not Case.SAME}
    made = [span for span in made if not _is_behind(text, span, sure)]
    return made + [owned for span in layers if (owned := _with_owner(span, made))]


def _hangs_on_other(text: str, span: Span, first: int, taken: Collection[int]) -> bool:
    """Say whether an acronym hangs on something else by a hyphen: "GM-CSF", "TH-IR"."""
    if span.entries[0].case is not Case.SAME or span.defined or " " in text[span.start : span.end]:
        return False
    return (
        span.start > 1 and text[span.start - 1] in HYPHENS and text[span.start - 2].isalnum() and first - 1 not in taken
    )


def _is_no_name(text: str, tokens: Tokens, phrase: Phrase, anchor: Anchor) -> bool:
    """Say whether a phrase is an adjective alone that says nothing of a place there."""
    if anchor.letter != "J" or (anchor.first, anchor.last) != (phrase.first, phrase.last):
        return False
    return not stands_alone(tokens.keys[phrase.first : phrase.last]) or hangs_on(text, tokens.starts[phrase.first])


def _with_owner(span: Span, regions: Sequence[Span]) -> Span | None:
    """Give a layer that has only a number the region beside it for its other piece, if there is one."""
    near = [other for other in regions if max(other.start - span.end, span.start - other.end) < _FAR]
    if not near:
        return None
    owner = min(near, key=lambda other: max(other.start - span.end, span.start - other.end))
    entries = tuple(entry._replace(rule=APART) for entry in span.entries)
    pieces = sorted(((span.start, span.end), (owner.start, owner.end)))
    return span._replace(entries=entries, parts=tuple(pieces))


def _is_behind(text: str, span: Span, ends: Collection[int]) -> bool:
    """Say whether a short form only repeats in brackets the name before it."""
    if " " in text[span.start : span.end] or text[span.start : span.end].islower():
        return False
    if text[span.start - 1 : span.start] not in ("(", "[") or text[span.end : span.end + 1] not in (
        ")",
        "]",
        ";",
    ):
        return False
    before = span.start - 1
    while before > 0 and text[before - 1] == " ":
        before -= 1
    return before in ends

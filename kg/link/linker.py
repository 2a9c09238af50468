"""The linker: the passages of one record in, mentions of terms out.

For each passage: tokens, every name that stands in them, the names whose case and species fit, the
longest of each category, and of several meanings the one that the record supports. An abbreviation
that the record defines stands for its long form wherever it occurs; one that it doesn't define is
left alone unless the vocabulary is sure of it or the record names the same term in full.
"""

from __future__ import annotations

import hashlib
import logging
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from kg.errors import LinkError
from kg.link.abbreviations import definitions_of
from kg.link.context import POSITION_KEYS, find_traps, is_trapped, taxa_of_keys
from kg.link.coordination import find_shared
from kg.link.lexicon import FORMAT, Case, Entry, Lexicon, Row, case_policy, read_lexicon_rows
from kg.link.regions import widen_adjective, widen_region
from kg.link.stops import read_stop_surfaces, stop_fingerprint
from kg.link.tokens import BREAK, Tokens, fold, tokenize
from kg.model.mention import Mention
from kg.model.record import Passage, Role
from kg.model.term import Category, Scope

if TYPE_CHECKING:
    from kg.config import LinkConfig
    from kg.ontology import Vocabulary

_log = logging.getLogger(__name__)

#: Scopes of a file of surfaces that are matched unless others are asked for.
FILE_SCOPES: Final = (Scope.LABEL, Scope.EXACT, Scope.ABBREVIATION, Scope.ADJECTIVE, Scope.PROCESS)
#: Longest stretch that is linked at once; longer passages are cut at a blank, so that memory stays small.
_CHUNK: Final = 1 << 20
#: How many tokens before and after a short form may belong to a name with it.
_AROUND: Final = 12
#: Most decisions about one surface that are remembered.
_REMEMBERED: Final = 1 << 17

#: How often a name of this scope means its term, as a first guess; priors refine it.
_SCORES: Final = {
    Scope.LABEL: 0.95,
    Scope.EXACT: 0.9,
    Scope.ABBREVIATION: 0.85,
    Scope.ADJECTIVE: 0.85,
    Scope.PROCESS: 0.7,
    Scope.NARROW: 0.75,
    Scope.RELATED: 0.7,
    Scope.BROAD: 0.7,
}


class _Span(NamedTuple):
    """Names that stand at one place, of one category."""

    start: int
    end: int
    entries: tuple[Entry, ...]
    #: Whether a definition in the record made it.
    defined: bool
    #: The pieces of a name that stands in several.
    parts: tuple[tuple[int, int], ...] = ()


@dataclass
class _Record:
    """What one record says beyond the passage at hand."""

    taxa: frozenset[str] = frozenset()
    #: Whether the lexicon's regions are those of the nervous system alone, so that one makes another likelier.
    is_neural: bool = False
    abbreviations: dict[str, Tokens] = field(default_factory=dict)
    #: Terms that the record names in full.
    named: set[str] = field(default_factory=set)

    @property
    def regions(self) -> int:
        """How many regions the record names in full."""
        return len(self._regions)

    _regions: set[str] = field(default_factory=set)

    def name(self, entry: Entry) -> None:
        """Note that the record names a term in full."""
        self.named.add(entry.curie)
        if entry.category is Category.REGION:
            self._regions.add(entry.curie)


class Linker:
    """Links text to the terms of a lexicon.

    Parameters
    ----------
    lexicon : Lexicon
        The surfaces to look for.
    minimum_score : float, default 0.5
        Mentions below it are dropped.
    categories : collection of Category, optional
        Keep only these.
    with_positions : bool, default False
        Whether a region's span takes in the words before it that say where ("left", "dorsolateral part of
        the"). Its term stays the same: no term is claimed that the vocabulary doesn't have.

    Examples
    --------
    >>> linker = Linker.from_rows([Row("UBERON:0002421", Category.REGION, "hippocampal formation", Scope.LABEL)])
    >>> text = "Hippocampal formation (HF) lesions; the HF is small."
    >>> [(m.surface, m.curie, m.method) for m in linker.link_text(text)]  # doctest: +NORMALIZE_WHITESPACE
    [('Hippocampal formation', 'UBERON:0002421', 'label'), ('HF', 'UBERON:0002421', 'abbreviation'),
     ('HF', 'UBERON:0002421', 'abbreviation')]
    """

    def __init__(
        self,
        lexicon: Lexicon,
        *,
        minimum_score: float = 0.5,
        categories: Collection[Category] | None = None,
        with_positions: bool = False,
    ) -> None:
        self.lexicon = lexicon
        self.with_positions = with_positions
        self.minimum_score = minimum_score
        self.categories = frozenset(categories) if categories is not None else None
        self._decided: dict[tuple[int, str], tuple[tuple[Category, tuple[Entry, ...]], ...]] = {}

    @classmethod
    def from_rows(cls, rows: Iterable[Row], *, scopes: Collection[Scope] = FILE_SCOPES) -> Linker:
        """Make a linker of rows, without a cache."""
        return cls(Lexicon.compile(rows, scopes=scopes, stop=read_stop_surfaces()))

    @classmethod
    def from_lexicon_file(cls, path: Path, *, scopes: Collection[Scope] = FILE_SCOPES) -> Linker:
        """Make a linker of a file of surfaces: ``curie, surface, status``, separated by tabs.

        Raises
        ------
        LinkError
            Naming the line that can't be read.
        """
        return cls.from_rows(read_lexicon_rows(path), scopes=scopes)

    @classmethod
    def from_vocabulary(cls, vocabulary: Vocabulary, config: LinkConfig, *, cache_dir: Path) -> Linker:
        """Make a linker of all vocabularies; the compiled lexicon is kept in `cache_dir`.

        Parameters
        ----------
        vocabulary : Vocabulary
            Terms with their names.
        config : LinkConfig
            Scopes and the least score.
        cache_dir : Path
            Where compiled lexicons are; one that is damaged is made again.
        """
        scopes = tuple(Scope(scope) for scope in config.scopes)
        identity = "\n".join((str(FORMAT), vocabulary.fingerprint, ",".join(sorted(scopes)), stop_fingerprint()))
        path = cache_dir / f"lexicon-{hashlib.sha256(identity.encode()).hexdigest()[:16]}.bin"
        lexicon = None
        if path.is_file():
            try:
                lexicon = Lexicon.load(path)
            except LinkError as error:
                _log.warning("%s", error)
        if lexicon is None:
            stop = read_stop_surfaces(whole_vocabularies=True)
            lexicon = Lexicon.compile(rows_of_vocabulary(vocabulary), scopes=scopes, stop=stop)
            lexicon.save(path)
        return cls(lexicon, minimum_score=config.minimum_score, with_positions=True)

    def link_text(self, text: str, *, taxa: Collection[str] = ()) -> list[Mention]:
        """Link one text that belongs to no record."""
        return self.link([Passage(record_id="text", section="text", role=Role.BODY, text=text)], taxa=taxa)

    def link(self, passages: Sequence[Passage], *, taxa: Collection[str] = ()) -> list[Mention]:
        """Link the passages of one record.

        Parameters
        ----------
        passages : sequence of Passage
            All of one record's, as an abbreviation defined in one holds in the others.
        taxa : collection of str
            CURIEs of the record's species; without them, those whose names its text has.

        Returns
        -------
        list of Mention
            By passage, start, end and CURIE. ``passage.text[m.start:m.end] == m.surface``.
        """
        pieces = [
            (number, offset, piece)
            for number, passage in enumerate(passages)
            for offset, piece in _pieces(passage.text)
        ]
        # Tokens of a long record are made again rather than kept: they take more room than its text.
        size = sum(len(piece) for _, _, piece in pieces)
        tokens_of = cache(tokenize) if size <= 2 * _CHUNK else tokenize
        record = _Record(
            taxa=frozenset(taxa) or frozenset().union(*(taxa_of_keys(set(tokens_of(p).keys)) for _, _, p in pieces)),
            is_neural=self.with_positions,
            abbreviations={
                short: tokenize(long) for short, long in definitions_of(passage.text for passage in passages).items()
            },
        )
        found = [
            (number, offset, piece, self._spans(piece, tokens_of(piece), record)) for number, offset, piece in pieces
        ]
        for _, _, _, spans in found:
            for span in spans:
                if span.entries[0].case is not Case.SAME and len({entry.curie for entry in span.entries}) == 1:
                    record.name(span.entries[0])
        mentions = []
        for number, offset, piece, spans in found:
            passage = passages[number]
            mentions += [
                Mention(
                    record_id=passage.record_id,
                    section=passage.section,
                    start=offset + span.start,
                    end=offset + span.end,
                    surface=piece[span.start : span.end],
                    curie=entry.curie,
                    category=entry.category,
                    score=score,
                    method=_method(entry, span),
                    parts=tuple((offset + first, offset + last) for first, last in span.parts),
                )
                for span, entry, score in self._resolve(spans, record)
            ]
        return mentions

    def _spans(self, text: str, tokens: Tokens, record: _Record) -> list[_Span]:
        """Give the places of a text where names stand, longest of each category only."""
        found = list(self._matches(text, tokens, record))
        if record.abbreviations:
            found = self._with_abbreviations(text, tokens, record, found)
        if not found:
            return []
        found.sort(key=lambda item: (item[1].start, -item[1].end))
        traps: Sequence[tuple[int, int]] = find_traps(text)
        reach: dict[Category, int] = defaultdict(int)
        kept: list[_Span] = []
        for category, span in found:
            if span.start < reach[category]:
                continue
            if traps and category is not Category.SPECIES and is_trapped(span.start, span.end, traps):
                continue
            if self.with_positions and span.defined and kept and _repeats(text, kept[-1], span):
                continue
            if self.with_positions and category is Category.REGION:
                start, end = widen_region(text, tokens, span.start, span.end, reach[category])
                if span.entries[0].rule == "adjective" or span.entries[0].scope is Scope.ADJECTIVE:
                    end = widen_adjective(text, tokens, end)
                span = span._replace(start=start, end=end)
            reach[category] = span.end
            kept.append(span)
        return kept + list(self._coordinated(text, tokens, kept, record))

    def _coordinated(self, text: str, tokens: Tokens, kept: Iterable[_Span], record: _Record) -> Iterator[_Span]:
        """Give the names that share their end with a later one: "dorsal" of "dorsal and ventral striatum"."""
        for span in kept:
            first, last = bisect_left(tokens.starts, span.start), bisect_left(tokens.starts, span.end)
            if last - first < 2 or span.defined:
                continue
            found = set()
            for shared in find_shared(tokens, first, last):
                if shared.own in found:
                    continue
                start, end = tokens.starts[shared.own[0]], tokens.ends[shared.own[1] - 1]
                rest = tokens.starts[shared.shared[0]], span.end
                surface = f"{text[start:end]} {text[rest[0] : rest[1]]}"
                for match in self.lexicon.find(Tokens([], [], shared.keys)):
                    if (match.first, match.last) != (0, len(shared.keys)):
                        continue
                    for category, entries in self._decide(match.pattern, surface, record.taxa):
                        if category is span.entries[0].category:
                            found.add(shared.own)
                            yield _Span(start, span.end, entries, False, ((start, end), rest))

    def _matches(self, text: str, tokens: Tokens, record: _Record) -> Iterator[tuple[Category, _Span]]:
        starts, ends = tokens.starts, tokens.ends
        for match in self.lexicon.find(tokens):
            start, end = starts[match.first], _end(text, ends[match.last - 1])
            for category, entries in self._decide(match.pattern, text[start:end], record.taxa):
                yield category, _Span(start, end, entries, False)

    def _decide(
        self, pattern: int, surface: str, taxa: frozenset[str]
    ) -> tuple[tuple[Category, tuple[Entry, ...]], ...]:
        """Give the meanings of a name whose case and species fit, by category."""
        decided = self._decided.get((pattern, surface))
        if decided is None:
            groups: dict[Category, list[Entry]] = {}
            for entry in self.lexicon.entries(pattern):
                if (self.categories is None or entry.category in self.categories) and case_fits(entry, surface):
                    groups.setdefault(entry.category, []).append(entry)
            decided = tuple((category, tuple(entries)) for category, entries in groups.items())
            if len(self._decided) >= _REMEMBERED:
                self._decided.clear()
            self._decided[pattern, surface] = decided
        if not any(entry.taxa for _, entries in decided for entry in entries):
            return decided
        return tuple(
            (category, kept)
            for category, entries in decided
            if (kept := tuple(entry for entry in entries if not entry.taxa or taxa.intersection(entry.taxa)))
        )

    def _with_abbreviations(
        self, text: str, tokens: Tokens, record: _Record, found: list[tuple[Category, _Span]]
    ) -> list[tuple[Category, _Span]]:
        """Read defined short forms as their long forms, and drop what the dictionary made of them."""
        expanded, whole = _expand(text, tokens, record.abbreviations)
        if not whole:
            return found
        # A definition vetoes the dictionary's other senses of the short form alone; "BMP signaling" may stay.
        short_spans = {(tokens.starts[at], tokens.ends[at]) for at in whole}
        kept = [item for item in found if (item[1].start, item[1].end) not in short_spans]
        vetoed = [item for item in found if (item[1].start, item[1].end) in short_spans]
        made = []
        ends = {last for _, last in whole.values()}
        owner = {index: (at, first, last) for at, (first, last) in whole.items() for index in range(first, last)}
        for match in self.lexicon.find(expanded):
            head, tail = owner.get(match.first), owner.get(match.last - 1)
            if head is None and tail is None and not any(i in owner for i in range(match.first, match.last)):
                continue
            if tail is not None and match.last not in ends:
                continue
            if head is not None and not POSITION_KEYS.issuperset(expanded.keys[head[1] : match.first]):
                # Not "fibroblast" for "MEF", mouse embryonic fibroblast; but "prefrontal cortex" for "lPFC".
                continue
            partial = head is not None and match.first > head[1]
            start, end = expanded.starts[match.first], _end(text, expanded.ends[match.last - 1])
            long = " ".join(expanded.keys[match.first : match.last])
            for category, entries in self._decide(match.pattern, long, record.taxa):
                if partial:
                    entries = tuple(entry._replace(weight=entry.weight * 0.85) for entry in entries)
                made.append((match.first, match.last, category, _Span(start, end, entries, True)))
        # Of two readings of one short form, the one that uses more of the long form.
        best: dict[tuple[int, int, Category], tuple[int, _Span]] = {}
        for first, last, category, span in made:
            place = (span.start, span.end, category)
            if place not in best or last - first > best[place][0]:
                best[place] = (last - first, span)
        kept += [(category, span) for (_, _, category), (_, span) in best.items()]
        taken = {(start, end) for start, end, _ in best}
        for category, span in vetoed:  # the dictionary's sense may be what the definition says in other words
            if (span.start, span.end) in taken:
                continue
            defined = _short_of(text[span.start : span.end], record.abbreviations)
            agreed = tuple(e for e in span.entries if defined and _agrees(e, record.abbreviations[defined]))
            if agreed:
                kept.append((category, span._replace(entries=agreed)))
        return kept

    def _resolve(self, spans: Iterable[_Span], record: _Record) -> Iterator[tuple[_Span, Entry, float]]:
        chosen = []
        for span in spans:
            decision = choose(span, record)
            if decision is not None and decision[1] >= self.minimum_score:
                chosen.append((span, *decision))
        if self.with_positions and record.regions > 2:
            # In a record that names regions, "the brain" says nothing more.
            chosen = [item for item in chosen if item[1].curie not in _WHOLES]
        chosen.sort(key=lambda item: (item[0].start, item[0].end, item[1].curie))
        yield from chosen


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """Cut a very long text at blanks."""
    if len(text) <= _CHUNK:
        yield 0, text
        return
    start = 0
    while start < len(text):
        end = start + _CHUNK
        if end < len(text):
            cut = max(text.rfind("\n", start, end), text.rfind(". ", start, end)) + 1
            cut = cut or text.rfind(" ", start, end) + 1
            end = cut if cut > start else end
        yield start, text[start:end]
        start = end


def _end(text: str, end: int) -> int:
    """Leave a possessive 's out of the span."""
    return end - 2 if text[end - 2 : end] in ("'s", "\u2019s") else end


def _repeats(text: str, before: _Span, span: _Span) -> bool:
    """Say whether a short form only repeats the long form that it is bracketed behind."""
    return text[before.end : span.start].strip() in ("(", "[") and before.entries[0].curie == span.entries[0].curie


def _expand(text: str, tokens: Tokens, abbreviations: dict[str, Tokens]) -> tuple[Tokens, dict[int, tuple[int, int]]]:
    """Put long forms in the place of short ones, and leave out what is far from any.

    Returns the new tokens, each of a long form with the span of its short form, and for each token
    that was replaced the place of its long form.
    """
    wanted = {fold(short) for short in abbreviations}
    whole: dict[int, tuple[int, int]] = {}
    made = Tokens([], [], [])
    done = 0
    for index in [index for index, key in enumerate(tokens.keys) if key in wanted]:
        start, end = tokens.starts[index], tokens.ends[index]
        defined = _short_of(text[start : _end(text, end)], abbreviations)
        if defined is None:
            continue
        first = max(done, index - _AROUND)
        if first > done:
            _copy(tokens, made, done, min(done + _AROUND, first))
            _append(made, start, end, [BREAK])
        _copy(tokens, made, first, index)
        long = abbreviations[defined].keys
        whole[index] = (len(made.keys), len(made.keys) + len(long))
        _append(made, start, end, long)
        done = index + 1
    _copy(tokens, made, done, done + _AROUND)
    return made, whole


def _copy(source: Tokens, target: Tokens, first: int, last: int) -> None:
    target.starts.extend(source.starts[first:last])
    target.ends.extend(source.ends[first:last])
    target.keys.extend(source.keys[first:last])


def _append(target: Tokens, start: int, end: int, keys: Sequence[str]) -> None:
    target.starts.extend([start] * len(keys))
    target.ends.extend([end] * len(keys))
    target.keys.extend(keys)


def _short_of(raw: str, abbreviations: Collection[str]) -> str | None:
    """Give the defined short form that a word is, or is the plural of."""
    if raw in abbreviations:
        return raw
    return raw[:-1] if raw[-1:] == "s" and raw[:-1] in abbreviations else None


def _agrees(entry: Entry, long: Tokens) -> bool:
    """Say whether a dictionary's sense may be what the long form says: they share their rarer words."""
    words = {key for key in tokenize(entry.surface).keys if len(key) > 3}
    return bool(words) and words <= set(long.keys)


def case_fits(entry: Entry, surface: str) -> bool:
    """Say whether the case of a text agrees with that of a name.

    Examples
    --------
    >>> row = Row("UBERON:0003881", Category.REGION, "CA1", Scope.EXACT)
    >>> entry = Lexicon.compile([row], scopes=[Scope.EXACT]).entries(0)[0]
    >>> case_fits(entry, "CA1"), case_fits(entry, "ca1")
    (True, False)
    """
    if entry.case is Case.SAME:
        if surface == entry.surface:
            return True
        bare, wanted = _letters(surface), _letters(entry.surface)
        return bare == wanted or (bare[-1:] == "s" and bare[:-1] == wanted)
    return not (len(surface) <= 5 and surface.isupper())


def _letters(text: str) -> str:
    return "".join(c for c in text if c.isalnum())


def choose(span: _Span, record: _Record) -> tuple[Entry, float] | None:
    """Choose what a name means here.

    A rule's weight and the scope come first; of equals, the term that the record names in full.
    An acronym that the record doesn't define is left alone unless it is distinctive or the record
    supports it: abstaining is an answer.
    """
    scored = [
        (_SCORES[entry.scope] * entry.weight * trust, entry)
        for entry in span.entries
        if (trust := 1.0 if span.defined or entry.case is not Case.SAME else _acronym_trust(entry, record)) > 0
    ]
    if not scored:
        return None
    top = max(score for score, _ in scored)
    best = [entry for score, entry in scored if score >= top - 1e-9]
    meanings = {entry.curie for entry in best}
    if len(meanings) > 1:
        supported = [entry for entry in best if entry.curie in record.named]
        if len({entry.curie for entry in supported}) == 1:
            return supported[0], top * 0.95
        if best[0].case is Case.SAME:
            return None
        return min(best, key=lambda entry: entry.curie), top * 0.7
    return best[0], top


#: "VISp", "mPFC", "SNc", "CA1": letters that nothing else is written with.
_DISTINCTIVE: Final = re.compile(r"[a-z]{0,2}[A-Z]{2,}[a-z]{1,3}\d?|[A-Z]{2,4}\d{1,2}[a-z]{0,2}|[a-z]{1,2}[A-Z]{2,}\d?")


def _acronym_trust(entry: Entry, record: _Record) -> float:
    """Say how far an acronym without a definition is to be trusted, from 0 to 1."""
    if entry.curie in record.named:
        return 1.0
    if entry.category is not Category.REGION or not record.is_neural:
        return 0.0
    if _DISTINCTIVE.fullmatch(entry.surface):
        return 0.95
    # "V1" is an area among regions of the brain, and a version or a lead elsewhere.
    around = record.regions
    if len(entry.surface) >= 3 or (len(entry.surface) == 2 and entry.surface[1].isdigit()):
        return 0.8 if around >= 1 else 0.0
    return 0.0


def _method(entry: Entry, span: _Span) -> str:
    if span.parts:
        return "coordination"
    if span.defined:
        return "abbreviation"
    if entry.rule:
        return entry.rule
    if entry.case is Case.SAME:
        return "acronym"
    return entry.scope.value


#: The brain as a whole: UBERON's, and the roots of Allen's mouse and human atlases.
_WHOLES: Final = frozenset({"UBERON:0000955", "MBA:997", "MBA:8", "HBA:4005", "HBA:4006"})
#: A region is of the nervous system or of the inner ear: the graph's regions are places to record from, and most
#: names of other anatomy ("arm", "hair", "adult") are something else in texts about brains.
_NEURAL_ROOTS: Final = frozenset({"UBERON:0001016", "UBERON:0001846"})


def rows_of_vocabulary(vocabulary: Vocabulary) -> Iterator[Row]:
    """Give every name of every term that is not obsolete.

    Regions of UBERON count only if they are part of the nervous system or the inner ear. A word that
    an atlas of one species has for such a region holds for every species, its acronym doesn't.
    """
    for term in vocabulary:
        if term.is_obsolete:
            continue
        is_shared = term.category is Category.REGION and term.curie.startswith("UBERON:")
        if is_shared and term.curie not in _NEURAL_ROOTS and not _NEURAL_ROOTS & vocabulary.ancestors(term.curie):
            continue
        yield Row(term.curie, term.category, term.label, Scope.LABEL, term.taxa)
        for synonym in term.synonyms:
            taxa = synonym.taxa or term.taxa
            if is_shared and not term.taxa and case_policy(synonym.text) is not Case.SAME:
                taxa = ()
            yield Row(term.curie, term.category, synonym.text, synonym.scope, taxa)

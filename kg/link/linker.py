"""The linker: the passages of one record in, mentions of terms out.

For each passage: tokens, every name that stands in them, the names whose case and species fit, the
longest of each category, and of several meanings the one that the record supports. An abbreviation
that the record defines stands for its long form wherever it occurs; one that it doesn't define is
left alone unless the vocabulary is sure of it or the record names the same term in full.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kg.link.abbreviations import definitions_of
from kg.link.calibration import Calibration, Reach, default_calibration
from kg.link.choice import Record, case_fits, choose, method_of
from kg.link.compose import compose_record
from kg.link.context import POSITION_KEYS, find_traps, is_trapped, names_protein, taxa_of_keys
from kg.link.coordination import find_shared
from kg.link.kept import lexicon_of
from kg.link.lexicon import Case, Entry, Lexicon, Row, read_lexicon_rows
from kg.link.pieces import LONGEST_PIECE, cut_text
from kg.link.shortforms import agrees, expand, is_gene_symbol, short_of
from kg.link.span import Span, end_of
from kg.link.stops import read_stop_surfaces
from kg.link.tokens import Tokens, key_of, tokenize
from kg.model.mention import Mention
from kg.model.record import Passage, Role
from kg.model.term import Category, Scope

if TYPE_CHECKING:
    from kg.config import LinkConfig
    from kg.ontology import Vocabulary

#: Scopes of a file of surfaces that are matched unless others are asked for.
FILE_SCOPES: Final = (Scope.LABEL, Scope.EXACT, Scope.ABBREVIATION, Scope.ADJECTIVE, Scope.PROCESS)
#: Most decisions about one surface that are remembered.
_REMEMBERED: Final = 1 << 17
#: The brain as a whole: UBERON's, and the roots of Allen's mouse and human atlases.
_WHOLES: Final = frozenset({"UBERON:0000955", "MBA:997", "MBA:8", "HBA:4005", "HBA:4006"})

#: What proteins are called after: "T cell factor", "brain-derived neurotrophic factor".
_GIVE_NAMES: Final = frozenset({Category.CELL_TYPE, Category.REGION})


class Linker:
    """Links text to the terms of a lexicon.

    Parameters
    ----------
    lexicon : Lexicon
        The surfaces to look for.
    minimum_score : float, default 0.5
        Mentions whose rule has a lower score are dropped; the scores that mentions have are calibrated after.
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
        #: Turns rules' scores into shares of right mentions; None keeps the rules' scores.
        self.calibration: Calibration | None = default_calibration()
        self._markers: dict[tuple[str, str], bool] = {}
        #: Meanings whose case fits, by name and surface, and whether any of them holds in some species only.
        self._decided: dict[tuple[int, str], tuple[tuple[tuple[Category, tuple[Entry, ...]], ...], bool]] = {}

    @property
    def _is_composing(self) -> bool:
        return self.with_positions and (self.categories is None or Category.REGION in self.categories)

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
        lexicon = lexicon_of(vocabulary, scopes, cache_dir)
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
            for offset, piece in cut_text(passage.text)
        ]
        # Tokens of a long record are made again rather than kept: they take more room than its text.
        size = sum(len(piece) for _, _, piece in pieces)
        tokens_of = cache(tokenize) if size <= 2 * LONGEST_PIECE else tokenize
        record = Record(
            taxa=frozenset(taxa) or frozenset().union(*(taxa_of_keys(set(tokens_of(p).keys)) for _, _, p in pieces)),
            is_neural=self.with_positions,
            abbreviations={
                short: tokenize(long) for short, long in definitions_of(passage.text for passage in passages).items()
            },
        )
        standing = [self._spans(piece, tokens_of(piece), record) for _, _, piece in pieces]
        if self._is_composing:
            standing = compose_record([piece for _, _, piece in pieces], standing, tokens_of)
        found = [(*piece, spans) for piece, spans in zip(pieces, standing, strict=True)]
        for _, _, _, spans in found:
            for span in spans:
                if span.entries[0].case is not Case.SAME and len({entry.curie for entry in span.entries}) == 1:
                    record.name(span.entries[0])
        if self.with_positions and any(curie.startswith("CL:") for curie in record.named):
            spans_of_record = (span for _, _, _, spans in found for span in spans)
            record.markers.update(e.curie for span in spans_of_record for e in span.entries if self._is_marker(e))
        mentions = []
        for number, offset, piece, spans in found:
            passage = passages[number]
            mentions += [
                Mention.of_known(
                    record_id=passage.record_id,
                    section=passage.section,
                    start=offset + span.start,
                    end=offset + span.end,
                    surface=piece[span.start : span.end],
                    curie=entry.curie,
                    category=entry.category,
                    score=self._share_right(entry, span, piece, score),
                    method=method_of(entry, span),
                    parts=tuple((offset + first, offset + last) for first, last in span.parts),
                )
                for span, entry, score in self._resolve(spans, record)
            ]
        return mentions

    def _share_right(self, entry: Entry, span: Span, text: str, score: float) -> float:
        """Turn a rule's score into the share of such mentions that are right, where that was counted."""
        if self.calibration is None:
            return score
        reach = Reach.VOCABULARIES if self.with_positions else Reach.LEXICON
        surface = text[span.start : span.end]
        return self.calibration.score(reach, entry.curie, method_of(entry, span), surface, score)

    def _spans(self, text: str, tokens: Tokens, record: Record) -> list[Span]:
        """Give the places of a text where names stand, longest of each category only."""
        found = list(self._matches(text, tokens, record))
        if record.abbreviations:
            found = self._with_abbreviations(text, tokens, record, found)
        found.sort(key=lambda item: (item[1].start, -item[1].end))
        traps: Sequence[tuple[int, int]] = find_traps(text)
        reach: dict[Category, int] = defaultdict(int)
        kept: list[Span] = []
        for category, span in found:
            if span.start < reach[category]:
                continue
            if traps and category is not Category.SPECIES and is_trapped(span.start, span.end, traps):
                continue
            if self.with_positions:
                if span.defined and kept and _repeats(text, kept[-1], span):
                    continue
                if category in _GIVE_NAMES and self.is_protein(text, span, category):
                    reach[category] = span.end
                    continue
            reach[category] = span.end
            kept.append(span)
        shared = list(self._coordinated(text, tokens, kept, record))
        return kept + shared

    @staticmethod
    def is_protein(text: str, span: Span, category: Category) -> bool:
        """Say whether a cell or a region stands there for a protein that is called after it."""
        entry = span.entries[0]
        if span.defined or entry.scope is Scope.ADJECTIVE or entry.rule == "adjective":
            return False
        return names_protein(text, span.end, is_cell=category is Category.CELL_TYPE)

    def _coordinated(self, text: str, tokens: Tokens, kept: Iterable[Span], record: Record) -> Iterator[Span]:
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
                            yield Span(start, span.end, entries, False, ((start, end), rest))

    def _matches(self, text: str, tokens: Tokens, record: Record) -> Iterator[tuple[Category, Span]]:
        starts, ends = tokens.starts, tokens.ends
        for match in self.lexicon.find(tokens):
            start, end = starts[match.first], end_of(text, ends[match.last - 1])
            for category, entries in self._decide(match.pattern, text[start:end], record.taxa):
                yield category, Span(start, end, entries, False)

    def _decide(
        self, pattern: int, surface: str, taxa: frozenset[str]
    ) -> tuple[tuple[Category, tuple[Entry, ...]], ...]:
        """Give the meanings of a name whose case and species fit, by category."""
        known = self._decided.get((pattern, surface))
        if known is None:
            groups: dict[Category, list[Entry]] = {}
            for entry in self.lexicon.entries(pattern):
                if (self.categories is None or entry.category in self.categories) and case_fits(entry, surface):
                    groups.setdefault(entry.category, []).append(entry)
            known = (
                tuple((category, tuple(entries)) for category, entries in groups.items()),
                any(entry.taxa for entries in groups.values() for entry in entries),
            )
            if len(self._decided) >= _REMEMBERED:
                self._decided.clear()
            self._decided[pattern, surface] = known
        decided, depends_on_species = known
        if not depends_on_species:
            return decided
        return tuple(
            (category, kept)
            for category, entries in decided
            if (kept := tuple(entry for entry in entries if not entry.taxa or taxa.intersection(entry.taxa)))
        )

    def _is_marker(self, entry: Entry) -> bool:
        """Say whether an abbreviation of a cell type is what marks it: "PV" in "PV interneurons"."""
        if entry.category is not Category.CELL_TYPE or entry.scope is not Scope.ABBREVIATION:
            return False
        known = self._markers.get((entry.curie, entry.surface))
        if known is None:
            tokens = Tokens([], [], [*key_of(entry.surface).split(), "interneuron"])
            known = any(
                match.last - match.first == len(tokens.keys) and rival.curie == entry.curie
                for match in self.lexicon.find(tokens)
                for rival in self.lexicon.entries(match.pattern)
            )
            self._markers[entry.curie, entry.surface] = known
        return known

    def _with_abbreviations(
        self, text: str, tokens: Tokens, record: Record, found: list[tuple[Category, Span]]
    ) -> list[tuple[Category, Span]]:
        """Read defined short forms as their long forms, and drop what the dictionary made of them."""
        expanded, whole = expand(text, tokens, record.abbreviations)
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
            start, end = expanded.starts[match.first], end_of(text, expanded.ends[match.last - 1])
            long = " ".join(expanded.keys[match.first : match.last])
            for category, entries in self._decide(match.pattern, long, record.taxa):
                if category is Category.DISEASE and is_gene_symbol(text[start:end]):
                    continue
                if partial:
                    entries = tuple(entry._replace(weight=entry.weight * 0.85) for entry in entries)
                made.append((match.first, match.last, category, Span(start, end, entries, True)))
        # Of two readings of one short form, the one that uses more of the long form.
        best: dict[tuple[int, int, Category], tuple[int, Span]] = {}
        for first, last, category, span in made:
            place = (span.start, span.end, category)
            if place not in best or last - first > best[place][0]:
                best[place] = (last - first, span)
        kept += [(category, span) for (_, _, category), (_, span) in best.items()]
        taken = {(start, end) for start, end, _ in best}
        for category, span in vetoed:  # the dictionary's sense may be what the definition says in other words
            if (span.start, span.end) in taken:
                continue
            if self.with_positions and self._is_marker(span.entries[0]):
                kept.append((category, span))  # "PV (parvalbumin)": the protein marks the cell
                continue
            defined = short_of(text[span.start : span.end], record.abbreviations)
            agreed = tuple(e for e in span.entries if defined and agrees(e, record.abbreviations[defined]))
            if agreed:
                kept.append((category, span._replace(entries=agreed)))
        return kept

    def _resolve(self, spans: Iterable[Span], record: Record) -> Iterator[tuple[Span, Entry, float]]:
        chosen = []
        for span in spans:
            decision = choose(span, record)
            if decision is not None and decision[1] >= self.minimum_score:
                chosen.append((span, *decision))
        if self.with_positions and record.regions > 1:
            # In a record that names regions, "the brain" says nothing more.
            chosen = [item for item in chosen if item[1].curie not in _WHOLES]
        chosen.sort(key=lambda item: (item[0].start, item[0].end, item[1].curie))
        yield from chosen


def _repeats(text: str, before: Span, span: Span) -> bool:
    """Say whether a short form only repeats the long form that it is bracketed behind."""
    return text[before.end : span.start].strip() in ("(", "[") and before.entries[0].curie == span.entries[0].curie

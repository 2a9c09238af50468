"""Linking with priors: a linker's mentions and a corpus's own surfaces, weighed against each other.

The linker says what its lexicon finds. A surface that the corpus annotates has the corpus's meaning and
share of right ones, and is dropped below a threshold; a name of the lexicon that the corpus has and never
annotates is dropped. Of what overlaps the longest stays. Kinds of term that the corpus
doesn't annotate are none of its business: their mentions stay as they are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from kg.link.abbreviations import definitions_of
from kg.link.annotated import Gold
from kg.link.calibration import Reach, default_calibration
from kg.link.entries import category_of
from kg.link.explain import refusal
from kg.link.pieces import cut_text
from kg.link.priors import (
    Choice,
    Document,
    Finder,
    Priors,
    add_counts,
    count_documents,
    find_learned,
    surface_of,
)
from kg.link.span import end_of
from kg.link.tokens import Tokens, key_of, tokenize
from kg.model.mention import Mention
from kg.model.record import Passage, Role

if TYPE_CHECKING:
    from kg.link.explain import Trace
    from kg.link.linker import Linker

#: Thresholds that cross-validation tries, and the usual one, which another must beat by a margin: with few
#: documents the best of several is mostly luck.
_THRESHOLDS: Final = (0.3, 0.4, 0.5, 0.6, 0.7)
_USUAL: Final = 0.5
_MARGIN: Final = 0.01


class _Candidate(NamedTuple):
    start: int
    end: int
    curie: str
    score: float
    method: str
    #: Whether the corpus made it, and not the lexicon.
    is_learned: bool = False
    #: How often the corpus has its surface unannotated.
    missed: int = 0

    def is_trusted(self, threshold: float) -> bool:
        """Say whether it may be made.

        The threshold is for learned surfaces, as it was chosen on them. A name of the lexicon is dropped if the
        corpus has it and never annotates it, or if names like it are mostly wrong where the corpus hasn't them.
        """
        return self.score >= (threshold if self.is_learned else _USUAL) and (self.is_learned or not self.missed)


class PrimedLinker:
    """Links text as a linker does, by the standards of an annotated corpus.

    Parameters
    ----------
    linker : Linker
        Gives the mentions to judge.
    priors : Priors
        What the corpus has.
    """

    def __init__(self, linker: Linker, priors: Priors) -> None:
        self.linker = linker
        self.priors = priors

    def link_text(self, text: str, *, taxa: Collection[str] = ()) -> list[Mention]:
        """Link one text that belongs to no record."""
        return self.link([Passage(record_id="text", section="text", role=Role.BODY, text=text)], taxa=taxa)

    def link(
        self, passages: Sequence[Passage], *, taxa: Collection[str] = (), trace: Trace | None = None
    ) -> list[Mention]:
        """Link the passages of one record; see `Linker.link`."""
        found: dict[tuple[str, str], list[Mention]] = {}
        for mention in self.linker.link(passages, taxa=taxa):
            found.setdefault((mention.record_id, mention.section), []).append(mention)
        shorts = self._short_forms(passages)
        mentions: list[Mention] = []
        for passage in passages:
            base = found.get((passage.record_id, passage.section), [])
            mentions += combine(self.priors, passage, base, shorts, trace=trace)
        return mentions

    def _short_forms(self, passages: Sequence[Passage]) -> _ShortForms:
        known = {}
        for short, long in definitions_of(passage.text for passage in passages).items():
            choice = self.priors.choice(surface_of(long))
            if choice is not None and not choice.meaning.left and not choice.meaning.right:
                known[short] = choice
        return _ShortForms(known, Finder(map(key_of, known))) if known else _NO_SHORT_FORMS


class _ShortForms(NamedTuple):
    """Short forms that a record defines by a surface of the corpus."""

    choices: Mapping[str, Choice]
    finder: Finder | None

    def find(self, text: str, tokens: Tokens) -> Iterable[_Candidate]:
        if self.finder is None:
            return
        for first, last, _ in self.finder.find(tokens):
            start, end = tokens.starts[first], end_of(text, tokens.ends[last - 1])
            choice = self.choices.get(text[start:end]) or self.choices.get(text[start:end].removesuffix("s"))
            if choice is not None:
                yield _Candidate(start, end, choice.meaning.curie, choice.share, "abbreviation", True)


_NO_SHORT_FORMS: Final = _ShortForms({}, None)


def combine(
    priors: Priors,
    passage: Passage,
    base: Sequence[Mention],
    shorts: _ShortForms = _NO_SHORT_FORMS,
    *,
    trace: Trace | None = None,
) -> list[Mention]:
    """Weigh a linker's mentions of a passage and the surfaces of a corpus against each other.

    Parameters
    ----------
    priors : Priors
        What the corpus has.
    passage : Passage
        The passage.
    base : sequence of Mention
        What a linker found in it.
    shorts : _ShortForms
        Short forms that the record defines.
    trace : callable, optional
        Is told of what is refused.
    """
    text = passage.text
    judged = [mention for mention in base if mention.category in priors.categories and not mention.parts]
    candidates = _candidates(priors, text, judged, shorts)
    kept = keep_longest(c for c in candidates.values() if c.is_trusted(priors.threshold))
    if trace is not None:
        _tell(trace, priors, passage, candidates, kept)
    before = {(m.start, m.end, m.curie): m for m in judged}
    made = [mention for mention in base if mention.category not in priors.categories or mention.parts]
    for start, end, curie, score, method, *_ in kept:
        score = round(score, 4)
        known = before.get((start, end, curie))
        made.append(
            known.model_copy(update={"score": score, "method": method})
            if known is not None
            else Mention(
                record_id=passage.record_id,
                section=passage.section,
                start=start,
                end=end,
                surface=text[start:end],
                curie=curie,
                category=category_of(curie),
                score=score,
                method=method,
            )
        )
    made.sort(key=lambda mention: (mention.start, mention.end, mention.curie))
    return made


def _tell(
    trace: Trace,
    priors: Priors,
    passage: Passage,
    candidates: Mapping[tuple[int, int], _Candidate],
    kept: Iterable[_Candidate],
) -> None:
    """Tell a trace what the priors refuse."""
    stays = {candidate[:3] for candidate in kept}
    for item in candidates.values():
        if item[:3] not in stays:
            reason = "prior-longer" if item.is_trusted(priors.threshold) else "prior-below"
            trace(refusal(passage, item.start, item.end, item.curie, reason, detail=f"{item.score:.2f}"))


def _candidates(
    priors: Priors, text: str, judged: Iterable[Mention], shorts: _ShortForms
) -> dict[tuple[int, int], _Candidate]:
    calibration = default_calibration()
    found: dict[tuple[int, int], _Candidate] = {}
    learned = {}
    for offset, piece in cut_text(text):
        tokens = tokenize(piece)
        for item in find_learned(priors, piece, tokens):
            learned[offset + item.start, offset + item.end] = item
        for short in shorts.find(piece, tokens):
            place = offset + short.start, offset + short.end
            found[place] = short._replace(start=place[0], end=place[1])
    for mention in judged:
        place = mention.start, mention.end
        if mention.method == "abbreviation":
            # The record itself says what it means, which no count of other documents can know better.
            found[place] = _Candidate(*place, mention.curie, mention.score, mention.method)
        elif place not in learned and (place not in found or found[place].score < mention.score):
            missed = priors.unannotated(surface_of(mention.surface))
            score = calibration.score(Reach.UNSEEN, mention.curie, mention.method, mention.surface, mention.score)
            found[place] = _Candidate(*place, mention.curie, score / (1 + missed), mention.method, missed=missed)
    for place, item in learned.items():
        if place not in found:
            found[place] = _Candidate(*place, item.choice.meaning.curie, item.share, "learned", True)
    return found


def keep_longest(candidates: Iterable[_Candidate]) -> list[_Candidate]:
    """Of candidates that overlap keep the longest, of equally long ones the likelier; by their start."""
    starts: list[int] = []
    kept: list[_Candidate] = []
    for item in sorted(candidates, key=lambda c: (c.start - c.end, -c.score, c.start, c.curie)):
        at = bisect_left(starts, item.end)
        if at and kept[at - 1].end > item.start:
            continue
        starts.insert(at, item.start)
        kept.insert(at, item)
    return kept


class Validation(NamedTuple):
    """How well priors do on documents they weren't learned from, at one threshold."""

    threshold: float
    precision: float
    recall: float
    f1: float


def learn_priors(
    documents: Sequence[Document], gold: Gold, *, base: Mapping[str, Sequence[Mention]] | None = None, folds: int = 5
) -> tuple[Priors, list[Validation]]:
    """Learn priors, with the threshold that does best on held-out documents.

    Parameters
    ----------
    documents : sequence of Document
        Annotated texts.
    gold : Gold
        Their mentions; one in pieces can't be made and counts as missed.
    base : mapping of str to sequence of Mention, optional
        What a linker finds in each document: the priors will be used with it.
    folds : int, default 5
        Parts of the corpus, each held out once.

    Returns
    -------
    Priors
        Of all documents.
    list of Validation
        For each threshold that was tried.
    """
    counted = count_documents(documents)
    hits = dict.fromkeys(_THRESHOLDS, 0)
    made = dict.fromkeys(_THRESHOLDS, 0)
    wanted = len(gold.mentions)
    folds = min(folds, len(documents))
    for fold in range(folds if folds > 1 else 0):
        priors = Priors(add_counts(counts for i, counts in enumerate(counted) if i % folds != fold))
        for document in documents[fold::folds]:
            right = {(spans, curie) for spans, curie in document.mentions}
            found = (base or {}).get(document.name, ())
            judged = [m for m in found if m.category in priors.categories and not m.parts]
            candidates = _candidates(priors, document.text, judged, _NO_SHORT_FORMS)
            for threshold in _THRESHOLDS:
                kept = keep_longest(c for c in candidates.values() if c.is_trusted(threshold))
                hits[threshold] += sum((((c.start, c.end),), c.curie) in right for c in kept)
                made[threshold] += len(kept)
    results = []
    for threshold in _THRESHOLDS:
        precision = hits[threshold] / made[threshold] if made[threshold] else 0.0
        recall = hits[threshold] / wanted if wanted else 0.0
        f1 = 2 * precision * recall / (precision + recall) if hits[threshold] else 0.0
        results.append(Validation(threshold, precision, recall, f1))
    best = max(results, key=lambda result: result.f1)
    usual = results[_THRESHOLDS.index(_USUAL)]
    chosen = best if best.f1 > usual.f1 + _MARGIN else usual
    return Priors(add_counts(counted), threshold=chosen.threshold), results

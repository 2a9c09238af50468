"""Why a mention was made or refused.

Reasons are found afterwards, with the linker's own tests, so that linking itself spends nothing on them:
every name of the lexicon that stands in a text is looked up again, and the first test that it fails is its
reason.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from kg.link.abbreviations import definitions_of
from kg.link.choice import case_fits
from kg.link.context import find_traps, is_trapped, taxa_of_keys
from kg.link.entries import Case, Entry, category_of
from kg.link.linker import Linker
from kg.link.pieces import cut_text
from kg.link.shortforms import short_of
from kg.link.span import Span, end_of
from kg.link.standing import names_layer, stands_alone
from kg.link.tokens import tokenize
from kg.model.term import Category

if TYPE_CHECKING:
    from kg.link.primed import PrimedLinker
    from kg.model.mention import Mention
    from kg.model.record import Passage

#: What each reason means, for people. `{}` stands for the detail.
REASONS: Final = {
    "made": "made by rule '{}'",
    "trap": "it stands in a name or a phrase that is something else: {}",
    "longer": "a longer name of its kind covers it: {}",
    "repeats": "it repeats the long form that it is bracketed behind: {}",
    "case": "its case is not that of the name: {}",
    "species": "the name holds in other species: {}",
    "category": "its kind was not asked for: {}",
    "defined": "the record defines this short form as something else: {}",
    "undefined": "an acronym that the record neither defines nor supports is left alone: {}",
    "ambiguous": "it means several things and nothing decides: {}",
    "protein": "a protein is called after it: {}",
    "alone": "without more beside it, it names no region: {}",
    "prior-below": "the corpus of the priors mostly leaves it unannotated: share of right ones {}",
    "prior-longer": "a longer mention by the priors covers it",
    "other": "its score is too low, or a rule for the whole record decided against it",
}


class Step(NamedTuple):
    """One name in a text, and what became of it."""

    record_id: str
    section: str
    start: int
    end: int
    surface: str
    #: What it would mean; of several meanings, the first.
    curie: str
    #: Key of `REASONS`.
    reason: str
    detail: str = ""
    score: float = 0.0
    #: Other meanings that were considered.
    rivals: tuple[str, ...] = ()

    @property
    def category(self) -> Category:
        """What kind of thing it would name."""
        return category_of(self.curie)

    @property
    def is_made(self) -> bool:
        """Whether a mention came of it."""
        return self.reason == "made"

    @property
    def sentence(self) -> str:
        """The reason in words."""
        return REASONS[self.reason].format(self.detail)


Trace = Callable[[Step], None]


def refusal(
    passage: Passage, start: int, end: int, curie: str, reason: str, *, detail: str = "", rivals: Sequence[str] = ()
) -> Step:
    """Make the step of a name that is refused."""
    surface = passage.text[start:end]
    return Step(passage.record_id, passage.section, start, end, surface, curie, reason, detail, 0.0, tuple(rivals))


def making(mention: Mention, rivals: Sequence[str] = ()) -> Step:
    """Make the step of a mention."""
    return Step(
        mention.record_id,
        mention.section,
        mention.start,
        mention.end,
        mention.surface,
        mention.curie,
        "made",
        mention.method,
        mention.score,
        tuple(rivals),
    )


def explain(linker: Linker | PrimedLinker, passages: Sequence[Passage], *, taxa: Collection[str] = ()) -> list[Step]:
    """Say of each name in a record's text whether a mention was made of it, and why or why not.

    Parameters
    ----------
    linker : Linker or PrimedLinker
        What to link with.
    passages : sequence of Passage
        All of one record's.
    taxa : collection of str
        CURIEs of the record's species, where known.

    Returns
    -------
    list of Step
        By passage and start; what was made before what was refused at the same place.

    Examples
    --------
    >>> from kg.link.lexicon import Row
    >>> from kg.model.record import Passage, Role
    >>> from kg.model.term import Category, Scope
    >>> linker = Linker.from_rows([Row("UBERON:0001460", Category.REGION, "arm", Scope.LABEL)])
    >>> passage = Passage(record_id="r", section="text", role=Role.BODY, text="The open arm of the maze; an arm.")
    >>> [(step.start, step.sentence) for step in explain(linker, [passage])]
    [(9, 'it stands in a name or a phrase that is something else: open arm'), (29, "made by rule 'label'")]
    """
    steps: list[Step] = []
    if isinstance(linker, Linker):
        base = linker
        mentions = base.link(passages, taxa=taxa)
    else:
        base = linker.linker
        mentions = linker.link(passages, taxa=taxa, trace=steps.append)
    told = {step[:6] for step in steps} | {_place(mention) for mention in mentions}
    steps += [
        step
        for step in _explained(base, passages, taxa, mentions)
        if step.is_made or (*step[:5], step.curie) not in told
    ]
    order = {passage.section: number for number, passage in enumerate(passages)}
    return sorted(steps, key=lambda step: (order[step.section], step.start, step.end, not step.is_made, step.curie))


def _place(mention: Mention) -> tuple[object, ...]:
    return mention.record_id, mention.section, mention.start, mention.end, mention.surface, mention.curie


def _explained(
    linker: Linker, passages: Sequence[Passage], taxa: Collection[str], mentions: Iterable[Mention]
) -> Iterator[Step]:
    definitions = definitions_of(passage.text for passage in passages)
    known = frozenset(taxa) or frozenset(
        taxon
        for passage in passages
        for _, piece in cut_text(passage.text)
        for taxon in taxa_of_keys(set(tokenize(piece).keys))
    )
    made: dict[str, list[Mention]] = {}
    for mention in mentions:
        made.setdefault(mention.section, []).append(mention)
    for passage in passages:
        here = made.get(passage.section, [])
        rivals: dict[tuple[int, int, Category], set[str]] = {}
        for start, end, category, entries in _names(linker, passage.text):
            rivals.setdefault((start, end, category), set()).update(entry.curie for entry in entries)
            if any((m.start, m.end, m.category) == (start, end, category) for m in here):
                continue
            reason, detail = _reason(linker, passage.text, start, end, entries, here, known, definitions)
            others = sorted({entry.curie for entry in entries} - {entries[0].curie})
            yield refusal(passage, start, end, entries[0].curie, reason, detail=detail, rivals=others)
        for mention in here:
            meanings = rivals.get((mention.start, mention.end, mention.category), set())
            yield making(mention, sorted(meanings - {mention.curie}))


def _names(linker: Linker, text: str) -> Iterator[tuple[int, int, Category, list[Entry]]]:
    """Give each place where a name of the lexicon stands, by category."""
    for offset, piece in cut_text(text):
        tokens = tokenize(piece)
        for match in linker.lexicon.find(tokens):
            groups: dict[Category, list[Entry]] = {}
            for entry in linker.lexicon.entries(match.pattern):
                groups.setdefault(entry.category, []).append(entry)
            start, end = tokens.starts[match.first], end_of(piece, tokens.ends[match.last - 1])
            for category, entries in groups.items():
                yield offset + start, offset + end, category, entries


def _reason(
    linker: Linker,
    text: str,
    start: int,
    end: int,
    entries: Sequence[Entry],
    made: Iterable[Mention],
    taxa: frozenset[str],
    definitions: dict[str, str],
) -> tuple[str, str]:
    """Find the first test that a name fails, in the linker's order, and what made it fail."""
    surface, category = text[start:end], entries[0].category
    if linker.categories is not None and category not in linker.categories:
        return "category", category
    fitting = [entry for entry in entries if case_fits(entry, surface)]
    if not fitting:
        return "case", entries[0].surface
    living = [entry for entry in fitting if not entry.taxa or taxa.intersection(entry.taxa)]
    if not living:
        return "species", ", ".join(fitting[0].taxa)
    for mention in made:
        if mention.category is category and mention.start < end and start < mention.end:
            return "longer", mention.surface
    for mention in made:
        if mention.category is category and text[mention.end : start].strip() in ("(", "[") and mention.end < start:
            return "repeats", mention.surface
    short = short_of(surface, definitions)
    if short is not None:
        return "defined", definitions[short]
    left = max(0, start - 300)
    traps = find_traps(text[left : end + 300])
    if is_trapped(start - left, end - left, traps):
        first, last = next(span for span in traps if span[0] < end - left and span[1] > start - left)
        return "trap", text[left + first : left + last]
    if linker.with_positions and Linker.is_protein(text, Span(start, end, tuple(living), False), category):
        return "protein", text[start : end + 40].partition("\n")[0]
    if linker.with_positions and category is Category.REGION:
        tokens = tokenize(surface)
        if not stands_alone(tokens.keys) or names_layer(tokens.keys):
            return "alone", surface
    if all(entry.case is Case.SAME for entry in living):
        return "undefined", living[0].surface
    meanings = sorted({entry.curie for entry in living})
    return ("ambiguous", ", ".join(meanings)) if len(meanings) > 1 else ("other", "")

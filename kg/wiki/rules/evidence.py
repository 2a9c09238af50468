"""Rules of evidence on a page: a disease claim has a source (rule 1), an archive a paper beside it (rule 3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from kg.claims.biology import derive_biological_claims
from kg.claims.judge import judge
from kg.claims.pairing import archive_citations, is_dataset_page, is_paired
from kg.claims.text import RecordText, Sentence
from kg.harvest.scraped import SCRAPED_ID
from kg.model import Category, CitationMark, Mention, Passage, Reference, Role, Supported, WikiPageRecord
from kg.wiki.context import LintContext
from kg.wiki.findings import Finding
from kg.wiki.page import Page
from kg.wiki.words import find_within, find_words

#: Where sentences stand. A build hears no description; its claims want a source all the same: some pages have no
#: other text.
_SPEAKING: Final = frozenset({Role.BODY, Role.CAPTION, Role.DESCRIPTION})
#: Stands for the page's own name where a sentence is judged.
_NAME: Final = "Xanadu"
#: A source that every sentence is given, so that those without another can be told by it.
_STAND_IN: Final = Reference(key="kg-lint", doi="10.0000/kg-lint")


def check_claims(page: Page, record: WikiPageRecord, context: LintContext) -> Iterator[Finding]:
    """Find sentences that say something of a disease and cite nothing that says it.

    What a sentence says is decided as a build decides it; a sentence that the build would pass over for what it says
    has no finding.
    """
    mentions = context.linker.link(record.passages)
    diseases = [mention for mention in mentions if mention.category is Category.DISEASE]
    if not diseases:
        return
    text = RecordText(record.passages)
    said: dict[tuple[str, int], tuple[str, str]] = {}
    for claim, evidence in _statements(record, mentions, text, context):
        if evidence.cited == (_STAND_IN.curie,) and _is_disease(claim.object, context):
            subject, _, target = (evidence.raw or "").partition(" | ")
            if not _is_title(text.passage(evidence.section), evidence.start, evidence.end, subject, target):
                said.setdefault((evidence.section, evidence.start), (subject, target))
    for key, pair in _of_the_page_itself(record, diseases, text):
        said.setdefault(key, pair)
    passages = {passage.section: passage for passage in record.passages}
    for (section, start), (subject, target) in sorted(said.items(), key=lambda item: _order(passages, *item[0])):
        sentence = next(s for s in text.sentences(section) if s.start <= start < s.end)
        place = _sentence_place(page, sentence)
        yield Finding("KGW501", *place, f"it says something of '{target}' and '{subject}', and cites no publication")


def _sentence_place(page: Page, sentence: Sentence) -> tuple[int, int]:
    passage = sentence.passage
    if passage.line is not None:
        return find_words(page, passage.line - 1, passage.text, sentence.start, sentence.end)
    lines = page.front_lines(passage.section.partition("#")[0])
    return find_within(page, lines or (0, 1), passage.text, sentence.start, sentence.end)


def _order(passages: dict[str, Passage], section: str, start: int) -> tuple[int, str, int]:
    return passages[section].line or 0, section, start


def _is_disease(curie: str, context: LintContext) -> bool:
    term = context.vocabulary.get(curie)
    return term is not None and term.category is Category.DISEASE


def _is_title(passage: Passage | None, start: int, end: int, subject: str, target: str) -> bool:
    """Say whether both stand in the words of one link: those are another page's title, and no statement."""
    return passage is not None and any(
        start <= link.start
        and link.end <= end
        and subject in passage.text[link.start : link.end]
        and target in passage.text[link.start : link.end]
        for link in passage.links
    )


def _statements(
    record: WikiPageRecord, mentions: Sequence[Mention], text: RecordText, context: LintContext
) -> Iterator[Supported]:
    """Give what a page's sentences state, each of them with the stand-in for a source."""
    sourced = record.model_copy(
        update={
            "passages": tuple(_with_stand_in(passage, text) for passage in record.passages),
            "references": (*map(_as_work, record.references), _STAND_IN),
            "is_infrastructure": False,
        }
    )
    for found in derive_biological_claims(sourced, mentions, context.vocabulary, context.publications):
        if isinstance(found, Supported):
            yield found


def _as_work(reference: Reference) -> Reference:
    """Let a number of PubMed Central, whose article only a build can know, stand for a work."""
    if reference.curie or not reference.pmc:
        return reference
    return reference.model_copy(update={"doi": f"10.0000/{reference.pmc}"})


def _with_stand_in(passage: Passage, text: RecordText) -> Passage:
    if passage.role not in _SPEAKING:
        return passage
    role = Role.BODY if passage.role is Role.DESCRIPTION else passage.role
    marks = [CitationMark(offset=s.end, key=_STAND_IN.key) for s in text.sentences(passage.section)]
    return passage.model_copy(update={"marks": (*passage.marks, *marks), "role": role})


def _of_the_page_itself(
    record: WikiPageRecord, diseases: Sequence[Mention], text: RecordText
) -> Iterator[tuple[tuple[str, int], tuple[str, str]]]:
    """Find what a page says of a disease and the thing that it is about, whose name no vocabulary need have."""
    name = record.title.partition("(")[0].strip()
    if len(name) < 4:
        return
    pattern = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)(?:\s+[Pp]rogram)?", re.IGNORECASE)
    works = {reference.key for reference in record.references if reference.names_work}
    for mention in diseases:
        passage = text.passage(mention.section)
        sentence = text.sentence_of(mention)
        if passage is None or sentence is None or passage.role not in _SPEAKING:
            continue
        found = pattern.search(sentence.text)
        if found is None or _is_sourced(sentence, text, works):
            continue
        # Words of a name say nothing: 'X Atlas' makes no sentence one about data.
        shift = len(_NAME) - len(found[0]) if found.end() <= mention.start - sentence.start else 0
        span = mention.start - sentence.start + shift, mention.end - sentence.start + shift
        said = f"{sentence.text[: found.start()]}{_NAME}{sentence.text[found.end() :]}"
        if judge(said, (found.start(), found.start() + len(_NAME)), span) is not None:
            yield (mention.section, sentence.start), (found[0], mention.surface)


def _is_sourced(sentence: Sentence, text: RecordText, works: set[str]) -> bool:
    following = [s for s in text.sentences(sentence.passage.section) if s.start >= sentence.end]
    limit = following[0].start if following else len(sentence.passage.text)
    return any(sentence.start < mark.offset <= limit and mark.key in works for mark in sentence.passage.marks)


def check_pairing(page: Page, record: WikiPageRecord, context: LintContext) -> Iterator[Finding]:
    """Find citations of an archive without a peer-reviewed paper beside them, on pages of datasets."""
    if not is_dataset_page(record):
        return
    for citation in archive_citations(record):
        if not is_paired(citation, context.publications):
            place = _place(page, citation.archive, citation.section)
            said = f"it cites an archive ({citation.archive}) and no peer-reviewed paper beside it"
            yield Finding("KGW502", *place, said)


def _place(page: Page, archive: str, section: str) -> tuple[int, int]:
    """Find an archive's name: in its section, else anywhere behind the front matter and the header."""
    heading = section.partition("/")[2]
    starts = [h.line for h in page.headings if h.slug == heading]
    if not starts and section.startswith("references/"):
        starts = [h.line for h in page.headings if h.slug == "references"]
    first = starts[0] if starts else _body_line(page)
    for low in (page.lines[first].start, 0):
        found = page.own_text.find(archive, low)
        if found >= 0:
            return found, found + len(archive)
    return page.lines[first].start, page.lines[first].end


def _body_line(page: Page) -> int:
    """Give the first line that is text: behind the front matter, or a scraped page's header."""
    if page.is_scraped:
        marks = [n for n, line in enumerate(page.line_texts[:8]) if SCRAPED_ID.search(line)]
        return min(max(marks, default=-1) + 1, len(page.lines) - 1)
    return page.front_end

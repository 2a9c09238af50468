"""Ways between two places of a sentence, and whether what stands here may belong to what stands there."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from kg.claims.reading import Tag
from kg.link.tokens import words as word_set

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kg.claims.reading import Reading, Span, Word

#: What begins another clause, or names who did it.
_BARRIERS: Final = frozenset({Tag.VERB, Tag.RELATIVE, Tag.BOUNDARY, Tag.AGENT})
#: What may stand between a verb and its helping verbs: "has not yet been shown to", "is thought to".
_GROUP: Final = word_set(
    "is are was were be been being am has have had do does did can could may might must shall should will would "
    "cannot not never to thought known shown found believed reported considered hypothesized hypothesised proposed "
    "suggested assumed demonstrated likely unlikely able unable fail fails failed appear appears appeared seem seems "
    "seemed tend tends help helps also still both either strongly directly recognized recognised postulated expected "
    "speculated presumed suspected thereby proven act acts acted acting serve serves served remain remains remained"
)
#: Nouns that stand for a disease: "a disorder characterized by".
CONDITIONS: Final = word_set(
    "disease diseases disorder disorders condition conditions syndrome syndromes illness illnesses state "
    "encephalopathy disability"
)
_COPULAS: Final = word_set(
    "be is are was were been as become becomes became remain remains represent represents represented constitute "
    "constitutes constituted"
)
#: Nouns that a disease has: "cases have pathology characterized by".
_HAD: Final = word_set("pathology neuropathology changes phenotype phenotypes abnormalities")
_ARTICLES: Final = frozenset({"the", "a", "an", "this", "these", "those", "its", "their"})
_NOUNS_OF_SUBJECTS: Final = frozenset({"who", "which", "that"})


def is_plain(words: Sequence[Word]) -> bool:
    """Say whether words are names, prepositions and lists alone: one noun phrase with what hangs on it."""
    return not any(word.tag in _BARRIERS for word in words)


def group_start(reading: Reading, start: int) -> int:
    """Give where the verb group of a relation word begins: "may also" of "may also contribute to"."""
    at = reading.at(start)
    while at and (reading.words[at - 1].text in _GROUP or reading.words[at - 1].tag is Tag.ADVERB):
        at -= 1
    if at > 1 and reading.words[at - 1].text in {"a", "an", "the"} and reading.words[at - 2].text in _COPULAS:
        return group_start(reading, reading.words[at - 1].start)
    if 0 < at < len(reading.words) and reading.words[at].text in _ARTICLES and reading.words[at - 1].text in _COPULAS:
        return group_start(reading, reading.words[at - 1].start)
    return reading.words[at].start if at < len(reading.words) else start


def drop_asides(words: Sequence[Word]) -> list[Word]:
    """Leave out what stands between two commas as an aside: ", which is rare," and ", but not here,".

    Examples
    --------
    >>> from kg.claims.reading import read
    >>> kept = drop_asides(read("loss, which is rare, in dementia").words)
    >>> " ".join(word.text for word in kept)
    'loss , in dementia'
    """
    kept: list[Word] = []
    n = 0
    while n < len(words):
        following = words[n + 1] if n + 1 < len(words) else None
        if (
            words[n].tag is Tag.COMMA
            and following is not None
            and (following.tag in {Tag.RELATIVE, Tag.BOUNDARY} or following.text in {"but", "however"})
        ):
            end = next((m for m in range(n + 2, len(words)) if words[m].tag is Tag.COMMA), None)
            if end is not None and (following.tag is Tag.RELATIVE or _is_short(words[n + 1 : end])):
                n = end
                continue
        kept.append(words[n])
        n += 1
    return kept


def _is_short(words: Sequence[Word]) -> bool:
    """Say whether ", although rare," is an aside and no clause of its own."""
    return len(words) <= 6 and not any(word.tag is Tag.VERB for word in words)


def governs(
    reading: Reading, subject: Span, start: int, *, is_finite: bool, is_gerund: bool, is_place: bool = False
) -> bool:
    """Say whether a name is, or stands in, the subject of a relation word that begins at `start`."""
    words = drop_asides(reading.between(subject[1], start))
    if (not is_place and _opens_sentence(reading, subject, words)) or _is_modifier(reading, subject):
        return False
    while words and words[-1].tag is Tag.ADVERB:
        words.pop()
    if not words:
        return not is_finite or not _is_object(reading, subject[0])
    last = words[-1]
    if last.text in _ARTICLES and not is_finite and not _is_copular(words):
        # "the underlying cause": no verb.
        return False
    if last.tag is Tag.PREPOSITION and last.text != "to" and not is_finite:
        # "at increased risk of", "without altering": what it is said of stands elsewhere, unless a verb links it.
        if last.text != "without" or not is_gerund:
            return False
        verbs = [n for n, word in enumerate(words) if word.tag is Tag.VERB]
        return bool(verbs) and is_plain(words[: verbs[0]]) and not _is_object(reading, subject[0])
    if is_gerund:
        if last.text == "by":
            verbs = [n for n, word in enumerate(words) if word.tag is Tag.VERB]
            return (not verbs or is_plain(words[: verbs[0]])) and not _is_object(reading, subject[0])
        if last.tag is Tag.COMMA or last.text in {"thereby", "thus"}:
            return not any(word.tag in {Tag.BOUNDARY, Tag.RELATIVE} for word in words)
        return is_plain(words) or _is_said_of_condition(words)
    if not is_finite:
        return is_plain(words) or _is_said_of_condition(words) or _is_copular(words)
    if last.text in {"they", "it"}:
        return _refers_back(words)
    if last.tag is Tag.RELATIVE:
        return last.text in _NOUNS_OF_SUBJECTS and (_is_antecedent(words[:-1]) or _is_copular(words[:-1]))
    if (last.tag is Tag.AND or last.text == "but") and any(word.tag is Tag.VERB for word in words):
        before = words[: next(n for n, word in enumerate(words) if word.tag is Tag.VERB)]
        return (
            is_plain(before)
            and not any(word.tag in {Tag.BOUNDARY, Tag.RELATIVE} for word in words[:-1])
            and not _is_object(reading, subject[0], opens_clause=False)
        )
    return _is_subject_phrase(words) and not _is_object(reading, subject[0], words)


def _opens_sentence(reading: Reading, subject: Span, words: Sequence[Word]) -> bool:
    """Find "In dementia, gliosis …": the subject of what follows stands behind the comma."""
    lead = reading.words[clause_start(reading, subject[0]) : reading.at(subject[0])]
    return (
        bool(lead)
        and lead[0].text in {"in", "during", "among", "within", "for", "after", "following"}
        and is_plain(lead)
        and not any(word.tag is Tag.COMMA for word in lead)
        and sum(word.tag is Tag.COMMA for word in words) == 1
        and words[-1].tag is not Tag.COMMA
        and not any(word.text in {"which", "who"} for word in words)
    )


def _is_modifier(reading: Reading, subject: Span) -> bool:
    """Find "genes associated with S": what is said of the genes is not said of S."""
    lead = reading.words[max(0, reading.at(subject[0]) - 3) : reading.at(subject[0])]
    return any(
        one.text in {"associated", "related", "linked", "correlated"} and two.text in {"with", "to"}
        for one, two in pairwise(lead)
    ) and not any(word.tag is Tag.VERB for word in lead)


def _is_said_of_condition(words: Sequence[Word]) -> bool:
    """Find "O is a disorder" before "characterized by": what is said of the noun is said of O."""
    nouns = [n for n, word in enumerate(words) if word.text in CONDITIONS or word.text in _HAD]
    if not nouns or any(
        word.tag in {Tag.BOUNDARY, Tag.RELATIVE, Tag.AGENT} or (word.tag is Tag.VERB and word.text not in _GROUP)
        for word in words
    ):
        return False
    return is_plain(words[nouns[-1] :])


def _is_antecedent(words: Sequence[Word]) -> bool:
    """Say whether nothing but the end of a noun phrase stands before "which": it means the last name."""
    inner = words[:-1] if words and words[-1].tag is Tag.COMMA else words
    is_row = any(word.tag is Tag.AND for word in inner)
    return (
        is_plain(words)
        and len(inner) <= 8
        and (is_row or not any(w.tag is Tag.COMMA for w in inner))
        and not any(word.text.endswith("ed") for word in inner)
    )


def _is_copular(words: Sequence[Word]) -> bool:
    """Find "S is a protein," before "which is lost in O"."""
    verbs = [word for word in words if word.tag in _BARRIERS]
    return len(verbs) == 1 and verbs[0].text in {"is", "are", "was", "were"} and words[0] is verbs[0]


def _refers_back(words: Sequence[Word]) -> bool:
    """Say whether a pronoun behind a name, in the next clause, can mean it: "S in X and whether they"."""
    return is_plain([word for word in words[:-1] if word.text not in {"whether", "that", "how", "if"}])


def _is_subject_phrase(words: Sequence[Word]) -> bool:
    """Say whether words hold no verb but those of "that …" clauses inside a noun phrase."""
    open_relatives = 0
    for word in words:
        if word.tag is Tag.RELATIVE:
            open_relatives += 1
        elif word.tag is Tag.VERB:
            if not open_relatives:
                return False
            open_relatives -= 1
        elif word.tag is Tag.BOUNDARY:
            return False
    return open_relatives == 0


def clause_start(reading: Reading, position: int) -> int:
    """Give the index of the first word of the clause that holds a position; "that" does not begin one."""
    n = reading.at(position)
    while n:
        word = reading.words[n - 1]
        if word.tag is Tag.BOUNDARY or (
            word.tag is Tag.RELATIVE
            and word.text in {"which", "who", "where", "when", "whose"}
            and n > 1
            and reading.words[n - 2].tag is Tag.COMMA
        ):
            return n if n > 1 else _behind_lead_in(reading, position)
        if (
            word.text == "that"
            and n > 2
            and reading.words[n - 2].text.endswith("ing")
            and reading.words[n - 3].tag not in {Tag.NAME, Tag.PREPOSITION}
        ):
            # "…, suggesting that": what was denied before is another matter, but not in "no evidence indicating that".
            return n
        n -= 1
    return _behind_lead_in(reading, position)


def _behind_lead_in(reading: Reading, position: int) -> int:
    """Skip "Although …," at the head of a sentence."""
    words = reading.words
    if words and words[0].tag is Tag.BOUNDARY:
        limit = reading.at(position)
        verb = next((n for n in range(limit) if words[n].tag is Tag.VERB), limit)
        return next((n + 1 for n in range(verb, limit) if words[n].tag is Tag.COMMA), 0)
    return 0


def _is_object(reading: Reading, position: int, behind: Sequence[Word] = (), *, opens_clause: bool = True) -> bool:
    """Say whether a name at a position is the object of a verb of its own clause."""
    n = reading.at(position)
    while n:
        word = reading.words[n - 1]
        if word.tag in {Tag.BOUNDARY, Tag.RELATIVE}:
            return False
        if (opens_clause and word.tag is Tag.AND) or (
            opens_clause and (word.tag is Tag.COMMA and not any(w.tag is Tag.AND for w in behind))
        ):
            # "…, and S does it": S opens a clause of its own, if nothing of a list follows it.
            return False
        if word.tag is Tag.VERB:
            return True
        n -= 1
    return False

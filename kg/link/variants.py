"""Other ways to write a name: what a vocabulary could have listed, and didn't.

Each rule takes a name as a vocabulary has it and gives ways in which texts write it, with the
rule's name and a weight: how far a match of it is to be trusted against the name itself. Rules are
general; no name is listed here that a table could hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from kg.link.adjectives import adjectives_of
from kg.link.context import POSITION_KEYS
from kg.link.tokens import words
from kg.model.term import Category, Scope

_ROMAN: Final = {
    "i": 1,
    "ii": 2,
    "iii": 3,
    "iv": 4,
    "v": 5,
    "vi": 6,
    "vii": 7,
    "viii": 8,
    "ix": 9,
    "x": 10,
    "xi": 11,
    "xii": 12,
}
_ARABIC: Final = {str(number): roman.upper() for roman, number in _ROMAN.items()}
#: Words whose number is written in Roman or Arabic figures, as one likes.
_NUMBERED = r"(layer|lamina|type|nerve|lobule|stage|class|group|grade|phase|crus|complex)"
_ROMAN_AFTER = re.compile(rf"\b{_NUMBERED}(\s+)(xii|xi|ix|iv|v?i{{1,3}}|v|x)\b", re.IGNORECASE)
_ARABIC_AFTER = re.compile(rf"\b{_NUMBERED}(\s+)(1[0-2]|[1-9])\b", re.IGNORECASE)
_GLUED = re.compile(r"\b([A-Za-z]{1,5})(\d{1,2}[a-z]?)\b")
_PARENTHESIS = re.compile(
    r"\s*\((?:disease|disorder|brain|human|mouse|anatomical structure"
    r"|sensu (?:Vertebrata|Mammalia|Amniota|Tetrapoda|Eutheria|Arthropoda|Nematoda)[^)]*)\)$",
    re.IGNORECASE,
)
_OWN_ACRONYM = re.compile(r"^(.*[a-z]) ?\([A-Z][A-Za-z0-9]{1,5}\)$")
_OF = re.compile(r"^([\w -]{3,40}) of (?:the )?([\w-]+(?: [\w-]+){0,2})$")

#: "cell" says nothing new behind these: an osteocyte is a cell.
_AGENT = re.compile(r"(?:photoreceptor|cyte|clast|phage|phil|neuron|neuroglia|glia)$", re.IGNORECASE)
#: What takes part in a process and goes without saying: "gene expression" is mostly "expression".
_PARTICIPANT = re.compile(
    r"^(?:gene|cellular|cell population|cell|DNA|RNA|mRNA|protein|embryo|female|animal organ|biological|animal) "
)
#: Nouns of action that say nothing without what takes part.
_GENERIC: Final = words(
    "activation aggregation amplification assembly binding component conjugation construction degradation "
    "development differentiation disassembly elongation extension formation generation initiation "
    "localization maintenance maturation modification movement organization pathway process processing "
    "production recognition recombination response separation signaling size stabilization targeting "
    "termination transport unwinding"
)
_NOMINAL = re.compile(r"^[a-z]{4,}(?:ation|tion|sion|ment|ing|sis)$")


#: Adjectives that are put together: "parafascicular" and "supraoptic" say which nucleus, "motor" doesn't.
_COMPOUND: Final = re.compile(
    r"(?:para|peri|supra|sub|inter(?!st|m)|retro|ento|pedunculo|centro|medio(?!l)|ventro(?:post|bas)|latero(?:dors|post))"
    r"[a-z]{4,}(?:al|ar|ic|ine|or|an)$"
)


class Variant(NamedTuple):
    """A surface, the rule that made it, and how far to trust it; the name itself has no rule."""

    text: str
    rule: str
    weight: float


def variants_of(text: str, category: Category, scope: Scope) -> Iterator[Variant]:
    """Give a name and other ways to write it.

    Parameters
    ----------
    text : str
        Name as the vocabulary has it.
    category : Category
        What it names: some rules hold for cells, others for regions.
    scope : Scope
        Scope of the name; only labels and exact synonyms are rebuilt.

    Yields
    ------
    Variant
        First the name itself, with an empty rule and weight 1.

    Examples
    --------
    >>> [variant.text for variant in variants_of("cortical layer IV", Category.REGION, Scope.LABEL)]
    ['cortical layer IV', 'cortical layer 4']
    >>> [variant.text for variant in variants_of("CA1 of hippocampus", Category.REGION, Scope.EXACT)][:4]
    ['CA1 of hippocampus', 'CA 1 of hippocampus', 'hippocampus CA1', 'hippocampal CA1']
    """
    if match := _OWN_ACRONYM.match(text):
        # "lateral geniculate nucleus (LGN)" is two names in one string.
        text = match[1]
    yield Variant(text, "", 1.0)
    bare = _PARENTHESIS.sub("", text)
    if bare and bare != text:
        yield Variant(bare, "parenthesis", 0.95)
    number = _ROMAN_AFTER.sub(lambda m: f"{m[1]}{m[2]}{_ROMAN[m[3].lower()]}", text)
    if number == text:
        number = _ARABIC_AFTER.sub(lambda m: f"{m[1]}{m[2]}{_ARABIC[m[3]]}", text)
    if number != text:
        yield Variant(number, "numeral", 0.95)
    parted = _GLUED.sub(r"\1 \2", text)
    if parted != text and len(text.split()) <= 4:
        yield Variant(parted, "number apart", 0.9)
    if scope not in (Scope.LABEL, Scope.EXACT):
        return
    yield from _turned(text, category)
    if category is not Category.SPECIES and not text.isupper():
        for adjective in adjectives_of(text, category):
            if adjective not in POSITION_KEYS:
                yield Variant(adjective, "adjective", 0.85)
    if category is Category.CELL_TYPE:
        yield from _cell_names(text)
    elif category is Category.REGION:
        yield from _region_names(text)
    elif category is Category.MECHANISM:
        yield from _process_names(text)


def _turned(text: str, category: Category) -> Iterator[Variant]:
    """Order of noun and attribute: "cortex of kidney", "kidney cortex", "renal cortex"."""
    if match := _OF.match(text):
        head, owner = match[1], match[2]
        yield Variant(f"{owner} {head}", "turned", 0.9)
        for adjective in adjectives_of(owner, Category.REGION):
            yield Variant(f"{adjective} {head}", "turned", 0.9)
        return
    first, _, rest = text.partition(" ")
    if not rest or category is Category.SPECIES or len(rest.split()) > 3:
        return
    for adjective in adjectives_of(first, Category.REGION):
        yield Variant(f"{adjective} {rest}", "attribute", 0.9)


def _region_names(text: str) -> Iterator[Variant]:
    """Give the adjective of a region with an attribute: "prefrontal cortical", "medial thalamic"."""
    head, _, last = text.rpartition(" ")
    if last in ("nucleus", "nuclei") and _names_alone(head):
        yield Variant(head, "adjective", 0.8)
    if head and len(head.split()) <= 3 and " of " not in text:
        for adjective in adjectives_of(last, Category.REGION):
            yield Variant(f"{head} {adjective}", "adjective", 0.85)


def _names_alone(attribute: str) -> bool:
    """Say whether the attribute of a nucleus stands for it: "parafascicular" does, "dorsal motor" doesn't."""
    words_of = attribute.split()
    return len(words_of) <= 3 and (
        any(_COMPOUND.match(word) for word in words_of)
        or (len(words_of) == 2 and words_of[0] == "ventral" and words_of[1].startswith("postero"))
    )


def _cell_names(text: str) -> Iterator[Variant]:
    head, _, last = text.rpartition(" ")
    if last.lower() == "cell" and head and _AGENT.search(head):
        yield Variant(head, "head dropped", 0.9)
    elif _AGENT.search(last):
        yield Variant(f"{text} cell", "head added", 0.9)
        if text == "neuron":
            yield Variant("nerve cell", "head added", 0.9)
            yield Variant("neuronal cell", "head added", 0.9)
    if " lineage " in text:
        yield Variant(text.replace(" lineage ", " "), "lineage", 0.85)


def _process_names(text: str) -> Iterator[Variant]:
    if text.endswith(" signaling pathway"):
        yield Variant(text[: -len(" pathway")], "pathway", 0.9)
    head, comma, _ = text.partition(", ")
    if comma and " " in head:
        yield Variant(head, "comma", 0.85)
    if " " not in text and len(text) > 6:
        for form in verb_forms(text):
            yield Variant(form, "verb", 0.8)
    dropped = _PARTICIPANT.sub("", text)
    if dropped != text and " " not in dropped and len(dropped) > 6 and dropped not in _GENERIC:
        yield Variant(dropped, "participant dropped", 0.7)
        for form in verb_forms(dropped):
            yield Variant(form, "verb", 0.65)


def verb_forms(noun: str) -> tuple[str, ...]:
    """Give the forms of the verb behind a noun of action.

    Examples
    --------
    >>> verb_forms("regulation"), verb_forms("expression")[:2], verb_forms("signaling"), verb_forms("memory")
    (('regulate', 'regulated', 'regulating', 'regulatory'), ('express', 'expressed'), ('signaled',), ())
    """
    if not _NOMINAL.match(noun):
        return ()
    if noun.endswith("ation"):
        stem = noun[:-3]
        return (f"{stem}e", f"{stem}ed", f"{stem}ing", f"{stem}ory")
    if noun.endswith(("ression", "ction", "ption")):
        stem = noun[:-3]
        return (stem, f"{stem}ed", f"{stem}ing")
    if noun.endswith(("etion", "ution")):
        stem = noun[:-3]
        return (f"{stem}e", f"{stem}ed", f"{stem}ing")
    if noun.endswith("ment"):
        stem = noun[:-4]
        return (stem, f"{stem}ed", f"{stem}ing")
    if noun.endswith("icing"):
        return (f"{noun[:-3]}e", f"{noun[:-3]}ed")
    if noun.endswith("ing"):
        return (f"{noun[:-3]}ed",)
    return ()

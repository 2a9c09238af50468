"""Adjectives that stand for a noun: "hippocampal" tells the hippocampus, "thrombotic" a thrombosis.

Two sources: a curated table (``relational_adjectives.yaml``: Latin and Greek adjectives of English
nouns, "renal" for "kidney") and endings that form adjectives regularly. A rule gives forms, it never
takes an ending off a word of a text, so that a wrong form is a word that no text holds.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from kg.config import curated_dir
from kg.model.own_yaml import load_own_yaml
from kg.model.term import Category

#: Ending of a noun -> endings of its adjectives.
_ENDINGS: Final = {
    Category.REGION: (
        ("cortex", ("cortical",)),
        ("ynx", ("yngeal",)),
        ("ganglion", ("ganglionic",)),
        ("derm", ("dermal",)),
        ("blast", ("blastic",)),
        ("ment", ("mental",)),
        ("nad", ("nadal",)),
        ("eum", ("eal",)),
        ("ium", ("ial",)),
        ("ia", ("ial",)),
        ("um", ("al", "ar")),
        ("us", ("al", "ic", "ar")),
        ("ea", ("eal", "ear")),
        ("a", ("al", "ar", "ic")),
        ("is", ("al", "ic")),
        ("phalon", ("phalic",)),
        ("yme", ("ymal",)),
        ("tery", ("terial",)),
    ),
    Category.CELL_TYPE: (
        ("cyte", ("cytic",)),
        ("glia", ("glial",)),
        ("neuron", ("neuronal",)),
        ("blast", ("blastic",)),
    ),
    Category.DISEASE: (
        ("itis", ("itic",)),
        ("osis", ("otic",)),
        ("emia", ("emic",)),
        ("plegia", ("plegic",)),
        ("opia", ("opic",)),
        ("oma", ("omatous",)),
        ("betes", ("betic",)),
        ("lepsy", ("leptic",)),
        ("phrenia", ("phrenic",)),
        ("obesity", ("obese",)),
        ("syndrome", ("syndromic",)),
        ("inism", ("inotic",)),
    ),
    Category.MECHANISM: (
        ("osis", ("otic",)),
        ("esis", ("etic",)),
        ("tion", ("tional",)),
        ("ception", ("ceptive",)),
        ("bolism", ("bolic",)),
        ("olysis", ("olytic",)),
        ("poiesis", ("poietic",)),
        ("phagy", ("phagic",)),
    ),
}
#: Shortest adjective that a rule may give: shorter ones meet other words.
_SHORTEST: Final = 6


@cache
def _table() -> dict[str, tuple[str, ...]]:
    path = curated_dir() / "relational_adjectives.yaml"
    if not path.is_file():
        return {}
    read = load_own_yaml(path.read_text(encoding="utf-8"))
    nouns: dict[str, list[str]] = {}
    for adjective, meant in read["adjectives"].items():
        for noun in meant:
            nouns.setdefault(noun, []).append(adjective)
    return {noun: tuple(adjectives) for noun, adjectives in nouns.items()}


def adjectives_of(noun: str, category: Category) -> tuple[str, ...]:
    """Give the adjectives that stand for a noun.

    Parameters
    ----------
    noun : str
        One word or a fixed phrase, as a vocabulary has it.
    category : Category
        What it names: the regular endings differ.

    Returns
    -------
    tuple of str
        In lower case; those of the table first. Some are no words, which costs nothing.

    Examples
    --------
    >>> adjectives_of("hippocampus", Category.REGION)[0], adjectives_of("thrombosis", Category.DISEASE)
    ('hippocampal', ('thrombotic',))
    """
    word = noun.lower()
    found = list(_table().get(word, ()))
    if " " not in word and word.isalpha():
        for ending, adjectives in _ENDINGS.get(category, ()):
            if word.endswith(ending):
                stem = word[: len(word) - len(ending)]
                found += [stem + adjective for adjective in adjectives if len(stem + adjective) >= _SHORTEST]
                break
    return tuple(dict.fromkeys(adjective for adjective in found if adjective != word))

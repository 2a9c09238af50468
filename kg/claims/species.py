"""The species that a sentence speaks of, from its own words."""

from __future__ import annotations

import re
from typing import Final

_SPECIES: Final = {
    "human": r"patients?|humans?|individuals?|participants?|volunteers?|children|adolescents?|adults|men|women|"
    r"people|persons?|subjects|post-?mortem|youth|cases|caregivers?|population|iPSCs?(?:-derived)?",
    "mouse": r"mice|mouse|murine|5x ?FAD|5×FAD|3xTg(?:-AD)?|APP ?/ ?PS1|APPPS1\w*|Tg2576|R6/2|Ts65Dn|C57BL/6\w*",
    "rat": r"rats?|Sprague[- ]Dawley|Wistar|Long[- ]Evans",
    "monkey": r"monkeys?|macaques?|marmosets?|non-?human primates?|rhesus",
    "zebrafish": r"zebrafish",
    "fly": r"Drosophila|fruit fl(?:y|ies)",
    "worm": r"C\. elegans|Caenorhabditis",
    "dog": r"dogs?|canine",
    "pig": r"pigs?|piglets?|porcine",
}
#: Every species but people.
ANIMALS: Final = frozenset(_SPECIES) - {"human"}
_PATTERNS: Final = {name: re.compile(rf"(?<![\w-])(?:{text})(?!\w)", re.IGNORECASE) for name, text in _SPECIES.items()}


def species_context(sentence: str) -> str | None:
    """Give the one species that a sentence names.

    Returns
    -------
    str or None
        human, mouse, rat, monkey, zebrafish, fly, worm, dog or pig; None where it names none or several.

    Examples
    --------
    >>> species_context("Gliosis was increased in 5xFAD mice.")
    'mouse'
    >>> species_context("Gliosis was increased in mice and patients.") is None
    True
    """
    found = [name for name, pattern in _PATTERNS.items() if pattern.search(sentence)]
    return found[0] if len(found) == 1 else None

"""Tokens for matching: what two spellings of one name have in common.

A token keeps its place in the original text (code points, half-open) and has a key: case, accents,
Greek letters, British spelling, plural and possessive are folded away, alike in texts and in the
names of terms. Hyphens, dashes inside words, quotes and single line breaks separate; other
punctuation is a token of its own, so that no name matches across it.

Folding is per token, from tables and tested rules, and so can't shift an offset.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from itertools import accumulate
from typing import Final, NamedTuple

#: Stands for a symbol that no name contains.
OTHER: Final = "\ufffd"
#: Key of an empty line: names don't run across paragraphs.
BREAK: Final = "\n\n"

_WORD = r"[^\W_\u0370-\u03ff]+(?:[\u0300-\u036f]+[^\W_\u0370-\u03ff]*)*"
_TOKEN = re.compile(
    rf"{_WORD}(?:['\u2019]s(?![^\W_]))?"
    r"|[\u0370-\u03ff]"
    r"|\n[^\S\n]*\n"
    r"|(?<=\s)[-\u2013](?=\s)"
    r"|[^\s\w\-\u2010\u2011\u2012\u2013'\u2018\u2019\"\u201c\u201d*~^`\u00ad\u0300-\u036f]"
)
_TOKEN_SPLIT = re.compile(f"({_TOKEN.pattern})")
_POSSESSIVE: Final = ("'s", "\u2019s")


def words(text: str) -> frozenset[str]:
    """Give the words of a table that is written as a text."""
    return frozenset(text.split())


_GREEK: Final = dict(
    zip(
        "αβγδεζηθικλμνξοπρστυφχψω",
        [
            "alpha",
            "beta",
            "gamma",
            "delta",
            "epsilon",
            "zeta",
            "eta",
            "theta",
            "iota",
            "kappa",
            "lambda",
            "mu",
            "nu",
            "xi",
            "omicron",
            "pi",
            "rho",
            "sigma",
            "tau",
            "upsilon",
            "phi",
            "chi",
            "psi",
            "omega",
        ],
        strict=True,
    )
) | {"ς": "sigma", "ϕ": "phi", "ϵ": "epsilon", "ϑ": "theta"}

#: Plurals that no rule below makes.
_IRREGULAR: Final = {
    plural: singular
    for singular, plurals in {
        "apex": "apices",
        "appendix": "appendices",
        "axis": "axes",
        "calf": "calves",
        "child": "children",
        "corpus": "corpora",
        "cortex": "cortices",
        "crisis": "crises",
        "criterion": "criteria",
        "diagnosis": "diagnoses",
        "falx": "falces",
        "femur": "femora",
        "foot": "feet",
        "foramen": "foramina",
        "fornix": "fornices",
        "genu": "genua",
        "half": "halves",
        "helix": "helices",
        "hilus": "hili",
        "hypothesis": "hypotheses",
        "index": "indices",
        "larynx": "larynges",
        "leaf": "leaves",
        "lumen": "lumina",
        "man": "men",
        "matrix": "matrices",
        "meninx": "meninges",
        "metastasis": "metastases",
        "mouse": "mice",
        "naris": "nares",
        "paralysis": "paralyses",
        "phalanx": "phalanges",
        "pharynx": "pharynges",
        "plexus": "plexi",
        "radix": "radices",
        "sclerosis": "scleroses",
        "stenosis": "stenoses",
        "stoma": "stomata",
        "symphysis": "symphyses",
        "synthesis": "syntheses",
        "testis": "testes",
        "thrombosis": "thromboses",
        "neurosis": "neuroses",
        "psychosis": "psychoses",
        "fibrosis": "fibroses",
        "tooth": "teeth",
        "varix": "varices",
        "vas": "vasa",
        "vertex": "vertices",
        "viscus": "viscera",
        "woman": "women",
    }.items()
    for plural in plurals.split()
}
#: -i for -us and -a for -um or -on: only of these stems, as "cerebri" and "retina" are no plurals.
_I_STEMS: Final = words(
    "nucle gyr sulc thalam hippocamp collicul fascicul funicul lob alveol bronch vill thromb embol bacill foc "
    "loc tor tubul glomerul calcul stimul nodul hum rad carp tars uter thym typ fung hypothalam annul "
    "canalicul ventricul isthm rhomb lobul cunicul ram"
)
_UM_STEMS: Final = words(
    "striat cerebell epitheli endotheli atri ov cili flagell bacteri sept tect claustr pallid tegment subicul "
    "indusi diverticul infundibul perine periost sacr stern strat mesotheli neuroepitheli frenul vestibul "
    "spectr"
)
_ON_STEMS: Final = words("gangli mitochondri phenomen automat")
_A_STEMS: Final = words(
    "retin vertebr fimbri larv papill lamin trachei arteri ven ampull burs fasci cochle macul fove pleur scal "
    "stri trabecul medull nebul patell maxill mandibul scapul fibul tibi ulnn uln valvul taeni coron amygdal "
    "habenul"
)
#: Words in -s that are no plurals, where folding them would make another word.
_SINGULAR_S: Final = words(
    "pancreas atlas bias gas lens pons mons glans diabetes herpes rabies caries scabies species series biceps "
    "triceps forceps quadriceps ascites mumps measles feces rickets sapiens elegans always perhaps was has "
    "does pubes shingles tabes tinnitus chaos pathos alias asbestos cosmos ethos thermos"
)

_SPELLING: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"haem", "hem"),
        (r"(?<=[nklrcyp])aemi", "emi"),
        (r"aesth", "esth"),
        (r"oesoph", "esoph"),
        (r"oestr", "estr"),
        (r"oedem", "edem"),
        (r"^foet", "fet"),
        (r"paed", "ped"),
        (r"tumour", "tumor"),
        (r"colour", "color"),
        (r"behaviour", "behavior"),
        (r"odour", "odor"),
        (r"fibre", "fiber"),
        (r"^grey", "gray"),
        (r"^(epi|meta)?centre", r"\1center"),
        (r"^((?:inter|moto|oligo)?neuron)e$", r"\1"),
        (r"^((?:inter|moto)?neuron)es$", r"\1s"),
        (r"^leuco", "leuko"),
        (r"sulph", "sulf"),
        (r"rrhoea", "rrhea"),
        (r"^aetio", "etio"),
        (r"coelia", "celia"),
        (r"caec", "cec"),
        (r"faec", "fec"),
        (r"gynaec", "gynec"),
    )
)
#: -ise words that are spelt -ize across the sea; "exercise" and "noise" are not.
_ISE_STEMS: Final = re.compile(
    r"^((?:de|hyper|re|un|im|non)?(?:polar|mobil|local|organ|character|synchron|myelin|metabol|lateral|recogn|real|neutral|"
    r"immun|sensit|general|minim|maxim|optim|normal|visual|crystal|fertil|steril|stabil|vascular|keratin|mineral|ovulat))"
    r"is(ations?|ed|ing|es?)$"
)


class Tokens(NamedTuple):
    """The tokens of one text."""

    starts: list[int]
    ends: list[int]
    keys: list[str]

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Half-open spans in code points."""
        # Two lists of numbers are kept, as half a million tuples would keep the garbage collector busy.
        return list(zip(self.starts, self.ends, strict=True))

    def padded(self) -> str:
        """Give the keys in one string, each between blanks."""
        return f" {' '.join(self.keys)} "


def _fold_spelling(word: str) -> str:
    for pattern, replacement in _SPELLING:
        word = pattern.sub(replacement, word)
    return _ISE_STEMS.sub(r"\1iz\2", word)


def singular(word: str) -> str:
    """Give the singular of a lower-case word, or the word where it is no plural.

    Irregular and Latin plurals come from tables; the rest are the regular English endings, with the
    words they would spoil listed. Texts and names are folded alike, so a word that folds to none in
    a dictionary ("physics") costs nothing.

    Examples
    --------
    >>> [singular(word) for word in ("neurons", "nuclei", "ganglia", "biopsies", "diabetes", "thalamus")]
    ['neuron', 'nucleus', 'ganglion', 'biopsy', 'diabetes', 'thalamus']
    """
    if len(word) < 4 or word in _SINGULAR_S:
        return word
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    last = word[-1]
    if last == "i":
        return f"{word[:-1]}us" if word[:-1] in _I_STEMS else word
    if last == "a":
        stem = word[:-1]
        return f"{stem}um" if stem in _UM_STEMS else f"{stem}on" if stem in _ON_STEMS else word
    if last == "e":
        return word[:-1] if word.endswith("ae") and word[:-2] in _A_STEMS else word
    if last != "s" or word[-2] in "siu":
        return word
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    return word[:-1]


class Remembered(dict[str, str]):
    """Answers of a function of one string, kept for as many strings as there is room for.

    Asked through ``__getitem__`` from ``map``, a dictionary is three times as fast as `functools.lru_cache`,
    which keeps its answers in order of use.

    Examples
    --------
    >>> upper = Remembered(str.upper, limit=2)
    >>> list(map(upper.__getitem__, ["a", "b", "a", "c"])), len(upper)
    (['A', 'B', 'A', 'C'], 1)
    """

    def __init__(self, function: Callable[[str], str], *, limit: int) -> None:
        super().__init__()
        self._function, self._limit = function, limit

    def __missing__(self, key: str) -> str:
        if len(self) >= self._limit:
            self.clear()
        answer = self[key] = self._function(key)
        return answer


def fold(raw: str) -> str:
    """Give the key of one token.

    Examples
    --------
    >>> fold("Neurones"), fold("Parkinson's"), fold("β"), fold("MSNs"), fold("AIDS")
    ('neuron', 'parkinson', 'beta', 'msn', 'aids')
    """
    return _KEYS[raw]


def _fold(raw: str) -> str:
    if raw in _GREEK:
        return _GREEK[raw]
    if not raw[0].isalnum():
        if "\n" in raw:
            return BREAK
        return "-" if raw == "\u2013" else raw if raw.isascii() else OTHER
    if raw.endswith(_POSSESSIVE):
        raw = raw[:-2]
    if raw.isascii():
        word = raw.lower()
    else:
        word = "".join(c for c in unicodedata.normalize("NFKD", raw).casefold() if c.isalnum())
        if not word:
            return OTHER
        word = _GREEK.get(word, word)
    if len(raw) <= 6 and raw[:-1].isupper() and len(raw) > 2:
        # An acronym: "AIDS" is no plural, "MSNs" is.
        return word[:-1] if raw[-1] == "s" else word
    return singular(_fold_spelling(word)) if word.isalpha() else word


_KEYS: Final = Remembered(_fold, limit=1 << 18)


def tokenize(text: str) -> Tokens:
    """Split a text into tokens.

    Parameters
    ----------
    text : str
        Any text; linear in its length whatever it holds.

    Returns
    -------
    Tokens
        Spans in code points of `text`, and the key of each.

    Examples
    --------
    >>> tokens = tokenize("CA1-pyramidal neurones")
    >>> tokens.keys, tokens.spans[-1]
    (['ca1', 'pyramidal', 'neuron'], (14, 22))
    """
    # Gap, token, gap, token, …, gap: three passes in C cost less than one over matches in Python.
    parts = _TOKEN_SPLIT.split(text)
    edges = list(accumulate(map(len, parts)))
    return Tokens(edges[0:-1:2], edges[1::2], list(map(_KEYS.__getitem__, parts[1::2])))


def key_of(surface: str) -> str:
    """Give the keys of a name's tokens, joined by blanks: equal for two spellings of one name.

    Examples
    --------
    >>> key_of("Basal Ganglia") == key_of("basal ganglion")
    True
    """
    return " ".join(map(fold, _TOKEN.findall(surface)))

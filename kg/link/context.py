"""What a text's surroundings forbid: words that look like anatomy and are not.

DANDI's descriptions name institutes after the brain, fix heads, build mazes with arms, and label
cells with driver lines. None of these says what was recorded from. The tables here are small and
general; words that are never a name are in ``ontologies/stop_surfaces.yaml``.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from typing import Final

import daachorse

from kg.link.tokens import fold, words

_CAPITALISED = r"(?:[A-Z][\w.&'\u2019-]*|of|and|for|the|in|de|&)"

#: Kinds of trap: a cue that every instance has, how far before the cue an instance may begin, and its pattern. A text
#: is searched for cues, which is fast, and only around a cue for the pattern. Repeats are bounded.
_TRAPS: Final = tuple(
    (tuple(cues.split("|")), before, re.compile(pattern))
    for cues, before, pattern in (
        ("http://|https://|ftp://", 0, r"\w+://\S{1,2000}"),
        ("www.", 0, r"www\.\S{1,500}"),
        ("@", 64, r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,4}"),
        # Institutions: "Allen Institute for Brain Science", "Department of Cell Biology".
        (
            "Department|Dept|Institut|Centre|Center|School|Society|Laborator|Journal|Division|College|Faculty|Foundation"
            "|Association|Consortium|University|Hospital|Clinic|Program|Trust",
            0,
            rf"\w+\.? (?:of|for|on)(?: the)? [A-Z][\w-]*(?:,? {_CAPITALISED}){{0,6}}",
        ),
        # ... and those that put the organ first: "Allen Brain Observatory", "Cell Reports".
        (
            "Brain |Neuron |Eye |Heart |Spinal Cord |Cell |Cancer |Stroke |Kidney |Liver |Retina ",
            0,
            r"[A-Z]\w+(?: Cord)? (?:and [A-Z]\w+ )?(?:Sciences? )?(?:Institute|Initiative|Atlas|Observator(?:y|ies)"
            r"|Project|Sciences?|Research|Foundation|Press|Reports|Center|Centre|Imaging Data|Society|Bank|Signaling"
            r"|Types Database)\b",
        ),
        # Apparatus and behaviour that borrow a body part.
        (
            "Head|head",
            0,
            r"(?<![a-z])\w{4}[- ]?(?:fix|restrain|direction|track|movement|position|mount|post|plate|bar|stage|cam|turn"
            r"|orient|impulse)\w*",
        ),
        (
            "Eye|eye",
            0,
            r"(?<![a-z])\w{3}[- ]?(?:track|movement|position|blink|camera|video|gaze|opening|closure)\w*",
        ),
        (
            "arm",
            12,
            r"\b(?:[Oo]pen|[Cc]losed|[Ll]eft|[Rr]ight|[Cc]hoice|[Gg]oal|[Mm]aze|[Ss]tart|[Rr]eward(?:ed)?|[Tt]reatment"
            r"|[Cc]ontrol|[Pp]lacebo|[Cc]entral|[Rr]obot(?:ic)?|[Tt]arget|[Nn]ovel|[Ff]amiliar|[Rr]eturn|[Ss]ide"
            r"|[Tt]-maze|[Yy]-maze|[Ss]tem) arms?\b"
            r"|\barms? of (?:the|a|an|each) (?:[\w-]{1,20} ){0,3}(?:maze|track|trial|study|apparatus)",
        ),
        # Names longer than any term, of which a part is one: it is not the temporal lobe that is meant.
        ("edial temporal lobe|edial Temporal Lobe|edial Temporal lobe", 1, r"\b[Mm]edial [Tt]emporal [Ll]obes?\b"),
        ("ell lymphoma", 3, r"\b[BT][- ]cell lymphoma[- ](?:\d|[Ee]xtra)"),
        # Growth factors are called after the cells that they make.
        ("ranulocyte", 1, r"\b[Gg]ranulocyte(?:[- \u2010\u2011/]?(?:and )?macrophage)?[- \u2010\u2011]colony"),
        ("acrophage colony|acrophage-colony", 1, r"\b[Mm]acrophage[- ]colony"),
        # Figures of speech, of microscopes and of proteins.
        ("cale bar", 1, r"\b[Ss]cale bars?\b"),
        ("n the other hand|n one hand|n the one hand", 1, r"\b[Oo]n (?:the )?(?:other|one) hand\b"),
        ("inc finger|inc-finger|RING finger|ING-finger", 1, r"\b(?:[Zz]inc|RING)[- ]fingers?\b"),
        ("igh fat|igh-fat|ow fat|ow-fat", 1, r"\b(?:[Hh]igh|[Ll]ow)[- ]fat\b"),
        ("hromosome arm|romosomal arm", 3, r"\b[Cc]hromosom(?:e|al) arms?\b"),
        ("lace field", 1, r"\b[Pp]lace fields?\b"),
        ("fuel cell|battery cell|solar cell|load cell", 0, r"\w+ cells?\b"),
        # Driver and reporter lines: a label on cells is not the cells.
        (
            "Cre|-cre|CRE|Flp|-FLP|-Dre",
            32,
            r"(?<![\w-])\w[\w-]{0,30}?(?:(?<=[^\W_])|-)(?:Cre(?:ER\w{0,4})?|(?<=-)cre|CRE|Flp[oO]?|FLPo?|(?<=-)Dre)"
            r"(?![A-Za-z])(?:[-;:/]\w[\w-]{0,30}){0,3}",
        ),
    )
)
#: What may stand between a cell and the protein that is called after it.
_BETWEEN: Final = (
    r"growth|colony|line|derived|specific|activating|stimulating|inhibitory|chemoattractant|chemotactic|inflammatory"
    r"|adhesion|attracting|transcription|neurotrophic|trophic|nuclear|surface|maturation|differentiation|scatter"
)
_PROTEIN: Final = re.compile(
    rf"[\s\u2010\u2011-]{{1,2}}(?:({_BETWEEN})[\s\u2010\u2011-]{{1,2}}){{0,4}}"
    r"(?:factor|receptor|antigen|kinase|protein|protease|ligand|enolase|peptide|cytokine|chemokine)s?\b"
)
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
#: All cues in one automaton, and what is to be looked for around each.
_CUES: Final = daachorse.CharwiseDoubleArrayAhoCorasick([cue for cues, _, _ in _TRAPS for cue in cues])
_OF_CUE: Final = tuple((before, pattern) for cues, before, pattern in _TRAPS for _ in cues)
#: Words of a text that tell its species, for texts whose record doesn't: atlas terms hold for some only.
_SPECIES_WORDS: Final = {
    "NCBITaxon:10090": "mouse mice murine mus musculus",
    "NCBITaxon:10116": "rat rats rattus norvegicus",
    "NCBITaxon:9606": "human patient participant volunteer homo sapiens men women child",
    "NCBITaxon:9544": "macaque macaques rhesus monkey monkeys macaca mulatta",
    "NCBITaxon:9483": "marmoset marmosets callithrix",
    "NCBITaxon:7955": "zebrafish danio",
    "NCBITaxon:7227": "drosophila melanogaster",
    "NCBITaxon:6239": "caenorhabditis nematode nematodes",
    "NCBITaxon:8355": "xenopus",
    "NCBITaxon:9685": "cat cats felis",
    "NCBITaxon:9669": "ferret ferrets",
    "NCBITaxon:9031": "chick chicks chicken chickens",
}
_TAXON_BY_WORD: Final = {fold(word): taxon for taxon, words in _SPECIES_WORDS.items() for word in words.split()}


#: Keys of words that say on which side or in which part; they leave a region's name what it is.
POSITION_KEYS: Final = frozenset(
    fold(word)
    for word in words(
        "left right bilateral unilateral ipsilateral contralateral dorsal ventral medial lateral anterior "
        "posterior rostral caudal superior inferior dorsomedial dorsolateral ventromedial ventrolateral "
        "mediodorsal mediolateral anteromedial anterolateral posteromedial posterolateral rostromedial "
        "rostrolateral caudomedial caudolateral rostroventral rostrodorsal caudodorsal caudoventral "
        "anterodorsal anteroventral posterodorsal posteroventral deep superficial proximal distal central "
        "peripheral intermediate upper lower middle mid inner outer adult developing the "
    )
)


def find_traps(text: str) -> list[tuple[int, int]]:
    """Find the stretches of a text in which nothing is anatomy, cell or disease.

    Returns
    -------
    list of (int, int)
        Half-open spans in code points, in order; they may overlap.

    Examples
    --------
    >>> text = "Head-fixed Sst-IRES-Cre mice at the Allen Institute for Brain Science"
    >>> [text[start:end] for start, end in find_traps(text)]
    ['Head-fixed', 'Sst-IRES-Cre', 'Institute for Brain Science']
    """
    found: list[tuple[int, int]] = []
    reach: dict[int, int] = {}
    for start, end, cue in _find_cues(text):
        passed = reach.get(cue, 0)
        if start < passed:
            continue
        before, pattern = _OF_CUE[cue]
        match = _match_around(pattern, text, max(passed, start - before), start, end - start)
        if match:
            found.append(match.span())
            reach[cue] = match.end()
    return merge_spans(found)


def names_protein(text: str, end: int, *, is_cell: bool = True) -> bool:
    """Say whether what ends here is the first part of a protein's name.

    A region has receptors without being called after them, so that a region's name needs more between.

    Examples
    --------
    >>> names_protein("T cell factor-4", 6), names_protein("T cells and factors", 7)
    (True, False)
    >>> names_protein("brain-derived neurotrophic factor", 5, is_cell=False)
    True
    """
    match = _PROTEIN.match(text, end)
    return match is not None and (is_cell or match[1] is not None)


def _find_cues(text: str) -> list[tuple[int, int, int]]:
    try:
        return _CUES.find_overlapping(text)
    except UnicodeEncodeError:  # a lone surrogate is no text, and has its place all the same
        return _CUES.find_overlapping(_SURROGATE.sub("\ufffd", text))


def _match_around(pattern: re.Pattern[str], text: str, start: int, cue: int, size: int) -> re.Match[str] | None:
    if start >= cue:
        return pattern.match(text, cue)
    match = pattern.search(text, start, cue + size + 150)
    return match if match and match.start() <= cue else None


def merge_spans(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Give the union of spans, in order, without overlaps."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def is_trapped(start: int, end: int, traps: Sequence[tuple[int, int]]) -> bool:
    """Say whether a span touches one of the stretches that `find_traps` gave."""
    at = bisect_right(traps, (start, end))
    return (at > 0 and traps[at - 1][1] > start) or (at < len(traps) and traps[at][0] < end)


def taxa_of_keys(keys: Collection[str]) -> set[str]:
    """Give the species whose everyday names are among the keys of a text's tokens."""
    return {_TAXON_BY_WORD[key] for key in _TAXON_BY_WORD.keys() & keys}

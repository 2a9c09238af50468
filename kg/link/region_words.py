"""Words that names of brain regions are made of, by what they do in a name.

They are general words of neuroanatomy, English and Latin; no name of a region is listed here. A
word has one letter, its class, so that a row of tokens becomes a string and a name a pattern over it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from kg.link.context import POSITION_KEYS
from kg.link.tokens import Remembered, fold, words

#: "nucleus": an adjective before it makes a name of a region.
HEAD: Final = "H"
#: "area": names a region only behind a region or a function.
WEAK_HEAD: Final = "h"
#: "complex": names a region behind a function too.
PLACE_HEAD: Final = "g"
#: "part": belongs to a whole that follows.
PART: Final = "Q"
#: Words of place.
PLACE: Final = "P"
#: Words of function, of sense and of build: "auditory", "magnocellular".
KIND: Final = "M"
#: Adjectives put together with a preposition: "pericoerulear", "preglomerular".
COMPOUND: Final = "Y"
#: Other words that look like an adjective.
ADJECTIVE: Final = "X"
OTHER: Final = "."
#: What only a region does: an acronym that projects somewhere is one.
VERB: Final = "V"

_TABLE: Final = {
    HEAD: "nucleus subnucleus cortex neocortex gyrus sulcus colliculus lobe lobule complex septum horn stratum",
    WEAK_HEAD: "region field formation territory subregion body tubercle gray bulb commissure plate leaflet ganglion",
    PLACE_HEAD: "area subarea center centre column structure cord",
    PART: "part portion division subdivision pole segment sector aspect extent half compartment "
    "subregion bank shell core "
    "region zone quadrant quarter third corner edge base tier rim group",
    PLACE: "basal basilar nasal temporal cervical thoracic lumbar sacral lumbosacral primary secondary tertiary second "
    "first ventrotemporal dorsotemporal orbital midline paramedian parasagittal "
    "rostralmost caudalmost internal external median periventricular peripheral peri juxta ipsi contra vl dl dm vm",
    KIND: "magnocellular parvocellular parvicellular gigantocellular granular agranular dysgranular supragranular "
    "infragranular main accessory principal sensory motor sensorimotor visual auditory gustatory "
    "somatosensory somatic visceral visceromotor limbic autonomic associative association vocal song "
    "electrosensory mechanosensory premotor supplementary motoneuronal laminar laminated interlaminar reticular "
    "extrastriate peristriate retinorecipient relay olfactory vestibular cranial vagal octaval nociceptive deep",
    "F": "tract root fasciculus bundle lemniscus band peduncle brachium nerve stria capsule decussation raphe arm limb",
    VERB: "project receive send innervate",
    "O": "of",
    "T": "the",
    "C": "and or",
    ",": ",",
    "(": "( [",
    ")": ") ]",
    "/": "/",
}
_CLASS: Final = {fold(word): name for name, text in _TABLE.items() for word in words(text)} | dict.fromkeys(
    POSITION_KEYS - {fold(word) for word in words("the adult developing")}, PLACE
)
#: Words that look like an adjective of a region and say nothing of place.
_GENERAL: Final = words(
    "several individual general principal neural neuronal cellular single normal functional typical similar identical "
    "special atypical experimental structural molecular chemical physiological anatomical histological total partial "
    "animal mammal arterial vascular perineuronal additional original initial final natural actual equal optimal "
    "minimal maximal usual critical local global multicellular subcellular nuclear cytoplasmic genetic specific "
    "basic intrinsic extrinsic synaptic presynaptic postsynaptic axonal dendritic somatodendritic glial microglial "
    "endogenous exogenous various numerous previous homologous heterogeneous homogeneous continuous contiguous "
    "obvious analogous discontinuous conspicuous separate appropriate intermediate discrete immediate adequate "
    "alternate associate innervate terminate indicate demonstrate investigate receive give have constitute "
    "contain remain human pregnant mean than an can began german canine feline bovine murine porcine equine "
    "topographic electrophysiological cytoarchitectural cytoarchitectonic myeloarchitectonic morphological "
    "immunohistochemical neurochemical particular regular irregular cell dorsoventral rostrocaudal mediolateral "
    "anteroposterior bilateral late moderate appreciate approximate ordinary preliminary necessary every "
    "history summary very active negative positive respective relative massive extensive excitatory inhibitory "
    "regulatory inflammatory compensatory line examine determine routine combine define fine nine medicine "
    "avian mammalian primate rodent reptilian amphibian vertebrate invertebrate teleostean larval fetal neonatal "
    "postnatal prenatal embryonic juvenile paired unpaired ran plan scan span private state climate rate "
    "non target interval subject prefer intersect interact presence experience preparation "
    "pyramidal bipolar multipolar monopolar unipolar stellate reciprocal collateral commensurate substantial"
)
_LOOKS: Final = re.compile(
    r"[a-z]{3,}(?:al|ar|ic|oid|ous|ory|ary|ine|ean|iform|(?:arcu|genicul|stri|cune|dent|uncin|cingul|foli|ciliat|ov|extrastri)ate)"
)
_PUT_TOGETHER: Final = re.compile(r"(?:para|peri|pre|post|supra|infra|retro|juxta|inter|sub|ento|ecto)[a-z]{6,}")
#: Latin epithets: "nucleus laminaris", "pars compacta".
_LATIN: Final = re.compile(
    r"[a-z]{3,}(?:us|is|ii|ei|i|ae|um|ens|ans|ior|oris|ale|are|orum|arum|alis|lia|ata|osa|ea|tia|rna|ina|cta|era)"
)
_NOT_LATIN: Final = words(
    "thus versus this focus stimulus basis analysis axis virus plus status locus apparatus data area media bacteria "
    "criteria idea whereas insulin was has corpus medium sodium calcium hypothesis alkali origin via is pretectum"
)


def word_class(key: str) -> str:
    """Give the class of a token's key, one letter.

    Examples
    --------
    >>> "".join(map(word_class, ["dorsal", "part", "of", "the", "parabrachial", "nucleus", "cell"]))
    'PQOTYH.'
    """
    return WORD_CLASSES[key]


def _word_class(key: str) -> str:
    known = _CLASS.get(key)
    if known is not None:
        return known
    if _LOOKS.fullmatch(key) and key not in _GENERAL:
        return COMPOUND if _PUT_TOGETHER.match(key) else ADJECTIVE
    return OTHER


#: Class of each key that was asked for.
WORD_CLASSES: Final = Remembered(_word_class, limit=1 << 16)


@lru_cache(maxsize=1 << 14)
def is_latin(key: str) -> bool:
    """Say whether a key looks like a Latin word in a name.

    Examples
    --------
    >>> [is_latin(key) for key in ("laminaris", "tegmenti", "showed", "this")]
    [True, True, False, False]
    """
    return key not in _NOT_LATIN and _LATIN.fullmatch(key) is not None

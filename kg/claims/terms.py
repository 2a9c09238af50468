"""What claims need of a vocabulary, and which terms are too general to be claimed.

`TermLookup` is the part of ``kg.ontology``'s vocabulary that deriving claims uses, so that tests can
give a handful of terms in its place.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from kg.model import Category, Parent, Term


class TermLookup(Protocol):
    """A vocabulary as this package sees it."""

    def get(self, curie: str) -> Term | None:
        """Give the term of a CURIE."""
        ...

    def resolve(self, raw: str, *, categories: Collection[Category] | None = None) -> str | None:
        """Give the CURIE of the term that a raw identifier means."""
        ...

    def by_name(self, name: str, category: Category) -> str | None:
        """Give the CURIE of the one term of the category with that name."""
        ...

    def parents(self, curie: str) -> tuple[Parent, ...]:
        """Give the typed steps up from a term."""
        ...

    def ancestors(self, curie: str) -> frozenset[str]:
        """Give every term above a term."""
        ...

    def is_ancestor(self, ancestor: str, of: str) -> bool:
        """Say whether one term is above another."""
        ...

    def infores_of(self, name: str) -> str:
        """Give the infores CURIE of a vocabulary by its name."""
        ...


#: Terms that say nothing about a brain, a disease or a species: the tops that an ontology needs for its own
#: order (BFO, CARO and their like), and organ parts that don't say of which organ. They are neither claimed
#: nor shown as ancestors. The rule, for those who add one: a term belongs here if its definition would fit
#: most of its category, or if what it names is found in organs that have nothing to do with each other.
UPPER_TERMS: Final[frozenset[str]] = frozenset(
    {
        # anatomy: entity, material entity, structure, organ part and the like
        "UBERON:0001062",  # anatomical entity
        "UBERON:0000465",  # material anatomical entity
        "UBERON:0000466",  # immaterial anatomical entity
        "UBERON:0000061",  # anatomical structure
        "UBERON:0010000",  # multicellular anatomical structure
        "UBERON:0000467",  # anatomical system
        "UBERON:0000468",  # multicellular organism
        "UBERON:0000062",  # organ
        "UBERON:0000064",  # organ part
        "UBERON:0000063",  # organ subunit
        "UBERON:0000479",  # tissue
        "UBERON:0000475",  # organism subdivision
        "UBERON:0000477",  # anatomical cluster
        "UBERON:0000480",  # anatomical group
        "UBERON:0000481",  # multi-tissue structure
        "UBERON:0000463",  # organism substance
        "UBERON:0000464",  # anatomical space
        "UBERON:0004119",  # endoderm-derived structure
        "UBERON:0004120",  # mesoderm-derived structure
        "UBERON:0004121",  # ectoderm-derived structure
        "UBERON:0010313",  # neural crest-derived structure
        "UBERON:0010314",  # structure with developmental contribution from neural crest
        "UBERON:0013702",  # body proper
        "UBERON:0000489",  # cavitated compound organ
        "UBERON:0003914",  # epithelial tube
        "UBERON:0000025",  # tube
        "UBERON:0004111",  # anatomical conduit
        "UBERON:0005423",  # developing anatomical structure
        "UBERON:0000483",  # epithelium
        "UBERON:0000119",  # cell layer
        "UBERON:0022303",  # nervous system cell part layer
        "UBERON:0034944",  # zone of organ
        "UBERON:0034923",  # disconnected anatomical group
        "UBERON:0034921",  # multi organ part structure
        "UBERON:0034922",  # cell cluster
        "UBERON:0011676",  # subdivision of organism along main body axis
        "UBERON:0000073",  # regional part of nervous system
        "UBERON:0011216",  # organ system subdivision
        "UBERON:0004921",  # subdivision of digestive tract
        "UBERON:0001851",  # cortex, of no organ in particular
        "UBERON:0000125",  # neural nucleus, of no place in particular
        "UBERON:0000958",  # medulla of organ
        "UBERON:0002616",  # regional part of brain
        "UBERON:0011215",  # central nervous system cell part cluster
        "UBERON:0015212",  # lateral structure
        "UBERON:0013701",  # main body axis
        "UBERON:0005162",  # multi cell part structure
        "UBERON:0034925",  # anatomical collection
        "UBERON:0000153",  # anterior region of body
        "UBERON:0007811",  # craniocervical region
        # cells
        "CL:0000000",  # cell
        "CL:0000003",  # native cell
        "CL:0000255",  # eukaryotic cell
        "CL:0000548",  # animal cell
        "CL:0002371",  # somatic cell
        "CL:0000211",  # electrically active cell
        "CL:0000393",  # electrically responsive cell
        "CL:0000404",  # electrically signaling cell
        "CL:0002242",  # nucleate cell
        "CL:0000226",  # single nucleate cell
        "CL:0000325",  # stuff accumulating cell
        "CL:0000219",  # motile cell
        # diseases
        "MONDO:0000001",  # disease
        "MONDO:0700096",  # human disease
        "MONDO:0042489",  # disease susceptibility
        "MONDO:0005583",  # non-human animal disease
        "MONDO:0021125",  # disease characteristic
        "MONDO:7770006",  # disease by body system or component, and the other axes of MONDO's order
        "MONDO:7770007",
        "MONDO:7770008",
        "MONDO:7770009",
        "MONDO:7770010",
        "MONDO:7770011",
        "MONDO:7770012",
        "MONDO:7770013",
        "MONDO:7770014",
        "MONDO:7770015",
        "MONDO:0021178",  # injury, of no part in particular
        # organisms above vertebrates and insects say nothing that their members don't
        "NCBITaxon:1",
        "NCBITaxon:131567",
        "NCBITaxon:2759",
        "NCBITaxon:33154",
    }
)

#: Substances and spaces of the body: a text may be about them, but no electrode records from them.
UNRECORDABLE: Final[tuple[str, ...]] = ("UBERON:0000463", "UBERON:0000464", "UBERON:0006314")

#: Classes of a vocabulary that name no thing of its category: "rare" and "congenital" are in MONDO, and no diseases.
_NO_THINGS: Final = ("MONDO:0021125",)
#: Every dataset of this archive has neurons: to say so of one says nothing.
_SELF_EVIDENT: Final = frozenset({"CL:0000540", "CL:0002319"})
NERVOUS_SYSTEM: Final = "UBERON:0001016"
#: Organs that a text names to say where something is at all. A dataset is of the whole only where it says so.
WHOLES: Final = frozenset({"UBERON:0000955", "UBERON:0001017", NERVOUS_SYSTEM})

_WORD = re.compile(r"[a-z0-9]+")
_EMPTY_WORDS: Final = frozenset(
    {"the", "of", "a", "an", "and", "or", "in", "to", "by", "s", "type", "system", "area", "region"}
)


def is_claimable(curie: str, vocabulary: TermLookup) -> bool:
    """Say whether a term is worth a claim: it is no top of an ontology and no mere quality."""
    return curie not in UPPER_TERMS and not any(vocabulary.is_ancestor(top, curie) for top in _NO_THINGS)


def is_linkable(curie: str, vocabulary: TermLookup) -> bool:
    """Say whether a dataset can be linked to a term and that tells something."""
    return curie not in _SELF_EVIDENT and is_claimable(curie, vocabulary)


def label_of(curie: str, vocabulary: TermLookup) -> str:
    """Give a term's label, or its CURIE where the vocabulary doesn't have it."""
    term = vocabulary.get(curie)
    return term.label if term else curie


def names_agree(name: str, term: Term) -> bool:
    """Say whether a name could be meant for a term: they have a word that means something in common.

    Examples
    --------
    >>> from kg.model import Category, Term
    >>> names = {"curie": "UBERON:0007224", "label": "medial entorhinal cortex"}
    >>> term = Term(**names, category=Category.REGION, vocabulary="uberon")
    >>> names_agree("Medial Entorhinal Cortex (MEC)", term), names_agree("Test", term)
    (True, False)
    """
    words = _words(name)
    return any(words & _words(text) for text in (term.label, *(synonym.text for synonym in term.synonyms)))


def most_specific(
    curies: Iterable[str], vocabulary: TermLookup, *, among: Collection[str] | None = None
) -> dict[str, str | None]:
    """Say of each term which more specific one covers it.

    Parameters
    ----------
    curies : iterable of str
        Terms of one record, one predicate and one category.
    vocabulary : TermLookup
        Where their hierarchy is.
    among : collection of str, optional
        Terms that can cover another; without it, any of `curies`.

    Returns
    -------
    dict of str to str or None
        For each term the first (by CURIE) of those below it; None for those that stay.
    """
    terms = sorted(set(curies))
    below = terms if among is None else sorted(among)
    above = {curie: vocabulary.ancestors(curie) for curie in {*terms, *below}}
    # Two atlases may each put the other's term above its own: of such a pair the first stays.
    return {
        curie: next(
            (
                other
                for other in below
                if other != curie and curie in above[other] and not (other in above[curie] and curie < other)
            ),
            None,
        )
        for curie in terms
    }


def _words(text: str) -> set[str]:
    # A plural and its singular are one word here: "neurons", "neuron".
    return {word.rstrip("s") for word in _WORD.findall(text.lower().replace("’", "'")) if word not in _EMPTY_WORDS}

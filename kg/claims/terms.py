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
        "CARO:0000000",
        "CARO:0000003",
        "BFO:0000004",
        "BFO:0000040",
        # cells
        "CL:0000000",  # cell
        "CL:0000003",  # native cell
        "CL:0000255",  # eukaryotic cell
        "CL:0000548",  # animal cell
        "CL:0002371",  # somatic cell
        # diseases
        "MONDO:0000001",  # disease
        "MONDO:0700096",  # human disease
        "MONDO:0042489",  # disease susceptibility
        "MONDO:0005583",  # non-human animal disease
        "MONDO:0021125",  # disease characteristic
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

_WORD = re.compile(r"[a-z0-9]+")
_EMPTY_WORDS: Final = frozenset(
    {"the", "of", "a", "an", "and", "or", "in", "to", "by", "s", "type", "system", "area", "region"}
)


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


def most_specific(curies: Iterable[str], vocabulary: TermLookup) -> dict[str, str | None]:
    """Say of each term which more specific one of the same collection covers it.

    Parameters
    ----------
    curies : iterable of str
        Terms of one record, one predicate and one category.
    vocabulary : TermLookup
        Where their hierarchy is.

    Returns
    -------
    dict of str to str or None
        For each term the first (by CURIE) of those below it; None for those that stay.
    """
    terms = sorted(set(curies))
    above = {curie: vocabulary.ancestors(curie) for curie in terms}
    # Two atlases may each put the other's term above its own: of such a pair the first stays.
    return {
        curie: next(
            (
                other
                for other in terms
                if other != curie and curie in above[other] and not (other in above[curie] and curie < other)
            ),
            None,
        )
        for curie in terms
    }


def _words(text: str) -> set[str]:
    # A plural and its singular are one word here: "neurons", "neuron".
    return {
        word.rstrip("s") for word in _WORD.findall(text.lower().replace("’", "'")) if word not in _EMPTY_WORDS
    }

"""Terms so general that a diagram shows them only where it has nothing more specific.

That a page mentions the brain, or that neurons have to do with neurodegeneration, explains neither.
"""

from __future__ import annotations

from typing import Final

from kg.claims.terms import UPPER_TERMS, WHOLES

#: The rule, for those who add one: a term belongs here if half of its category that this graph is about is below it.
GENERAL: Final[frozenset[str]] = (
    UPPER_TERMS
    | WHOLES
    | {
        "UBERON:0002020",  # gray matter
        "UBERON:0003528",  # brain gray matter
        "UBERON:0004732",  # segmental subdivision of nervous system
        "UBERON:0007245",  # nuclear complex of neuraxis
        "UBERON:0002308",  # nucleus of brain
        "CL:0002319",  # neural cell
        "CL:0000540",  # neuron
        "CL:2000029",  # central nervous system neuron
        "MONDO:0005071",  # nervous system disorder
        "MONDO:0002602",  # central nervous system disorder
        "MONDO:0005560",  # brain disorder
        "MONDO:0005559",  # neurodegenerative disease
        "MONDO:0002025",  # psychiatric disorder
        "MONDO:0003847",  # hereditary disease
        "MONDO:0021166",  # inflammatory disease
        "MONDO:0005550",  # infectious disease
        "MONDO:0045024",  # cancer or benign tumor
        "MONDO:0023370",  # neoplastic disease or syndrome
        "MONDO:0005070",  # neoplasm
    }
)


def is_general(curie: str) -> bool:
    """Say whether a term is one of these."""
    return curie in GENERAL

"""Vocabularies: read them, pin them, pull them, look terms up."""

from kg.ontology.load import load_vocabulary, vocabulary_fingerprint
from kg.ontology.sources import Pulled, SourceRow, list_sources
from kg.ontology.upgrade import ReleaseDiff, TermChange, preview, pull
from kg.ontology.vocabulary import Vocabulary, infores_of

__all__ = [
    "Pulled",
    "ReleaseDiff",
    "SourceRow",
    "TermChange",
    "Vocabulary",
    "infores_of",
    "list_sources",
    "load_vocabulary",
    "preview",
    "pull",
    "vocabulary_fingerprint",
]

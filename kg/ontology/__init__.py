"""Vocabularies: read them, pin them, pull them, look terms up."""

from kg.ontology.load import load_vocabulary, vocabulary_fingerprint
from kg.ontology.sources import Pulled, SourceRow, list_sources, pull
from kg.ontology.vocabulary import Vocabulary, infores_of

__all__ = [
    "Pulled",
    "SourceRow",
    "Vocabulary",
    "infores_of",
    "list_sources",
    "load_vocabulary",
    "pull",
    "vocabulary_fingerprint",
]
